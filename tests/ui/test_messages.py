"""What the buttons of a message do: what failed is done again, with a larger limit if that was it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from inspector.archive.limits import Limits
from inspector.findings import Severity
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel.messages import Action
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def click(qtbot: QtBot, bar: MessageBar, action: Action) -> None:
    """Press a button of a bar as soon as the bar offers it."""
    qtbot.waitUntil(
        lambda: not bar.isHidden() and bar.message is not None and action in bar.message.actions, timeout=PATIENCE_MS
    )
    next(button for button in bar.findChildren(QPushButton) if button.text() == action.label).click()


def test_verifying_goes_on_with_a_larger_limit(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    settle(qtbot, view)
    view.session.limits = Limits(blob_bytes=50_000)  # the base layer is twice as large
    view.verify()
    click(qtbot, view.bar, Action.CONTINUE_WITH_MORE)
    qtbot.waitUntil(
        lambda: view.bar.message is not None and view.bar.message.severity is Severity.INFO, timeout=PATIENCE_MS
    )
    assert view.session.limits.blob_bytes == 400_000


def test_a_page_of_a_changed_file_reads_the_archive_again(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    settle(qtbot, view)
    whole = archive.read_bytes()
    archive.write_bytes(whole[:1024])
    view.select(node_named(view, "layer 1"))
    view.pages.show_page(Page.FILES)
    qtbot.waitUntil(lambda: not view.pages.loading, timeout=PATIENCE_MS)
    archive.write_bytes(whole)
    click(qtbot, view.pages.bar, Action.REOPEN)
    qtbot.waitUntil(lambda: window.view is not None and window.view is not view, timeout=PATIENCE_MS)
    assert window.view is not None
    settle(qtbot, window.view)
    assert window.view.pages.bar.isHidden()
