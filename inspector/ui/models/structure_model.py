"""The archive's tree for Qt: an adapter over `viewmodel.tree`, whose nodes know their row and parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.language import tr
from inspector.ui import text
from inspector.ui.assets import icon
from inspector.viewmodel.badges import Badge
from inspector.viewmodel.tree import TREE_HEADERS, StructureNode, StructureTree, TreeColumn

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_DECORATION = Qt.ItemDataRole.DecorationRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ALIGNMENT = Qt.ItemDataRole.TextAlignmentRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_SERVED = frozenset((_DISPLAY, _DECORATION, _TOOLTIP, _ALIGNMENT, _ACCESSIBLE))
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


BadgeOf = Callable[[StructureNode], Badge | None]
"""What is to be said of the findings at a node."""


class StructureModel(QAbstractItemModel):
    """Read-only; the nodes are kept alive by the tree that this model holds."""

    def __init__(
        self, tree: StructureTree, parent: QObject | None = None, badge_of: BadgeOf = lambda _node: None
    ) -> None:
        super().__init__(parent)
        self._tree = tree
        self._badge_of = badge_of

    def node(self, index: Index) -> StructureNode | None:
        """The node behind `index`."""
        found = index.internalPointer() if index.isValid() else None
        return found if isinstance(found, StructureNode) else None

    def index_of(self, node: StructureNode, column: int = 0) -> QModelIndex:
        """Where `node` stands."""
        return self.createIndex(node.row, column, node)

    def states_changed(self, nodes: Iterable[StructureNode]) -> None:
        """Blob states were refreshed: redraw these."""
        for node in nodes:
            self.dataChanged.emit(self.index_of(node, 0), self.index_of(node, TreeColumn.STATE))

    def palette_changed(self) -> None:
        """Icons have to be drawn in other colours."""
        self.dataChanged.emit(self.index(0, 0), self.index(0, 0), [_DECORATION])

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's signature
        if not 0 <= column < len(TREE_HEADERS):
            return QModelIndex()
        above = self.node(parent)
        if above is None:
            return self.createIndex(0, column, self._tree.root) if row == 0 and not parent.isValid() else QModelIndex()
        if parent.column() == 0 and 0 <= row < len(above.children):
            return self.createIndex(row, column, above.children[row])
        return QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        node = self.node(index)
        if node is None or node.parent is None:
            return QModelIndex()
        return self.createIndex(node.parent.row, 0, node.parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return 1
        node = self.node(parent)
        return len(node.children) if node is not None and parent.column() == 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002, B008
        return len(TREE_HEADERS)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if role not in _SERVED:
            return None
        node = self.node(index)
        if node is None:
            return None
        column = index.column()
        if role == _DISPLAY:
            # The size has a column of its own here.
            shown = node.text(column).replace(f" · {node.size_text}", "", 1) if node.size_text else node.text(column)
            sign = self._sign(node) if column == TreeColumn.NAME else ""
            return text.isolated(f"{sign} {shown}" if sign else shown)
        if role == _TOOLTIP:
            return text.tooltip(self._tip(node, column))
        if role == _DECORATION:
            return icon(node.icon) if column == TreeColumn.NAME else None
        if role == _ALIGNMENT:
            return _RIGHT if column == TreeColumn.SIZE else None
        # An empty cell would be silence, as if the program were gone.
        return self._spoken(node) if column == TreeColumn.NAME else node.text(column) or self.tr("none")

    def _sign(self, node: StructureNode) -> str:
        badge = self._badge_of(node)
        return badge.sign if badge is not None else ""

    def _tip(self, node: StructureNode, column: int) -> str:
        badge = self._badge_of(node) if column == TreeColumn.NAME else None
        found = self.tr("Findings here or below: %s") % badge.words if badge is not None else ""
        return "\n".join(part for part in (node.tip(column), found) if part)

    def _spoken(self, node: StructureNode) -> str:
        """For screen readers: everything that sighted people see at the name."""
        badge = self._badge_of(node)
        return ", ".join(part for part in (node.label, tr(node.state().word), badge.words if badge else "") if part)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(TREE_HEADERS):
            if role == _DISPLAY:
                return self.tr(TREE_HEADERS[section])
            if role == _ALIGNMENT and section == TreeColumn.SIZE:
                return _RIGHT
        return None
