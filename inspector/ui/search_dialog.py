"""*Search all layers*: a line to type into, and what was found; Enter shows the file where it lies."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.screen import resize_within
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.list_pages import ColumnOf, RowsModel, table
from inspector.viewmodel.filesearch import FoundFile, FoundFiles, search_layers
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import StructureNode


class SearchDialog(QDialog):
    """Stays open beside the window, so that one hit after the other can be looked at."""

    file_chosen = Signal(object)
    """The `FoundFile` to show."""

    def __init__(
        self, session: ArchiveSession, image: StructureNode, runner: TaskRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text.title(self.tr("Search all layers of %s") % image.label))
        resize_within(self, 820, 480)
        self._session = session
        self._image = image
        self._runner = runner
        self._task: Task[FoundFiles] | None = None
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setPlaceholderText(
            self.tr("Name, *.so, /regular expression/, >1MB, type:link, owner:0, layer:2, is:hidden")
        )
        self.line.setAccessibleName(self.tr("Search"))
        self.line.returnPressed.connect(self.search)
        self.button = QPushButton(self.tr("Search"), self)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self.search)
        columns = (
            ColumnOf[FoundFile](self.tr("Path"), lambda row: row.path, lambda row: row.path, width=380),
            ColumnOf[FoundFile](self.tr("Layer"), lambda row: row.layer, lambda _: "", width=80),
            ColumnOf[FoundFile](self.tr("Size"), lambda row: row.size, lambda _: "", right=True, width=90),
            ColumnOf[FoundFile](self.tr("Type"), lambda row: row.kind, lambda _: "", width=100),
            ColumnOf[FoundFile](self.tr("State"), lambda row: row.state, lambda row: row.state, width=120),
        )
        self.model: RowsModel[FoundFile] = RowsModel(columns, self)
        self.view = table(self.model, columns, self.tr("Found files"))
        self.view.activated.connect(self._activated)
        self.status = text.label(
            self.tr("Removed and overwritten files are found, too. Enter shows a file in its layer."), wrap=True
        )
        top = QHBoxLayout()
        top.addWidget(self.line, 1)
        top.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.status)
        self.finished.connect(self.stop)

    def search(self) -> None:
        """Look for what was typed; a search that still runs is given up."""
        self.stop()
        self.status.setText(self.tr("Searching…"))
        self._task = self._runner.start(
            self.tr("Searching"),
            partial(search_layers, self._session, self._image, self.line.text()),
            self._found,
            self._failed,
            owner=self,
        )

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _found(self, found: FoundFiles) -> None:
        self.model.show(found.rows)
        self.status.setText(found.text)
        if found.rows:
            self.view.setCurrentIndex(self.model.index(0, 0))
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _failed(self, error: BaseException) -> None:
        message = from_error(error)
        if message is not None:
            self.model.show(())
            self.status.setText(message.line)

    def _activated(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.file_chosen.emit(row)
