"""A JSON document as a tree: keys, values, and what they mean. Enter follows a digest."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget

from inspector.ui.models.json_tree_model import KEY, MEANING, VALUE, JsonTreeModel
from inspector.viewmodel.jsonpage.tree import ROOT, JsonTree

_INDENT = 16
_OPEN_AT_FIRST = 3
_MOST_OPEN = 400
"""Rows that are opened at first; a larger document begins closed."""


class JsonTreeView(QTreeView):
    """Rows are made as they come on screen, so a document of 5 MB costs no more than a small one."""

    digest_followed = Signal(str)
    line_changed = Signal(int)
    """The line of the row at the cursor, in the pretty text."""
    text_asked = Signal(int)
    """The person wants to see a line in the text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.json_model = JsonTreeModel(self)
        self.setModel(self.json_model)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAcceptDrops(False)
        self.setIndentation(_INDENT)
        self.setAccessibleName(self.tr("JSON document as a tree"))
        self.setExpandsOnDoubleClick(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(KEY, 210)
        header.resizeSection(VALUE, 270)
        self.doubleClicked.connect(self._enter)
        self.selectionModel().currentRowChanged.connect(self._tell)

    def show_tree(self, tree: JsonTree | None) -> None:
        """Replace what is shown; the upper levels are open if that does not take too many rows."""
        self.json_model.palette = self.palette()
        underlined = QFont(self.font())
        underlined.setUnderline(True)
        self.json_model.link_font = underlined
        self.json_model.row_height = self.fontMetrics().height() + 4
        self.json_model.show(tree)
        if tree is None:
            return
        budget = _MOST_OPEN
        level = [tree.child(ROOT, row) for row in range(min(tree.count(ROOT), 50))]
        for depth in range(_OPEN_AT_FIRST):
            total = sum(map(tree.count, level))
            if depth and total > budget:
                break
            budget -= total
            for node in level:
                self.setExpanded(self.json_model.index_of(node), True)
            level = [tree.child(node, row) for node in level for row in range(tree.count(node))]
        self.setCurrentIndex(self.json_model.index(0, 0))

    def go_to_line(self, line: int) -> None:
        """Put the cursor on the row of a line of the pretty text."""
        tree = self.json_model.tree
        if tree is not None:
            index = self.json_model.index_of(tree.node_of(line))
            self.setCurrentIndex(index)
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    @property
    def source_line(self) -> int:
        """The line of the row at the cursor."""
        tree, node = self.json_model.tree, self.json_model.node(self.currentIndex())
        return tree.line_of(node) if tree is not None and node != ROOT else 0

    def _tell(self, current: QModelIndex) -> None:
        if current.isValid():
            self.line_changed.emit(self.source_line)

    def _enter(self, index: QModelIndex) -> None:
        tree, node = self.json_model.tree, self.json_model.node(index)
        if tree is None or node == ROOT:
            return
        digest = tree.digest(node)
        if digest is not None:
            self.digest_followed.emit(str(digest))
        elif tree.count(node):
            key = self.json_model.index_of(node)
            self.setExpanded(key, not self.isExpanded(key))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        tree, node = self.json_model.tree, self.json_model.node(self.currentIndex())
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(self.currentIndex())
        elif event.matches(QKeySequence.StandardKey.Copy) and tree is not None and node != ROOT:
            QGuiApplication.clipboard().setText(tree.copied(node))
        elif event.key() == Qt.Key.Key_Asterisk:
            # Qt would open everything below, whatever it takes.
            event.accept()
        else:
            super().keyPressEvent(event)

    def _show_menu(self, at: QPoint) -> None:
        tree, node = self.json_model.tree, self.json_model.node(self.currentIndex())
        if tree is None or node == ROOT:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        digest = tree.digest(node)
        follow = menu.addAction(self.tr("Follow Digest"), partial(self.digest_followed.emit, str(digest or "")))
        follow.setEnabled(digest is not None)
        menu.addAction(self.tr("Show in Text"), partial(self.text_asked.emit, tree.line_of(node)))
        menu.addSeparator()
        put = QGuiApplication.clipboard().setText
        menu.addAction(self.tr("Copy Value"), lambda: put(tree.copied(node)))
        menu.addAction(self.tr("Copy Key"), lambda: put(tree.name(node)))
        menu.addAction(self.tr("Copy JSON Pointer"), lambda: put(tree.pointer(node)))
        menu.popup(self.viewport().mapToGlobal(at))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.json_model.palette = self.palette()
            self.viewport().update()


__all__ = ["KEY", "MEANING", "VALUE", "JsonTreeView"]
