"""Files saved to disk from the window: what was asked for, and one message about what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.extract import ExtractReport, Selection, extract_layer, extract_merged
from inspector.findings import Severity
from inspector.language import tr
from inspector.viewmodel import display
from inspector.viewmodel.messages import Action, Message

if TYPE_CHECKING:
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

_MOST_LINES = 200


def run_extract(
    session: ArchiveSession,
    node: StructureNode,
    paths: tuple[bytes, ...],
    target: Path,
    token: CancelToken,
    sink: ProgressSink,
) -> Message:
    """Write `paths` (a folder with all below it; () for everything) of the layer or image at `node` below `target`.

    Existing files are never overwritten. Raises `ExtractError` and what reading raises; then nothing was written.
    """
    return _message(extract_paths(session, node, paths, target, token, sink))


def extract_paths(
    session: ArchiveSession,
    node: StructureNode,
    paths: tuple[bytes, ...],
    target: Path,
    token: CancelToken,
    sink: ProgressSink,
    *,
    programs: bool = True,
) -> ExtractReport:
    """As `run_extract`, with the report as it is. Without `programs` no file may be run."""
    image = node.image
    if image is None:
        raise UsageError(tr("Nothing to extract"), tr("Choose an image or a layer."))
    selection = Selection(paths, programs=programs)
    limits = session.limits
    known = session.listings.read()  # not from the cache: the report warns of bytes that are not what they should be
    if node.layer is None:
        return extract_merged(image, target, selection, known=known, token=token, sink=sink, limits=limits)
    listing = known.get(node.layer.blob) if node.layer.blob is not None else None
    return extract_layer(image, node.layer, target, selection, listing=listing, token=token, sink=sink, limits=limits)


def _message(report: ExtractReport) -> Message:
    written = display.count(len(report.written), "entry", "entries")
    title = tr("Extracted %s · %s") % (written, display.size(report.size))
    parts = []
    if report.renamed:
        parts.append(tr("%s changed") % (display.count(len(report.renamed), "name", "names"),))
    if report.left_out:
        parts.append(tr("%s left out") % (display.count(len(report.left_out), "entry was", "entries were"),))
    where = display.safe(str(report.target))
    text = tr("In %s; %s.") % (where, ", ".join(parts)) if parts else tr("In %s.") % where
    if report.warnings:
        text += " " + " ".join(tr(warning) for warning in report.warnings[:2])
    severity = Severity.WARNING if report.warnings else Severity.INFO
    return Message(severity, title, text, _details(report), (Action.SHOW_IN_FOLDER,), subject=str(report.target))


def _details(report: ExtractReport) -> str:
    lines = [tr(warning) for warning in report.warnings]
    lines += [
        tr("renamed: %s → %s (%s)") % (display.safe(path), display.safe(name), tr(why))
        for path, name, why in report.renamed
    ]
    lines += [tr("left out: %s (%s)") % (display.safe(path), tr(why)) for path, why in report.left_out]
    rest = len(lines) - _MOST_LINES
    return "\n".join(lines[:_MOST_LINES] + ([tr("… and %s more") % f"{rest:,}"] if rest > 0 else []))
