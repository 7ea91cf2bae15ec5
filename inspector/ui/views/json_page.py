"""The page *JSON*: pretty-printed, exactly as stored or as a tree, with search, pointer, copy, and what is packed inside."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.ui.task_runner import TaskRunner
from inspector.ui.views.decoded_pane import DecodedPane
from inspector.ui.views.json_tree import JsonTreeView
from inspector.ui.views.json_view import JsonTextView
from inspector.viewmodel.jsonpage.view import JsonView


class JsonPage(QWidget):
    """Shows one `JsonView`. Text and tree share one place in the document."""

    digest_followed = Signal(str)

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._json: JsonView | None = None
        self._was_tree = False
        self.view = JsonTextView(self)
        self.view.setAccessibleName(self.tr("JSON document"))
        self.tree_view = JsonTreeView(self)
        self.decoded = DecodedPane(runner, self)
        for part in (self.view, self.tree_view, self.decoded):
            part.digest_followed.connect(self.digest_followed)
        self.view.line_changed.connect(lambda line: None if self.shows_tree else self._line_changed(line))
        self.tree_view.line_changed.connect(lambda line: self._line_changed(line) if self.shows_tree else None)
        self.tree_view.text_asked.connect(self._show_in_text)
        self._pretty = self._choice(self.tr("Pretty"), self.tr("Indented, one value in a line"))
        self._stored = self._choice(self.tr("As stored"), self.tr("The bytes of the document as they are"))
        self._tree = self._choice(self.tr("Tree"), self.tr("Keys and values with what they mean (Ctrl+T)"))
        self._pretty.setChecked(True)
        group = QButtonGroup(self)
        for button in (self._pretty, self._stored, self._tree):
            group.addButton(button)
        group.buttonToggled.connect(self._mode_changed)
        self.find_line = QLineEdit(self)
        self.find_line.setPlaceholderText(self.tr("Find in this document"))
        self.find_line.setClearButtonEnabled(True)
        self.find_line.setAcceptDrops(False)
        self.find_line.setAccessibleName(self.tr("Find in this document"))
        self.find_line.setMaximumWidth(260)
        self.find_line.textEdited.connect(self._find_again)
        self.find_line.returnPressed.connect(self.find_next)
        self.find_line.installEventFilter(self)
        self._found = text.label()
        self._found.setForegroundRole(self._found.palette().ColorRole.PlaceholderText)
        self._copy = QToolButton(self)
        draw_icon(self._copy, "copy")
        self._copy.setText(self.tr("Copy JSON"))
        self._copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        text.set_tip(self._copy, self.tr("Copy the whole document as stored"))
        self._copy.setAutoRaise(True)
        self._copy.clicked.connect(self.copy_all)
        self._pointer = text.label(selectable=True)
        self._pointer.setForegroundRole(self._pointer.palette().ColorRole.PlaceholderText)
        self._meaning = text.label()
        self._meaning.setForegroundRole(self._meaning.palette().ColorRole.PlaceholderText)
        self._note = text.label(wrap=True)
        self._note.hide()
        self._lay_out()

    def _choice(self, caption: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(caption)
        text.set_tip(button, tip)
        button.setCheckable(True)
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._pretty)
        top.addWidget(self._stored)
        top.addWidget(self._tree)
        top.addWidget(self._copy)
        top.addStretch(1)
        top.addWidget(self._found)
        top.addWidget(self.find_line, 2)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.tree_view)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(self.decoded)
        self.splitter.setSizes([400, 200])
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setChildrenCollapsible(False)
        below = QHBoxLayout()
        below.addWidget(self._pointer)
        below.addStretch(1)
        below.addWidget(self._meaning)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._note)
        layout.addWidget(self.splitter, 1)
        layout.addLayout(below)

    @property
    def front(self) -> JsonTextView | JsonTreeView:
        """What shows the document at the moment."""
        return self.tree_view if self._tree.isChecked() else self.view

    @property
    def shows_tree(self) -> bool:
        return self._tree.isChecked()

    def show_tree(self, tree: bool) -> None:
        """Which of the two comes next."""
        if tree != self.shows_tree:
            (self._tree if tree else self._pretty).setChecked(True)

    def show_json(self, json: JsonView) -> None:
        self._json = json
        self._note.setText(json.note)
        self._note.setVisible(bool(json.note))
        self._tree.setEnabled(json.tree is not None)
        self._found.clear()
        self.decoded.look_at(None, 0)
        self.tree_view.show_tree(json.tree if self._tree.isChecked() else None)
        if self._tree.isChecked() and json.tree is None:
            self._pretty.setChecked(True)
        else:
            self._show_mode()

    def go_to_pointer(self, pointer: str) -> None:
        """Show the line of a JSON pointer, if the document has it."""
        if self._json is None:
            return
        if self._stored.isChecked():
            self._pretty.setChecked(True)
        line = self._json.pretty.line_of(pointer)
        if line is not None:
            self.front.go_to_line(line)

    def toggle_tree(self) -> None:
        """Ctrl+T: the tree, or the text again, at the same place."""
        (self._pretty if self._tree.isChecked() else self._tree).setChecked(True)
        self.front.setFocus(Qt.FocusReason.OtherFocusReason)

    def start_search(self) -> None:
        """Ctrl+F."""
        self.find_line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.find_line.selectAll()

    def find_next(self) -> None:
        self._search(1)

    def find_previous(self) -> None:
        self._search(-1)

    def copy_all(self) -> None:
        """The document as stored, as plain text."""
        if self._json is not None:
            QGuiApplication.clipboard().setText(self._json.raw)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.find_line and isinstance(event, QKeyEvent):
            escape = event.key() == Qt.Key.Key_Escape and bool(self.find_line.text())
            if event.type() == QEvent.Type.ShortcutOverride and escape:
                # Else the window's own Esc, which stops the running work, would take it first.
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and escape:
                self.find_line.clear()
                self._found.clear()
                return True
        return super().eventFilter(watched, event)

    # searching ------------------------------------------------------------------------------------------

    def _search(self, step: int) -> None:
        """Step 1: behind what is found now, -1: before it, 0: at the cursor, while the person types."""
        json, wanted = self._json, self.find_line.text()
        if json is None or not wanted:
            self._found.clear()
            return
        finder = json.finders[self._stored.isChecked()]
        if self._tree.isChecked():
            line, column = self.tree_view.source_line, 0
            start = finder.position(line, 0) if step <= 0 else finder.position(line + 1, 0)
        else:
            cursor = self.view.textCursor()
            line = self.view.source_line
            column = cursor.selectionStart() - cursor.document().findBlock(cursor.selectionStart()).position()
            start = finder.position(line, column) + (1 if step > 0 and cursor.hasSelection() else 0)
        found = finder.find(wanted, start, backward=step < 0)
        number = finder.count(wanted)
        self._found.setText(self.tr("%s found") % f"{number:,}" if found >= 0 else self.tr("Not found"))
        if found < 0:
            return
        line, column = finder.place(found)
        if self._tree.isChecked():
            self.tree_view.go_to_line(line)
        else:
            end = finder.place(found + len(wanted))
            self.view.go_to_line(line, column, end[1] - column if end[0] == line else 0)

    def _find_again(self) -> None:
        self._search(0)

    # which of the three ---------------------------------------------------------------------------------

    def _mode_changed(self, _button: QToolButton, checked: bool) -> None:
        if checked and self._json is not None:
            self._show_mode()

    def _show_mode(self) -> None:
        json = self._json
        if json is None:
            return
        was, self._was_tree = self._was_tree, self._tree.isChecked()
        if self._tree.isChecked():
            line = self.view.source_line
            if self.tree_view.json_model.tree is not json.tree:
                self.tree_view.show_tree(json.tree)
            self._stack.setCurrentWidget(self.tree_view)
            if not was and self.view.shows(json.pretty):
                self.tree_view.go_to_line(line)
            self._line_changed(self.tree_view.source_line)
            return
        line = self.tree_view.source_line if was and self.tree_view.json_model.tree is json.tree else 0
        self._stack.setCurrentWidget(self.view)
        if self._stored.isChecked():
            self.view.show_json(json.stored)
        elif not self.view.shows(json.pretty):
            self.view.show_json(json.pretty, json.tree)
        if line and not self._stored.isChecked():
            self.view.go_to_line(line)

    def _show_in_text(self, line: int) -> None:
        self._pretty.setChecked(True)
        self.view.go_to_line(line)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _line_changed(self, line: int) -> None:
        json = self._json
        if json is None:
            return
        stored = self._stored.isChecked()
        shown = json.stored if stored else json.pretty
        if line >= shown.line_count:
            return
        self._pointer.setText(shown.pointer(line))
        self._meaning.setText(shown.explain(line).partition("\n")[0])
        self.decoded.look_at(None if stored else json.pretty, line)
