"""Another language is spoken at once: a new window goes on where the old one was, and nothing of the old one stays."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from inspector import language
from inspector.ui.archive_view import ArchiveView
from inspector.ui.live_window import LiveWindow
from inspector.ui.main_window import MainWindow
from inspector.ui.preferences_dialog import PreferencesDialog
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.viewmodel.pages import Page
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import StructureNode
from tests.ui.conftest import PATIENCE_MS, settle


@pytest.fixture
def live(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[LiveWindow]:
    """The window as `inspector.app` has it, in English."""
    settings = Settings(tmp_path / "settings.ini")
    choose(settings, "en")
    made = LiveWindow(qapp, TaskRunner(), settings)
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    made._look.stop()
    made.window._may_close = True
    made.window.close()
    made.window.deleteLater()
    made._be_silent()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def choose(settings: Settings, code: str) -> None:
    settings.preferences = type(settings.preferences)(language=code)


def opened(qtbot: QtBot, live: LiveWindow, path: Path) -> ArchiveView:
    live.window.open_paths([path])
    qtbot.waitUntil(lambda: live.window.view is not None and live.window.view.session.path == path, timeout=PATIENCE_MS)
    assert live.window.view is not None
    settle(qtbot, live.window.view)
    return live.window.view


def pick(window: MainWindow, code: str) -> PreferencesDialog:
    """What the person does: the preferences, and there another language."""
    shown = window.findChild(PreferencesDialog)
    dialog = shown if shown is not None and shown.isVisible() else window.show_preferences()
    dialog.language.setCurrentIndex(dialog.language.findData(code))
    return dialog


def wait_for_another(qtbot: QtBot, live: LiveWindow, old: MainWindow) -> MainWindow:
    qtbot.waitUntil(lambda: live.window is not old, timeout=PATIENCE_MS)
    if live.window.view is not None:
        settle(qtbot, live.window.view)
    return live.window


def test_the_window_goes_on_in_it_where_it_was(
    live: LiveWindow, qtbot: QtBot, archive: Path, oci_archive: Path
) -> None:
    first = opened(qtbot, live, archive)
    second = opened(qtbot, live, oci_archive)
    second.select(
        next(node for node in second.session.tree.nodes if node.layer is not None and node.short.endswith("2"))
    )
    second.pages.show_page(Page.FILES)
    qtbot.waitUntil(lambda: second.pages.files.view.files is not None, timeout=PATIENCE_MS)
    settle(qtbot, second)
    second.pages.files.go_to(b"srv/data.json")
    old, size, key = live.window, live.window.size(), second.node.key
    opened_archives = [first.session.archive, second.session.archive]
    pick(old, "de")
    window = wait_for_another(qtbot, live, old)
    assert window.menuBar().actions()[0].text() == "Datei"
    assert window.size() == size
    views = window.archives.views()
    assert [view.session.archive for view in views] == opened_archives
    view = window.view
    assert view is views[1]
    assert view.node.key == key
    assert view.pages.page is Page.FILES
    qtbot.waitUntil(lambda: view.pages.files.view.currentIndex().row() >= 0, timeout=PATIENCE_MS)
    files = view.pages.files.view.files
    assert files is not None
    assert files.raw_path(view.pages.files.view.currentIndex().row()) == b"srv/data.json"
    assert any("nicht geprüft" in node.text(2) for node in views[0].session.tree.nodes)
    assert view.can_go_back
    dialog = window.findChild(PreferencesDialog)
    assert dialog is not None
    assert dialog.windowTitle() == "Einstellungen"
    pick(window, "en")
    again = wait_for_another(qtbot, live, window)
    assert again.menuBar().actions()[0].text() == "File"
    assert [view.session.archive for view in again.archives.views()] == opened_archives
    views = again.archives.views()
    views[0].verify()
    qtbot.waitUntil(lambda: all("verified" in node.text(2) for node in _layers(views[0])), timeout=PATIENCE_MS)
    _close_dialogs(again)


def _layers(view: ArchiveView) -> list[StructureNode]:
    return [node for node in view.session.tree.nodes if node.layer is not None]


def _close_dialogs(window: MainWindow) -> None:
    for dialog in window.findChildren(PreferencesDialog):
        dialog.close()


def test_nothing_of_the_old_windows_stays(live: LiveWindow, qtbot: QtBot, archive: Path) -> None:
    opened(qtbot, live, archive)
    gone: list[weakref.ref[MainWindow]] = []
    for code in ("de", "zh_CN", "en", "de", "en"):
        old = live.window
        gone.append(weakref.ref(old))
        pick(old, code)
        wait_for_another(qtbot, live, old)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not isValid(old)
        del old
    gc.collect()
    assert [reference for reference in gone if reference() is not None] == []
    windows = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
    assert windows == [live.window]
    _close_dialogs(live.window)


def test_it_waits_for_work_that_the_person_waits_for(live: LiveWindow, qtbot: QtBot, archive: Path) -> None:
    view = opened(qtbot, live, archive)
    old, may_end = live.window, threading.Event()
    ended: list[bool] = []
    live._runner.start(
        "long work", lambda _token, _sink: may_end.wait(60), ended.append, lambda _error: None, owner=view
    )
    dialog = pick(old, "de")
    assert dialog._later.isVisible()
    for _ in range(3):
        with qtbot.waitSignal(live._look.timeout, timeout=PATIENCE_MS):
            pass
        assert live.window is old
    may_end.set()
    window = wait_for_another(qtbot, live, old)
    assert ended == [True]
    assert window.menuBar().actions()[0].text() == "Datei"
    _close_dialogs(window)


def test_it_waits_for_the_answer_to_a_question(live: LiveWindow, qtbot: QtBot) -> None:
    old = live.window
    box = QMessageBox(old)
    box.setText("?")
    box.open()
    choose(live._settings, "de")
    old.language_chosen.emit()
    for _ in range(2):
        with qtbot.waitSignal(live._look.timeout, timeout=PATIENCE_MS):
            pass
        assert live.window is old
    box.close()
    box.deleteLater()
    wait_for_another(qtbot, live, old)


def test_back_to_the_old_one_while_waiting_changes_nothing(live: LiveWindow, qtbot: QtBot, archive: Path) -> None:
    view = opened(qtbot, live, archive)
    old, may_end = live.window, threading.Event()
    live._runner.start("long work", lambda _token, _sink: may_end.wait(60), lambda _: None, lambda _: None, owner=view)
    pick(old, "de")
    dialog = pick(old, "en")
    assert not dialog._later.isVisible()
    may_end.set()
    qtbot.waitUntil(lambda: not live._look.isActive(), timeout=PATIENCE_MS)
    assert live.window is old
    assert language.spoken() == ""
    dialog.close()


def test_an_empty_window_changes_too_and_takes_files_from_outside(
    live: LiveWindow, qtbot: QtBot, archive: Path
) -> None:
    old = live.window
    dialog = pick(old, "zh_CN")
    assert not dialog._later.isVisible()
    window = wait_for_another(qtbot, live, old)
    assert window.menuBar().actions()[0].text() == "文件"
    _close_dialogs(window)
    live.open_from_outside([archive])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    assert window.view is not None
    settle(qtbot, window.view)


def test_an_archive_opened_meanwhile_comes_along(
    live: LiveWindow, qtbot: QtBot, archive: Path, oci_archive: Path
) -> None:
    opened(qtbot, live, archive)
    old = live.window
    dialog = pick(old, "de")
    dialog.close()
    old.open_paths([oci_archive])
    window = wait_for_another(qtbot, live, old)
    qtbot.waitUntil(lambda: len(window.archives.views()) == 2, timeout=PATIENCE_MS)
    for view in window.archives.views():
        assert not view.session.closed


def test_a_second_choice_while_the_first_is_being_told_counts(
    live: LiveWindow, qtbot: QtBot, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(qtbot, live, archive)
    old, began = live.window, threading.Event()
    may_end = {"de": threading.Event(), "zh_CN": threading.Event()}
    retold = ArchiveSession.retold

    def slow(session: ArchiveSession) -> ArchiveSession:
        told, code = retold(session), language.spoken()
        began.set()
        may_end[code].wait(60)
        return told

    monkeypatch.setattr(ArchiveSession, "retold", slow)
    pick(old, "de")
    qtbot.waitUntil(began.is_set, timeout=PATIENCE_MS)
    first = live._telling
    assert first is not None
    pick(old, "zh_CN")
    qtbot.waitUntil(lambda: live._telling is not first, timeout=PATIENCE_MS)
    may_end["de"].set()
    qtbot.waitUntil(lambda: not first.running, timeout=PATIENCE_MS)
    assert live.window is old
    may_end["zh_CN"].set()
    window = wait_for_another(qtbot, live, old)
    assert window.view is not None
    assert not any("nicht geprüft" in node.text(2) for node in window.view.session.tree.nodes)
    _close_dialogs(window)
