"""Export as the window sees it: where to, what will be written, and how it went."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.archive.detect import open_archive, open_tar
from inspector.archive.image import ImageArchive, NodeKind
from inspector.conformance.check import check_archive
from inspector.conformance.forecast import Forecast, Verdict
from inspector.conformance.loaders import NAMES
from inspector.conformance.registry import RULES
from inspector.errors import InspectorError, TargetIsSource, UsageError
from inspector.export.forms import form_for
from inspector.export.imagined import imagined
from inspector.export.mending import union, with_findings
from inspector.export.plan import Change, ExportOptions, ExportPlan, plan_export
from inspector.export.planned import DiffIds
from inspector.export.sheet import verdict
from inspector.export.split import Split, pieces
from inspector.export.target import free_bytes
from inspector.export.together import NamedPlan, check_common_folder, export_together
from inspector.export.writer import SPARE, ExportResult, export_archive
from inspector.export.writer import check_target as check_target_of
from inspector.export.writer import default_target as default_target_of
from inspector.language import mark, tr, trn
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel import display
from inspector.viewmodel.exportchoices import ExportRequest
from inspector.viewmodel.loading import WORDS, loaders_line
from inspector.viewmodel.messages import in_one_line
from inspector.viewmodel.outcome import ExportOutcome
from inspector.viewmodel.repairing import RepairRow, rows_of

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
    repairs: tuple[RepairRow, ...] = ()


def default_target(session: ArchiveSession, split: str = "") -> Path:
    """Beside the archive: `app.tar` → `app.oci.tar`; a folder `app-images` or `app-platforms` if it is split."""
    target = default_target_of(session.path)
    return target.with_name(f"{target.name.rpartition('.oci')[0]}-{split}s") if split else target


def check_target(session: ArchiveSession, target: Path, request: ExportRequest | None = None) -> TargetCheck:
    """What stands at the target. May hang on a dead share: call it in a worker."""
    request = request if request is not None else ExportRequest()
    exists = False
    try:
        exists = os.path.lexists(target)
        if request.split:
            return _folder_check(target, exists)
        check_target_of(session.archive, target, overwrite=True, form=_options(session, request, target).form)
    except (OSError, ValueError):
        return TargetCheck(exists=False, is_source=False, writable=False, text=tr("This name cannot be used."))
    except InspectorError as error:
        text = display.safe(tr(error.message or error.title), 4000)
        return TargetCheck(exists, isinstance(error, TargetIsSource), writable=False, text=text)
    return TargetCheck(
        exists, is_source=False, writable=True, text=tr("It exists and would be replaced.") if exists else ""
    )


def _folder_check(target: Path, exists: bool) -> TargetCheck:
    if exists and not target.is_dir():
        return TargetCheck(exists, is_source=False, writable=False, text=tr("A file is there: name a folder."))
    check_common_folder(target)
    text = tr(
        "All archives are written into this folder, or none; files of the same names are replaced if you allow it."
    )
    return TargetCheck(exists, is_source=False, writable=True, text=text)


def prepare_export(
    session: ArchiveSession,
    request: ExportRequest,
    token: CancelToken,
    sink: ProgressSink,
    target: Path | None = None,
) -> PlanSheet:
    """What would be written to `target`, whose name tells the form if the request does not, without writing. Raises `UsageError`, `BlobError`, `ExportError`, `Cancelled`, and what opening
    the archives to merge raises.
    """
    with _planned(session, request, target, token, sink) as parts:
        changes = [(part.file_name, change) for part in parts for change in part.plan.changes]
        notes = list(dict.fromkeys(note for part in parts for note in part.plan.notes))
        images = [image for part in parts for image in part.plan.images]
        total = sum(part.plan.size for part in parts)
        room = total + max(part.plan.room - part.plan.size for part in parts) + len(parts) * SPARE
        exact = all(part.plan.size_is_exact for part in parts)
        loaders = _worst(_loaders(session, part.plan, token) for part in parts)
        found = check_archive(session.archive, deep=False, token=token, limits=session.limits).findings
        repairs = with_findings(union(part.plan.repairs for part in parts), found, request.preset)
    notes = [*_room_note(target, room, split=bool(request.split)), *notes]
    if len(changes) > MAX_ROWS:
        notes.append(tr("%s more lines are not shown.") % f"{len(changes) - MAX_ROWS:,}")
    size = display.size(total)
    about = size if exact else tr("about %s") % size
    many = trn("%d archive", "%d archives", len(parts)) % len(parts)
    return PlanSheet(
        tuple(_row(change, file_name) for file_name, change in changes[:MAX_ROWS]),
        total,
        about,
        tr("Export %s") % (f"{many}, {about}" if request.split else about),
        tr(verdict(images)),
        tuple(display.safe(tr(note)) for note in notes),
        loaders_line(loaders),
        "\n".join(
            f"{NAMES[one.loader]}: {display.safe(tr(one.text), 2000) or tr(WORDS[one.verdict][0])}" for one in loaders
        ),
        rows_of(repairs),
    )


def _room_note(target: Path | None, needed: int, *, split: bool) -> list[str]:
    """A sentence if the disk of the target has too little room now."""
    if target is None:
        return []
    free = free_bytes(target if split and target.is_dir() else target.parent)
    if free is None or free >= needed:
        return []
    return [
        tr("The disk has too little room: %(needed)s are needed, %(free)s are free.")
        % {"needed": display.size(needed), "free": display.size(free)}
    ]


@contextmanager
def _planned(
    session: ArchiveSession, request: ExportRequest, target: Path | None, token: CancelToken, sink: ProgressSink
) -> Iterator[tuple[NamedPlan, ...]]:
    """Every archive that the request asks for, the only one under the name ""; those that are merged are open until the block
    ends.
    """
    options = _options(session, request, target)
    if request.split and request.merge:
        raise UsageError(
            tr("Archives are merged or split"), tr("Choose one of the two; the other can be done with the result.")
        )
    with ExitStack() as stack:
        others = [
            stack.enter_context(open_archive(path, token=token, sink=sink, limits=session.limits))
            for path in request.merge
        ]
        if request.split:
            found = pieces(session.archive, options, Split(request.split), token=token, sink=sink)
            yield tuple(
                NamedPlan(piece.file_name, plan_export(session.archive, piece.options, token=token, sink=sink))
                for piece in found
            )
        else:
            yield (NamedPlan("", plan_export(session.archive, options, others=others, token=token, sink=sink)),)


def _options(session: ArchiveSession, request: ExportRequest, target: Path | None) -> ExportOptions:
    """May look at the target: an empty folder that is there means a layout folder."""
    options = replace(request.options(), limits=session.limits)
    if options.form is not None or target is None or request.split:
        return options
    return replace(options, form=form_for(str(target)))


def _loaders(session: ArchiveSession, plan: ExportPlan, token: CancelToken) -> tuple[Forecast, ...]:
    """What each loader would do with the result, from the documents that would be written."""
    with open_tar(imagined(plan, token), session.path, token=token, limits=session.limits) as foreseen:
        return check_archive(foreseen, deep=False, token=token, limits=session.limits).loaders


def _worst(each: Iterable[tuple[Forecast, ...]]) -> tuple[Forecast, ...]:
    """Of several archives, for each loader the forecast that is worst."""
    found: dict[str, Forecast] = {}
    order = list(Verdict)
    for forecasts in each:
        for one in forecasts:
            known = found.get(one.loader)
            if known is None or order.index(one.verdict) > order.index(known.verdict):
                found[one.loader] = one
    return tuple(found.values())


def _row(change: Change, file_name: str = "") -> PlanRow:
    before, after = _side(change.old, change.old_size), _side(change.new, change.new_size)
    rule = RULES.get(change.why)
    why = f"{rule.code}: {tr(rule.title)}" if rule is not None else tr(change.why)
    details = [change.object, f"{tr(change.action)}: {why}" if why else tr(change.action)]
    details += [tr("before: %s") % change.old] if change.old else []
    details += [tr("after: %s") % change.new] if change.new else []
    shown = display.safe(change.object)
    return PlanRow(
        f"{display.safe(file_name)}: {shown}" if file_name else shown,
        change.action,
        display.safe(why),
        before,
        after,
        "\n".join(display.safe(line) for line in details),
    )


def _side(digest: str | None, size: int | None) -> str:
    parts = [display.short(digest)] if digest else []
    parts += [display.size(size)] if size is not None else []
    return " · ".join(parts) or tr("none")


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
    session.archive.check_source()
    sink(Progress(mark("Planning")))
    if not request.split:
        check_target_of(session.archive, target, overwrite=overwrite, form=_options(session, request, target).form)
    with _planned(session, request, target, token, sink) as parts:
        if not request.split:
            plan = parts[0].plan
            result = export_archive(plan, target, overwrite=overwrite, token=token, sink=sink)
            return _outcome(plan, result, request)
        return _each(parts, request, target, overwrite, token, sink)


def _each(
    parts: Sequence[NamedPlan],
    request: ExportRequest,
    folder: Path,
    overwrite: bool,
    token: CancelToken,
    sink: ProgressSink,
) -> ExportOutcome:
    """All of them, or none."""
    results = export_together(parts, folder, overwrite=overwrite, token=token, sink=sink)
    outcomes = [_outcome(part.plan, result, request) for part, result in zip(parts, results, strict=True)]
    size = sum(one.size for one in outcomes)
    verified = all(one.verified for one in outcomes)
    saved = trn("Saved %(count)d archive in %(folder)s", "Saved %(count)d archives in %(folder)s", len(outcomes))
    words = saved % {"count": len(outcomes), "folder": display.safe(folder.name)}
    return ExportOutcome(
        " · ".join((words, display.size(size), tr("verified") if verified else tr("NOT verified"))),
        tuple(dict.fromkeys(note for one in outcomes for note in one.notes)),
        outcomes[0].path,
        size,
        outcomes[0].file_sha256,
        "\n".join(one.digest for one in outcomes),
        verified,
        "\n\n".join(one.details for one in outcomes),
    )


def _outcome(plan: ExportPlan, result: ExportResult, request: ExportRequest) -> ExportOutcome:
    digest, trouble = _reopened(result.output)
    verified = result.verified and not trouble
    parts = (
        tr("Saved %s") % display.safe(result.output.name),
        display.size(result.size),
        tr(verdict(result.images)),
        tr("verified") if verified else tr("NOT verified"),
    )
    notes = [*(display.safe(tr(note)) for note in result.notes)]
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
        return "", tr("The result could not be opened again. %s") % in_one_line(error)


def _incomplete(archive: ImageArchive) -> str:
    count = sum(1 for image in archive.images if not image.complete and image.kind is NodeKind.IMAGE)
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return tr("%s of the result %s incomplete, as in the source.") % (display.count(count, "image", "images"), verb)


def _diff_ids(found: DiffIds) -> str:
    told = {"right": f"{found.matching:,}", "wrong": f"{len(found.wrong):,}", "left": f"{found.not_compared:,}"}
    return tr("diffIDs: %(right)s match, %(wrong)s do not, %(left)s not compared (layers copied compressed)") % told


def _details(plan: ExportPlan, result: ExportResult, request: ExportRequest, file_digest: str) -> str:
    lines = [
        str(result.output),
        tr("%s bytes, %s") % (f"{result.size:,}", file_digest),
        tr("preset %s, compression %s") % (request.preset, request.compression),
        _diff_ids(result.diff_ids),
        "",
    ]
    for image in result.images:
        lines.append(f"{', '.join(image.names) or tr('untagged')} {image.platform or ''}".rstrip())
        lines.append(f"  config   {image.config_digest}")
        if not image.has_manifest:
            continue
        if image.source_manifest_digest == image.manifest_digest:
            lines.append(tr("  manifest %s, kept") % image.manifest_digest)
        else:
            lines.append(
                tr("  manifest %s → %s")
                % (image.source_manifest_digest or tr("none"), image.manifest_digest or tr("none"))
            )
    lines.append("")
    lines += [
        f"{tr(change.action):9} {change.object}{': ' + tr(change.why) if change.why else ''}"
        for change in plan.changes[:MAX_ROWS]
    ]
    return "\n".join(display.safe(line, 4000) for line in lines)
