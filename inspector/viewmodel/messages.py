"""What a message bar says: what happened, where, what follows, and what can be done about it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from inspector import __version__, errors
from inspector.findings import Severity
from inspector.language import tr, trn
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.progress import Progress
    from inspector.viewmodel.outcome import ExportOutcome


_MOST_NAMES = 4
"""Names of files in one message; the rest are counted."""
_MOST_CAUSES = 10
"""Errors that led to one another, in one report."""


class Action(StrEnum):
    """A button of a message bar."""

    RETRY = "retry"
    CONTINUE_WITH_MORE = "continue-with-more"
    REOPEN = "reopen"
    OPEN_OTHER = "open-other"
    OPEN_AGAIN = "open-again"
    SHOW_IN_FOLDER = "show-in-folder"
    OPEN_RESULT = "open-result"
    COPY_DIGEST = "copy-digest"
    COMPARE = "compare"
    DETAILS = "details"
    REPLACE = "replace"
    SAVE_AS = "save-as"
    SHOW_FINDINGS = "show-findings"

    @property
    def label(self) -> str:
        return tr(_LABELS[self])


_LABELS = {
    Action.RETRY: "Try Again",
    Action.CONTINUE_WITH_MORE: "Continue with a Larger Limit",
    Action.REOPEN: "Read Again",
    Action.OPEN_OTHER: "Open Another…",
    Action.OPEN_AGAIN: "Open Again",
    Action.SHOW_IN_FOLDER: "Show in Folder",
    Action.OPEN_RESULT: "Open",
    Action.COPY_DIGEST: "Copy Digest",
    Action.COMPARE: "Compare with Source",
    Action.DETAILS: "Details",
    Action.REPLACE: "Replace",
    Action.SAVE_AS: "Save As…",
    Action.SHOW_FINDINGS: "Show Findings",
}


@dataclass(frozen=True, slots=True)
class Message:
    """The content of one message bar; `details` is technical text for copying.

    `limit` names the limit to raise when the person chooses to continue with more.
    """

    severity: Severity
    title: str
    text: str = ""
    details: str = ""
    actions: tuple[Action, ...] = ()
    limit: str = ""
    subject: str = ""

    @property
    def line(self) -> str:
        """Title and text as one line, for where no bar is."""
        return f"{self.title}. {self.text}" if self.text else self.title


_ACTIONS: tuple[tuple[type[errors.InspectorError], tuple[Action, ...]], ...] = (
    (errors.LimitReached, (Action.CONTINUE_WITH_MORE,)),
    (errors.SourceChanged, (Action.REOPEN,)),
    (errors.NotAnArchive, (Action.OPEN_OTHER,)),
    (errors.ArchiveUnreadable, (Action.RETRY, Action.OPEN_OTHER)),
    (errors.ArchiveError, (Action.OPEN_OTHER,)),
    (errors.TargetExists, (Action.REPLACE, Action.SAVE_AS)),
    (errors.TargetIsSource, (Action.SAVE_AS,)),
    (errors.TargetUnwritable, (Action.SAVE_AS, Action.RETRY)),
    (errors.ExportError, (Action.SAVE_AS,)),
)


def from_error(error: BaseException, doing: str = "") -> Message | None:
    """The message for an error; None for `Cancelled`, which is never shown.

    `doing` completes "While …": `reading layer 3`. What we did not foresee gets a report in `details`:
    our own stack, without any content of the archive.
    """
    if isinstance(error, errors.Cancelled):
        return None
    if isinstance(error, errors.InspectorError):
        return _expected(error, doing)
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        where = display.safe(str(error.filename)) if error.filename else ""
        text = f"{where}: {reason}." if where else f"{reason}."
        return Message(
            Severity.ERROR,
            _while(tr("The system refused"), doing),
            text,
            _report(error),
            (Action.RETRY,),
            subject=where,
        )
    if isinstance(error, MemoryError):
        return Message(
            Severity.ERROR,
            _while(tr("Not enough memory"), doing),
            tr("Close other archives and try again."),
            "",
            (Action.RETRY,),
        )
    return Message(
        Severity.ERROR,
        _while(tr("Something unexpected went wrong"), doing),
        tr(
            "This is a fault of Image Inspector, not of your archive. What is on screen stays usable. Please report it with the details."
        ),
        _report(error),
        (Action.DETAILS,),
    )


def in_one_line(error: BaseException) -> str:
    """`title: message` of an error that we raise, in the person's language; of any other, what it says. Safe to show."""
    if isinstance(error, errors.InspectorError):
        parts = (tr(error.title), tr(error.message))
        return display.safe(": ".join(part for part in parts if part), 4000)
    return display.safe(str(error), 4000)


def _while(title: str, doing: str) -> str:
    return tr("%s while %s") % (title, display.safe(doing)) if doing else title


def _expected(error: errors.InspectorError, doing: str) -> Message:
    actions = next((actions for kind, actions in _ACTIONS if isinstance(error, kind)), ())
    limit = error.limit if isinstance(error, errors.LimitReached) else ""
    lines = [
        f"{type(error).__name__}: {tr(error.title)}",
        tr(error.message),
        tr("Object: %s") % error.subject if error.subject else "",
    ]
    if doing:
        lines.insert(0, tr("While %s") % doing)
    if isinstance(error, errors.LimitReached):
        lines.append(tr("Limit: %s = %s") % (error.limit, f"{error.allowed:,}"))
    cause = error.__cause__
    if cause is not None:
        lines.append(tr("Cause: %s") % f"{type(cause).__name__}: {in_one_line(cause)}")
    return Message(
        Severity.ERROR,
        display.safe(tr(error.title)),
        display.safe(tr(error.message), 4000),
        "\n".join(display.safe(line, 4000) for line in lines if line),
        actions,
        limit,
        display.safe(error.subject),
    )


def _report(error: BaseException) -> str:
    """Our own stack, and nothing of what is open (security.md 44)."""
    steps: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(steps) < _MOST_CAUSES:
        stack = "".join(traceback.format_tb(cause.__traceback__))
        steps.insert(0, f"{stack}{type(cause).__name__}: {errors.without_quotes(cause)}\n")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    chain = "\nwhich led to\n\n".join(steps)
    return display.safe_lines(f"Image Inspector {__version__}\n\n{chain}")


def from_outcome(outcome: ExportOutcome) -> Message:
    """The bar above the panes after an export."""
    severity = Severity.INFO if outcome.verified else Severity.WARNING
    actions = (Action.SHOW_IN_FOLDER, Action.OPEN_RESULT, Action.COMPARE, Action.COPY_DIGEST, Action.DETAILS)
    return Message(severity, outcome.line, " ".join(outcome.notes), outcome.details, actions, subject=str(outcome.path))


def offer_to_open_again(paths: Sequence[str]) -> Message:
    """At the start: what was open at the last end."""
    names = [display.safe(PurePath(path).name or path, 60) for path in paths]
    shown = ", ".join(names[:_MOST_NAMES])
    rest = len(names) - _MOST_NAMES
    text = trn("%(names)s and %(rest)d more", "%(names)s and %(rest)d more", rest) % {"names": shown, "rest": rest}
    title = trn("One archive was open last time", "%d archives were open last time", len(names))
    return Message(
        Severity.INFO,
        title % len(names) if "%d" in title else title,
        text if rest > 0 else shown,
        actions=(Action.OPEN_AGAIN,),
    )


def progress_text(progress: Progress, elapsed: float) -> str:
    """`Verifying layer 3 · 61 % of 1.3 GB · 240 MB/s · 14 s left`; `elapsed` in seconds since the work began."""
    parts = [f"{tr(progress.stage)} {display.elided(progress.subject, 60)}".strip()]
    if progress.total > 0:
        parts.append(
            tr("%(percent)d %% of %(size)s")
            % {"percent": progress.per_mille // 10, "size": display.size(progress.total)}
        )
        # an estimate from the first moments is noise
        if elapsed >= 2 and 0 < progress.done < progress.total:
            parts.append(tr("%s/s") % display.size(int(progress.done / elapsed)))
            left = elapsed * (progress.total - progress.done) / progress.done
            parts.append(tr("%s left") % _seconds(left))
    elif progress.done > 0:
        parts.append(display.size(progress.done))
    return " · ".join(parts)


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else display.lasting(seconds)
