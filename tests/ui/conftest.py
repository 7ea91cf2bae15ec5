"""A real window on real files, offscreen; whatever it leaves behind fails the test."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from inspector.app import SWITCH_INTERVAL
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.viewmodel.tree import StructureNode
from tests.builders import ImageSpec, docker_24, docker_25, layer_tar

PATIENCE_MS = 60_000
"""Nobody waits that long: a busy machine may need it, and a fault is found all the same."""


@pytest.fixture(autouse=True)
def _cycles_are_collected_here() -> Iterator[None]:
    """As in the program (`ui/garbage.py`): a worker that collects a dead window crashes Qt."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """The window as `inspector.app` makes it, with settings of its own."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    made = MainWindow(TaskRunner(), Settings(tmp_path / "settings.ini"))
    made.show()
    qtbot.waitExposed(made)
    yield made
    made._may_close = True
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    sys.setswitchinterval(interval)
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible():
            name = type(widget).__name__
            widget.close()
            pytest.fail(f"a {name} was left open")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """What docker 24 wrote: one image, two layers, a link, a removed file."""
    return docker_24([ImageSpec((_base(), _top()), ("docker.io/library/app:1",))]).write(tmp_path / "app.tar")


@pytest.fixture
def oci_archive(tmp_path: Path) -> Path:
    return docker_25([ImageSpec((_base(), _top()), ("docker.io/library/app:1",))]).write(tmp_path / "app25.tar")


def _base() -> bytes:
    return layer_tar(
        {
            "etc/": b"",
            "etc/passwd": b"root:x:0:0::/:/bin/sh\n",
            "usr/": b"",
            "usr/bin/": b"",
            "usr/bin/tool": b"x" * 5000,
            "usr/bin/alias": "tool",
            "usr/lib/": b"",
            "usr/lib/libbig.so": b"y" * 90_000,
        }
    )


def _top() -> bytes:
    return layer_tar({"etc/": b"", "etc/.wh.passwd": b"", "srv/": b"", "srv/data.json": b"{}"})


@pytest.fixture
def open_archive(window: MainWindow, qtbot: QtBot) -> Callable[[Path], ArchiveView]:
    """Open a path and wait until its tab is in front."""

    def run(path: Path) -> ArchiveView:
        window.open_paths([path])
        qtbot.waitUntil(lambda: window.view is not None and window.view.session.path == path, timeout=PATIENCE_MS)
        view = window.view
        assert view is not None
        return view

    return run


def settle(qtbot: QtBot, view: ArchiveView) -> None:
    """Wait until the visible page has been read."""
    qtbot.waitUntil(lambda: not view.pages.loading, timeout=PATIENCE_MS)


def node_named(view: ArchiveView, start: str) -> StructureNode:
    """The first node whose label begins so."""
    return next(node for node in view.session.tree.nodes if node.label.startswith(start))


def drop(target: QWidget, paths: list[Path]) -> None:
    """What Qt sends when files are dropped on `target`: as a file manager does, with the same as text beside the URLs."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(QUrl.fromLocalFile(str(path)).toString() for path in paths))
    at = QPointF(target.width() / 2, target.height() / 2)
    window = target.window().windowHandle()
    assert window is not None
    inside = QPointF(target.mapTo(target.window(), at.toPoint()))
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(inside.toPoint(), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(inside, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, event)


def question(window: MainWindow) -> QMessageBox:
    """The box that asks something."""
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1
    return boxes[0]
