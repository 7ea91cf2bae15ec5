"""A line for a folder: typed or chosen, and taken only if files can be written there."""

from __future__ import annotations

import os
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.task_runner import TaskRunner

_PAUSE_MS = 400
_LINE_PX = 260


class FolderField(QWidget):
    """`folder` is the last one that was good; "" stands for the system's own place."""

    chosen = Signal(str)

    def __init__(self, name: str, tip: str, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = ""
        self._name = name
        self._runner = runner
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setMinimumWidth(_LINE_PX)
        self.line.setPlaceholderText(self.tr("The system's own"))
        self.line.setAccessibleName(name)
        text.set_tip(self.line, tip)
        self.note = text.label(self.tr("This is no folder that files can be written to. It is not used."), wrap=True)
        self.note.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.check)
        self.line.textEdited.connect(self._pause.start)
        self.line.editingFinished.connect(self.check)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.setAccessibleName(self.tr("Choose: %s") % name)
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.line, 1)
        row.addWidget(choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.note)
        self.setFocusProxy(self.line)

    def show_folder(self, folder: str) -> None:
        """Without telling anybody."""
        self.folder = folder
        self.line.setText(folder)
        self.note.hide()

    def check(self) -> None:
        """Whether the folder can be used. Asked in a thread: it may lie on a share that does not answer."""
        self._pause.stop()
        folder = self.line.text().strip()
        if folder == self.folder:
            self.note.hide()
            return
        self._runner.start(
            self.tr("Looking at the folder"),
            lambda _token, _sink: not folder or _can_hold_files(folder),
            partial(self._checked, folder),
            lambda _error: self._checked(folder, good=False),
            owner=self,
            quiet=True,
            aside=True,
        )

    def _checked(self, folder: str, good: bool) -> None:
        if folder != self.line.text().strip():
            return
        self.note.setVisible(not good)
        if good and folder != self.folder:
            self.folder = folder
            self.chosen.emit(folder)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._name, self.line.text())
        if chosen:
            self.line.setText(chosen)
            self.check()


def _can_hold_files(folder: str) -> bool:
    return os.path.isabs(folder) and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
