import pytest

from inspector.oci.document import parse_document
from inspector.oci.node import Node
from inspector.oci.platform import Platform


def test_text_form() -> None:
    assert str(Platform("linux", "arm64", "v8")) == "linux/arm64/v8"
    assert str(Platform("windows", "amd64", os_version="10.0.17763.1")) == "windows/amd64"
    assert str(Platform("", "amd64")) == "unknown/amd64"
    assert Platform("unknown", "unknown").is_unknown
    assert Platform("", "").is_unknown
    assert not Platform("linux", "").is_unknown


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/amd64\n/x"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(ValueError, match="os/architecture"):
        Platform.from_text(text)


@pytest.mark.parametrize(
    ("stored", "asked", "same"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "Linux/x86_64", True),
        ("linux/amd64", "windows/amd64", False),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64", "linux/aarch64", True),
        ("linux/arm64/v9", "linux/aarch64", True),
        ("linux/arm/v6", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm", "linux/arm/v7", True),
        ("linux/arm/v7", "linux/armhf", True),
        ("linux/arm/v6", "linux/armhf", False),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64", "linux/amd64/v3", False),
        ("darwin/arm64", "macos/arm64", True),
    ],
)
def test_matching_is_containerds(stored: str, asked: str, same: bool) -> None:
    assert Platform.from_text(stored).matches(Platform.from_text(asked)) == same


def test_reading_tells_what_is_missing() -> None:
    document = parse_document(b'{"os":"linux","os.features":["a",1],"extra":{}}', "index.json")
    node = Node.of(document)
    assert Platform.parse(node) == Platform("linux", "", os_features=("a",))
    assert [(f.code, f.where.pointer) for f in node.problems.findings()] == [
        ("INDEX-6", "$.architecture"),
        ("INDEX-6", '$["os.features"][1]'),
    ]


def test_no_platform_is_no_finding() -> None:
    node = Node.of(parse_document(b'{"platform":null}', "x"))
    assert Platform.parse(node["platform"]) is None
    assert Platform.parse(node["absent"]) is None
    assert node.problems.findings() == ()
