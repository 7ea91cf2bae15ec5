"""Carrying out a plan: every blob read once, written, synced, read back, compared; only then does the target appear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.archive.blobstore import Blob, compute_digest
from inspector.archive.image import ImageArchive
from inspector.errors import ExportError, InspectorError
from inspector.export.blobbag import mismatch
from inspector.export.layerreader import LayerReader
from inspector.export.planned import Change, ExportPlan, Inflated, PlannedBlob, PlannedImage, Recoded, ToRecode
from inspector.export.recoding import recode
from inspector.export.target import Target, unwritable
from inspector.export.transfer import BackgroundSync, TarOutput, Written
from inspector.export.verify import Expected, WrongContent, read_back
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

_WRITING = "Writing"
_SPARE = 1 << 20
"""Room asked for beyond the file itself: folders and file system blocks."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written. `sha256` is that of the file, in hex, computed from what was read back.

    `verified`: every member was read back and had the digest meant for it. `seconds` are those of writing,
    of reading back, and of waiting for the disk after that.
    """

    output: Path
    size: int
    sha256: str
    verified: bool
    images: tuple[PlannedImage, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    seconds: tuple[float, float, float]


def default_target(source: Path) -> Path:
    """`app.tar` → `app.oci.tar`, `app.tar.gz` → `app.oci.tar`, a folder → `folder.oci.tar`, in the same folder.

    Never the source itself: `app.oci.tar` → `app.oci-2.tar`.
    """
    name = source.name or source.resolve().name or "archive"
    if not source.is_dir():
        for suffix in (".gz", ".zst", ".xz", ".bz2", ".lz4", ".zstd"):
            name = name.removesuffix(suffix)
        for suffix in (".tar", ".tgz", ".tzst", ".txz", ".tbz2", ".img", ".oci"):
            name = name.removesuffix(suffix)
    target = source.parent / f"{name or 'archive'}.oci.tar"
    return target if target != source else source.parent / f"{name}.oci-2.tar"


def export_archive(
    plan: ExportPlan,
    target: Path,
    *,
    overwrite: bool = False,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
) -> ExportResult:
    """Write what `plan` says to `target`, all or nothing.

    Raises `TargetExists`, `TargetIsSource`, `TargetUnwritable` (before anything is written, where it can be known),
    `BlobMismatch` (a blob is not what its digest says), `SourceChanged`, `ExportError`, `Cancelled`. Whatever is raised,
    the source and an existing target are as they were, and no other file is left.
    """
    token = token if token is not None else CancelToken()
    archive = plan.archive
    archive.check_source()
    place = _place(archive, target, overwrite=overwrite)
    place.check(needed=plan.size + _SPARE)
    token.check()
    try:
        with place:
            return _export(plan, place, token, sink)
    except OSError as error:
        # Reading raises errors of its own: what is left is the disk that we write to.
        raise unwritable(target, error) from error


def check_target(archive: ImageArchive, target: Path, *, overwrite: bool = False) -> None:
    """What can be said of a target before anything is read; raises as `export_archive` does."""
    _place(archive, target, overwrite=overwrite).check()


def _place(archive: ImageArchive, target: Path, *, overwrite: bool) -> Target:
    return Target(
        target,
        overwrite=overwrite,
        forbidden=[archive.source.identity] if archive.source is not None else [],
        inside=archive.path if archive.source is None else None,
    )


def _export(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> ExportResult:
    with recode(plan, place.folder, token, sink) as settled:
        started = time.monotonic()
        expected, written = _write(settled, place, token, sink)
        ended = time.monotonic()
        # The disk takes the bytes while we look at them: two different machines are busy.
        sync = BackgroundSync(place.descriptor)
        try:
            sha256 = read_back(place.part, expected, written, token, sink)
        except WrongContent as error:
            raise _blame(settled, error, token) from error
        read = time.monotonic()
        sync.wait(token)
        settled.archive.check_source()
        token.check()
        notes = place.commit()
        _record(settled)
        return ExportResult(
            output=place.path,
            size=written.size,
            sha256=sha256,
            verified=True,
            images=settled.images,
            changes=settled.changes,
            notes=(*settled.notes, *notes),
            seconds=(ended - started, read - ended, time.monotonic() - read),
        )


def _write(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> tuple[list[Expected], Written]:
    total = plan.size
    done = 0
    subject = ""

    def advanced(count: int) -> None:
        nonlocal done
        done += count
        sink(Progress(_WRITING, min(done, total), total, subject))

    expected: list[Expected] = []
    with TarOutput(place.descriptor, token, advanced) as out:
        for member in _members(plan):
            if isinstance(member, str):
                out.folder(member)
                continue
            subject = member.name
            expected.append(_put(out, plan, member, token))
        return expected, out.end()


def _members(plan: ExportPlan) -> Iterator[str | PlannedBlob]:
    """Folders and files in the order of their names, a folder before what is in it."""
    rows: list[tuple[bytes, str | PlannedBlob]] = [(f"{name}/".encode(), name) for name in plan.folders]
    rows += [(planned.name.encode(), planned) for planned in plan.blobs]
    rows.sort(key=lambda row: row[0])
    return (row[1] for row in rows)


def _put(out: TarOutput, plan: ExportPlan, planned: PlannedBlob, token: CancelToken) -> Expected:
    """Write one file; returns what must be found there later."""
    origin, digest = planned.origin, planned.digest
    assert not isinstance(origin, ToRecode), "layers are compressed before anything is written"
    assert digest is not None
    if isinstance(origin, bytes):
        out.document(planned.name, origin)
        return Expected(planned.name, len(origin), digest)
    if isinstance(origin, Inflated):
        layer = LayerReader(origin.blob, token)
        try:
            size = out.stream(planned.name, layer.plain())
        except OverflowError as error:
            raise ExportError("A layer is too large", f"{error}. Choose another preset.") from error
        layer.check(plan.archive)
        if layer.diff_id != digest:
            raise _wrong(plan, f"{origin.blob.member.name}, uncompressed,", digest, layer.diff_id)
        return Expected(planned.name, size, digest)
    source = origin.source if isinstance(origin, Recoded) else origin.open()
    if planned.size != source.size:
        raise _wrong(plan, planned.name, digest, None)
    out.blob(planned.name, source)
    return Expected(planned.name, source.size, digest if digest.checkable else None)


def _wrong(plan: ExportPlan, name: str, expected: Digest, found: Digest | None) -> InspectorError:
    plan.archive.check_source()  # a file that changed meanwhile explains it better
    return mismatch(name, expected, found)


def _blame(plan: ExportPlan, error: WrongContent, token: CancelToken) -> InspectorError:
    """What was read back is not what its digest says: the source, or the disk that we wrote to."""
    plan.archive.check_source()
    origin = next((planned.origin for planned in plan.blobs if planned.name == error.expected.name), None)
    digest = error.expected.digest
    if isinstance(origin, Blob) and digest is not None:
        found = compute_digest(origin, token, ignore_progress, digest.algorithm)
        if found != digest:
            return mismatch(origin.member.name, digest, found)
    return error


def _record(plan: ExportPlan) -> None:
    """The new file holds the source's bytes, and they were found to be right: so the source's are."""
    for planned in plan.blobs:
        if isinstance(planned.origin, Blob) and planned.digest is not None and planned.digest.checkable:
            planned.origin.record(planned.digest)


__all__ = ["ExportResult", "check_target", "default_target", "export_archive"]
