"""The table beside the size map: Enter goes into a folder, Backspace out of it; a bar shows each share."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QWidget,
)

from inspector.ui.models.size_table_model import SizeTableModel
from inspector.ui.widgets.share_delegate import ShareDelegate
from inspector.viewmodel.sizemap.sizemap import SizeColumn

_WIDTHS = ((SizeColumn.SIZE, "1,023 Bytes"), (SizeColumn.SHARE, "100.0 %  100 %"), (SizeColumn.FILES, "1,234,567"))


class SizeTable(QTableView):
    """One row at a time is current; there is nothing to select several for."""

    entered = Signal(int)
    """A row to go into."""
    left = Signal()

    def __init__(self, model: SizeTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(False)
        self.setAccessibleName(self.tr("Sizes in this folder"))
        self.setItemDelegateForColumn(SizeColumn.SHARE, ShareDelegate(self))
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.resizeSection(SizeColumn.NAME, 260)
        for column, sample in _WIDTHS:
            columns.resizeSection(column, self.fontMetrics().horizontalAdvance(sample) + 16)
        self.doubleClicked.connect(lambda index: self.entered.emit(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self.currentIndex().row())
        elif event.key() == Qt.Key.Key_Backspace:
            self.left.emit()
        else:
            super().keyPressEvent(event)
