"""*History of This File*: what every layer did to one path, and the difference between two of its versions."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QSplitter, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.screen import resize_within
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.list_pages import ColumnOf, RowsModel, table
from inspector.viewmodel import display
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.textdiff import TextDiff
from inspector.viewmodel.timeline import TimeLine, Version, compare_versions, load_time_line
from inspector.viewmodel.tree import StructureNode

_PAUSE_MS = 120


class TimeLineDialog(QDialog):
    """Stays open beside the window. Enter on a version shows it in its layer; two selected versions are compared."""

    file_chosen = Signal(object)
    """The `Version` to show."""

    def __init__(
        self,
        session: ArchiveSession,
        image: StructureNode,
        path: bytes,
        runner: TaskRunner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text.title(self.tr("History of %s") % display.safe(path, 200)))
        resize_within(self, 900, 560)
        self._session = session
        self._image = image
        self._runner = runner
        self._task: Task[Any] | None = None
        columns = (
            ColumnOf[Version](self.tr("Layer"), lambda row: row.layer, lambda row: row.step, width=70),
            ColumnOf[Version](self.tr("What it did"), lambda row: row.what, lambda row: row.what, width=250),
            ColumnOf[Version](self.tr("Type"), lambda row: row.kind, lambda _: "", width=90),
            ColumnOf[Version](
                self.tr("Size"), lambda row: row.size, lambda row: row.size_tooltip, right=True, width=80
            ),
            ColumnOf[Version](self.tr("Mode"), lambda row: row.mode, lambda _: "", width=90),
            ColumnOf[Version](self.tr("Owner"), lambda row: row.owner, lambda _: "", width=80),
            ColumnOf[Version](self.tr("Modified"), lambda row: row.modified, lambda _: "", width=120),
            ColumnOf[Version](self.tr("Step"), lambda row: row.step, lambda row: row.step, width=120),
        )
        self.model: RowsModel[Version] = RowsModel(columns, self)
        self.view = table(self.model, columns, self.tr("What the layers did"))
        self.view.activated.connect(self._activated)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._compare)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._pause.start())
        self.difference = text.pane(self.tr("Difference between two versions"), fixed=True, parent=self)
        self.status = text.label(self.tr("Looking through the layers…"), wrap=True)
        self.comparison = text.label(wrap=True)
        self.below = QWidget()
        inner = QVBoxLayout(self.below)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.comparison)
        inner.addWidget(self.difference, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.view)
        split.addWidget(self.below)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.addWidget(self.status)
        layout.addWidget(split, 1)
        self.finished.connect(self.stop)
        self._task = runner.start(
            self.tr("Looking through the layers"),
            partial(load_time_line, session, image, path),
            self._show,
            self._failed,
            owner=self,
        )

    def stop(self) -> None:
        self._pause.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _show(self, found: TimeLine) -> None:
        self.model.show(found.versions)
        self.status.setText(self.tr("%s Enter shows a version in its layer; select two to compare them.") % found.text)
        with_content = [at for at, version in enumerate(found.versions) if version.has_content]
        if found.versions:
            self.view.setCurrentIndex(self.model.index(len(found.versions) - 1, 0))
        self.below.setVisible(len(found.versions) > 1)  # else there is nothing to compare
        if len(with_content) > 1:
            self.select(with_content[-2:])
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def select(self, rows: list[int]) -> None:
        """Select those versions and no others."""
        selection = self.view.selectionModel()
        flags = selection.SelectionFlag
        selection.clearSelection()
        for row in rows:
            selection.select(self.model.index(row, 0), flags.Select | flags.Rows)

    def _compare(self) -> None:
        self.stop()
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        versions = [self.model.row(self.model.index(row, 0)) for row in rows]
        self.difference.clear()
        self.comparison.clear()
        if len(versions) != 2 or versions[0] is None or versions[1] is None:
            return
        self._task = self._runner.start(
            self.tr("Comparing two versions"),
            partial(compare_versions, self._session, self._image, versions[0], versions[1]),
            self._show_difference,
            self._not_compared,
            owner=self,
        )

    def _show_difference(self, found: TextDiff) -> None:
        self.comparison.setText(found.note)
        self.difference.setPlainText(found.text)

    def _failed(self, error: BaseException) -> None:
        message = from_error(error)
        if message is not None:
            self.status.setText(message.line)

    def _not_compared(self, error: BaseException) -> None:
        message = from_error(error)
        if message is not None:
            self.comparison.setText(message.line)

    def _activated(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.file_chosen.emit(row)
