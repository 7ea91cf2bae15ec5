"""Export as the window sees it: where to, what will be written, and how it went."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.archive.detect import open_archive, open_tar
from inspector.archive.image import ImageArchive, NodeKind
from inspector.conformance.check import check_archive
from inspector.conformance.forecast import Forecast
from inspector.conformance.loaders import NAMES
from inspector.conformance.registry import RULES
from inspector.errors import InspectorError, TargetIsSource
from inspector.export.imagined import imagined
from inspector.export.plan import Change, ExportOptions, ExportPlan, plan_export
from inspector.export.sheet import verdict
from inspector.export.writer import ExportResult, export_archive
from inspector.export.writer import check_target as check_target_of
from inspector.export.writer import default_target as default_target_of
from inspector.language import tr
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel import display
from inspector.viewmodel.exportchoices import ExportRequest
from inspector.viewmodel.loading import WORDS, loaders_line
from inspector.viewmodel.outcome import ExportOutcome

if TYPE_CHECKING:
    from inspector.viewmodel.session import ArchiveSession

MAX_ROWS = 2000
"""Lines of the sheet; the rest is counted in a note."""


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """What is known of a target before the work: `text` is a warning for the dialog, or ""."""

    exists: bool
    is_source: bool
    writable: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of *What will be written*."""

    object: str
    action: str
    why: str
    before: str
    after: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """What will be written. `size` in bytes; `button` is the text of the button that starts."""

    rows: tuple[PlanRow, ...]
    size: int
    size_text: str
    button: str
    images: str
    notes: tuple[str, ...] = ()
    loaders: str = ""
    """Who will be able to load it, in one line."""
    loaders_tooltip: str = ""
    """For each loader what it would do, and why."""


def default_target(session: ArchiveSession) -> Path:
    """Beside the archive: `app.tar` → `app.oci.tar`."""
    return default_target_of(session.path)


def check_target(session: ArchiveSession, target: Path) -> TargetCheck:
    """What stands at the target. May hang on a dead share: call it in a worker."""
    exists = False
    try:
        exists = os.path.lexists(target)
        check_target_of(session.archive, target, overwrite=True)
    except (OSError, ValueError):
        return TargetCheck(exists=False, is_source=False, writable=False, text="This name cannot be used.")
    except InspectorError as error:
        text = display.safe(error.message or error.title, 4000)
        return TargetCheck(exists, isinstance(error, TargetIsSource), writable=False, text=text)
    return TargetCheck(
        exists, is_source=False, writable=True, text="It exists and would be replaced." if exists else ""
    )


def prepare_export(
    session: ArchiveSession, request: ExportRequest, token: CancelToken, sink: ProgressSink
) -> PlanSheet:
    """What would be written, without writing. Raises `UsageError`, `BlobError`, `ExportError`, `Cancelled`."""
    plan = plan_export(session.archive, _options(session, request), token=token, sink=sink)
    loaders = _loaders(session, plan, token)
    rows = tuple(_row(change) for change in plan.changes[:MAX_ROWS])
    rest = len(plan.changes) - len(rows)
    notes = (*plan.notes, f"{rest:,} more lines are not shown.") if rest > 0 else tuple(plan.notes)
    size = display.size(plan.size)
    about = size if plan.size_is_exact else f"about {size}"
    return PlanSheet(
        rows,
        plan.size,
        about,
        tr("Export %s") % about,
        verdict(plan.images),
        tuple(map(display.safe, notes)),
        loaders_line(loaders),
        "\n".join(f"{NAMES[one.loader]}: {display.safe(one.text, 2000) or WORDS[one.verdict][0]}" for one in loaders),
    )


def _options(session: ArchiveSession, request: ExportRequest) -> ExportOptions:
    return replace(request.options(), limits=session.limits)


def _loaders(session: ArchiveSession, plan: ExportPlan, token: CancelToken) -> tuple[Forecast, ...]:
    """What each loader would do with the result, from the documents that would be written."""
    with open_tar(imagined(plan, token), session.path, token=token, limits=session.limits) as foreseen:
        return check_archive(foreseen, deep=False, token=token, limits=session.limits).loaders


def _row(change: Change) -> PlanRow:
    before, after = _side(change.old, change.old_size), _side(change.new, change.new_size)
    rule = RULES.get(change.why)
    why = f"{rule.code}: {rule.title}" if rule is not None else change.why
    details = [change.object, f"{change.action}: {why}" if why else change.action]
    details += [f"before: {change.old}"] if change.old else []
    details += [f"after: {change.new}"] if change.new else []
    return PlanRow(
        display.safe(change.object),
        change.action,
        display.safe(why),
        before,
        after,
        "\n".join(display.safe(line) for line in details),
    )


def _side(digest: str | None, size: int | None) -> str:
    parts = [display.short(digest)] if digest else []
    parts += [display.size(size)] if size is not None else []
    return " · ".join(parts) or "none"


def run_export(
    session: ArchiveSession,
    request: ExportRequest,
    target: Path,
    overwrite: bool,
    token: CancelToken,
    sink: ProgressSink,
) -> ExportOutcome:
    """Plan, write, read back with every digest verified, and open the result as any archive.

    Raises `TargetExists` (unless `overwrite`), `TargetIsSource`, `TargetUnwritable`, `SourceChanged`, `Cancelled` and
    what planning raises; nothing is then left behind, and an old target is as it was.
    """
    check_target_of(session.archive, target, overwrite=overwrite, form=_options(session, request).form)
    session.archive.check_source()
    sink(Progress("Planning"))
    plan = plan_export(session.archive, _options(session, request), token=token, sink=sink)
    result = export_archive(plan, target, overwrite=overwrite, token=token, sink=sink)
    return _outcome(plan, result, request)


def _outcome(plan: ExportPlan, result: ExportResult, request: ExportRequest) -> ExportOutcome:
    digest, trouble = _reopened(result.output)
    verified = result.verified and not trouble
    parts = (
        f"Saved {display.safe(result.output.name)}",
        display.size(result.size),
        verdict(result.images),
        "verified" if verified else "NOT verified",
    )
    notes = [*(display.safe(note) for note in result.notes)]
    notes += [display.safe(trouble)] if trouble else []
    file_digest = f"sha256:{result.sha256}" if result.sha256 else ""
    return ExportOutcome(
        " · ".join(parts),
        tuple(notes),
        result.output,
        result.size,
        result.sha256,
        digest or file_digest,
        verified,
        _details(plan, result, request, file_digest),
    )


def _reopened(path: Path) -> tuple[str, str]:
    """The digest of the only root of the new archive, and what was wrong with opening it; both "" if there is none.

    Every byte was read back and hashed before the file got its name; here it is understood once more from outside.
    """
    try:
        with open_archive(path) as archive:
            trouble = _incomplete(archive)
            roots = {root.digest for root in archive.roots}
            only = roots.pop() if len(roots) == 1 else None
            return str(only) if only is not None else "", trouble
    except InspectorError as error:
        return "", f"The result could not be opened again. {error}"


def _incomplete(archive: ImageArchive) -> str:
    count = sum(1 for image in archive.images if not image.complete and image.kind is NodeKind.IMAGE)
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return f"{display.count(count, 'image', 'images')} of the result {verb} incomplete, as in the source."


def _details(plan: ExportPlan, result: ExportResult, request: ExportRequest, file_digest: str) -> str:
    lines = [
        str(result.output),
        f"{result.size:,} bytes, {file_digest}",
        f"preset {request.preset}, compression {request.compression}",
        "",
    ]
    for image in result.images:
        lines.append(f"{', '.join(image.names) or 'untagged'} {image.platform or ''}".rstrip())
        lines.append(f"  config   {image.config_digest}")
        if not image.has_manifest:
            continue
        if image.source_manifest_digest == image.manifest_digest:
            lines.append(f"  manifest {image.manifest_digest}, kept")
        else:
            lines.append(f"  manifest {image.source_manifest_digest or 'none'} → {image.manifest_digest or 'none'}")
    lines.append("")
    lines += [
        f"{change.action:9} {change.object}{': ' + change.why if change.why else ''}"
        for change in plan.changes[:MAX_ROWS]
    ]
    return "\n".join(display.safe(line, 4000) for line in lines)
