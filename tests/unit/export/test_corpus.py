"""Every archive of the corpus, exported: what comes out is what an independent reader found in the source."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import Image, NodeKind
from inspector.errors import InspectorError
from inspector.export import disk
from inspector.export.options import ExportOptions, Preset
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive

REFUSED = {
    "buildx-0.29-rootfs.tar": "root file system",
    "crane-export-rootfs.tar": "root file system",
    "podman-5.8-export-rootfs.tar": "root file system",
    "retar-oci-cpio.cpio": "cpio",
    "retar-oci.zip": "zip",
    "derived-truncated.tar": "cut off",
    "derived-truncated.tar.gz": "cut off",
    "ctr-2.1-truncated.tar": "cut off",
    "skopeo-1.22-dir-v2s1": "schema 1",
}


_QUICK = (Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "sync", lambda _descriptor: None)
    monkeypatch.setattr(disk, "sync_folder", lambda _folder: None)


def _export(source: Path, target: Path, **options: Any) -> None:
    with open_archive(source) as archive:
        result = export_archive(plan_export(archive, ExportOptions(**options)), target)
    assert result.verified
    assert hashlib.sha256(target.read_bytes()).hexdigest() == result.sha256
    assert target.stat().st_size == result.size


def _runnable(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [image for image in facts["images"] if image["kind"] == "image"]


def _facts_of(image: Image) -> tuple[object, ...]:
    diff_ids = image.parsed_config.stated_diff_ids if image.parsed_config is not None else ()
    return (str(image.config_digest), tuple(diff_ids))


@pytest.mark.parametrize(
    "preset",
    [
        Preset.DOCKER_COMPATIBLE,
        Preset.CLASSIC_DOCKER,
        *(pytest.param(one, marks=pytest.mark.corpus_full) for one in Preset if one not in _QUICK),
    ],
)
def test_config_and_diff_ids_are_kept_and_the_second_run_is_the_same(
    preset: Preset, archive_name: str, archive_path: Path, facts: dict[str, Any], tmp_path: Path
) -> None:
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    if archive_name in REFUSED:
        with pytest.raises(InspectorError, match=REFUSED[archive_name]):
            _export(archive_path, first, preset=preset)
        assert list(tmp_path.iterdir()) == []
        return
    if preset is Preset.CLASSIC_DOCKER and archive_name == "skopeo-1.22-oci-encrypted.tar":
        with pytest.raises(InspectorError, match="Docker could load"):
            _export(archive_path, first, preset=preset)
        return
    _export(archive_path, first, preset=preset)
    if preset is not Preset.CLASSIC_DOCKER:
        _export(archive_path, second, preset=preset)
        assert first.read_bytes() == second.read_bytes()
    with open_archive(archive_path) as source, open_archive(first) as written:
        assert not [f for f in written.findings if f.code in ("ARC-1", "ARC-2", "INDEX-11", "COMPAT-6", "BLOB-5")]
        before = [image for image in source.images if image.kind is NodeKind.IMAGE]
        after = [image for image in written.images if image.kind is NodeKind.IMAGE]
        if source.layout == "docker-save-v1":
            assert len(after) == len(before)
            return
        here, there = Counter(map(_facts_of, before)), Counter(map(_facts_of, after))
        if preset is Preset.CLASSIC_DOCKER:
            assert set(there) <= set(here)
            return
        assert set(there) == set(here)
        described = {image["config_digest"] for image in _runnable(facts[archive_name]) if image["complete"]}
        assert described <= {str(image.config_digest) for image in after}
        names = {name for image in before for name in image.names}
        assert {name for image in after for name in image.names} == names


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize(
    "name",
    [
        "docker-20.10-vfs-bk-rich.tar",
        "docker-28.5-vfs-bk-rich.tar",
        "docker-28.5-containerd-rich.tar",
        "buildx-0.29-docker-rich.tar",
        "skopeo-1.22-oci-zstdchunked.tar",
        "crane-pull-tarball.tar",
    ],
)
def test_compressing_anew_keeps_config_and_diff_ids(name: str, compression: str, corpus: Path, tmp_path: Path) -> None:
    archive_path = corpus / name
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    _export(archive_path, first, compression=compression)
    _export(archive_path, second, compression=compression)
    assert first.read_bytes() == second.read_bytes()
    with open_archive(archive_path) as source, open_archive(first) as written:
        here = {_facts_of(image) for image in source.images if image.kind is NodeKind.IMAGE}
        after = [image for image in written.images if image.kind is NodeKind.IMAGE]
        assert {_facts_of(image) for image in after} == here
        assert {layer.compression.value for image in after for layer in image.layers} == {compression}
