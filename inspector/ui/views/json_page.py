"""The page *JSON*: pretty-printed or exactly as stored, with search, pointer and copy."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QTextDocument
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.assets import icon
from inspector.ui.views.json_view import JsonTextView
from inspector.viewmodel.jsonview import JsonView


class JsonPage(QWidget):
    """Shows one `JsonView`."""

    digest_followed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._json: JsonView | None = None
        self.view = JsonTextView(self)
        self.view.setAccessibleName(self.tr("JSON document"))
        self.view.digest_followed.connect(self.digest_followed)
        self.view.pointer_changed.connect(self._show_pointer)
        self._pretty = self._choice(self.tr("Pretty"), self.tr("Indented, one value in a line"))
        self._stored = self._choice(self.tr("As stored"), self.tr("The bytes of the document as they are"))
        self._pretty.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self._pretty)
        group.addButton(self._stored)
        self._pretty.toggled.connect(self._show_text)
        self.find_line = QLineEdit(self)
        self.find_line.setPlaceholderText(self.tr("Find in this document"))
        self.find_line.setClearButtonEnabled(True)
        self.find_line.setAcceptDrops(False)
        self.find_line.setAccessibleName(self.tr("Find in this document"))
        self.find_line.setMaximumWidth(260)
        self.find_line.textEdited.connect(self._find_again)
        self.find_line.returnPressed.connect(self.find_next)
        self.find_line.installEventFilter(self)
        self._copy = QToolButton(self)
        self._copy.setIcon(icon("copy"))
        self._copy.setText(self.tr("Copy JSON"))
        self._copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._copy.setToolTip(text.tooltip(self.tr("Copy the whole document as stored")))
        self._copy.setAutoRaise(True)
        self._copy.clicked.connect(self.copy_all)
        self._pointer = text.label(selectable=True)
        self._pointer.setForegroundRole(self._pointer.palette().ColorRole.PlaceholderText)
        self._note = text.label(wrap=True)
        self._note.hide()
        self._lay_out()

    def _choice(self, caption: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(caption)
        button.setToolTip(text.tooltip(tip))
        button.setCheckable(True)
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._pretty)
        top.addWidget(self._stored)
        top.addWidget(self._copy)
        top.addStretch(1)
        top.addWidget(self.find_line, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._note)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._pointer)

    def show_json(self, json: JsonView) -> None:
        self._json = json
        self._note.setText(json.note)
        self._note.setVisible(bool(json.note))
        self._show_text()

    def go_to_pointer(self, pointer: str) -> None:
        """Show the line of a JSON pointer, if the document has it."""
        if self._json is None:
            return
        self._pretty.setChecked(True)
        line = self._json.pretty.line_of(pointer)
        if line is not None:
            self.view.go_to_line(line)

    def start_search(self) -> None:
        """Ctrl+F."""
        self.find_line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.find_line.selectAll()

    def find_next(self) -> None:
        self._search(QTextDocument.FindFlag(0))

    def find_previous(self) -> None:
        self._search(QTextDocument.FindFlag.FindBackward)

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
                return True
        return super().eventFilter(watched, event)

    def _search(self, flags: QTextDocument.FindFlag) -> None:
        wanted = self.find_line.text()
        if not wanted or self.view.find(wanted, flags):
            return
        cursor = self.view.textCursor()
        backward = bool(flags & QTextDocument.FindFlag.FindBackward)
        cursor.movePosition(cursor.MoveOperation.End if backward else cursor.MoveOperation.Start)
        self.view.setTextCursor(cursor)
        self.view.find(wanted, flags)

    def _find_again(self) -> None:
        cursor = self.view.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self.view.setTextCursor(cursor)
        self.find_next()

    def _show_text(self) -> None:
        if self._json is not None:
            self.view.show_json(self._json.pretty if self._pretty.isChecked() else self._json.stored)

    def _show_pointer(self, pointer: str) -> None:
        self._pointer.setText(pointer)
