"""Findings for Qt: rules as rows, and below each the places where it is broken. Read-only, made anew for each change."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.language import tr
from inspector.ui import text
from inspector.viewmodel.findingspanel import Group
from inspector.viewmodel.findingsview import FindingRow

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


class FindingsModel(QAbstractItemModel):
    """Groups at the top, their findings below. The internal id is 0 for a group, else 1 + the row of the group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Group, ...] = ()

    def show(self, groups: tuple[Group, ...]) -> None:
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()

    def rows_at(self, index: Index) -> tuple[FindingRow, ...]:
        """The finding at `index`, or all of the group."""
        if not index.isValid():
            return ()
        above = index.internalId()
        return self._groups[index.row()].rows if above == 0 else (self._groups[above - 1].rows[index.row()],)

    def index_of(self, row: FindingRow) -> QModelIndex:
        """Where that finding stands; invalid if the filter hides it."""
        for number, group in enumerate(self._groups):
            if (row.severity, row.code) == (group.severity, group.code) and row in group.rows:
                return self.createIndex(group.rows.index(row), 0, number + 1)
        return QModelIndex()

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's signature
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(self._groups)
        return len(self._groups[parent.row()].rows) if parent.internalId() == 0 and parent.column() == 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002, B008
        return 2

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if role not in (_DISPLAY, _TOOLTIP, _ACCESSIBLE) or not index.isValid():
            return None
        if index.internalId() == 0:
            return self._of_group(self._groups[index.row()], index.column(), role)
        (row,) = self.rows_at(index)
        shown = row.title if index.column() == 0 else row.place
        if role == _TOOLTIP:
            return text.tooltip(row.explanation if index.column() == 0 else row.where)
        return f"{row.level}, {row.title}" if role == _ACCESSIBLE and index.column() == 0 else text.isolated(shown)

    @staticmethod
    def _of_group(group: Group, column: int, role: int) -> str | None:
        if column:
            return tr("see below") if role == _ACCESSIBLE else None
        if role == _ACCESSIBLE:
            return group.spoken
        return text.isolated(group.text) if role == _DISPLAY else text.tooltip(group.rows[0].explanation)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == _DISPLAY and 0 <= section < 2:
            return (self.tr("Finding"), self.tr("Where"))[section]
        return None
