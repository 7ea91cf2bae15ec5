"""A real file system that is small, or read-only: export, extraction and the temporary copy of a compressed archive."""

from __future__ import annotations

import gc
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import ArchiveUnreadable, ExtractError, TargetUnwritable
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.extract import disk as extract_disk
from inspector.extract import extract_merged
from tests.builders import compress
from tests.faults.conftest import OLD, stamp


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of one mebibyte, where the test may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield place
    gc.collect()  # errors hold frames, and these the files that were open
    subprocess.run(["umount", str(place)], check=True)


def test_an_export_to_a_full_disk(source: Path, small: Path) -> None:
    target = small / "app.oci.tar"
    target.write_bytes(OLD)
    before = stamp(source), stamp(target)
    with open_archive(source) as archive, pytest.raises(TargetUnwritable) as told:
        export_archive(plan_export(archive), target, overwrite=True)
    assert str(target) in told.value.message
    assert (stamp(source), stamp(target)) == before
    assert os.listdir(small) == [target.name]


def test_an_export_to_a_disk_that_lied_about_its_room(
    source: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = small / "app.oci.tar"
    target.write_bytes(OLD)
    monkeypatch.setattr("inspector.export.target.free_bytes", lambda _folder: 1 << 40)
    with open_archive(source) as archive, pytest.raises(TargetUnwritable, match="full") as told:
        export_archive(plan_export(archive), target, overwrite=True)
    assert str(target) in told.value.message
    assert target.read_bytes() == OLD
    assert os.listdir(small) == [target.name]


def test_an_extraction_to_a_full_disk(source: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stamp(source)
    with open_archive(source) as archive:
        with pytest.raises(ExtractError, match="room"):
            extract_merged(archive.images[0], small / "files")
        monkeypatch.setattr(extract_disk, "free_bytes", lambda _descriptor: 1 << 40)
        with pytest.raises(ExtractError, match="No space left") as told:
            extract_merged(archive.images[0], small / "files")
    assert str(small / "files") in told.value.message
    assert os.listdir(small) == []
    assert stamp(source) == before


def test_no_room_for_the_copy_of_a_compressed_archive(
    source: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = source.with_name("app.tar.gz")
    packed.write_bytes(compress(source.read_bytes(), "gzip"))
    before = stamp(packed)
    monkeypatch.setattr(tempfile, "tempdir", str(small))
    monkeypatch.setenv("TMPDIR", str(small))
    with pytest.raises(ArchiveUnreadable, match="room") as told:
        open_archive(packed)
    assert str(small) in told.value.message
    monkeypatch.setattr("inspector.archive.spool._free", lambda _folder: 1 << 40)
    with pytest.raises(ArchiveUnreadable, match="No space left"):
        open_archive(packed)
    assert os.listdir(small) == []
    assert stamp(packed) == before


def test_a_read_only_disk(source: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = small / "app.oci.tar"
    target.write_bytes(OLD)
    monkeypatch.setattr("inspector.export.target.free_bytes", lambda _folder: 1 << 40)
    monkeypatch.setattr(extract_disk, "free_bytes", lambda _descriptor: 1 << 40)
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with open_archive(source) as archive:
        with pytest.raises(TargetUnwritable, match="read-only") as told:
            export_archive(plan_export(archive), target, overwrite=True)
        assert str(target) in told.value.message
        with pytest.raises(ExtractError, match="Read-only"):
            extract_merged(archive.images[0], small / "files")
    assert os.listdir(small) == [target.name]
