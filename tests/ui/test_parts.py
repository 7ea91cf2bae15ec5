"""Models, runner, settings, shortcuts: the parts of the window one by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from inspector.errors import Cancelled
from inspector.findings import Severity
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import icon, resource
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.shortcuts_dialog import CommandPalette, ShortcutsDialog
from inspector.ui.task_runner import TaskRunner
from inspector.ui.theme import dark_palette
from inspector.ui.views.summary_page import SummaryPage
from inspector.ui.widgets.elided import ElidedLabel
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel.commands import COMMANDS
from inspector.viewmodel.messages import Message
from inspector.viewmodel.pages import Page, Row, Section
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
    assert begun.wait(PATIENCE_MS / 1000)
    task.cancel()
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
    assert runner.shut_down()


def test_closing_does_not_wait_for_a_stalled_read() -> None:
    runner = TaskRunner()
    release = threading.Event()
    runner.start("stalled", lambda _t, _s: release.wait(60), unwanted, unwanted)
    started = time.monotonic()
    assert not runner.shut_down(0.1)
    assert time.monotonic() - started < 20
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


def test_the_palette_puts_names_first_and_runs_what_is_clicked(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "app:1"))
    settle(qtbot, view)
    palette = CommandPalette(window.actions_by_id, window)
    palette.open()
    qtbot.keyClicks(palette.line, "size")
    assert palette.list.count() > 1
    first = palette.list.item(0)
    assert first.text().startswith("Size Map")
    place = palette.list.visualItemRect(first).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.pages.page is Page.SIZE_MAP
    settle(qtbot, view)


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


def test_a_summary_of_many_rows_comes_in_slices(qtbot: QtBot) -> None:
    page = SummaryPage()
    qtbot.addWidget(page)
    page.show()
    rows = tuple(Row(f"label {number}", "value") for number in range(250))
    page.show_sections([Section("Labels", rows)])
    shown = [label for label in page.findChildren(QLabel) if label.text() == "value"]
    assert len(shown) == 100
    more = page.findChildren(QPushButton)[0]
    more.click()
    more.click()
    assert len([label for label in page.findChildren(QLabel) if label.text() == "value"]) == 250
    assert more.isHidden()


def test_a_secret_is_shown_on_request_only(qtbot: QtBot) -> None:
    page = SummaryPage()
    qtbot.addWidget(page)
    page.show_sections([Section("Environment", (Row("TOKEN", "s3cret", secret=True),))])
    assert not any("s3cret" in label.text() for label in page.findChildren(QLabel))
    page.findChildren(QToolButton)[0].click()
    assert any("s3cret" in label.text() for label in page.findChildren(QLabel))


def test_a_long_digest_is_cut_in_the_middle_and_copied_whole(qtbot: QtBot) -> None:
    label = ElidedLabel("sha256:" + "a" * 64)
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show()
    assert "…" in label.text()
    label.resize(2000, 20)
    assert label.text() == "sha256:" + "a" * 64


def test_messages_of_one_drop_wait_for_each_other(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    for name in ("one", "two", "three"):
        bar.add_message(Message(Severity.ERROR, name))
    assert bar.message is not None
    assert bar.message.title == "one"
    assert bar._more.text() == "2 more messages"
    bar.dismiss()
    assert bar.message.title == "two"
    bar.dismiss()
    bar.dismiss()
    assert bar.isHidden()


def test_details_of_a_message_are_copied_whole(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_message(Message(Severity.ERROR, "It broke", "Here.", "line 1\nline 2"))
    assert not bar._copy.isVisibleTo(bar)
    bar._toggle_details()
    bar._copy.click()
    assert QApplication.clipboard().text() == "It broke\n\nHere.\n\nline 1\nline 2"
    bar.show_message(Message(Severity.INFO, "Fine"))
    assert not bar._copy.isVisibleTo(bar)


def test_a_result_that_nobody_takes_is_dropped(qtbot: QtBot) -> None:
    runner = TaskRunner()
    dropped: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(_token: CancelToken, _sink: ProgressSink) -> int:
        begun.set()
        go_on.wait(5)
        return 7

    task = runner.start("x", work, unwanted, unwanted, on_drop=dropped.append)
    begun.wait(5)
    task.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: dropped == [7], timeout=PATIENCE_MS)
    assert runner.shut_down()


def test_copying_json_is_plain_text(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "index.json"))
    settle(qtbot, view)
    view.pages.json.view.selectAll()
    data = view.pages.json.view.createMimeDataFromSelection()
    assert data.formats() == ["text/plain"]
    assert data.text() == view.pages.json.view.toPlainText()


def test_columns_and_panes_are_remembered(
    window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path
) -> None:
    view = open_archive(archive)
    view.splitter.setSizes([300, 800])
    view.tree.header().resizeSection(1, 123)
    again = open_archive(oci_archive)
    assert again.tree.header().sectionSize(1) == 123
    assert again.splitter.sizes() == view.splitter.sizes()
    window.actions_by_id["reset-layout"].trigger()
    assert again.tree.header().sectionSize(1) != 123


def test_a_closed_window_leaves_nothing_running(qtbot: QtBot, archive: Path, tmp_path: Path) -> None:
    window = MainWindow(TaskRunner(), Settings(tmp_path / "own.ini"))
    window.show()
    window.open_paths([archive])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    timers = [timer for timer in window.findChildren(QTimer) if timer.isActive() and not timer.isSingleShot()]
    window.close()
    assert [timer for timer in timers if timer.isActive()] == []
    assert not any(thread.name.startswith("task ") and thread.is_alive() for thread in threading.enumerate())
    stack = window.archives
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(stack)
