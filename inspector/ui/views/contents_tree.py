"""The tree of an archive: index, manifests, configuration and layers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from inspector.ui.models.structure_model import StructureModel
from inspector.viewmodel.tree import TreeColumn

_INDENT = 14
_WIDTHS = ((TreeColumn.SIZE, "1,023 Bytes"), (TreeColumn.STATE, "✓ not checked"))
"""A text as wide as what most rows show."""


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

    def reset_widths(self) -> None:
        """Columns as they were at first."""
        metrics = self.fontMetrics()
        for column, sample in _WIDTHS:
            self.header().resizeSection(column, metrics.horizontalAdvance(sample) + 14)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            # Qt would copy the label; a digest or a reference is what can be used elsewhere.
            self.copy_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.details_asked.emit()
        else:
            super().keyPressEvent(event)
