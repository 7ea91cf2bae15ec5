"""The right end of the status bar: what is being done, how far, how long still, and *Stop*."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from inspector.progress import Progress
from inspector.ui import text
from inspector.ui.task_runner import Task, TaskRunner
from inspector.viewmodel.messages import progress_text

_PATIENCE_MS = 150
"""Work that is done sooner is not worth a flicker."""
_STEP = 250
"""Per mille between two announcements."""


class TaskStatus(QWidget):
    """Follows a `TaskRunner`; hidden while nothing worth telling runs."""

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._text = text.label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(130)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._stop = QPushButton(self.tr("Stop"))
        self._stop.setAccessibleName(self.tr("Stop"))
        self._stop.clicked.connect(self.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)
        layout.addWidget(self._bar)
        layout.addWidget(self._stop)
        layout.setStretch(0, 1)
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._stop.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._refresh)
        runner.changed.connect(self._refresh)
        self._announced: tuple[int, int] = (0, 0)
        self.hide()

    def stop(self) -> None:
        """Cancel the task that is shown; partial results stay."""
        for task in reversed(self._runner.tasks):
            if not task.quiet:
                task.cancel()
                return

    def _refresh(self) -> None:
        loud = [task for task in self._runner.tasks if not task.quiet]
        if not loud:
            self.hide()
            return
        task = loud[-1]
        if self.isHidden() and task.elapsed * 1000 < _PATIENCE_MS:
            if not self._patience.isActive():
                self._patience.start()
            return
        progress = task.progress or Progress(task.what)
        shown = self.tr("Stopping…") if task.token.cancelled else progress_text(progress, task.elapsed)
        if len(loud) > 1:
            shown = self.tr("%(what)s (and %(more)d more)") % {"what": shown, "more": len(loud) - 1}
        self._text.setText(shown)
        self._announce(task, shown, progress.per_mille // _STEP)
        # Per mille: a progress bar's numbers are 32 bits wide, those of archives are not.
        self._bar.setRange(0, 1000 if progress.total > 0 else 0)
        self._bar.setValue(progress.per_mille)
        self._stop.setEnabled(not task.token.cancelled)
        self.show()

    def _announce(self, task: Task[Any], shown: str, step: int) -> None:
        """To a screen reader: the beginning, and each quarter; more would drown what the person is doing."""
        told = (id(task), step)
        if told != self._announced:
            self._announced = told
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, shown))
