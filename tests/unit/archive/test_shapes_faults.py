"""What writers got wrong is told: the code, and which versions wrote it (formats.md A3, E)."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive, NodeKind
from tests.builders import (
    VERSIONS,
    Blobs,
    Bundle,
    Entry,
    ImageSpec,
    compact,
    containerd,
    descriptor,
    digest,
    docker_24,
    docker_25,
    image,
    index_json,
    kaniko,
    layout,
    pack,
)
from tests.builders.images import OCI_INDEX, OCI_MANIFEST

APP = image("docker.io/library/app:1")
OTHER = image("docker.io/library/other:2", seed="other")
UNTAGGED = image(seed="untagged")
SECOND_UNTAGGED = image(seed="second untagged")


def opened(bundle: Bundle, tmp_path: Path) -> ImageArchive:
    return open_archive(bundle.write(tmp_path / "archive.tar"))


def codes(archive: ImageArchive) -> list[str]:
    return [finding.code for finding in archive.findings]


@pytest.mark.parametrize("version", VERSIONS)
def test_docker_version_is_told(version: str, tmp_path: Path) -> None:
    with opened(docker_25([image("docker.io/library/app:1", layers=3)], version), tmp_path) as archive:
        told = {
            "25.0.0-beta.1": "docker 25.0.0-beta.1 to 25.0.0-rc.1 (graph driver)",
            "25.0.0-rc.1": "docker 25.0.0-beta.1 to 25.0.0-rc.1 (graph driver)",
            "25.0.0-rc.2": "docker 25.0.0-rc.2 (graph driver)",
            "25.0.0": "docker 25.0.0 (graph driver)",
            "25.0.1": "docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)",
            "25.0.2": "docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)",
            "25.0.3": "docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)",
            "25.0.5": "docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)",
            "26.0.0": "docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)",
            "25.0.6": "docker 25.0.6, or 26.0.1 to 27 (graph driver)",
            "26.0.1": "docker 25.0.6, or 26.0.1 to 27 (graph driver)",
            "26.1.5": "docker 25.0.6, or 26.0.1 to 27 (graph driver)",
            "27.5.1": "docker 25.0.6, or 26.0.1 to 27 (graph driver)",
            "28.5.2": "docker 28 (graph driver)",
            "29.0.0": "docker 29 or later (graph driver)",
        }[version]
        assert archive.writer.text == told
        platform_told = "DESC-13" in codes(archive)
        assert platform_told == ("25.0.0 to 25.0.5" in told or version in VERSIONS[:4])


def test_no_layers(tmp_path: Path) -> None:
    with opened(docker_25([APP], "25.0.0-beta.1"), tmp_path) as archive:
        assert {"MANIF-4", "MANIF-6"} <= set(codes(archive))
        assert archive.images[0].layers == ()
        # manifest.json knows them: the exporter mends it from there.
        assert len(archive.docker_entries[0].layers) == 2


def test_wrong_sizes(tmp_path: Path) -> None:
    with opened(docker_25([APP], "25.0.0-rc.2"), tmp_path) as archive:
        wrong = [finding for finding in archive.findings if finding.code == "DESC-4"]
        assert [(finding.expected, finding.found) for finding in wrong] == [("7", str(len(tar))) for tar in APP.tars]


def test_random_order(tmp_path: Path) -> None:
    with opened(docker_25([APP], "25.0.0"), tmp_path) as archive:
        order = [finding for finding in archive.findings if finding.code == "MANIF-5"]
        assert order
        assert all(finding.fix == "automatic" for finding in order)


def test_null_manifests(tmp_path: Path) -> None:
    with opened(docker_25([UNTAGGED], "25.0.1"), tmp_path) as archive:
        assert codes(archive).count("INDEX-3") == 1
        assert "INDEX-11" in codes(archive)
        [found] = archive.images
        assert found.config_digest == digest(UNTAGGED.config)
        # Its manifest lies among the blobs, and is taken from there.
        assert found.manifest_digest is not None
        assert found.source == "blobs"
        assert archive.writer.text == "docker 25.0.0 to 25.0.2 (graph driver)"


def test_lost_untagged_images(tmp_path: Path) -> None:
    for specs in ([UNTAGGED, SECOND_UNTAGGED], [APP, UNTAGGED]):
        with opened(docker_25(specs), tmp_path) as archive:
            assert [found.config_digest for found in archive.images] == [digest(spec.config) for spec in specs]
            assert all(found.manifest_digest for found in archive.images)
            [lost] = [finding for finding in archive.findings if finding.code == "INDEX-11"]
            assert lost.where.digest == archive.images[1].manifest_digest


def test_an_image_in_manifest_json_only(tmp_path: Path) -> None:
    bundle = docker_25([APP, OTHER])
    index = index_json([descriptor(_manifest(bundle, APP), OCI_MANIFEST)])
    bundle = bundle.replacing("index.json", index).without(f"blobs/sha256/{digest(_manifest(bundle, OTHER))[7:]}")
    with opened(bundle, tmp_path) as archive:
        assert [found.source for found in archive.images] == ["index.json", "manifest.json"]
        assert archive.images[0].names == APP.names
        assert archive.images[1].names == OTHER.names
        assert archive.images[1].manifest_digest is None
        assert archive.images[1].complete
        assert "INDEX-11" in codes(archive)
        assert len(archive.roots) == 2


def _manifest(bundle: Bundle, spec: ImageSpec) -> bytes:
    return next(e.data for e in bundle.entries if digest(spec.config).encode() in e.data and b'"config"' in e.data)


def test_the_trees_disagree_about_names_and_layers(tmp_path: Path) -> None:
    bundle = docker_25([APP])
    entry = {
        "Config": f"blobs/sha256/{APP.config_hex}",
        "RepoTags": ["elsewhere:9"],
        "Layers": [f"blobs/sha256/{diff_id[7:]}" for diff_id in reversed(APP.diff_ids)],
    }
    with opened(bundle.replacing("manifest.json", compact([entry])), tmp_path) as archive:
        assert {"COMPAT-6", "MANIF-5"} <= set(codes(archive))
        assert archive.images[0].names == ("docker.io/library/app:1", "docker.io/library/elsewhere:9")


def test_an_image_in_index_json_only(tmp_path: Path) -> None:
    bundle = containerd([APP, OTHER])
    only = compact([{"Config": f"blobs/sha256/{APP.config_hex}", "RepoTags": ["app:1"], "Layers": []}])
    with opened(bundle.replacing("manifest.json", only), tmp_path) as archive:
        told = [finding for finding in archive.findings if finding.code == "COMPAT-6"]
        assert "An image stands in index.json only" in [finding.title for finding in told]


def test_missing_layer_and_config(tmp_path: Path) -> None:
    for bundle, missing, code in (
        (docker_25([APP]), f"blobs/sha256/{APP.diff_ids[0][7:]}", "BLOB-6"),
        (docker_25([APP]), f"blobs/sha256/{APP.config_hex}", "BLOB-6"),
        (docker_24([APP]), f"{APP.v1_ids[0]}/layer.tar", "COMPAT-4"),
        (docker_24([APP]), f"{APP.config_hex}.json", "COMPAT-2"),
    ):
        with opened(bundle.without(missing), tmp_path) as archive:
            assert code in codes(archive)
            assert not archive.images[0].complete
            assert archive.images[0].names == APP.names


def test_thin_archive(tmp_path: Path) -> None:
    with opened(pack(APP, blanks=1), tmp_path) as archive:
        [found] = archive.images
        assert [layer.present for layer in found.layers] == [False, True]
        assert not found.complete
        [thin] = [finding for finding in archive.findings if finding.code == "COMPAT-4"]
        assert thin.severity.word == "warning"
        assert "thin" in thin.explanation


def test_a_document_that_is_not_what_its_digest_says(tmp_path: Path) -> None:
    bundle = containerd([APP], manifest_json=False)
    name = f"blobs/sha256/{digest(APP.manifest())[7:]}"
    changed = APP.manifest().replace(b'"schemaVersion":2', b'"schemaVersion": 2')
    with opened(bundle.replacing(name, changed), tmp_path) as archive:
        assert {"BLOB-1", "DESC-4"} <= set(codes(archive))
        [found] = archive.images
        assert found.manifest_digest == digest(APP.manifest())
        assert found.names == APP.names


def test_a_changed_config_is_told(tmp_path: Path) -> None:
    bundle = containerd([APP], manifest_json=False)
    name = f"blobs/sha256/{APP.config_hex}"
    with opened(bundle.replacing(name, APP.config.replace(b"amd64", b"arm64")), tmp_path) as archive:
        assert "BLOB-1" in codes(archive)
    with opened(docker_24([APP]).replacing(f"{APP.config_hex}.json", APP.config + b" "), tmp_path) as archive:
        assert "COMPAT-2" in codes(archive)
        assert archive.images[0].config_digest == digest(APP.config + b" ")


def test_orphans_are_counted_and_classified(tmp_path: Path) -> None:
    bundle = docker_25([APP]).adding(Entry("blobs/sha256/" + "a" * 64, b"\0" * 100))
    with opened(bundle, tmp_path) as archive:
        [orphans] = [finding for finding in archive.findings if finding.code == "BLOB-5"]
        assert orphans.found == "2 legacy v1 JSON files, 1 layers or other blobs"


def test_blob_names_with_a_suffix_are_found_and_told(tmp_path: Path) -> None:
    bundle = containerd([APP], manifest_json=False)
    bundle = bundle.renamed(lambda name: f"{name}.json" if name.endswith(APP.config_hex) else name)
    with opened(bundle, tmp_path) as archive:
        assert "BLOB-3" in codes(archive)
        assert archive.images[0].complete


def test_tags_that_are_no_references(tmp_path: Path) -> None:
    bundle = kaniko([APP])
    text = bundle.data("manifest.json").replace(b"app:1", b"APP NAME:1")
    with opened(bundle.replacing("manifest.json", text), tmp_path) as archive:
        assert "COMPAT-5" in codes(archive)
        assert archive.images[0].names == ()
        assert archive.images[0].repo_tags == ("APP NAME:1",)


def test_deep_nesting_stops_at_the_limit(tmp_path: Path) -> None:
    blobs = Blobs()
    document, media_type = blobs.put_image(APP), OCI_MANIFEST
    for _ in range(30):
        document, media_type = blobs.put(index_json([descriptor(document, media_type)])), OCI_INDEX
    with opened(layout(blobs, index_json([descriptor(document, media_type)])), tmp_path) as archive:
        assert "INDEX-12" in codes(archive)
        assert len(archive.roots) == 1


def test_nesting_within_the_limit(tmp_path: Path) -> None:
    blobs = Blobs()
    document, media_type = blobs.put_image(APP), OCI_MANIFEST
    for _ in range(8):
        document, media_type = blobs.put(index_json([descriptor(document, media_type)])), OCI_INDEX
    with opened(layout(blobs, index_json([descriptor(document, media_type)])), tmp_path) as archive:
        assert len(archive.images[0].path) == 9
        assert "INDEX-12" not in codes(archive)


def test_an_index_that_contains_itself(tmp_path: Path) -> None:
    blobs = Blobs()
    blobs.put_image(APP)
    claimed = "b" * 64
    inner = index_json(
        [
            {"mediaType": OCI_INDEX, "digest": f"sha256:{claimed}", "size": 1},
            descriptor(APP.manifest(), OCI_MANIFEST),
        ]
    )
    bundle = layout(blobs, index_json([{"mediaType": OCI_INDEX, "digest": f"sha256:{claimed}", "size": len(inner)}]))
    with opened(bundle.adding(Entry(f"blobs/sha256/{claimed}", inner)), tmp_path) as archive:
        assert {"INDEX-12", "BLOB-1"} <= set(codes(archive))
        assert [found.kind for found in archive.images] == [NodeKind.IMAGE]


def test_a_layout_without_oci_layout(tmp_path: Path) -> None:
    with opened(containerd([APP], manifest_json=False).without("oci-layout"), tmp_path) as archive:
        assert "LAYOUT-1" in codes(archive)
        assert archive.images[0].names == APP.names
