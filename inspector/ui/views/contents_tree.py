"""The tree of an archive: index, manifests, configuration and layers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from inspector.ui.models.structure_model import StructureModel
from inspector.viewmodel.tree import TreeColumn

_INDENT = 14
_WIDTHS = ((TreeColumn.SIZE, "1,023 Bytes"), (TreeColumn.STATE, "✓ not checked"))
"""A text as wide as what most rows show."""
_LEAST_NAME = "▸    ⬚ layer 10 · COPY dir"
_LEAST_STATE = "✓ …·"


class ContentsTree(QTreeView):
    """One selection that drives all pages."""

    copy_asked = Signal()
    details_asked = Signal()
    """Enter: to the pages of the selected node."""

    def __init__(self, model: StructureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAcceptDrops(False)
        self.setAccessibleName(self.tr("Contents of the archive"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(TreeColumn.NAME, QHeaderView.ResizeMode.Stretch)
        for column, _sample in _WIDTHS:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self.setIndentation(_INDENT)
        self._wanted_state = header.sectionSize(TreeColumn.STATE)
        """As wide as the person wants to see the states when there is room."""
        self._sharing = False
        header.sectionResized.connect(self._resized)

    def reset_widths(self) -> None:
        """Columns as they were at first."""
        metrics = self.fontMetrics()
        for column, sample in _WIDTHS:
            self.header().resizeSection(column, metrics.horizontalAdvance(sample) + 14)
        self._wanted_state = self.header().sectionSize(TreeColumn.STATE)
        self._share()

    def recall_columns(self, recall: Callable[[QHeaderView], None]) -> None:
        """Let `recall` bring back what `columns_state` kept: Qt tells nobody of widths that come with a state."""
        self._set_state_width(self._wanted_state)  # should it bring back nothing
        recall(self.header())
        self._wanted_state = self.header().sectionSize(TreeColumn.STATE)
        self._share()

    def columns_state(self) -> QByteArray:
        """How wide the columns are where there is room, to be kept."""
        self._set_state_width(self._wanted_state)
        state = self.header().saveState()
        self._share()
        return state

    def _resized(self, column: int, _old: int, new: int) -> None:
        if column == TreeColumn.STATE and not self._sharing:
            self._wanted_state = new

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """In a narrow pane names come first: of the states their signs are left, the words are in the tooltip."""
        metrics = self.fontMetrics()
        room = self.viewport().width() - self.header().sectionSize(TreeColumn.SIZE)
        room -= metrics.horizontalAdvance(_LEAST_NAME)
        self._set_state_width(min(self._wanted_state, max(room, metrics.horizontalAdvance(_LEAST_STATE))))

    def _set_state_width(self, width: int) -> None:
        self._sharing = True
        self.header().resizeSection(TreeColumn.STATE, width)
        self._sharing = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            # Qt would copy the label; a digest or a reference is what can be used elsewhere.
            self.copy_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.details_asked.emit()
        else:
            super().keyPressEvent(event)
