"""Models, runner, settings, shortcuts: the parts of the window one by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from inspector.errors import Cancelled
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import icon, resource
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.shortcuts_dialog import CommandPalette, ShortcutsDialog
from inspector.ui.task_runner import TaskRunner
from inspector.ui.theme import dark_palette
from inspector.viewmodel.commands import COMMANDS
from inspector.viewmodel.tree import NodeType
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def unwanted(what: object) -> None:
    pytest.fail(f"nobody should have been told {what!r}")


def test_models_are_models(qtbot: QtBot, qtmodeltester: ModelTester, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    qtmodeltester.check(view.model)
    files = view.pages.files.view.model()
    assert isinstance(files, QAbstractItemModel)
    qtmodeltester.check(files)
    view.select(node_named(view, "config"))
    view.pages.tabs.setCurrentIndex(view.pages.tabs.count() - 1)
    qtmodeltester.check(view.pages.history.model)


def test_expanding_keeps_the_current_file(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.setCurrentIndex(table.model().index(1, 0))
    files = table.files
    assert files is not None
    model = table.model()
    model.expand(0)  # type: ignore[attr-defined]
    assert files.name(table.currentIndex().row()) == "usr"
    model.collapse(0)  # type: ignore[attr-defined]
    assert files.name(table.currentIndex().row()) == "usr"


def test_a_task_answers_on_the_windows_thread(qtbot: QtBot) -> None:
    runner = TaskRunner()
    answers: list[tuple[str, str]] = []

    def work(token: CancelToken, sink: ProgressSink) -> str:
        sink(Progress("half", 1 << 33, 1 << 34))
        return threading.current_thread().name

    runner.start("x", work, lambda name: answers.append((name, threading.current_thread().name)), unwanted)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE_MS)
    assert answers[0][0] != answers[0][1] == threading.current_thread().name
    assert runner.shut_down()


def test_a_failing_task_tells_its_error_and_the_next_one_runs(qtbot: QtBot) -> None:
    runner = TaskRunner(workers=1)
    failures: list[BaseException] = []
    results: list[int] = []

    def fail(_token: CancelToken, _sink: ProgressSink) -> int:
        raise ValueError("no")

    runner.start("bad", fail, results.append, failures.append)
    runner.start("good", lambda _t, _s: 7, results.append, failures.append)
    qtbot.waitUntil(lambda: results == [7], timeout=PATIENCE_MS)
    assert [str(error) for error in failures] == ["no"]
    assert runner.shut_down()


def test_a_cancelled_task_is_silent(qtbot: QtBot) -> None:
    runner = TaskRunner()
    ended: list[bool] = []
    begun = threading.Event()

    def work(token: CancelToken, _sink: ProgressSink) -> int:
        begun.set()
        while True:
            token.check()
            time.sleep(0.001)

    task = runner.start("x", work, unwanted, unwanted, on_end=lambda: ended.append(True))
    begun.wait(5)
    started = time.monotonic()
    task.cancel()
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
    assert time.monotonic() - started < 2
    assert runner.shut_down()


def test_closing_does_not_wait_for_a_stalled_read() -> None:
    runner = TaskRunner()
    release = threading.Event()
    runner.start("stalled", lambda _t, _s: release.wait(20), unwanted, unwanted)
    started = time.monotonic()
    assert not runner.shut_down(0.1)
    assert time.monotonic() - started < 2
    release.set()


def test_cancelled_errors_are_not_told(qtbot: QtBot) -> None:
    runner = TaskRunner()
    ended: list[bool] = []

    def work(_token: CancelToken, _sink: ProgressSink) -> int:
        raise Cancelled

    runner.start("x", work, unwanted, unwanted, on_end=lambda: ended.append(True))
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
    assert runner.shut_down()


def test_recent_archives_are_remembered(
    window: MainWindow, open_archive: Opener, archive: Path, tmp_path: Path
) -> None:
    open_archive(archive)
    window.settings.sync()
    again = Settings(tmp_path / "settings.ini")
    assert [entry.path for entry in again.recent.entries] == [str(archive)]
    assert again.folder == str(archive.parent)


def test_settings_that_are_nonsense_do_no_harm(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "broken.ini"
    path.write_text("recent=[[[\n[state1]\ngeometry=@ByteArray(nonsense)\nsplitter=7\n")
    window = MainWindow(TaskRunner(), Settings(path))
    qtbot.addWidget(window)
    window.show()
    assert window.close()


def test_every_command_is_reachable(window: MainWindow) -> None:
    menus = (action.menu() for action in window.menuBar().actions())
    in_menus = {action.objectName() for menu in menus if isinstance(menu, QMenu) for action in menu.actions()}
    for identifier, action in window.actions_by_id.items():
        assert identifier in in_menus
        keys = [QKeySequence(text) for text in COMMANDS[identifier].shortcuts]
        assert action.shortcuts() == keys


def test_no_action_answers_to_the_keys_of_another(window: MainWindow) -> None:
    keys = [sequence.toString() for action in window.actions_by_id.values() for sequence in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_every_icon_is_shipped(qapp: QApplication) -> None:
    wanted = {command.icon for command in COMMANDS.values() if command.icon} | {kind.value for kind in NodeType}
    wanted |= {
        "folder",
        "file",
        "symlink",
        "hardlink",
        "char",
        "block",
        "fifo",
        "removed",
        "opaque",
        "info",
        "warning",
        "error",
    }
    assert [name for name in sorted(wanted) if icon(name).isNull()] == []
    assert resource("icons", "app.svg").is_file()


def test_the_palette_runs_a_command(window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    palette = CommandPalette(window.actions_by_id, window)
    palette.open()
    qtbot.keyClicks(palette.line, "contents pane")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not view.tree.isVisible()
    assert not palette.isVisible()


def test_the_table_of_shortcuts_lists_them_all(window: MainWindow) -> None:
    dialog = ShortcutsDialog(window)
    dialog.open()
    table = dialog.findChildren(QWidget)
    assert table
    dialog.close()


def test_dark_text_has_contrast() -> None:
    palette = dark_palette()

    def luminance(colour: QColor) -> float:
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        parts = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ink, ground in (
        (palette.text(), palette.base()),
        (palette.windowText(), palette.window()),
        (palette.link(), palette.base()),
    ):
        lighter, darker = sorted((luminance(brush.color()) for brush in (ink, ground)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
