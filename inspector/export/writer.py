"""Carrying out a plan: every blob read once, written, synced, read back, compared; only then does the target appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.archive.image import ImageArchive
from inspector.export.fill import record
from inspector.export.folder_target import FolderTarget
from inspector.export.forms import land
from inspector.export.options import Form
from inspector.export.planned import Change, DiffIds, ExportPlan, PlannedImage
from inspector.export.stages import Overall
from inspector.export.target import Target, unwritable
from inspector.progress import CancelToken, ProgressSink, ignore_progress

SPARE = 1 << 20
"""Room asked for beyond the file itself: folders and file system blocks."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written. `sha256` is that of the file, in hex, computed from what was read back; "" for a layout folder.

    `verified`: every member was read back and had the digest meant for it, so a layer that is copied is what it was; whether it
    is what its config says is told by `diff_ids`. `seconds` are those of writing,
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
    diff_ids: DiffIds


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
    plan.check_sources()
    place = _place(plan.archives, target, plan.form, overwrite=overwrite)
    place.check(needed=plan.room + SPARE)
    token.check()
    try:
        with place:
            return _export(plan, place, token, Overall(plan, sink))
    except OSError as error:
        # Reading raises errors of its own: what is left is the disk that we write to.
        raise unwritable(target, error) from error


def check_target(
    archive: ImageArchive,
    target: Path,
    *,
    overwrite: bool = False,
    form: Form | None = None,
    others: Sequence[ImageArchive] = (),
) -> None:
    """What can be said of a target before anything is read; raises as `export_archive` does."""
    _place((archive, *others), target, form, overwrite=overwrite).check()


def _place(archives: Sequence[ImageArchive], target: Path, form: Form | None, *, overwrite: bool) -> Target:
    make = FolderTarget if form is Form.FOLDER else Target
    return make(
        target,
        overwrite=overwrite,
        forbidden=[archive.source.identity for archive in archives if archive.source is not None],
        inside=[archive.path for archive in archives if archive.source is None],
    )


def _export(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> ExportResult:
    landed = land(plan, place, token, sink)
    settled = landed.plan
    settled.check_sources()
    token.check()
    notes = place.commit()
    record(settled)
    return ExportResult(
        output=place.path,
        size=landed.size,
        sha256=landed.sha256,
        verified=True,
        images=settled.images,
        changes=settled.changes,
        notes=(*settled.notes, *notes),
        seconds=landed.seconds,
        diff_ids=settled.diff_ids,
    )


__all__ = ["ExportResult", "check_target", "default_target", "export_archive"]
