"""The window in another language: its own words, Qt's, and sizes and ages; and mirrored for scripts from right to left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.ui.translator import best, languages, speak
from inspector.viewmodel.display import ago
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, settle

Make = Callable[[str], MainWindow]


@pytest.fixture
def window_in(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Make]:
    made: list[MainWindow] = []
    undo: list[Callable[[], None]] = []

    def make(code: str) -> MainWindow:
        undo.append(speak(qapp, code))
        made.append(MainWindow(TaskRunner(), Settings(tmp_path / "settings.ini")))
        made[0].show()
        qtbot.waitExposed(made[0])
        return made[0]

    yield make
    for window in made:
        window._may_close = True
        window.close()
        window.deleteLater()
    for call in undo:
        call()


def opened(qtbot: QtBot, window: MainWindow, path: Path) -> ArchiveView:
    window.open_paths([path])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    assert window.view is not None
    settle(qtbot, window.view)
    return window.view


@pytest.mark.parametrize(
    ("code", "menu", "page", "state", "layer"),
    [("de", "Datei", "Übersicht", "nicht geprüft", "Layer 1"), ("zh_CN", "文件", "摘要信息", "未检查", "层 1")],
)
def test_every_part_speaks_it(
    window_in: Make, qtbot: QtBot, archive: Path, code: str, menu: str, page: str, state: str, layer: str
) -> None:
    window = window_in(code)
    view = opened(qtbot, window, archive)
    assert window.menuBar().actions()[0].text() == menu
    tabs = view.pages.tabs
    view.select(view.session.tree.root)
    view.pages.show_page(Page.SUMMARY)
    assert page in [tabs.tabText(at) for at in range(tabs.count())]
    nodes = view.session.tree.nodes
    assert any(state in node.text(2) for node in nodes)
    assert any(node.short == layer for node in nodes)
    index = view.model.index_of(next(node for node in nodes if node.short == layer))
    assert state in view.model.data(index, Qt.ItemDataRole.AccessibleTextRole)
    dialog = window.exports.ask(view)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    cancel = [button.text().replace("&", "") for button in dialog.buttons.buttons()]
    assert ("Abbrechen" if code == "de" else "取消") in cancel
    dialog.reject()


def test_the_language_of_the_system_is_taken_if_we_speak_it() -> None:
    assert [code for code, _name in languages()] == ["en", "de", "zh_CN"]
    assert best("de") == "de"
    assert best("xx") == "en"
    assert best("") == "en"


def test_a_script_from_right_to_left_mirrors_the_window(
    window_in: Make, qtbot: QtBot, qapp: QApplication, archive: Path
) -> None:
    window = window_in("")
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        view = opened(qtbot, window, archive)
        tree, pages = view.tree, view.pages
        assert tree.mapTo(window, tree.rect().topLeft()).x() > pages.mapTo(window, pages.rect().topLeft()).x()
        view.pages.show_page(Page.SUMMARY)
        settle(qtbot, view)
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_ages_are_told_in_it_by_workers_too(window_in: Make, qtbot: QtBot) -> None:
    window = window_in("de")
    told: list[str] = []
    then = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    window.runner.start(
        "words", lambda _token, _sink: ago(then, then + dt.timedelta(hours=3)), told.append, lambda _error: None
    )
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE_MS)
    assert told == ["vor 3 Stunden"]
