"""Forecasts follow how each loader works, for archives that no matrix holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import Report, check_archive
from inspector.conformance.forecast import Forecast
from inspector.conformance.loaders import NAMES
from tests.builders import Bundle, Entry, docker_19, docker_24, docker_25, hardlink, image, pack, sha256, symlink
from tests.builders.altered import LAYERS, altered, put
from tests.builders.images import compact
from tests.builders.rawtar import END, raw_entry, raw_header
from tests.unit.conformance.cases import sha512, with_layer
from tests.unit.conformance.cases_more import swapped, two_platforms

Check = Callable[..., Report]
MANIFEST_JSON = ("docker-graphdriver", "skopeo-docker", "crane")
INDEX_JSON = ("docker-containerd", "containerd", "skopeo-oci", "umoci", "kind")
LAYER = f"blobs/sha256/{sha256(LAYERS[0])}"
TWO = [image("docker.io/library/one:1", seed="a"), image("docker.io/library/two:1", seed="b")]


def by_name(report: Report) -> dict[str, Forecast]:
    return {forecast.loader: forecast for forecast in report.loaders}


def verdicts(report: Report) -> dict[str, str]:
    return {forecast.loader: str(forecast.verdict) for forecast in report.loaders}


def refusing(report: Report) -> set[str]:
    return {name for name, verdict in verdicts(report).items() if verdict == "refuses"}


def test_all_take_an_archive_of_one_image_in_both_forms(check: Check) -> None:
    report = check(altered(with_docker=True))
    assert list(verdicts(report)) == list(NAMES)
    assert set(verdicts(report).values()) == {"loads"}
    assert by_name(report)["containerd"].text == "From index.json it loads docker.io/library/app:1."
    assert by_name(report)["crane"].text == "From manifest.json it loads app:1."


def test_each_tree_alone(check: Check) -> None:
    assert refusing(check(altered())) == set(MANIFEST_JSON)
    report = check(docker_24([image("docker.io/library/app:1")]))
    assert refusing(report) == {"skopeo-oci", "umoci"}
    assert by_name(report)["umoci"].because[0] == "LAYOUT-4"


def test_docker_25_0_0_loads_without_containerd_only(check: Check) -> None:
    """moby#47150: the layers of the manifest stand at random, those of manifest.json do not."""
    report = check(docker_25([image("docker.io/library/app:1", layers=3)], "25.0.0"), deep=False)
    forecast = by_name(report)
    assert forecast["docker-graphdriver"].verdict == "loads"
    assert forecast["containerd"].verdict == "refuses"
    assert forecast["containerd"].because == ("MANIF-5",)
    assert forecast["podman"].verdict == "loads"  # by manifest.json, after index.json failed


@pytest.mark.parametrize(("version", "code"), [("25.0.0-beta.1", "MANIF-4"), ("25.0.0-rc.2", "DESC-4")])
def test_early_docker_25(check: Check, version: str, code: str) -> None:
    forecast = by_name(check(docker_25([image("docker.io/library/app:1")], version), deep=False))
    assert forecast["docker-graphdriver"].verdict == "loads"
    assert code in forecast["umoci"].because


def test_an_untagged_image_of_docker_25_0_1_is_lost_for_containerd(check: Check) -> None:
    forecast = by_name(check(docker_25([image()], "25.0.1"), deep=False))
    assert forecast["docker-graphdriver"].verdict == "loads"
    assert (forecast["docker-containerd"].verdict, forecast["docker-containerd"].because[0]) == ("refuses", "INDEX-3")


def test_images_that_one_tree_lacks_are_told(check: Check) -> None:
    """moby#51389: of several untagged images only the first stands in index.json."""
    report = check(docker_25([image(seed="a"), image(seed="b")], "28.5.2"), deep=False)
    forecast = by_name(report)["docker-containerd"]
    assert (forecast.verdict, forecast.because) == ("loads-with-warning", ("INDEX-11",))
    assert verdicts(report)["docker-graphdriver"] == "loads"


def test_one_name_for_two_images_loads_the_wrong_one_somewhere(check: Check) -> None:
    forecast = by_name(check(swapped()))
    assert forecast["docker-graphdriver"].verdict == "loads-wrong"
    assert forecast["docker-graphdriver"].because == ("COMPAT-6",)
    assert forecast["docker-containerd"].verdict == "loads"


def test_the_layout_of_docker_1_9(check: Check) -> None:
    report = check(docker_19([image("docker.io/library/app:1")]))
    assert verdicts(report)["docker-graphdriver"] == "loads-with-warning"
    assert len(refusing(report)) == 8


def test_a_thin_archive_loads_where_its_layers_are(check: Check) -> None:
    report = check(pack(image("docker.io/library/app:1")))
    assert verdicts(report)["docker-graphdriver"] == "loads-with-warning"
    assert verdicts(report)["podman"] == verdicts(report)["crane"] == "refuses"


def test_several_images(check: Check) -> None:
    report = check(docker_24(TWO))
    assert verdicts(report)["docker-graphdriver"] == verdicts(report)["podman"] == "loads"
    assert {"skopeo-docker", "crane"} <= refusing(report)
    report = check(docker_25(TWO))
    assert refusing(report) == {"skopeo-oci", "skopeo-docker", "crane", "umoci"}


@pytest.mark.parametrize(
    ("compression", "refused"),
    [
        ("gzip", {"crane"}),
        ("zstd", {"crane"}),
        ("bzip2", {"crane", "containerd", "kind"}),
        ("xz", {"crane", "containerd", "kind"}),
        ("lz4", set(NAMES) - {"umoci"}),
    ],
)
def test_outer_compression(check: Check, compression: str, refused: set[str]) -> None:
    report = check(altered(with_docker=True), compression=compression)
    assert refusing(report) == refused
    assert by_name(report)["crane"].because == ("ARC-7",)


def test_names_with_a_dot_and_a_folder_around_all(check: Check) -> None:
    assert refusing(check(altered(with_docker=True).dotted())) == {"crane"}
    wrapped = check(altered(with_docker=True).wrapped("app"))
    assert refusing(wrapped) == set(NAMES)


def test_links(check: Check) -> None:
    """containerd takes in every regular file by its content, so a linked blob is found; a linked index.json is not."""
    made = altered()
    copied = made.without(LAYER).adding(Entry("copy", LAYERS[0]), symlink(LAYER, "../../copy"))
    assert verdicts(check(copied))["containerd"] == "loads"
    index = made.without("index.json").adding(Entry("copy", made.data("index.json")), symlink("index.json", "copy"))
    report = check(index)
    assert (verdicts(report)["containerd"], verdicts(report)["umoci"]) == ("refuses", "loads")
    hard = docker_24([image("docker.io/library/app:1")])
    layer = next(name for name in hard.names() if name.endswith("layer.tar"))
    hard = hard.without(layer).first(Entry("copy", hard.data(layer))).adding(hardlink(layer, "copy"))
    assert {"containerd", "skopeo-docker"} <= refusing(check(hard))
    assert verdicts(check(hard))["docker-graphdriver"] == "loads"


def test_the_first_or_the_last_of_two(check: Check) -> None:
    """skopeo and crane read the first manifest.json, all others the last."""
    made = docker_24([image("docker.io/library/app:1")])
    twice = made.first(Entry("manifest.json", b"[]"))
    report = check(twice)
    assert verdicts(report)["docker-graphdriver"] == "loads"
    assert (verdicts(report)["skopeo-docker"], by_name(report)["crane"].because) == ("loads-wrong", ("ARC-2",))


def test_platforms(check: Check) -> None:
    made = two_platforms()
    assert verdicts(check(made))["containerd"] == verdicts(check(made))["kind"] == "loads"
    assert "umoci" in refusing(check(made))
    arm = altered(
        config=put("architecture", value="arm64"), index=put("manifests", 0, "platform", "architecture", value="arm64")
    )
    report = check(arm)
    assert "containerd" in refusing(report)
    assert verdicts(report)["docker-containerd"] == verdicts(report)["kind"] == "loads"


def without_the_other_platform() -> Bundle:
    made = two_platforms()
    arm = next(e for e in made.entries if b'"arm64"' in e.data and b'"rootfs"' in e.data)
    hexadecimal = arm.name.rpartition("/")[2].encode()
    manifest = next(e.name for e in made.entries if hexadecimal in e.data and b'"layers"' in e.data)
    return made.without(arm.name, manifest)


def test_a_platform_that_is_not_in_the_archive(check: Check) -> None:
    """kind#3795: who wants all platforms fails."""
    report = check(without_the_other_platform())
    assert {"kind", "skopeo-oci"} <= refusing(report)
    assert by_name(report)["kind"].because == ("BLOB-6",)
    assert {verdicts(report)[name] for name in ("containerd", "docker-containerd", "podman")} == {"loads"}


def test_a_name_is_needed_by_some(check: Check) -> None:
    made = altered(index=put("manifests", 0, "annotations", value={}))
    assert refusing(check(made)) == {*MANIFEST_JSON, "containerd", "umoci"}


def test_only_sha256_is_known(check: Check) -> None:
    import tarfile

    report = check(sha512().tar(tarfile.PAX_FORMAT))
    assert by_name(report)["umoci"].because == by_name(report)["kind"].because[:1] == ("BLOB-4",)
    assert by_name(report)["skopeo-oci"].because == ("BLOB-4",)  # as skopeo 1.9 did: it saves with a sha256


def test_what_a_deep_check_finds_counts(check: Check) -> None:
    made = altered(with_docker=True).replacing(LAYER, LAYERS[0].replace(b"1\n", b"9\n"))
    assert refusing(check(made, deep=False)) == set()
    assert refusing(check(made)) == set(NAMES)
    odd = with_layer(raw_entry(b"a", b"x"), raw_header(b"b", kind=b"Q"))
    assert by_name(check(odd))["containerd"].because == ("LAYER-3",)
    absolute = with_layer(raw_entry(b"a", b"x"), raw_header(b"b", kind=b"1", link=b"/a"))
    assert by_name(check(absolute))["docker-containerd"].because == ("LAYER-10",)
    assert END


def test_a_layout_folder(tmp_path: Path) -> None:
    with open_archive(altered(with_docker=True).folder(tmp_path / "layout")) as archive:
        report = check_archive(archive, deep=True)
    assert set(NAMES) - refusing(report) == {"podman", "umoci"}


def followed(value: object) -> bytes:
    return compact(value) + b" {}"


def test_what_follows_a_document_stops_those_that_do_not_stream(check: Check) -> None:
    """JSON-4: Go's Decoder stops behind the first value, Unmarshal refuses the rest; who uses which is in their sources."""
    assert refusing(check(altered(docker=followed))) == {"skopeo-docker"}
    assert refusing(check(altered(with_docker=True, index=followed))) == {
        "docker-containerd", "containerd", "kind", "umoci"
    }  # fmt: skip
    assert refusing(check(altered(with_docker=True, manifest=followed))) >= {"containerd", "skopeo-oci"}
    assert "umoci" not in refusing(check(altered(with_docker=True, manifest=followed)))
    assert refusing(check(altered(with_docker=True, config=followed))) >= {"docker-graphdriver", "containerd"}
    assert not {"crane", "umoci"} & refusing(check(altered(with_docker=True, config=followed)))
    made = altered(with_docker=True, oci_layout=b'{"imageLayoutVersion":"1.0.0"}{}')
    assert refusing(check(made)) == {"umoci"}


def test_of_two_names_that_differ_in_case_go_takes_the_last(check: Check) -> None:
    report = check(altered(index=lambda index: index.update(Manifests=index["manifests"])))
    assert by_name(report)["containerd"].verdict == "loads-wrong"
    assert by_name(report)["containerd"].because == ("JSON-5",)
    assert by_name(report)["umoci"].verdict == "loads-wrong"

    def first(index: dict[str, object]) -> None:
        index["Manifests"] = []
        index["manifests"] = index.pop("manifests")

    report = check(altered(index=first))
    assert by_name(report)["containerd"].verdict == "loads"
    assert "JSON-5" in {finding.code for finding in report.findings}


def test_manifest_json_is_read_by_containerd_in_a_layout_too(check: Check) -> None:
    report = check(altered(docker=lambda _entries: {"not": "a list"}))
    assert refusing(report) >= {"containerd", "kind", "docker-containerd"}
    assert "umoci" not in refusing(report)


def retyped(made: Bundle, name: str, kind: bytes) -> bytes:
    """The tar with another type flag for that member, and the checksum made right."""
    data = bytearray(made.tar())
    at = next(at for at in range(0, len(data), 512) if data[at : at + 100].rstrip(b"\0") == name.encode())
    header = data[at : at + 512]
    header[156:157] = kind
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data[at : at + 512] = header
    return bytes(data)


def test_contiguous_files_are_passed_over_or_refused(check: Check) -> None:
    """Go's reader calls only types 0 and NUL regular files: containerd passes over others, unpackers refuse them."""
    made = altered(with_docker=True)
    layer = check(retyped(made, LAYER, b"7"))
    assert refusing(layer) == {
        "docker-graphdriver", "docker-containerd", "containerd", "kind", "podman", "skopeo-oci"
    }  # fmt: skip
    assert by_name(layer)["containerd"].because == ("ARC-4",)
    assert by_name(layer)["docker-graphdriver"].because == ("ARC-4",)
    assert refusing(check(retyped(made, "index.json", b"7"))) >= {"containerd", "kind"}


def test_texts_of_the_oldest_layout_do_not_contradict_themselves(check: Check) -> None:
    forecast = by_name(check(docker_19([image("docker.io/library/app:1")])))
    assert forecast["docker-graphdriver"].text.startswith("From repositories it loads docker.io/library/app:1.")
    assert "ref name" not in forecast["umoci"].text


def test_hard_links_between_layers(check: Check) -> None:
    """A lower layer may have the target: then it fails only where layers are unpacked alone. If none has it, it always fails."""
    link = raw_header(b"b", kind=b"1", link=b"a") + END
    file = raw_entry(b"a", b"x") + END
    across = by_name(check(altered(with_docker=True, tars=(file, link))))
    assert across["containerd"].verdict == "loads-with-warning"
    assert across["docker-graphdriver"].because == ("LAYER-10",)
    assert across["crane"].verdict == across["skopeo-docker"].verdict == "loads"
    for tars in ((link, file), (raw_entry(b"c", b"x") + END, link)):
        lost = check(altered(with_docker=True, tars=tars))
        assert refusing(lost) == {"docker-graphdriver", "docker-containerd", "containerd", "kind", "podman", "umoci"}
        assert by_name(lost)["umoci"].because == ("LAYER-10",)
