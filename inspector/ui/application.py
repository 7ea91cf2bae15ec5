"""The Qt application: where the desktop's wish to open a file arrives (macOS sends an event, not an argument)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class Application(QApplication):
    """Keeps files that arrive before there is a window, and gives them to it with those that come later.

    Only events for the application itself pass here. A filter would have to look at every event of every widget.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(list(arguments))
        self._early: list[Path] = []
        self._receiver: Callable[[Sequence[Path]], None] | None = None

    def give_files_to(self, receiver: Callable[[Sequence[Path]], None]) -> None:
        """From now on `receiver` gets the absolute paths of files to open; at once those that came before."""
        self._receiver = receiver
        early, self._early = self._early, []
        if early:
            receiver(early)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self._open(event)
            return True
        return super().event(event)

    def _open(self, event: QFileOpenEvent) -> None:
        # A local file only: an address that another program sends along is never fetched.
        if not event.url().isLocalFile():
            return
        path = Path(event.url().toLocalFile())
        if not path.is_absolute():
            return
        if self._receiver is None:
            self._early.append(path)
        else:
            self._receiver([path])
