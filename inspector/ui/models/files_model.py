"""The file list for Qt: a table over the visible rows of a `viewmodel.files.FileList`.

A table, not a tree: a QTreeView takes seconds to expand 500,000 rows, a flattened table milliseconds. Depth and disclosure are
roles that `views.files_view` draws and that its keyboard handling follows.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.ui import text
from inspector.ui.assets import icon
from inspector.viewmodel.filechanges import LETTERS, FileChanges
from inspector.viewmodel.filerows import kind_word
from inspector.viewmodel.files import Column, FileList, header, is_numeric

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_DECORATION = Qt.ItemDataRole.DecorationRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ALIGNMENT = Qt.ItemDataRole.TextAlignmentRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_SERVED = frozenset((_DISPLAY, _DECORATION, _TOOLTIP, _ALIGNMENT, _ACCESSIBLE))
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class FilesModel(QAbstractTableModel):
    """Read-only; one list at a time, replaced as a whole while rows stream in."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list: FileList | None = None

    @property
    def files(self) -> FileList | None:
        return self._list

    def show(self, files: FileList | None) -> None:
        """Another list, or the same one after sorting, filtering or expanding all."""
        self.beginResetModel()
        self._list = files
        self.endResetModel()

    def set_changes(self, changes: FileChanges | None) -> None:
        """The column *Change* comes, is filled anew, or goes. Selection and current row stay unless rows come or go."""
        files = self._list
        if files is None or (changes is None and files.changes is None):
            return
        end, top = len(files.columns), QModelIndex()
        if files.letters != LETTERS or files.sort_column == Column.CHANGE or "change:" in files.filter_text:
            self.beginResetModel()
            files.changes = changes
            self.endResetModel()
        elif files.changes is None:
            self.beginInsertColumns(top, end, end)
            files.changes = changes
            self.endInsertColumns()
        elif changes is None:
            self.beginRemoveColumns(top, end - 1, end - 1)
            files.changes = changes
            self.endRemoveColumns()
        else:
            files.changes = changes
            self.dataChanged.emit(self.index(0, end - 1), self.index(len(files) - 1, end - 1))

    def expand(self, row: int) -> None:
        """Open the folder in `row`."""
        files = self._list
        if files is None or files.is_expanded(row) or not files.has_children(row):
            return
        # How many rows come is only known once they are there, and Qt wants to be told before: a layout change tells it.
        self.layoutAboutToBeChanged.emit()
        first, count = files.expand(row)
        self._moved(first, count)
        self.layoutChanged.emit()

    def collapse(self, row: int) -> None:
        """Close the folder in `row`."""
        files = self._list
        if files is None or not files.is_expanded(row):
            return
        self.layoutAboutToBeChanged.emit()
        first, count = files.collapse(row)
        self._moved(first, -count)
        self.layoutChanged.emit()

    def _moved(self, first: int, by: int) -> None:
        """Selection and current row follow the entries that they meant."""
        old = self.persistentIndexList()
        new = []
        for index in old:
            row = index.row()
            if row >= first:
                row = row + by if by > 0 or row >= first - by else -1
            new.append(self.index(row, index.column()) if row >= 0 else QModelIndex())
        self.changePersistentIndexList(old, new)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() or self._list is None else len(self._list)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._list is None else len(self._list.columns)

    def column_at(self, section: int) -> Column | None:
        """What stands in the Qt column `section`."""
        if self._list is None or not 0 <= section < len(self._list.columns):
            return None
        return self._list.columns[section]

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if role not in _SERVED:
            return None
        files = self._list
        row = index.row()
        if files is None or not index.isValid() or row >= len(files):
            return None
        column = files.columns[index.column()]
        if role == _DISPLAY:
            return text.isolated(files.text(row, column))
        if role == _ALIGNMENT:
            return _RIGHT if is_numeric(column) else _LEFT
        if role == _DECORATION:
            return icon(files.icon(row)) if column == Column.NAME else None
        if role == _TOOLTIP:
            return text.tooltip(files.tooltip(row, column))
        if column != Column.NAME:
            return files.text(row, column)
        level = self.tr("level %d") % (files.depth(row) + 1)
        parts = [files.name(row), kind_word(files.kind(row)), level]
        if files.has_children(row):
            parts.append(self.tr("open") if files.is_expanded(row) else self.tr("closed"))
        return ", ".join(parts)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        column = self.column_at(section) if orientation == Qt.Orientation.Horizontal else None
        if column is None:
            return None
        if role == _DISPLAY:
            return header(column)
        if role == _ALIGNMENT:
            return _RIGHT if is_numeric(column) else _LEFT
        return None
