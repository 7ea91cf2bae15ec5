"""What is cut off or damaged opens as far as it is whole, and says where it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive
from inspector.errors import ArchiveDamaged
from tests.builders import (
    Bundle,
    Entry,
    compress,
    containerd,
    digest,
    docker_19,
    docker_24,
    docker_25,
    image,
    podman_docker_archive,
)

APP = image("docker.io/library/app:1")


def cut(bundle: Bundle, before: str, tmp_path: Path, *, more: int = 0) -> ImageArchive:
    """Opened after losing everything from the header of `before` (plus `more` bytes) on."""
    path = tmp_path / "cut.tar"
    path.write_bytes(bundle.tar()[: bundle.offset_of(before) + more])
    return open_archive(path)


def codes(archive: ImageArchive) -> list[str]:
    return [finding.code for finding in archive.findings]


def test_a_layout_that_ends_before_index_json(tmp_path: Path) -> None:
    for bundle in (docker_25([APP]), containerd([APP])):
        with cut(bundle, "index.json", tmp_path) as archive:
            assert {"LAYOUT-1", "LAYOUT-4", "ARC-1"} <= set(codes(archive))
            [found] = archive.images
            assert found.source == "blobs"
            assert found.names == ()
            assert found.complete
            assert found.config_digest == digest(APP.config)


def test_a_layout_that_ends_within_a_layer(tmp_path: Path) -> None:
    bundle = docker_25([APP])
    last = f"blobs/sha256/{max(APP.diff_ids)[7:]}"
    with cut(bundle, last, tmp_path, more=600) as archive:
        [broken] = [finding for finding in archive.findings if finding.code == "ARC-1"]
        assert broken.where.offset == archive.size
        for found in archive.images:
            assert not found.complete
            cut_off = [layer for layer in found.layers if layer.diff_id == max(APP.diff_ids)]
            assert all(not layer.present for layer in cut_off)


def test_a_layout_of_which_only_the_config_is_left(tmp_path: Path) -> None:
    bundle = docker_25([APP])
    keep = {f"blobs/sha256/{APP.config_hex}", *(f"blobs/sha256/{diff_id[7:]}" for diff_id in APP.diff_ids)}
    left = Bundle(tuple(entry for entry in bundle.entries if entry.name in keep))
    with open_archive(left.write(tmp_path / "left.tar")) as archive:
        [found] = archive.images
        assert found.config_digest == digest(APP.config)
        assert [layer.digest for layer in found.layers] == APP.diff_ids
        assert found.complete


def test_a_docker_save_that_ends_before_manifest_json(tmp_path: Path) -> None:
    with cut(docker_24([APP]), "manifest.json", tmp_path) as archive:
        assert archive.layout == "docker-save"
        [found] = archive.images
        assert found.config_digest == digest(APP.config)
        assert [layer.diff_id for layer in found.layers] == APP.diff_ids
        assert found.complete
        assert "COMPAT-1" in codes(archive)


def test_a_podman_archive_that_ends_before_manifest_json(tmp_path: Path) -> None:
    with cut(podman_docker_archive([APP]), "manifest.json", tmp_path) as archive:
        [found] = archive.images
        assert [layer.digest for layer in found.layers] == APP.diff_ids
        assert found.complete


def test_a_docker_save_without_its_config_shows_the_v1_chain(tmp_path: Path) -> None:
    bundle = docker_24([APP]).without("manifest.json", f"{APP.config_hex}.json", "repositories")
    with open_archive(bundle.write(tmp_path / "left.tar")) as archive:
        assert archive.layout == "docker-save-v1"
        assert [layer.present for layer in archive.images[0].layers] == [True, True]


def test_a_v1_chain_with_a_missing_parent(tmp_path: Path) -> None:
    base = APP.v1_ids[0]
    bundle = docker_19([APP]).without(f"{base}/json", f"{base}/VERSION", f"{base}/layer.tar")
    with open_archive(bundle.write(tmp_path / "left.tar")) as archive:
        assert "COMPAT-4" in codes(archive)
        assert archive.images[0].names == APP.names
        assert not archive.images[0].complete


def test_a_v1_chain_that_runs_in_a_circle(tmp_path: Path) -> None:
    base, top = APP.v1_ids
    bundle = docker_19([APP])
    text = bundle.data(f"{base}/json").replace(b'"created"', f'"parent":"{top}","created"'.encode(), 1)
    with open_archive(bundle.replacing(f"{base}/json", text).write(tmp_path / "left.tar")) as archive:
        assert "COMPAT-4" in codes(archive)


def test_a_compressed_archive_that_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.tar.gz"
    bundle = docker_25([APP]).adding(Entry("filler", bytes(range(256)) * 4000))
    whole = compress(bundle.tar(), "gzip")
    path.write_bytes(whole[:-20])
    with open_archive(path) as archive:
        assert "ARC-1" in codes(archive)
        assert archive.images[0].names == APP.names


def test_missing_end_and_padding(tmp_path: Path) -> None:
    bundle = docker_25([APP])
    path = tmp_path / "no-end.tar"
    path.write_bytes(bundle.tar(end=b""))
    with open_archive(path) as archive:
        assert archive.images[0].complete


def test_unreadable_documents_beside_good_ones(tmp_path: Path) -> None:
    bundle = docker_25([APP]).replacing("manifest.json", b"{not json")
    with open_archive(bundle.write(tmp_path / "a.tar")) as archive:
        assert "COMPAT-1" in codes(archive)
        assert archive.images[0].names == APP.names
    bundle = docker_25([APP]).replacing("index.json", b"{not json")
    with open_archive(bundle.write(tmp_path / "b.tar")) as archive:
        assert "LAYOUT-5" in codes(archive)
        assert archive.images[0].names == APP.names
        assert archive.images[0].manifest_digest is not None


def test_a_manifest_json_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    bundle = Bundle((Entry("manifest.json", b"\xff\xfe\x00garbage"), Entry("other", b"x")))
    with pytest.raises(ArchiveDamaged, match=r"manifest\.json"):
        open_archive(bundle.write(tmp_path / "a.tar"))


def test_an_index_json_that_is_nonsense(tmp_path: Path) -> None:
    for text in (b"", b"[]", b"null", b"{not json", b"# comment\n{}"):
        bundle = containerd([APP], manifest_json=False).replacing("index.json", text)
        with pytest.raises(ArchiveDamaged, match=r"index\.json is whole"):
            open_archive(bundle.write(tmp_path / "a.tar"))


def test_repositories_without_any_v1_json(tmp_path: Path) -> None:
    spec = image("docker.io/library/app:1", layers=1)
    bundle = docker_19([spec]).without(f"{spec.v1_ids[0]}/json")
    with open_archive(bundle.write(tmp_path / "a.tar")) as archive:
        [found] = archive.images
        assert found.names == spec.names
        assert [layer.present for layer in found.layers] == [True]
        assert not found.complete
