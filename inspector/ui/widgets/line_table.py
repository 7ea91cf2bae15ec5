"""A small table that is edited in place: lines are added, changed and removed, and each edit can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from inspector.ui import text

Line = tuple[str, ...]
Index = QModelIndex | QPersistentModelIndex


class LinesModel(QAbstractTableModel):
    """Lines of as many texts as there are headings; the first `fixed` columns cannot be edited."""

    def __init__(self, headings: Sequence[str], fixed: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self._headings = headings
        self._fixed = fixed
        self._lines: list[Line] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines)

    def put(self, lines: Sequence[Line]) -> None:
        """All lines at once, as one undo step or done again; used by the undo stack."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def change(self, lines: Sequence[Line], what: str) -> None:
        """The lines from now on, as an edit that can be undone."""
        if tuple(lines) != self.lines:
            self.stack.push(_Edit(self, self.lines, tuple(lines), what))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        shown = self._lines[index.row()][index.column()]
        return text.tooltip(shown) if role == Qt.ItemDataRole.ToolTipRole else shown

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid() or index.row() >= len(self._lines):
            return False
        line = list(self._lines[index.row()])
        line[index.column()] = str(value).strip()
        lines = list(self._lines)
        lines[index.row()] = tuple(line)
        self.change(lines, self.tr("Edit"))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() >= self._fixed else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return self._headings[section] if 0 <= section < len(self._headings) else None


class _Edit(QUndoCommand):
    def __init__(self, model: LinesModel, before: tuple[Line, ...], after: tuple[Line, ...], what: str) -> None:
        super().__init__(what)
        self._model, self._before, self._after = model, before, after

    def undo(self) -> None:
        self._model.put(self._before)

    def redo(self) -> None:
        self._model.put(self._after)


class LineTable(QWidget):
    """The table with *Add*, *Remove*, *Undo* and *Redo* below it."""

    changed = Signal()
    add_asked = Signal()
    """The person wants another line: the owner knows which."""

    def __init__(self, headings: Sequence[str], name: str, *, fixed: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = LinesModel(headings, fixed, self)
        self.view = QTableView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName(name)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setTabKeyNavigation(False)
        self.view.setAcceptDrops(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.verticalHeader().setDefaultSectionSize(self.view.fontMetrics().height() + 8)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.add = _button(self.tr("Add"), self.add_asked.emit)
        self.remove = _button(self.tr("Remove"), self._remove)
        self.undo = _button(self.tr("Undo"), self.model.stack.undo)
        self.redo = _button(self.tr("Redo"), self.model.stack.redo)
        self.undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        self.redo.setShortcut(QKeySequence(QKeySequence.StandardKey.Redo))
        self.model.stack.canUndoChanged.connect(self.undo.setEnabled)
        self.model.stack.canRedoChanged.connect(self.redo.setEnabled)
        self.undo.setEnabled(False)
        self.redo.setEnabled(False)
        self.model.modelReset.connect(self._reset)
        below = QHBoxLayout()
        for button in (self.add, self.remove):
            below.addWidget(button)
        below.addStretch(1)
        for button in (self.undo, self.redo):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)
        self._reset()

    def append(self, line: Line, column: int) -> None:
        """Another line; its `column` is edited at once."""
        self.model.change((*self.model.lines, line), self.tr("Add"))
        index = self.model.index(self.model.rowCount() - 1, column)
        self.view.setCurrentIndex(index)
        self.view.edit(index)

    def _remove(self) -> None:
        gone = {index.row() for index in self.view.selectionModel().selectedRows()}
        kept = [line for row, line in enumerate(self.model.lines) if row not in gone]
        self.model.change(kept, self.tr("Remove"))

    def _reset(self) -> None:
        self.remove.setEnabled(self.model.rowCount() > 0)
        self.changed.emit()


def _button(caption: str, call: Any) -> QPushButton:
    button = QPushButton(caption)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: call())
    return button
