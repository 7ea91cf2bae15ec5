"""The disk, the share or another program fails us while we read: one clear error, and nothing is lost or left behind."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.blobstore import compute_digest
from inspector.archive.detect import open_archive
from inspector.errors import ArchiveError, InspectorError, SourceChanged, TargetUnwritable
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.progress import CancelToken, ignore_progress
from tests.faults.conftest import JOBS, OLD, Reads, nothing_lost

PLACES = 20


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_an_error_of_the_disk_at_twenty_places(
    source: Path, target: Path, reads: Reads, job: str, number: int, tmp_path: Path
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    reads.watch()
    scratch = tmp_path / "dry"
    scratch.mkdir()
    JOBS[job](source, scratch / "app.oci.tar")
    total = reads.count
    shutil.rmtree(scratch)
    places = sorted({1 + (total - 1) * place // (PLACES - 1) for place in range(PLACES)})
    assert len(places) > 5
    for place in places:
        reads.watch(place, fail)
        with nothing_lost(source, target):
            told = _told(lambda: JOBS[job](source, target))
        assert told is not None, f"read {place} of {total} failed and nobody said so"
        assert str(source) in str(told) or (isinstance(told, TargetUnwritable) and str(target) in str(told))
        assert os.strerror(number) in str(told.__cause__)
    # Nobody remembers the fault: the next try does all of it.
    reads.watch()
    JOBS[job](source, target)


def _told(work: Callable[[], None]) -> InspectorError | None:
    try:
        work()
    except InspectorError as error:
        return error
    return None


def truncated(source: Path) -> None:
    os.truncate(source, 700)


def emptied(source: Path) -> None:
    os.truncate(source, 0)


def growing(source: Path) -> None:
    with source.open("ab") as file:
        file.write(os.urandom(10_000))


def replaced(source: Path) -> None:
    other = source.with_name("other.tar")
    other.write_bytes(os.urandom(20_000))
    other.rename(source)


def rewritten(source: Path) -> None:
    with source.open("r+b") as file:
        file.write(os.urandom(source.stat().st_size))


def unlinked(source: Path) -> None:
    source.unlink()


def forbidden(source: Path) -> None:
    source.chmod(0)


CHANGES = {change.__name__: change for change in (truncated, emptied, growing, replaced, rewritten, unlinked)}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("job", JOBS)
def test_the_source_changes_in_the_middle(
    source: Path, target: Path, reads: Reads, job: str, change: str, tmp_path: Path
) -> None:
    """At five places of each job: an error of ours or a result, never a crash; an export is refused, and its target stays."""
    copy = tmp_path / "copy.tar"
    shutil.copy2(source, copy)
    scratch = tmp_path / "dry"
    scratch.mkdir()
    reads.watch()
    JOBS[job](source, scratch / "app.oci.tar")
    total = reads.count
    for share in (0.0, 0.25, 0.5, 0.75, 0.95):
        shutil.copy2(copy, source)
        reads.watch(1 + int(share * (total - 1)), lambda: CHANGES[change](source))
        try:
            JOBS[job](source, target)
        except InspectorError as error:
            assert error.title  # noqa: PT017
            assert job != "export" or str(source) in str(error) or isinstance(error, ArchiveError)  # noqa: PT017
        else:
            assert job != "export", "an export of a file that changed meanwhile was not refused"
            shutil.rmtree(target.with_name("files"), ignore_errors=True)
        assert target.read_bytes() == OLD
        assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_source_is_noticed_and_never_exported(source: Path, target: Path, change: str) -> None:
    with open_archive(source) as archive:
        plan = plan_export(archive)
        CHANGES[change](source)
        with pytest.raises(SourceChanged) as told:
            archive.check_source()
        assert str(source) in told.value.message
        with pytest.raises(InspectorError):
            export_archive(plan, target, overwrite=True)
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_a_blob_that_was_read_after_a_change_is_explained_by_the_change(source: Path) -> None:
    """The config is read last: the documents before it were still the old ones."""
    with open_archive(source) as archive:
        config = archive.images[0].config_blob
        assert config is not None
        rewritten(source)
        compute_digest(config, CancelToken(), ignore_progress)
        with pytest.raises(SourceChanged) as told:
            plan_export(archive)
    assert str(source) in told.value.message


def test_a_file_that_lost_its_permissions_stays_readable(source: Path, target: Path) -> None:
    with open_archive(source) as archive:
        plan = plan_export(archive)
        forbidden(source)
        assert export_archive(plan, target, overwrite=True).verified
