"""The table beside the size map: what one folder holds, largest first, for Qt."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.ui import text
from inspector.ui.assets import icon
from inspector.viewmodel.sizemap.sizemap import SizeColumn, SizeLevel, SizeMap

Index = QModelIndex | QPersistentModelIndex
SHARE_ROLE = Qt.ItemDataRole.UserRole
"""As in `ui/widgets/share_delegate.py`."""
_DISPLAY = Qt.ItemDataRole.DisplayRole
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBERS = (SizeColumn.SIZE, SizeColumn.SHARE, SizeColumn.FILES)


class SizeTableModel(QAbstractTableModel):
    """Read-only; one folder at a time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._map: SizeMap | None = None
        self._level: SizeLevel | None = None

    def show(self, size_map: SizeMap | None, level: SizeLevel | None) -> None:
        self.beginResetModel()
        self._map, self._level = size_map, level
        self.endResetModel()

    def node(self, row: int) -> int:
        """The node in a row; -1 if there is none."""
        return self._level.rows[row] if self._level is not None and 0 <= row < len(self._level.rows) else -1

    def row_of(self, node: int) -> int:
        """-1 if it has none."""
        rows = self._level.rows if self._level is not None else ()
        return rows.index(node) if node in rows else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() or self._level is None else len(self._level.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(SizeColumn)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        size_map, level, row = self._map, self._level, index.row()
        if size_map is None or level is None or not 0 <= row < len(level.rows):
            return None
        column = index.column()
        if role == _DISPLAY:
            return text.isolated(size_map.text(level, row, column))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column in _NUMBERS else _LEFT
        if role == Qt.ItemDataRole.DecorationRole and column == SizeColumn.NAME:
            return icon(size_map.icon(level, row))
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tooltip(size_map.tooltip(level, row, column))
        if role == SHARE_ROLE and column == SizeColumn.SHARE:
            return size_map.share(level, row)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if self._map is None or orientation != Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return self._map.header(self._level, section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in _NUMBERS else _LEFT
        return None
