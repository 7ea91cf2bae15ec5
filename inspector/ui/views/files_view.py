"""The file list: a table that looks, is driven and speaks like a tree."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOption,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from inspector.ui.models.files_model import FilesModel
from inspector.viewmodel.files import Column, FileList

_INDENT = 18
_SAMPLES = {
    Column.SIZE: "1,023 Bytes",
    Column.MODE: "drwxr-xr-x",
    Column.OWNER: "1000:1000",
    Column.MODIFIED: "2026-11-24 06:54",
    Column.TYPE: "symbolic link",
    Column.LAYER: "layer 88",
}
"""A text as wide as what most rows show."""
_LEAST_NAME = 200


class _NameDelegate(QStyledItemDelegate):
    """Draws the first column indented by its depth, with the disclosure triangle of the style."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        if not isinstance(model, FilesModel) or model.files is None:
            return
        files, row = model.files, index.row()
        shift = _INDENT * files.depth(row)
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        if files.has_children(row):
            arrow = QStyleOption()
            arrow.rect = disclosure_rect(option.rect, shift)
            arrow.palette = option.palette
            arrow.state = QStyle.StateFlag.State_Children | QStyle.StateFlag.State_Enabled
            if files.is_expanded(row):
                arrow.state |= QStyle.StateFlag.State_Open
            style.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorBranch, arrow, painter, option.widget)
        option.rect = option.rect.adjusted(shift + _INDENT, 0, 0, 0)
        if files.kind(row) in ("whiteout", "opaque"):
            font = QFont(option.font)
            font.setStrikeOut(True)
            option.font = font
        if not files.matches(row):
            font = QFont(option.font)
            font.setItalic(True)
            option.font = font
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        font = QFont(option.font)
        super().initStyleOption(option, index)
        option.font = font
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + _INDENT * 4, size.height())


def disclosure_rect(cell: QRect, shift: int) -> QRect:
    """Where the triangle of a row stands within its first cell."""
    return QRect(cell.left() + shift, cell.top(), _INDENT, cell.height())


class FilesView(QTableView):
    """Rows of a `FilesModel`. Right opens a folder or steps into it, Left closes it or goes to its parent."""

    activated_row = Signal(int)
    """Enter or double click on something that is no folder."""
    selection_text = Signal(str, str)
    """What is selected, and the exact sum for the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = FilesModel(self)
        self.setModel(self._model)
        self.setItemDelegateForColumn(0, _NameDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        columns = self.horizontalHeader()
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(True)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.sectionClicked.connect(self._sort_by)
        self.setAccessibleName(self.tr("Files"))
        self.setAccessibleDescription(self.tr("Right opens a folder, Left closes it or goes to its parent."))

    @property
    def files(self) -> FileList | None:
        return self._model.files

    def show_files(self, files: FileList | None) -> None:
        """Show another list; one that grows while it is read keeps order, filter, open folders and selection."""
        before = self._model.files
        current = self.currentIndex().row()
        node = before.node(current) if before is not None and 0 <= current < len(before) else -1
        offset = self.verticalScrollBar().value()
        if files is not None and before is not None:
            files.adopt(before)
        fresh = before is None
        self._model.show(files)
        if files is None:
            return
        if fresh:
            self._set_widths(files)
        self._show_order()
        self.verticalScrollBar().setValue(offset)
        row = files.row_of(node) if node >= 0 else -1
        if row >= 0:
            self.setCurrentIndex(self._model.index(row, 0))

    def clear(self) -> None:
        """Show nothing; the next list starts afresh."""
        self._model.show(None)

    def refresh(self, keep: int = -1) -> None:
        """The list was filtered, sorted or expanded as a whole; `keep` is the node that stays current."""
        files = self.files
        self._model.show(files)
        self._show_order()
        row = files.row_of(keep) if files is not None and keep >= 0 else -1
        if row >= 0:
            self.setCurrentIndex(self._model.index(row, 0))
            self.scrollTo(self._model.index(row, 0))

    def current_node(self) -> int:
        """The node under the cursor, -1 if there is none."""
        files = self.files
        row = self.currentIndex().row()
        return files.node(row) if files is not None and 0 <= row < len(files) else -1

    def selected_rows(self) -> list[int]:
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def expand_all(self) -> None:
        files, node = self.files, self.current_node()
        if files is not None:
            files.expand_all()
            self.refresh(node)

    def collapse_all(self) -> None:
        files = self.files
        if files is not None:
            files.collapse_all()
            self.refresh()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        files = self.files
        rows = self.selected_rows() if files is not None else []
        if files is not None and len(rows) > 1:
            sums = files.selection(rows)
            self.selection_text.emit(sums.text, sums.tooltip)
        else:
            self.selection_text.emit(files.summary if files is not None else "", "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        files = self.files
        row = self.currentIndex().row()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if files is None or not plain or not 0 <= row < len(files):
            super().keyPressEvent(event)
            return
        key = event.key()
        if key == Qt.Key.Key_Right:
            self._right(files, row)
        elif key == Qt.Key.Key_Left:
            self._left(files, row)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(files, row)
        elif key == Qt.Key.Key_Backspace:
            self._go(files.parent_row(row))
        elif key == Qt.Key.Key_Asterisk:
            self.expand_all()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        files = self.files
        if files is not None and index.isValid() and index.column() == 0 and files.has_children(index.row()):
            triangle = disclosure_rect(self.visualRect(index), _INDENT * files.depth(index.row()))
            if triangle.contains(event.position().toPoint()):
                self._toggle(files, index.row())
                event.accept()
                return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        files = self.files
        if files is not None and index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self._enter(files, index.row())
            event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)

    def _right(self, files: FileList, row: int) -> None:
        if not files.has_children(row):
            return
        if files.is_expanded(row):
            self._go(row + 1)
        else:
            self._model.expand(row)

    def _left(self, files: FileList, row: int) -> None:
        if files.is_expanded(row):
            self._model.collapse(row)
        else:
            self._go(files.parent_row(row))

    def _enter(self, files: FileList, row: int) -> None:
        if files.has_children(row):
            self._toggle(files, row)
        else:
            self.activated_row.emit(row)

    def _toggle(self, files: FileList, row: int) -> None:
        if files.is_expanded(row):
            self._model.collapse(row)
        else:
            self._model.expand(row)

    def _go(self, row: int) -> None:
        if 0 <= row < self._model.rowCount():
            self.setCurrentIndex(self._model.index(row, 0))

    def _sort_by(self, section: int) -> None:
        files = self.files
        column = self._model.column_at(section)
        if files is None or column is None:
            return
        node = self.current_node()
        files.sort(column, files.sort_column == column and not files.sort_descending)
        self.refresh(node)

    def _show_order(self) -> None:
        files = self.files
        if files is None or files.sort_column not in files.columns:
            return
        order = Qt.SortOrder.DescendingOrder if files.sort_descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(files.columns.index(files.sort_column), order)

    def _set_widths(self, files: FileList) -> None:
        """Every column as wide as its texts; the names get what is left."""
        metrics = self.fontMetrics()
        rest = self.viewport().width()
        for section, column in enumerate(files.columns):
            if column != Column.NAME:
                width = metrics.horizontalAdvance(_SAMPLES.get(column, "")) + 18
                self.setColumnWidth(section, width)
                rest -= width
        self.setColumnWidth(files.columns.index(Column.NAME), max(_LEAST_NAME, rest))
