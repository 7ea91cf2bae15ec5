import pytest

from inspector.oci.reference import Reference, is_full_reference, name_matches, qualify

HEX = "a" * 64


@pytest.mark.parametrize(
    ("text", "qualified", "familiar"),
    [
        ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20"),
        ("index.docker.io/alpine:3", "docker.io/library/alpine:3", "alpine:3"),
        ("docker.io/library/alpine:3", "docker.io/library/alpine:3", "alpine:3"),
        ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
        ("user/app:1_a.B-c", "docker.io/user/app:1_a.B-c", "user/app:1_a.B-c"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
        ("localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest"),
        ("registry.example:5000/a/b__c/d--e:v", "registry.example:5000/a/b__c/d--e:v", None),
        ("[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1", None),
        (f"alpine@sha256:{HEX}", f"docker.io/library/alpine@sha256:{HEX}", f"alpine@sha256:{HEX}"),
        (f"q.io/a:1@sha256:{HEX}", f"q.io/a:1@sha256:{HEX}", None),
        ("UPPER/app", "UPPER/app:latest", None),  # a registry may have capitals, a repository may not
    ],
)
def test_names_as_docker_reads_them(text: str, qualified: str, familiar: str | None) -> None:
    reference = Reference.parse(text)
    assert str(reference) == qualified
    assert reference.familiar == (familiar or qualified)
    assert Reference.parse(qualified) == reference
    assert Reference.parse(reference.familiar) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        "Alpine",
        "q.io/Alpine",
        "alpine:",
        "alpine:-x",
        "alpine:" + "x" * 129,
        "alpine:3.20\n",
        "a_-b",
        "-a",
        "a..b",
        "../x",
        "a b",
        "a:1:2",
        "@sha256:" + HEX,
        "alpine@sha256:" + HEX.upper(),
        "alpine@latest",
        HEX,
        "q.io/" + "a" * 256,
        "a" * 100_000,
        "host:port/app",
        "naïve",
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert qualify(text) is None
    with pytest.raises(ValueError):
        Reference.parse(text)


def test_a_bare_ref_name_names_no_image() -> None:
    assert is_full_reference("alpine:3.20")
    assert is_full_reference("localhost/app")
    assert not is_full_reference("latest")
    assert not is_full_reference("1.2")
    assert not is_full_reference(f"sha256:{HEX}")
    assert not is_full_reference("/x:")


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("alpine:3.20", "docker.io/library/alpine:3.20", True),
        ("alpine", "docker.io/library/alpine:latest", True),
        ("alpine", "docker.io/library/alpine:3.20", False),
        ("library/alpine:3.20", "docker.io/library/alpine:3.20", True),
        ("alpine:3.20", "quay.io/alpine:3.20", False),
        ("alpine:3.20", f"docker.io/library/alpine:3.20@sha256:{HEX}", True),
        (f"alpine@sha256:{HEX}", f"docker.io/library/alpine:3.20@sha256:{HEX}", True),
        (f"alpine@sha256:{HEX}", "docker.io/library/alpine:3.20", False),
        ("odd name", "odd name", True),
        ("odd name", "docker.io/library/odd:1", False),
    ],
)
def test_what_a_person_types_finds_the_image(asked: str, stored: str, same: bool) -> None:
    assert name_matches(asked, stored) == same
