"""What is packed inside the string at the cursor of a JSON document, unpacked below it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.json_view import JsonTextView
from inspector.viewmodel.jsonpage.decode import Decoded, decode, may_decode
from inspector.viewmodel.jsonpage.text import JsonText

_PAUSE_MS = 80
_LOOKED_AT = 300


class DecodedPane(QWidget):
    """There only while there is something to show. Unpacked in a worker, a moment after the cursor came to rest."""

    digest_followed = Signal(str)

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._task: Task[Decoded | None] | None = None
        self._place: tuple[JsonText, int] | None = None
        self._title = text.label(wrap=True)
        self.view = JsonTextView(self)
        self.view.setAccessibleName(self.tr("Decoded content"))
        self.view.digest_followed.connect(self.digest_followed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(self.view, 1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._start)
        self.hide()

    def look_at(self, document: JsonText | None, line: int) -> None:
        """The cursor is at a line of the pretty text; None: at nothing."""
        logical = document.logical(line) if document is not None and line < document.line_count else -1
        if document is None or logical < 0 or not may_decode(*document.scalar(logical, _LOOKED_AT)):
            self._stop()
            self._place = None
            self.hide()
        elif self._place != (document, logical):
            self._stop()
            self._place = (document, logical)
            self._pause.start()

    def _stop(self) -> None:
        self._pause.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _start(self) -> None:
        if self._place is None:
            return
        document, logical = self._place
        self._task = self._runner.start(
            self.tr("Decoding"),
            lambda token, _sink: decode(*document.scalar(logical), token),
            partial(self._show, self._place),
            lambda _error: self.hide(),
            owner=self,
            quiet=True,
        )

    def _show(self, place: tuple[JsonText, int], found: Decoded | None) -> None:
        if place != self._place:
            return
        self.setVisible(found is not None)
        if found is not None:
            self._title.setText(found.title)
            self.view.show_json(found.text)
