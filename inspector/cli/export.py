"""`export FILE OUT`: re-save an archive as OCI, or with `--plan` show what would be written."""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli import exportoptions
from inspector.cli.imagechoice import add_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inspector.archive.image import ImageArchive
    from inspector.cli.console import Console
    from inspector.export.mending import PlannedRepair
    from inspector.export.options import ExportOptions
    from inspector.export.planned import Change, ExportPlan, PlannedImage
    from inspector.export.writer import ExportResult
    from inspector.findings import Finding

NAME = "export"
HELP = "re-save an archive OCI compliant, or show what that would change"

_DIGESTS = {
    "kept": "No digest changes.",
    "manifest": "Manifests get new digests, image IDs stay.",
    "index": "Indexes get new digests, manifests keep theirs.",
}
_LISTED = 40
"""Lines of one action before the rest is counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """As in cli.md."""
    add_file(parser)
    parser.add_argument("out", metavar="OUT", help="the archive to write; NAME/ or an empty folder: a layout folder")
    exportoptions.add_arguments(parser)
    parser.add_argument("--plan", action="store_true", help="show what would be written, and write nothing")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write OUT, or print the plan. Raises `InspectorError`; then OUT is as it was, with --split, too."""
    options = exportoptions.options_of(arguments, console.limits)
    with ExitStack() as stack:
        archive, *others = [
            stack.enter_context(console.open_archive(path)) for path in (arguments.file, *arguments.merge)
        ]
        stack.enter_context(_telling_of_force())
        if arguments.split:
            _split(archive, options, arguments, console)
        else:
            _one(archive, others, options, arguments, console)
    return 0


def _one(
    archive: ImageArchive,
    others: Sequence[ImageArchive],
    options: ExportOptions,
    arguments: argparse.Namespace,
    console: Console,
) -> None:
    from inspector.export.plan import plan_export
    from inspector.export.sheet import plan_json, result_json
    from inspector.export.writer import check_target, export_archive

    target = Path(arguments.out)
    if not arguments.plan:
        # before layers are read for the plan
        check_target(archive, target, overwrite=arguments.force, form=options.form, others=others)
    plan = plan_export(archive, options, others=others, token=console.token, sink=console.sink())
    plan = _with_all_repairs(plan, _findings(archive, console))
    if arguments.plan:
        _tell(console, plan_json(plan, target) if arguments.json else None, _plan_lines(plan, target))
        return
    result = export_archive(plan, target, overwrite=arguments.force, token=console.token, sink=console.sink())
    value = result_json(result, plan.repairs) if arguments.json else None
    _tell(console, value, _result_lines(result, plan.repairs))


def _split(archive: ImageArchive, options: ExportOptions, arguments: argparse.Namespace, console: Console) -> None:
    from inspector.export.plan import plan_export
    from inspector.export.sheet import plan_json, result_json
    from inspector.export.split import Split, pieces
    from inspector.export.together import NamedPlan, export_together

    found = pieces(archive, options, Split(arguments.split), token=console.token, sink=console.sink())
    folder = Path(arguments.out)
    planned, findings = [], _findings(archive, console)
    for piece in found:
        plan = plan_export(archive, piece.options, token=console.token, sink=console.sink())
        planned.append(NamedPlan(piece.file_name, _with_all_repairs(plan, findings)))
    values: list[dict[str, object]] = []
    lines: list[str] = []
    if arguments.plan:
        for one in planned:
            values.append(plan_json(one.plan, folder / one.file_name))
            lines += _plan_lines(one.plan, folder / one.file_name)
    else:
        done = export_together(planned, folder, overwrite=arguments.force, token=console.token, sink=console.sink())
        for one, result in zip(planned, done, strict=True):
            values.append(result_json(result, one.plan.repairs))
            lines += _result_lines(result, one.plan.repairs)
    _tell(console, {"archives": values} if arguments.json else None, lines)


def _tell(console: Console, value: object, lines: Iterable[str]) -> None:
    if value is not None:
        console.out_json(value)
        return
    for line in lines:
        console.out(line)


@contextmanager
def _telling_of_force() -> Iterator[None]:
    from inspector.errors import TargetExists

    try:
        yield
    except TargetExists as error:
        raise TargetExists(error.title, f"{error.message} To replace it: --force", subject=error.subject) from error


def _plan_lines(plan: ExportPlan, target: Path) -> Iterator[str]:
    from inspector.cli.console import visible
    from inspector.export.sheet import verdict

    size = f"{plan.size:,} bytes" if plan.size_is_exact else "size known when it is compressed"
    yield f"Would write {visible(str(target))} ({plan.options.preset}, {size})"
    yield f"  {verdict(plan.images)}"
    yield from _image_lines(plan.images)
    yield ""
    for action in ("added", "rewritten", "dropped", "kept"):
        yield from _action_lines(action, [change for change in plan.changes if change.action == action])
    yield from _repair_lines(plan.repairs)
    yield from _note_lines(plan.notes)


def _findings(archive: ImageArchive, console: Console) -> tuple[Finding, ...]:
    """What the quick rules find."""
    from inspector.conformance.check import check_archive

    return tuple(check_archive(archive, deep=False, token=console.token, limits=console.limits).findings)


def _with_all_repairs(plan: ExportPlan, findings: Sequence[Finding]) -> ExportPlan:
    """The plan, telling also what of `findings` a new archive cannot have."""
    from inspector.export.mending import with_findings

    return replace(plan, repairs=with_findings(plan.repairs, findings, plan.options.preset))


def _repair_lines(repairs: Sequence[PlannedRepair]) -> Iterator[str]:
    if repairs:
        yield ""
        yield "  repairs (--repair, see --help)"
    for planned in repairs:
        repair = planned.repair
        state = "needed" if planned.needed else "made" if planned.chosen else "in part" if planned.made else "left"
        codes = f"  {', '.join(planned.codes)}" if planned.codes else ""
        yield f"  {state:<9}  {repair.id}: {repair.title}{codes}"
        yield f"             {repair.effect} {_DIGESTS[repair.digests]}"


def _result_lines(result: ExportResult, repairs: Sequence[PlannedRepair]) -> Iterator[str]:
    from inspector.cli.console import visible
    from inspector.export.sheet import verdict

    verified = "verified" if result.verified else "not verified"
    yield f"Saved {visible(str(result.output))} · {result.size:,} bytes · {verdict(result.images)} · {verified}"
    if result.sha256:
        yield f"  sha256:{result.sha256}"
    counts = Counter(change.action for change in result.changes)
    told = result.diff_ids.sentence()
    if told:
        yield f"  {told}"
    yield "  " + ", ".join(f"{counts[action]:,} {action}" for action in ("kept", "rewritten", "added", "dropped"))
    yield from _image_lines(result.images)
    mended = [planned.repair.id for planned in repairs if planned.made]
    if mended:
        yield f"  mended: {', '.join(mended)}"
    yield from _note_lines(result.notes)


def _image_lines(images: Sequence[PlannedImage]) -> Iterator[str]:
    from inspector.cli.console import visible

    for image in images[:_LISTED]:
        name = ", ".join(visible(name) for name in (*image.names, *image.words)) or "(no name)"
        yield f"  {name} {visible(image.platform or '')}  {_manifest_state(image)}".rstrip()
    if len(images) > _LISTED:
        yield f"  … and {len(images) - _LISTED:,} more images"


def _manifest_state(image: PlannedImage) -> str:
    if not image.has_manifest:
        return ""
    if image.kept:
        return "manifest kept"
    return f"manifest {_short(image.source_manifest_digest)} → {_short(image.manifest_digest or 'after compression')}"


def _action_lines(action: str, changes: Sequence[Change]) -> Iterator[str]:
    from inspector.cli.console import visible

    for change in changes[:_LISTED]:
        why = f": {visible(change.why)}" if change.why else ""
        yield f"  {action:<9}  {visible(change.object)}{why}{_before_after(change)}"
    rest = changes[_LISTED:]
    if rest:
        size = sum(change.new_size or change.old_size or 0 for change in rest)
        yield f"  {action:<9}  … and {len(rest):,} more, {size:,} bytes"


def _before_after(change: Change) -> str:
    if change.action == "kept":
        return f"  ({change.new_size:,} bytes)" if change.new_size is not None else ""
    if change.action == "dropped":
        return f"  ({change.old_size:,} bytes)" if change.old_size is not None else ""
    return f"  {_short(change.old)} → {_short(change.new)}"


def _short(digest: str | None) -> str:
    if digest is None:
        return "none"
    return digest.partition(":")[2][:12] or digest


def _note_lines(notes: Sequence[str]) -> Iterator[str]:
    from inspector.cli.console import visible

    for note in notes:
        yield f"  note: {visible(note)}"
