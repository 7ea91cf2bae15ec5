"""Two archives side by side in words: what `diff` prints, found in the background."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.screen import resize_within
from inspector.ui.task_runner import TaskRunner
from inspector.ui.widgets.buttons import button_box
from inspector.viewmodel.comparison.comparison import Comparison, compare_files
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.session import ArchiveSession


class ComparisonDialog(QDialog):
    """Not modal. Closing it stops the comparison."""

    def __init__(self, session: ArchiveSession, other: Path, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Compare archives"))
        resize_within(self, 820, 560)
        self.verdict = text.label(self.tr("Reading both archives…"), wrap=True)
        self.lines = text.pane(self.tr("Differences"), fixed=True)
        buttons = button_box(QDialogButtonBox.StandardButton.Close)
        copy = QPushButton(self.tr("Copy"))
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.lines.toPlainText()))
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.verdict)
        layout.addWidget(self.lines, 1)
        layout.addWidget(buttons)
        self._task = runner.start(
            self.tr("Comparing"),
            partial(compare_files, session.path, other, session.limits),
            self._show,
            self._failed,
            owner=self,
        )
        self.finished.connect(self._task.cancel)

    def _show(self, found: Comparison) -> None:
        self.setWindowTitle(text.title(found.title))
        self.verdict.setText(found.verdict)
        self.lines.setPlainText("\n".join(found.lines))

    def _failed(self, error: BaseException) -> None:
        message = from_error(error, self.tr("comparing"))
        if message is not None:
            self.verdict.setText(message.line)
