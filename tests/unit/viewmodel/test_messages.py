from __future__ import annotations

from pathlib import Path

import pytest

from inspector import errors
from inspector.findings import Severity
from inspector.language import tr
from inspector.progress import Progress
from inspector.viewmodel.messages import Action, Message, from_error, from_outcome, in_one_line, progress_text
from inspector.viewmodel.outcome import ExportOutcome


def message_of(error: BaseException, doing: str = "") -> Message:
    message = from_error(error, doing)
    assert message is not None
    return message


def test_a_cancelled_work_is_not_told() -> None:
    assert from_error(errors.Cancelled()) is None


def test_what_where_and_what_to_do() -> None:
    message = message_of(errors.NotAnArchive("This is no image archive", "x.tar is a web page.", subject="x.tar"))
    assert message.severity is Severity.ERROR
    assert message.title == "This is no image archive"
    assert message.text == "x.tar is a web page."
    assert message.actions == (Action.OPEN_OTHER,)
    assert "Object: x.tar" in message.details


def test_a_limit_can_be_raised() -> None:
    message = message_of(errors.LimitReached("json_bytes", 4 << 20, "too large"))
    assert (message.limit, message.actions) == ("json_bytes", (Action.CONTINUE_WITH_MORE,))


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (errors.SourceChanged("changed"), Action.REOPEN),
        (errors.TargetExists("exists"), Action.REPLACE),
        (errors.TargetIsSource("same"), Action.SAVE_AS),
        (errors.TargetUnwritable("full"), Action.SAVE_AS),
        (PermissionError(13, "Permission denied", "/x"), Action.RETRY),
    ],
)
def test_what_can_be_done(error: Exception, action: Action) -> None:
    assert message_of(error).actions[0] is action
    assert action.label


def test_the_unexpected_gets_a_report_and_blames_us() -> None:
    try:
        raise ZeroDivisionError("oops\u202e")
    except ZeroDivisionError as error:
        message = message_of(error, "reading layer 3")
    assert message.title == "Something unexpected went wrong while reading layer 3"
    assert "ZeroDivisionError: oops⟨U+202E⟩" in message.details
    assert "\n" in message.details
    assert Action.DETAILS in message.actions


def test_a_report_holds_no_content() -> None:
    """Security.md 44: what an exception quotes may be a value of the environment, or a file's text."""

    secret = "hunter" + "2"

    def fail() -> None:
        try:
            int(f"{secret} 'and\nmore'")
        except ValueError as cause:
            raise KeyError(f"PASSWORD={secret}") from cause

    with pytest.raises(KeyError) as caught:
        fail()
    details = message_of(caught.value, "reading").details
    assert secret not in details
    assert "ValueError: invalid literal for int() with base 10: '…'" in details
    assert "KeyError: '…'" in details
    assert details.index("ValueError") < details.index("which led to") < details.index("KeyError: ")
    assert details.count("test_messages.py") == 3


def test_untrusted_text_is_made_visible() -> None:
    message = message_of(errors.BlobError("bad\u202e", "a\nb", subject="\x1b[31m"))
    assert "\u202e" not in message.title
    assert message.text == "a␊b"
    assert "\x1b" not in message.details


def outcome(*, verified: bool) -> ExportOutcome:
    return ExportOutcome("Saved", ("One.", "Two."), Path("/x"), 1, "ab", "sha256:ab", verified, "details")


def test_the_cause_is_told_in_the_persons_language_too(german: None) -> None:
    error = errors.BlobError("It has no content")
    error.__cause__ = errors.LayerError("This layer holds no files", "Why is told.")
    lines = message_of(error).details.splitlines()
    assert lines[0] == f"BlobError: {tr('It has no content')}"
    assert lines[-1] == f"Ursache: LayerError: {tr('This layer holds no files')}: Why is told."
    assert "holds no files" not in lines[-1]


def test_an_export_is_told() -> None:
    message = from_outcome(outcome(verified=True))
    assert (message.severity, message.title, message.text) == (Severity.INFO, "Saved", "One. Two.")
    assert message.actions == (
        Action.SHOW_IN_FOLDER,
        Action.OPEN_RESULT,
        Action.COMPARE,
        Action.COPY_DIGEST,
        Action.DETAILS,
    )
    assert from_outcome(outcome(verified=False)).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("progress", "elapsed", "text"),
    [
        (
            Progress("Verifying", 61, 100, "layer 3"),
            22,
            "Verifying layer 3 · 61 % of 100 Bytes · 2 Bytes/s · 14 s left",
        ),
        (Progress("Verifying", 61, 100, "layer 3"), 0.5, "Verifying layer 3 · 61 % of 100 Bytes"),
        (Progress("Reading", 5_000_000), 9, "Reading · 5.0 MB"),
        (Progress("Planning"), 0, "Planning"),
        (Progress("Writing", 1, 1000), 10, "Writing · 0 % of 1.0 kB · 0 Bytes/s · 3 hours left"),
        (Progress("Writing", 2000, 1000), 10, "Writing · 100 % of 1.0 kB"),
    ],
)
def test_progress_in_words(progress: Progress, elapsed: float, text: str) -> None:
    assert progress_text(progress, elapsed) == text


def test_an_error_in_one_line_is_said_in_the_language_and_made_safe() -> None:
    assert in_one_line(errors.ExportError("No room", "Free some.")) == "No room: Free some."
    assert in_one_line(errors.ExportError("No room")) == "No room"
    assert in_one_line(ValueError("a\u202eb")) != "a\u202eb"
