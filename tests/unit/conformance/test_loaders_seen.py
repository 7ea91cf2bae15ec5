"""Forecasts against what skopeo 1.9, podman 4.3 and umoci 0.4 did with archives made by hand (24 November 2026)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from inspector.conformance.check import Report
from tests.builders import Bundle, Entry, docker_dir, image
from tests.builders.altered import LAYERS, altered, put
from tests.builders.images import OCI_INDEX, descriptor, sha256
from tests.builders.rawtar import END, raw_entry
from tests.unit.conformance.test_loaders import by_name, refusing

Check = Callable[..., Report]
APP = image("docker.io/library/app:1")


def nested(depth: int) -> Bundle:
    """One image below `depth` indexes, one within the other."""
    made = altered()
    index = json.loads(made.data("index.json"))
    (entry,) = index["manifests"]
    annotations = entry.pop("annotations")
    for _ in range(depth):
        raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()
        made = made.adding(Entry(f"blobs/sha256/{sha256(raw)}", raw))
        entry = descriptor(raw, OCI_INDEX)
    index["manifests"] = [entry | {"annotations": annotations}]
    return made.replacing("index.json", json.dumps(index).encode())


@pytest.mark.parametrize(
    "layer",
    [raw_entry(b"a", b"1") + raw_entry(b"a", b"2") + END, raw_entry(b"d/", kind=b"5") * 2 + END],
    ids=["file", "folder"],
)
def test_a_path_that_stands_twice_in_a_layer(check: Check, layer: bytes) -> None:
    """podman: `duplicates of file paths not supported`, from tar-split, which Docker's graph driver has too."""
    report = check(altered(with_docker=True, tars=(*LAYERS, layer)))
    assert refusing(report) == {"docker-graphdriver", "podman"}
    assert by_name(report)["podman"].because[0] == "LAYER-2"


def test_bytes_behind_a_compressed_layer(check: Check) -> None:
    stored = gzip.compress(LAYERS[0], mtime=0) + b"more"
    made = altered(compression="gzip", tars=LAYERS[:1], with_docker=True)
    right = sha256(gzip.compress(LAYERS[0], 6, mtime=0))
    assert f"blobs/sha256/{right}" in made.names()
    manifest_name = f"blobs/sha256/{json.loads(made.data('index.json'))['manifests'][0]['digest'][7:]}"
    manifest = json.loads(made.data(manifest_name))
    manifest["layers"][0] |= {"digest": f"sha256:{sha256(stored)}", "size": len(stored)}
    raw = json.dumps(manifest).encode()
    index = json.loads(made.data("index.json"))
    index["manifests"][0] |= {"digest": f"sha256:{sha256(raw)}", "size": len(raw)}
    made = (
        made.without(manifest_name, f"blobs/sha256/{right}")
        .replacing("index.json", json.dumps(index).encode())
        .replacing("manifest.json", made.data("manifest.json").replace(right.encode(), sha256(stored).encode()))
        .adding(Entry(f"blobs/sha256/{sha256(raw)}", raw), Entry(f"blobs/sha256/{sha256(stored)}", stored))
    )
    report = check(made)
    assert refusing(report) >= {"docker-graphdriver", "containerd", "podman", "umoci", "skopeo-docker"}
    assert "skopeo-oci" not in refusing(report)
    assert by_name(report)["umoci"].because == ("LAYER-19",)


def test_an_index_within_an_index(check: Check) -> None:
    """skopeo: `Unexpectedly received a manifest list instead of a manifest for a single image`."""
    assert "skopeo-oci" not in refusing(check(nested(1)))
    report = check(nested(2))
    assert by_name(report)["skopeo-oci"].because == ("INDEX-12",)
    assert "umoci" not in refusing(report)


def test_keys_in_another_letter_case_are_read(check: Check) -> None:
    made = altered()
    made = made.replacing("index.json", made.data("index.json").replace(b'"manifests"', b'"Manifests"'))
    assert refusing(check(made)).isdisjoint({"skopeo-oci", "podman", "umoci"})


@pytest.mark.parametrize("tag", ["app", "A B:1", "app@sha256:" + "0" * 64])
def test_names_that_are_no_tags(check: Check, tag: str) -> None:
    report = check(altered(docker=put(0, "RepoTags", value=[tag])).without("index.json", "oci-layout"))
    assert by_name(report)["podman"].because == by_name(report)["docker-graphdriver"].because == ("COMPAT-5",)
    assert "skopeo-docker" not in refusing(report)


def test_an_artifact_manifest_cannot_be_unpacked(check: Check) -> None:
    raw = b'{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"x/y","blobs":[]}'
    entry = descriptor(
        raw,
        "application/vnd.oci.artifact.manifest.v1+json",
        annotations={"org.opencontainers.image.ref.name": "1"},
    )
    report = check(altered(index=put("manifests", value=[entry]), more=(raw,)))
    assert by_name(report)["umoci"].because == ("INDEX-5",)


def test_an_image_that_calls_itself_an_artifact(check: Check) -> None:
    """It has an image's config and layers: engines do not look at artifactType."""
    report = check(altered(manifest=put("artifactType", value="application/vnd.x+json")))
    assert refusing(report).isdisjoint({"podman", "umoci", "containerd"})


def test_dates_in_small_letters_are_right_and_not_for_go(check: Check) -> None:
    report = check(altered(config=put("created", value="2024-01-02t03:04:05z")))
    assert "CONFIG-6" not in {finding.code for finding in report.findings}
    assert by_name(report)["umoci"].because == by_name(report)["podman"].because == ("CONFIG-6",)


@pytest.mark.parametrize(("name", "taken"), [("1.0", True), ("v1.0+build", False), ("_x", False), ("x/y:1", True)])
def test_ref_names_that_podman_cannot_normalise(check: Check, name: str, taken: bool) -> None:
    report = check(altered(index=put("manifests", 0, "annotations", value={"org.opencontainers.image.ref.name": name})))
    assert ("podman" not in refusing(report)) == taken


def test_an_index_of_nothing_holds_no_image(check: Check) -> None:
    """umoci: `tag is not found`."""
    raw = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
    entry = descriptor(raw, OCI_INDEX, annotations={"org.opencontainers.image.ref.name": "1"})
    report = check(altered(index=put("manifests", value=[entry]), more=(raw,)))
    assert by_name(report)["umoci"].because == ("INDEX-5",)


def test_a_tar_of_a_dir_folder_is_taken_by_nobody(check: Check) -> None:
    """podman reads `dir:` from a folder only."""
    assert "podman" in refusing(check(docker_dir(APP)))


@pytest.mark.parametrize("layer", [b"no tar at all", LAYERS[0][:700]], ids=["no tar", "cut"])
def test_who_copies_layers_does_not_look_into_them(check: Check, layer: bytes) -> None:
    report = check(altered(with_docker=True, tars=(layer,)))
    assert {"skopeo-docker", "skopeo-oci"}.isdisjoint(refusing(report))
    assert refusing(report) >= {"docker-graphdriver", "podman", "containerd", "crane", "umoci"}
