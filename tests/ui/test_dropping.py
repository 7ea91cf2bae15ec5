"""While files hover over the window it says what will happen; closing what is being exported asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from inspector.progress import CancelToken, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.comparison_dialog import ComparisonDialog
from inspector.ui.dropping import DropChoice
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.main_window import MainWindow
from inspector.ui.task_runner import Task
from tests.ui.conftest import PATIENCE_MS, question

Opener = Callable[[Path], ArchiveView]
BUTTONS, KEYS, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def dragged(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_it_says_what_will_happen(window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path) -> None:
    data = dragged(oci_archive)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), COPY, data, BUTTONS, KEYS))
    assert window.statusBar().currentMessage() == "Open app25.tar"
    assert not window.dropping.overlay.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert window.statusBar().currentMessage() == ""
    open_archive(archive)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), COPY, data, BUTTONS, KEYS))
    assert window.dropping.overlay.isVisible()
    assert window.dropping.overlay.texts == (
        "Open app25.tar in a new tab",
        "Compare with app.tar",
        "Merge with app.tar",
    )
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.dropping.overlay.isVisible()


def test_what_is_pointed_at_is_done(
    window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path, qtbot: QtBot
) -> None:
    open_archive(archive)
    done: list[list[Path]] = []
    window.dropping.more = lambda _paths: [DropChoice("Do the other thing", lambda paths: done.append(list(paths)))]
    data = dragged(oci_archive)
    below = window.archives
    right = below.mapTo(window, QPoint(below.width() - 100, below.height() - 80))
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(100, 300), COPY, data, BUTTONS, KEYS))
    QApplication.sendEvent(window, QDragMoveEvent(right, COPY, data, BUTTONS, KEYS))
    assert window.statusBar().currentMessage() == "Do the other thing"
    QApplication.sendEvent(window, QDropEvent(QPointF(right), COPY, data, BUTTONS, KEYS))
    assert done == [[oci_archive]]
    assert len(window.archives.views()) == 1
    left = QPointF(100, window.height() / 2)
    QApplication.sendEvent(window, QDragEnterEvent(left.toPoint(), COPY, data, BUTTONS, KEYS))
    QApplication.sendEvent(window, QDropEvent(left, COPY, data, BUTTONS, KEYS))
    qtbot.waitUntil(lambda: len(window.archives.views()) == 2, timeout=PATIENCE_MS)


def test_addresses_of_the_web_are_not_taken(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/app.tar")])
    event = QDragEnterEvent(QPoint(300, 300), COPY, data, BUTTONS, KEYS)
    QApplication.sendEvent(window, event)
    assert not event.isAccepted()


def test_closing_what_is_exported_asks(qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    release = threading.Event()

    def work(token: CancelToken, _sink: ProgressSink) -> None:
        while not release.wait(0.01):
            token.check()

    task: Task[None] = window.runner.start("Exporting", work, lambda _r: None, lambda _e: None, owner=view)
    view.closing.connect(task.cancel)
    window.exports._running.append(task)  # type: ignore[arg-type]
    for command in ("close-tab", "reopen"):
        window.actions_by_id[command].trigger()
        box = question(window)
        assert window.view is view
        box.reject()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not task.token.cancelled
    window.actions_by_id["close-tab"].trigger()
    box = question(window)
    next(button for button in box.findChildren(QPushButton) if button.text() == "Stop and close").click()
    qtbot.waitUntil(lambda: window.view is None, timeout=PATIENCE_MS)
    assert task.token.cancelled
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_an_archive_is_dropped_to_compare_or_to_merge(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path
) -> None:
    view = open_archive(archive)
    _open, compare, merge = window.dropping.choices([oci_archive])
    dialog = merge.do([oci_archive])
    assert isinstance(dialog, ExportDialog)
    assert dialog.request.merge == (oci_archive,)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    dialog.reject()
    compare.do([oci_archive])
    (shown,) = [each for each in view.findChildren(ComparisonDialog) if each.isVisible()]
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    shown.close()
    assert [choice.text for choice in window.dropping.choices([archive])] == ["Open app.tar in a new tab"]
