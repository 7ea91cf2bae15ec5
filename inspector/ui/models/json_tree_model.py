"""A JSON document as a tree for Qt: an adapter over `viewmodel/jsonpage/tree.py`, whose nodes are numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont, QPalette

from inspector.ui import text
from inspector.ui.json_inks import ink
from inspector.viewmodel.jsonpage.tree import ROOT, JsonTree
from inspector.viewmodel.jsonpage.view import Kind

Index = QModelIndex | QPersistentModelIndex
KEY, VALUE, MEANING = range(3)
_DISPLAY = Qt.ItemDataRole.DisplayRole


class JsonTreeModel(QAbstractItemModel):
    """Read-only; rows are asked for as they come on screen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tree: JsonTree | None = None
        self.palette = QPalette()
        """Where the colours of values come from."""
        self.link_font = QFont()
        self.row_height = 0
        """In pixels; 0: as the style has it."""

    def show(self, tree: JsonTree | None) -> None:
        self.beginResetModel()
        self.tree = tree
        self.endResetModel()

    def node(self, index: Index) -> int:
        """The node behind `index`; `ROOT` for none."""
        return index.internalId() - 1 if index.isValid() else ROOT

    def index_of(self, node: int, column: int = KEY) -> QModelIndex:
        """Where `node` stands."""
        if self.tree is None or node == ROOT:
            return QModelIndex()
        return self.createIndex(self.tree.row(node), column, node + 1)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's signature
        if self.tree is None or not 0 <= column <= MEANING or row < 0 or parent.column() > 0:
            return QModelIndex()
        above = self.node(parent)
        if row >= self.tree.count(above):
            return QModelIndex()
        return self.createIndex(row, column, self.tree.child(above, row) + 1)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        if self.tree is None or not index.isValid():
            return QModelIndex()
        return self.index_of(self.tree.parent(self.node(index)))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if self.tree is None or parent.column() > 0 else self.tree.count(self.node(parent))

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        return MEANING + 1

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        return self.rowCount(parent) > 0

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        tree = self.tree
        if tree is None or not index.isValid():
            return None
        node, column = self.node(index), index.column()
        if role == _DISPLAY:
            return text.isolated((tree.name, tree.value, tree.meaning)[column](node))
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, self.row_height) if self.row_height else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tooltip(tree.tooltip(node))
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(tree, node, column)
        if role == Qt.ItemDataRole.FontRole and column == VALUE and tree.digest(node) is not None:
            return self.link_font
        if role == Qt.ItemDataRole.AccessibleTextRole and column == KEY:
            parts = (tree.name(node), tree.value(node), tree.meaning(node))
            return ", ".join(part for part in parts if part)
        return None

    def _colour(self, tree: JsonTree, node: int, column: int) -> Any:
        if column == MEANING:
            return self.palette.color(QPalette.ColorRole.PlaceholderText)
        if column == KEY:
            return ink(Kind.KEY, self.palette)
        if tree.digest(node) is not None:
            return self.palette.color(QPalette.ColorRole.Link)
        return ink(tree.kind(node), self.palette)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if role != _DISPLAY or orientation != Qt.Orientation.Horizontal or not 0 <= section <= MEANING:
            return None
        return (self.tr("Key"), self.tr("Value"), self.tr("Meaning"))[section]
