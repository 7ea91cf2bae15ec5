"""The main job without a mouse: what has the focus gets the keys, as with a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]
KEY, MODIFIER = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def press(qtbot: QtBot, window: MainWindow) -> Callable[..., None]:
    """Keys go to the widget with the focus."""

    def run(*keys: Qt.Key | str, modifier: Qt.KeyboardModifier = MODIFIER.NoModifier) -> None:
        for key in keys:
            target: QWidget = QApplication.focusWidget() or window
            if isinstance(key, str):
                qtbot.keyClicks(target, key)
            else:
                qtbot.keyClick(target, key, modifier)

    return run


def test_from_the_tree_to_a_file_and_back(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    press(KEY.Key_Return)
    table = view.pages.files.view
    assert table.hasFocus()
    files = table.files
    assert files is not None
    press(KEY.Key_Home)
    press("us")
    assert files.name(table.currentIndex().row()) == "usr"
    press(KEY.Key_Right, KEY.Key_Right, KEY.Key_Right)
    assert files.path(table.currentIndex().row()).strip("/") == "usr/bin"
    press(KEY.Key_Right)
    press(KEY.Key_C, modifier=MODIFIER.ControlModifier)
    assert QGuiApplication.clipboard().text() == files.path(table.currentIndex().row())
    press(KEY.Key_Left, KEY.Key_Left, KEY.Key_Left, KEY.Key_Left)
    assert files.name(table.currentIndex().row()) == "usr"
    assert not files.is_expanded(table.currentIndex().row())


def test_typing_the_same_letter_again_goes_on(
    qtbot: QtBot, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.setFocus()
    table.expand_all()
    table.setCurrentIndex(table.model().index(0, 0))
    files = table.files
    assert files is not None
    press("l")
    first = files.name(table.currentIndex().row())
    press("l")
    second = files.name(table.currentIndex().row())
    assert {first, second} == {"lib", "libbig.so"}


def test_ctrl_f_filters_and_escape_clears(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    press(KEY.Key_F, modifier=MODIFIER.ControlModifier)
    assert view.pages.files.filter.hasFocus()
    press("lib", KEY.Key_Return)
    files = view.pages.files.view.files
    assert files is not None
    assert [files.name(row) for row in range(len(files)) if files.matches(row)] == ["lib", "libbig.so"]
    press(KEY.Key_Escape)
    qtbot.waitUntil(lambda: files.filter_text == "", timeout=PATIENCE_MS)


def test_pages_and_places_have_keys(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(oci_archive)
    start = view.node
    view.select(node_named(view, "config"))
    settle(qtbot, view)
    shown = []
    for key in (KEY.Key_3, KEY.Key_4):
        press(key, modifier=MODIFIER.AltModifier)
        shown.append(view.pages.page)
    assert shown == [Page.JSON, Page.HISTORY]
    press(KEY.Key_Up, modifier=MODIFIER.AltModifier)
    assert view.node is node_named(view, "config").parent
    press(KEY.Key_Left, modifier=MODIFIER.AltModifier)
    press(KEY.Key_Left, modifier=MODIFIER.AltModifier)
    assert view.node is start


def test_one_key_exports(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    press(KEY.Key_E, modifier=MODIFIER.ControlModifier)
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert archive.with_name("app.oci.tar").is_file()
    buttons = [button for button in view.bar.findChildren(QWidget) if button.focusPolicy() != Qt.FocusPolicy.NoFocus]
    assert len(buttons) >= 5


def test_the_focus_reaches_every_pane_and_is_never_caught(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    view.tree.setFocus()
    seen: list[QWidget | None] = []
    for _ in range(40):
        press(KEY.Key_Tab)
        focused = QApplication.focusWidget()
        seen.append(focused)
        if focused is view.tree:
            break
    assert view.pages.files.view in seen
    assert view.pages.files.filter in seen
    table, content = view.pages.files.view, view.pages.files.preview.view
    assert seen.index(table) < seen.index(content) < seen.index(view.pages.files.filter)
    assert seen[-1] is view.tree


def test_f5_reads_again_in_place(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    open_archive(oci_archive)
    window.archives.tabs.setCurrentIndex(0)
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    press(KEY.Key_F5)
    qtbot.waitUntil(lambda: window.view is not None and window.view is not view, timeout=PATIENCE_MS)
    assert window.view is not None
    assert window.view.session.path == archive
    assert window.view.node.label.startswith("layer 2")
    assert [each.session.path for each in window.archives.views()] == [archive, oci_archive]
    assert view.session.closed


def test_the_main_job_from_the_empty_window_to_the_digest_of_the_result(
    qtbot: QtBot, window: MainWindow, archive: Path, press: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open, look, re-export, copy what came out: every key goes to what has the focus."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    # The dialog itself is Qt's or the desktop's.
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(archive)], ""))
    press(KEY.Key_O, modifier=MODIFIER.ControlModifier)
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    view = window.view
    assert view is not None
    assert view.tree.hasFocus()
    press(KEY.Key_Down, KEY.Key_Down, KEY.Key_Down)
    settle(qtbot, view)
    assert view.node is not view.session.tree.root
    press(KEY.Key_E, modifier=MODIFIER.ControlModifier)
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    for _ in range(80):
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton) and focused.text() == "Copy Digest":
            break
        press(KEY.Key_Tab)
    press(KEY.Key_Space)
    written = archive.with_name("app.oci.tar").read_bytes()
    algorithm, _, encoded = QGuiApplication.clipboard().text().partition(":")
    assert algorithm == "sha256"
    assert encoded.encode() in written
    press(KEY.Key_Escape)
    assert not view.bar.isVisible()


def test_from_the_size_map_tab_leads_to_its_table(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, press: Callable[..., None]
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    window.actions_by_id["page-size-map"].trigger()
    settle(qtbot, view)
    page = view.pages.size_map
    qtbot.waitUntil(lambda: page.level is not None and not page.busy, timeout=PATIENCE_MS)
    page.view.setFocus()
    press(KEY.Key_Tab)
    assert page.table.hasFocus()
    assert page.table.accessibleName() == "Sizes in this folder"
