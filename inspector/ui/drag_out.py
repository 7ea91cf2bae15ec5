"""Dragging files out of the list: they are written while one drags, and handed over when the drop asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from PySide6.QtCore import QCoreApplication, QEventLoop, QMimeData, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag

from inspector.errors import UsageError
from inspector.progress import CancelToken, ProgressSink
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.files_view import FilesView
from inspector.viewmodel.dragging import extract_dragged, forget, refuse_large, sweep
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import StructureNode

URI_LIST = "text/uri-list"
_PATIENCE_MS = 60_000
"""How long a drop waits for files that are still being written."""


class DraggedFiles(QMimeData):
    """A list of addresses that is filled in when somebody asks for it."""

    def __init__(self, files: Callable[[], tuple[Path, ...]]) -> None:
        super().__init__()
        self._files = files

    def formats(self) -> list[str]:
        return [URI_LIST]

    def hasFormat(self, mime_type: str) -> bool:
        return mime_type == URI_LIST

    def retrieveData(self, mime_type: str, _type: object) -> object:
        if mime_type != URI_LIST:
            return None
        return [QUrl.fromLocalFile(str(file)) for file in self._files()]


class Host(Protocol):
    """What `DragOut` needs of its parent."""

    @property
    def node(self) -> StructureNode: ...
    def show_error(self, error: BaseException) -> None: ...


class DragOut(QObject):
    """Drags the selected files of `view`, which are of the host's node; one drag at a time. What nobody took is removed again.

    `host`, its parent, is a `Host`.
    """

    def __init__(
        self,
        session: ArchiveSession,
        view: FilesView,
        runner: TaskRunner,
        host: QObject,
    ) -> None:
        super().__init__(host)
        self._session = session
        self._view = view
        self._runner = runner
        self._task: Task[tuple[Path, ...]] | None = None
        self._files: tuple[Path, ...] = ()
        self._loop: QEventLoop | None = None
        view.drag_asked.connect(self.drag)

    @property
    def _host(self) -> Host:
        """Not kept: what it holds would hold it, and Python takes such rings apart in any order."""
        return cast(Host, self.parent())

    def begin(self) -> DraggedFiles | None:
        """Start to write the selected files; the drag's data, which waits for them. None if it is better not done."""
        files, rows = self._view.files, self._view.selected_rows()
        if files is None or not rows:
            return None
        try:
            refuse_large(sum(files.size_bytes(row) for row in rows))
        except UsageError as error:
            self._host.show_error(error)
            return None
        paths = tuple(files.path_in_image(row) for row in rows)
        self._files = ()
        self._task = task = self._runner.start(
            self.tr("Writing the dragged files"),
            partial(extract_dragged, self._session, self._host.node, paths),
            lambda files: self._written(task, files),
            self._host.show_error,
            on_end=lambda: self._ended(task),
            owner=self,
            on_drop=forget,
        )
        return DraggedFiles(self._wait)

    def drag(self) -> None:
        """Let the person choose where to; returns when the button is released."""
        data = self.begin()
        if data is None:
            return
        drag = QDrag(self._view)
        drag.setMimeData(data)
        if drag.exec(Qt.DropAction.CopyAction) == Qt.DropAction.IgnoreAction:
            self.give_up()

    def give_up(self) -> None:
        """Nobody took the files."""
        if self._task is not None and self._task.running:
            self._task.cancel()
        files, self._files = self._files, ()
        self._remove(files)

    def _remove(self, files: tuple[Path, ...]) -> None:
        if files:
            self._runner.start(
                self.tr("Removing the dragged files"),
                partial(_forget, files),
                lambda _: None,
                lambda _: None,
                quiet=True,
            )

    def _written(self, task: Task[tuple[Path, ...]], files: tuple[Path, ...]) -> None:
        if self._task is task:
            self._files = files
        else:
            self._remove(files)

    def _ended(self, task: Task[tuple[Path, ...]]) -> None:
        # That of an earlier drag, which nobody took, may end while the next one is under way.
        if self._task is task:
            self._task = None
            if self._loop is not None:
                self._loop.quit()

    def _wait(self) -> tuple[Path, ...]:
        if self._task is not None and self._task.running and self._loop is None:
            self._loop = QEventLoop()
            QTimer.singleShot(_PATIENCE_MS, self._loop, self._loop.quit)
            self._loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
            self._loop = None
        return self._files


def remove_leftovers(runner: TaskRunner) -> None:
    """Remove the dragged files of programs that were killed; quietly, in the background."""
    runner.start(
        QCoreApplication.translate("DragOut", "Removing the dragged files"),
        _sweep,
        lambda _: None,
        lambda _: None,
        quiet=True,
    )


def _sweep(_token: CancelToken, _sink: ProgressSink) -> None:
    sweep()


def _forget(files: tuple[Path, ...], _token: CancelToken, _sink: ProgressSink) -> None:
    forget(files)
