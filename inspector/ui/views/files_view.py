"""The file list: a table that looks, is driven and speaks like a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QByteArray,
    QElapsedTimer,
    QEvent,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from inspector.ui.copy_menu import add_choices
from inspector.ui.models.files_model import FilesModel
from inspector.ui.views.files_delegate import INDENT, NameDelegate, disclosure_rect
from inspector.viewmodel.filechanges import FileChanges
from inspector.viewmodel.files import Column, FileList
from inspector.viewmodel.pages import CopyChoice

_SAMPLES = {
    Column.SIZE: "1,023 Bytes",
    Column.MODE: "drwxr-xr-x",
    Column.OWNER: "1000:1000",
    Column.MODIFIED: "2026-11-24 06:54",
    Column.TYPE: "symbolic link",
    Column.LAYER: "layer 88",
    Column.CHANGE: "Change",
}
"""A text as wide as what most rows show."""
_LEAST_NAME = 200
_MOST_SEARCHED = 50_000


class FilesView(QTableView):
    """Rows of a `FilesModel`. Right opens a folder or steps into it, Left closes it or goes to its parent."""

    STATES = ("files-columns", "merged-columns", "changes-columns")
    """Under which names the widths of the columns are remembered: of a layer, of all together, of a layer compared."""
    activated_row = Signal(int)
    """Enter or double click on something that is no folder."""
    current_node_changed = Signal(int)
    """Another file is under the cursor: its node, -1 for none."""
    extract_asked = Signal()
    """The selected files are to be saved to disk."""
    drag_asked = Signal()
    """The selected files are being dragged."""
    history_asked = Signal()
    """What did every layer do to the file under the cursor?"""
    preview_toggled = Signal()
    """Space."""
    selection_text = Signal(str, str)
    """What is selected, and the exact sum for the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = FilesModel(self)
        self.setModel(self._model)
        self.setItemDelegateForColumn(0, NameDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(False)
        self.setDragEnabled(True)
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
        columns.sectionResized.connect(self._keep_widths)
        self.choices_of: Callable[[FileList, int], Sequence[CopyChoice]] = lambda files, row: (
            CopyChoice("path", "Path", files.path(row)),
        )
        """What *Copy as* offers for a row; set by whoever shows a list."""
        self.states: dict[str, QByteArray] = {}
        self._typed = ""
        self._typed_at = QElapsedTimer()
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
        fresh = before is None or (files is not None and before.columns != files.columns)
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

    def show_changes(self, changes: FileChanges | None) -> None:
        """Add the column *Change*, fill it anew, or take it away."""
        files, node = self.files, self.current_node()
        if files is None:
            return
        offset = self.verticalScrollBar().value()
        before = files.columns
        self._model.set_changes(changes)
        row = files.row_of(node) if node >= 0 and self.current_node() != node else -1
        if row >= 0:
            self.setCurrentIndex(self._model.index(row, 0))
        if files.columns != before:
            selection = self.selectionModel()
            if selection.hasSelection():
                # A row counts as selected only with all of its columns.
                selection.select(selection.selection(), selection.SelectionFlag.Select | selection.SelectionFlag.Rows)
            self._set_widths(files)
            self._show_order()
        self.verticalScrollBar().setValue(offset)

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

    def go_to_node(self, node: int) -> bool:
        """Open the folders above a file and put the cursor on it; False if a filter hides it."""
        files = self.files
        shown = files is not None and files.expand_to(node) >= 0
        self.refresh(node)
        return shown

    def startDrag(self, _actions: Qt.DropAction) -> None:
        if self.selected_rows():
            self.drag_asked.emit()

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

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does, but holding the interpreter from the first cell to the last.

        Left to itself, Qt takes and returns it for each of several hundred questions to the model, and while workers compute each
        of them may have to wait its turn: half a second for one page.
        """
        super().paintEvent(event)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        files = self.files
        rows = self.selected_rows() if files is not None else []
        if files is not None and len(rows) > 1:
            sums = files.selection(rows)
            self.selection_text.emit(sums.text, sums.tooltip)
        else:
            self.selection_text.emit(files.summary if files is not None else "", "")

    def copy_paths(self) -> None:
        """The paths of the selected rows, one in a line, as plain text."""
        files = self.files
        if files is not None:
            paths = [files.path(row) for row in self.selected_rows()]
            QGuiApplication.clipboard().setText("\n".join(paths))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        files, row = self.files, self.currentIndex().row()
        if files is None or not 0 <= row < len(files):
            return
        menu = self.menu_of(files, row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        below = self.visualRect(self.currentIndex()).bottomLeft()
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        menu.popup(self.viewport().mapToGlobal(below) if keyboard else event.globalPos())

    def menu_of(self, files: FileList, row: int) -> QMenu:
        """What can be done with a row."""
        menu = QMenu(self)
        menu.addAction(self.tr("Copy Path"), self.copy_paths)
        add_choices(menu.addMenu(self.tr("Copy as")), self.choices_of(files, row))
        menu.addSeparator()
        menu.addAction(self.tr("Extract…"), self.extract_asked.emit)
        menu.addAction(self.tr("History of This File"), self.history_asked.emit)
        menu.addSeparator()
        menu.addAction(self.tr("Expand All"), self.expand_all)
        menu.addAction(self.tr("Collapse All"), self.collapse_all)
        return menu

    def keyboardSearch(self, search: str) -> None:
        """Type-ahead over names; Qt's own asks the model for every cell, which takes seconds in a large layer."""
        files = self.files
        if files is None or not len(files) or not search.strip():
            return
        again = self._typed_at.isValid() and self._typed_at.elapsed() < QApplication.keyboardInputInterval()
        repeated = again and search == self._typed
        self._typed = self._typed + search if again and not repeated else search
        self._typed_at.start()
        wanted, count = self._typed.casefold(), len(files)
        first = max(0, self.currentIndex().row()) + (1 if repeated or not again else 0)
        for step in range(min(count, _MOST_SEARCHED)):
            row = (first + step) % count
            if files.name(row).casefold().startswith(wanted):
                self._go(row)
                return

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.current_node_changed.emit(self.current_node())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_paths()
            return
        files = self.files
        row = self.currentIndex().row()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if files is None or not plain or not 0 <= row < len(files):
            super().keyPressEvent(event)
            return
        key = event.key()
        inwards, outwards = Qt.Key.Key_Right, Qt.Key.Key_Left
        if self.isRightToLeft():
            inwards, outwards = outwards, inwards
        if key == inwards:
            self._right(files, row)
        elif key == outwards:
            self._left(files, row)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(files, row)
        elif key == Qt.Key.Key_Backspace:
            self._go(files.parent_row(row))
        elif key == Qt.Key.Key_Asterisk:
            self.expand_all()
        elif key == Qt.Key.Key_Space:
            self.preview_toggled.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        files = self.files
        if files is not None and index.isValid() and index.column() == 0 and files.has_children(index.row()):
            triangle = disclosure_rect(
                self.visualRect(index), INDENT * files.depth(index.row()), self.layoutDirection()
            )
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

    def reset_widths(self) -> None:
        """Columns as they were at first."""
        self.states = {}
        if self.files is not None:
            self._set_widths(self.files)

    def _set_widths(self, files: FileList) -> None:
        """As they were left last; else every column as wide as its texts, and the names get what is left."""
        name = self._state_name(files)
        if name in self.states and self.horizontalHeader().restoreState(self.states[name]):
            return
        metrics = self.fontMetrics()
        rest = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width()
        for section, column in enumerate(files.columns):
            if column != Column.NAME:
                width = metrics.horizontalAdvance(_SAMPLES.get(column, "")) + 18
                self.setColumnWidth(section, width)
                rest -= width
        self.setColumnWidth(files.columns.index(Column.NAME), max(_LEAST_NAME, rest))

    def _state_name(self, files: FileList) -> str:
        return self.STATES[(Column.LAYER in files.columns) + 2 * (Column.CHANGE in files.columns)]

    def _keep_widths(self, section: int, before: int, after: int) -> None:  # noqa: ARG002 - Qt's signature
        # Only what the person did: the mouse is on the header then.
        if self.files is not None and self.horizontalHeader().underMouse():
            self.states[self._state_name(self.files)] = self.horizontalHeader().saveState()
