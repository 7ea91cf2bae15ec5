"""What is remembered between starts: the layout, the open archives; and starts with stale or damaged settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, Qt
from pytestqt.qtbot import QtBot

from inspector.progress import CancelToken, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.viewmodel.lastsession import LastSession, OpenArchive
from inspector.viewmodel.messages import Action
from inspector.viewmodel.pages import Page
from inspector.viewmodel.preferences import Preferences, Reopen
from inspector.viewmodel.tree import NodeType, TreeColumn
from tests.ui.conftest import PATIENCE_MS, node_named, settle


@contextmanager
def started(qtbot: QtBot, settings: Settings, *paths: Path) -> Iterator[MainWindow]:
    """One run of the program: the window from its start to its end."""
    window = MainWindow(TaskRunner(), settings)
    window.show()
    qtbot.waitExposed(window)
    window.start(paths)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def front(qtbot: QtBot, window: MainWindow, path: Path) -> ArchiveView:
    qtbot.waitUntil(lambda: window.view is not None and window.view.session.path == path, timeout=PATIENCE_MS)
    assert window.view is not None
    settle(qtbot, window.view)
    return window.view


def test_the_last_session_is_opened_again_where_it_was_left(
    qtbot: QtBot, tmp_path: Path, archive: Path, oci_archive: Path
) -> None:
    settings = Settings(tmp_path / "own.ini")
    settings.preferences = Preferences(reopen=Reopen.ALWAYS)
    with started(qtbot, settings, archive) as window:
        view = front(qtbot, window, archive)
        view.select(node_named(view, "config"))
        view.pages.show_page(Page.HISTORY)
        window.open_paths([oci_archive])
        front(qtbot, window, oci_archive)
        window.archives.tabs.setCurrentIndex(0)
    with started(qtbot, Settings(tmp_path / "own.ini")) as window:
        qtbot.waitUntil(lambda: len(window.archives.views()) == 2, timeout=PATIENCE_MS)
        view = front(qtbot, window, archive)
        assert [each.session.path for each in window.archives.views()] == [archive, oci_archive]
        assert view.node is node_named(view, "config")
        assert view.pages.page is Page.HISTORY


def test_the_last_session_is_offered_and_missing_files_are_told(qtbot: QtBot, tmp_path: Path, archive: Path) -> None:
    settings = Settings(tmp_path / "own.ini")
    gone = tmp_path / "gone.tar"
    settings.last_session = LastSession((OpenArchive(str(gone)), OpenArchive(str(archive), ("no", "such"), "holo")), 0)
    with started(qtbot, settings) as window:
        bar = window.archives.bar
        assert bar.message is not None
        assert bar.isVisible()
        assert "2 archives" in bar.message.title
        assert "gone.tar" in bar.message.text
        assert window.view is None
        window.archives._act(Action.OPEN_AGAIN, bar.message)
        front(qtbot, window, archive)
        qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
        assert bar.message is not None
        assert "gone.tar" in bar.message.text


@pytest.mark.parametrize("reopen", [Reopen.ASK, Reopen.ALWAYS])
def test_paths_given_at_the_start_come_alone(qtbot: QtBot, tmp_path: Path, archive: Path, reopen: Reopen) -> None:
    settings = Settings(tmp_path / "own.ini")
    settings.preferences = Preferences(reopen=reopen)
    settings.last_session = LastSession((OpenArchive(str(tmp_path / "other.tar")),))
    with started(qtbot, settings, archive) as window:
        front(qtbot, window, archive)
        assert not window.archives.bar.isVisible()
        assert len(window.archives.views()) == 1


STALE = (
    b"",
    b"\x00" * 40,
    b"not a state at all",
    bytes(range(256)) * 8,
    b"\x00\x00\x00\xff\x00\x00\x00\x02\x7f\xff\xff\xff\x00\x00\x00\x01",
)
STATES = ("geometry", "window", "splitter", "preview", "tree-columns", "files-columns", "merged-columns", "pages")


@pytest.mark.parametrize("state", STALE)
def test_stale_states_leave_the_layout_as_it_is_at_first(
    qtbot: QtBot, tmp_path: Path, archive: Path, state: bytes
) -> None:
    settings = Settings(tmp_path / "own.ini")
    for name in STATES:
        settings.keep_state(name, QByteArray(state))
    with started(qtbot, settings, archive) as window:
        view = front(qtbot, window, archive)
        view.select(node_named(view, "layer 1"))
        settle(qtbot, view)
        assert view.tree.isVisible()
        assert min(view.splitter.sizes()) > 50
        assert view.pages.files.view.isVisible()
        assert view.pages.files.view.columnWidth(0) > 50
        assert window.width() > 300


def test_states_of_another_archives_widths_are_cut_short_anywhere(qtbot: QtBot, tmp_path: Path, archive: Path) -> None:
    """A settings file that was cut off gives the beginning of a state."""
    settings = Settings(tmp_path / "own.ini")
    with started(qtbot, settings, archive) as window:
        front(qtbot, window, archive)
    whole = {name: settings.state(name) for name in STATES}
    for part in (1, 5, 12, 20, 33):
        for name, state in whole.items():
            settings.keep_state(name, state.left(part))
        with started(qtbot, settings, archive) as window:
            view = front(qtbot, window, archive)
            assert min(view.splitter.sizes()) > 50
            assert min(view.tree.header().sectionSize(column) for column in range(3)) > 20


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x01garbage",
        "[General\nrecent=@Date(\\0)\nsession={\npreferences=1,2,3\nfolder=@Invalid()\n",
        "[General]\nrecent=1, 2\nsession=@ByteArray(abc)\npreferences=@Rect(1 2 3 4)\n[state2]\nwindow=7\npages=@Size(1 2)\n",
    ],
)
def test_a_damaged_settings_file_is_no_obstacle(qtbot: QtBot, tmp_path: Path, archive: Path, text: str) -> None:
    path = tmp_path / "own.ini"
    path.write_text(text, encoding="latin-1")
    with started(qtbot, Settings(path), archive) as window:
        front(qtbot, window, archive)


def test_a_file_that_cannot_be_written_is_no_obstacle(qtbot: QtBot, tmp_path: Path, archive: Path) -> None:
    (tmp_path / "folder.ini").mkdir()
    with started(qtbot, Settings(tmp_path / "folder.ini"), archive) as window:
        front(qtbot, window, archive)


def test_pages_and_the_place_of_the_preview_are_remembered(qtbot: QtBot, tmp_path: Path, archive: Path) -> None:
    settings = Settings(tmp_path / "own.ini")
    with started(qtbot, settings, archive) as window:
        view = front(qtbot, window, archive)
        view.select(node_named(view, "layer 1"))
        window.actions_by_id["turn-preview"].trigger()
        view.pages.files.show_preview(False)
        view.pages.show_page(Page.SUMMARY)
    with started(qtbot, Settings(tmp_path / "own.ini"), archive) as window:
        view = front(qtbot, window, archive)
        assert view.pages.wanted[NodeType.LAYER] is Page.SUMMARY
        view.select(node_named(view, "layer 2"))
        assert view.pages.page is Page.SUMMARY
        files = view.pages.files
        assert files.splitter.orientation() == Qt.Orientation.Horizontal
        assert view.pages.files.preview.isHidden()
        window.actions_by_id["reset-layout"].trigger()
        assert files.splitter.orientation() == Qt.Orientation.Vertical
        assert files.shows_preview
    with started(qtbot, Settings(tmp_path / "own.ini"), archive) as window:
        assert front(qtbot, window, archive).pages.files.shows_preview


def test_a_dead_share_does_not_hold_the_window(
    qtbot: QtBot, tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question about recent files hangs: other archives open all the same, from the window's thread nobody asks."""
    settings = Settings(tmp_path / "own.ini")
    with started(qtbot, settings, archive) as window:
        front(qtbot, window, archive)
    release, asked = threading.Event(), []
    exists = Path.exists

    def hang(path: Path, **_more: object) -> bool:
        asked.append(threading.current_thread())
        return release.wait(60) and exists(path)

    monkeypatch.setattr(Path, "exists", hang)
    recent = settings.recent
    for number in range(6):
        recent = recent.adding(recent.entries[0].__class__(f"/dead/{number}.tar"))
    settings.recent = recent
    with started(qtbot, settings, archive) as window:
        front(qtbot, window, archive)
        qtbot.waitUntil(lambda: len(asked) >= 6, timeout=PATIENCE_MS)
        assert threading.main_thread() not in asked
        release.set()
        qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_a_task_that_waits_is_dropped_at_once(qtbot: QtBot) -> None:
    runner = TaskRunner(workers=1)
    release = threading.Event()
    ended: list[bool] = []
    begun: list[object] = []

    def work(_token: CancelToken, _sink: ProgressSink) -> bool:
        return release.wait(60)

    def never(_token: CancelToken, _sink: ProgressSink) -> None:
        begun.append(True)

    runner.start("first", work, lambda _r: None, lambda _e: None)
    second = runner.start("second", never, lambda _r: None, begun.append, on_end=lambda: ended.append(True))
    second.cancel()
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
    assert [task.what for task in runner.tasks] == ["first"]
    assert not begun
    release.set()
    qtbot.waitUntil(lambda: not runner.tasks, timeout=PATIENCE_MS)
    assert not begun


def test_a_read_that_hangs_gives_its_place_up_when_cancelled(qtbot: QtBot) -> None:
    runner = TaskRunner(workers=1)
    release = threading.Event()
    results: list[int] = []
    hung = runner.start("hung", lambda _t, _s: release.wait(60), lambda _r: None, lambda _e: None)
    runner.start("next", lambda _t, _s: 7, results.append, lambda _e: None)
    hung.cancel()
    qtbot.waitUntil(lambda: results == [7], timeout=PATIENCE_MS)
    release.set()
    qtbot.waitUntil(lambda: not runner.tasks, timeout=PATIENCE_MS)
    runner.start("after", lambda _t, _s: 8, results.append, lambda _e: None)
    qtbot.waitUntil(lambda: results == [7, 8], timeout=PATIENCE_MS)
    assert runner._free == 1


def test_panes_and_columns_of_every_page_are_remembered_and_reset(
    qtbot: QtBot, tmp_path: Path, oci_archive: Path
) -> None:
    settings = Settings(tmp_path / "own.ini")
    with started(qtbot, settings, oci_archive) as window:
        view = front(qtbot, window, oci_archive)
        view.select(node_named(view, "config"))
        view.pages.show_page(Page.HISTORY)
        settle(qtbot, view)
        before = view.pages.history.steps.view.columnWidth(1)
        view.pages.history.steps.view.setColumnWidth(1, before + 77)
        view.extract_folder = str(tmp_path)
    with started(qtbot, Settings(tmp_path / "own.ini"), oci_archive) as window:
        view = front(qtbot, window, oci_archive)
        assert view.pages.history.steps.view.columnWidth(1) == before + 77
        assert view.extract_folder == str(tmp_path)
        window.actions_by_id["reset-layout"].trigger()
        assert view.pages.history.steps.view.columnWidth(1) == before


def test_the_findings_dock_is_where_it_was_left(qtbot: QtBot, tmp_path: Path, archive: Path) -> None:
    settings = Settings(tmp_path / "own.ini")
    with started(qtbot, settings, archive) as window:
        front(qtbot, window, archive)
        assert not window.findings_dock.isVisible()
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.findings_dock)
        window.findings_dock.show()
    with started(qtbot, Settings(tmp_path / "own.ini"), archive) as window:
        front(qtbot, window, archive)
        assert window.findings_dock.isVisible()
        assert window.dockWidgetArea(window.findings_dock) == Qt.DockWidgetArea.RightDockWidgetArea
        window.actions_by_id["reset-layout"].trigger()
        assert not window.findings_dock.isVisible()
        assert window.dockWidgetArea(window.findings_dock) == Qt.DockWidgetArea.BottomDockWidgetArea


def test_the_arrangement_of_a_closed_tab_is_that_of_the_next_archive(
    qtbot: QtBot, tmp_path: Path, archive: Path, oci_archive: Path
) -> None:
    with started(qtbot, Settings(tmp_path / "own.ini"), archive) as window:
        view = front(qtbot, window, archive)
        wide = view.tree.columnWidth(1) + 33
        view.tree.setColumnWidth(1, wide)
        window.archives.close_at(0)
        window.open_paths([oci_archive])
        assert front(qtbot, window, oci_archive).tree.columnWidth(1) == wide


def test_a_wide_column_of_states_is_kept(qtbot: QtBot, tmp_path: Path, archive: Path, oci_archive: Path) -> None:
    with started(qtbot, Settings(tmp_path / "own.ini"), archive) as window:
        view = front(qtbot, window, archive)
        window.resize(1400, 800)
        view.splitter.setSizes([900, 500])
        tree = view.tree
        qtbot.waitUntil(lambda: tree.viewport().width() > 700, timeout=PATIENCE_MS)
        first = tree.columnWidth(TreeColumn.STATE)
        tree.setColumnWidth(TreeColumn.STATE, first + 55)
        window.archives.close_at(0)
        window.open_paths([oci_archive])
        view = front(qtbot, window, oci_archive)
        qtbot.waitUntil(lambda: view.tree.columnWidth(TreeColumn.STATE) == first + 55, timeout=PATIENCE_MS)
        view.splitter.setSizes([200, 1200])
        qtbot.waitUntil(lambda: view.tree.columnWidth(TreeColumn.STATE) < first, timeout=PATIENCE_MS)
        view.splitter.setSizes([900, 500])
        qtbot.waitUntil(lambda: view.tree.columnWidth(TreeColumn.STATE) == first + 55, timeout=PATIENCE_MS)


def test_in_a_narrow_pane_names_come_before_the_words_of_states(
    qtbot: QtBot, tmp_path: Path, oci_archive: Path
) -> None:
    with started(qtbot, Settings(tmp_path / "own.ini"), oci_archive) as window:
        tree = front(qtbot, window, oci_archive).tree
        wide = tree.columnWidth(TreeColumn.STATE)
        window.resize(700, 500)
        qtbot.waitUntil(lambda: tree.columnWidth(TreeColumn.STATE) < wide, timeout=PATIENCE_MS)
        assert tree.columnWidth(TreeColumn.NAME) > tree.columnWidth(TreeColumn.STATE)
    with started(qtbot, Settings(tmp_path / "own.ini"), oci_archive) as window:
        tree = front(qtbot, window, oci_archive).tree
        window.resize(1400, 800)
        qtbot.waitUntil(lambda: tree.columnWidth(TreeColumn.STATE) == wide, timeout=PATIENCE_MS)
