"""The evidence report in the window: where it goes by default, saving it in a worker, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.findings import Severity
from inspector.language import tr
from inspector.viewmodel import display
from inspector.viewmodel.evidence.file import save_report
from inspector.viewmodel.messages import Action, Message

if TYPE_CHECKING:
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """A saved report: where, and what the archive's findings come to."""

    path: Path
    findings: str


def default_report(session: ArchiveSession) -> Path:
    """`app.report.html` beside `app.tar`."""
    path = session.path
    name = path.name.rpartition(".tar")[0] or path.name
    return path.with_name(f"{name}.report.html")


def run_report(
    session: ArchiveSession, target: Path, token: CancelToken, sink: ProgressSink, *, overwrite: bool
) -> ReportOutcome:
    """For a worker: check deeply, write `target`, and keep what was found. Raises as `save_report`."""
    facts = save_report(session.archive, [target], session.limits, token, sink, overwrite=overwrite)
    session.found.take(facts.report)
    return ReportOutcome(target, session.findings.text)


def message_of(outcome: ReportOutcome) -> Message:
    """The bar above the panes after a report was saved."""
    return Message(
        Severity.INFO,  # the report was saved, whatever it says
        tr("Saved the report %s") % display.safe(outcome.path.name),
        tr("Every blob was read. Found: %s.") % outcome.findings,
        actions=(Action.SHOW_IN_FOLDER,),
        subject=str(outcome.path.parent),
    )
