"""The help in the program: all of it is there, found by typing, and nothing in it is fetched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QUrl
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from inspector.conformance.registry import RULES
from inspector.ui.assets import resource
from inspector.ui.help_dialog import DOCUMENTS, HelpDialog
from inspector.ui.main_window import MainWindow
from inspector.ui.shortcuts_dialog import ShortcutsDialog
from inspector.viewmodel.commands import COMMANDS
from tests.ui.conftest import PATIENCE_MS
from tests.ui.test_accessible import unnamed


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> Iterator[HelpDialog]:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    (made,) = window.findChildren(HelpDialog)
    assert made.isVisible()
    yield made
    made.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_every_document_is_shipped_and_listed(dialog: HelpDialog) -> None:
    titles = [dialog.contents.topLevelItem(at).text(0) for at in range(dialog.contents.topLevelItemCount())]  # type: ignore[union-attr]
    assert len(titles) == len(DOCUMENTS)
    for name in DOCUMENTS:
        assert resource("help", f"{name}.md").is_file()
        assert dialog.show_topic(name)
        assert len(dialog.page.toPlainText()) > 200
    assert unnamed(dialog) == []


def test_a_heading_is_gone_to(dialog: HelpDialog) -> None:
    code = next(iter(RULES))
    assert dialog.show_topic("findings", code)
    assert dialog.page.textCursor().block().text().startswith(code)
    assert not dialog.show_topic("findings", "NO-SUCH-1")
    assert not dialog.show_topic("nothing")


def test_typing_finds_the_word_in_whatever_document_has_it(dialog: HelpDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(dialog.line, "opaque folder")
    assert dialog.page.textCursor().selectedText().casefold() == "opaque folder"
    dialog.line.clear()
    qtbot.keyClicks(dialog.line, "zzzzzz")
    assert "not found" in dialog._told.text()
    qtbot.keyClick(dialog.line, Qt.Key.Key_Escape)
    assert dialog.line.text() == ""
    assert dialog.isVisible()


def test_enter_goes_on_through_all_documents(dialog: HelpDialog, qtbot: QtBot) -> None:
    dialog.line.setText("digest")
    seen = set()
    for _ in range(400):
        qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
        seen.add(dialog._shown)
        if len(seen) > 2:
            break
    assert {"guide", "words"} <= seen


def test_nothing_is_fetched(dialog: HelpDialog) -> None:
    kind = int(QTextDocument.ResourceType.ImageResource.value)
    assert dialog.page.loadResource(kind, QUrl("file:///etc/passwd")) is None
    assert not dialog.page.openLinks()


def test_the_shortcuts_are_searched(window: MainWindow, qtbot: QtBot) -> None:
    dialog = ShortcutsDialog(window)
    dialog.open()
    everything = sum(bool(command.shortcuts) for command in COMMANDS.values())
    assert dialog.model.rowCount() == everything
    qtbot.keyClicks(dialog.line, "verify")
    assert 1 <= dialog.model.rowCount() < everything
    dialog.close()
