"""Files dragged over the window: what letting go would do is said before it is done. The whole window takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from inspector.ui.archive_stack import ArchiveStack
from inspector.ui.widgets.drop_overlay import DropOverlay
from inspector.viewmodel.display import elided

_NAME = 60


class DropChoice(NamedTuple):
    """One thing that can be done with what is dragged."""

    text: str
    do: Callable[[Sequence[Path]], object]


class Dropping(QObject):
    """Watches the drags of a window."""

    def __init__(self, window: QMainWindow, archives: ArchiveStack) -> None:
        super().__init__(window)
        self._window = window
        self._archives = archives
        self._offered: list[DropChoice] = []
        self.overlay = DropOverlay(archives)
        self.more: Callable[[Sequence[Path]], list[DropChoice]] = lambda _paths: []
        """Choices beside opening, for some paths, while an archive is open; set by the window."""
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._window:
            return False
        if isinstance(event, QDragEnterEvent):
            self._enter(event)
        elif isinstance(event, QDragMoveEvent):
            self._move(event)
        elif isinstance(event, QDropEvent):
            self._drop(event)
        elif isinstance(event, QDragLeaveEvent):
            self._end()
            event.accept()
        else:
            return False
        return True

    def choices(self, paths: Sequence[Path]) -> list[DropChoice]:
        """What can be done with `paths` now; the first is done where nothing else is pointed at."""
        several = len(paths) > 1
        name = elided(paths[0].name or str(paths[0]), _NAME)
        if self._archives.view is None:
            words = self.tr("Open %d archives in tabs") % len(paths) if several else self.tr("Open %s") % name
        else:
            words = (
                self.tr("Open %d archives in new tabs") % len(paths)
                if several
                else self.tr("Open %s in a new tab") % name
            )
        opening = DropChoice(words, self._archives.open_paths)
        return [opening, *(self.more(paths) if self._archives.view is not None else [])]

    def _enter(self, event: QDragEnterEvent) -> None:
        paths = local_paths(event)
        if not paths:
            event.ignore()
            return
        event.acceptProposedAction()
        self._offered = self.choices(paths)
        if self._archives.view is None:
            self._archives.empty.invite(self._offered[0].text)
        else:
            self.overlay.offer([choice.text for choice in self._offered])
        self._say()

    def _move(self, event: QDragMoveEvent) -> None:
        if local_paths(event):
            event.acceptProposedAction()
            before = self.overlay.chosen
            self.overlay.point(self.overlay.mapFrom(self._window, event.position().toPoint()))
            if self.overlay.chosen != before:
                self._say()

    def _drop(self, event: QDropEvent) -> None:
        paths = local_paths(event)
        if paths:
            event.acceptProposedAction()
            offered = self._offered or self.choices(paths)
            self.overlay.point(self.overlay.mapFrom(self._window, event.position().toPoint()))
            chosen = offered[self.overlay.chosen] if self.overlay.chosen < len(offered) else offered[0]
            self._end()
            chosen.do(paths)
        else:
            self._end()

    def _say(self) -> None:
        if self.overlay.chosen < len(self._offered):
            self._window.statusBar().showMessage(self._offered[self.overlay.chosen].text)

    def _end(self) -> None:
        self._offered = []
        self.overlay.offer(())
        self._archives.empty.invite("")
        self._window.statusBar().clearMessage()


def local_paths(event: QDropEvent | QDragMoveEvent) -> list[Path]:
    """The local files of a drag; other URLs are never fetched, and nothing is taken that was dragged out of here."""
    if event.source() is not None:
        return []
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
