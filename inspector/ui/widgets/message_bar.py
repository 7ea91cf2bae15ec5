"""A bar above the pane concerned: what happened, where, and what can be done. Never modal."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from inspector.findings import Severity
from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.viewmodel.findingsview import level_word
from inspector.viewmodel.messages import Action, Message

_LOOKS = {Severity.INFO: ("info", 210), Severity.WARNING: ("warning", 40), Severity.ERROR: ("error", 0)}
_GOOD = ("good", 140)
"""A result that can be opened: the work was done."""


class MessageBar(QFrame):
    """Shows one message until it is closed or replaced."""

    action_chosen = Signal(object, object)
    """The `Action` and the `Message` that it belongs to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message: Message | None = None
        self._later: list[Message] = []
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._icon = text.label()
        self._title = text.label(wrap=True, selectable=True)
        bold = QFont(self._title.font())
        bold.setBold(True)
        self._title.setFont(bold)
        self._text = text.label(wrap=True, selectable=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        self._close = QToolButton(self)
        draw_icon(self._close, "close")
        self._close.setAutoRaise(True)
        text.set_tip(self._close, self.tr("Close this message"))
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.dismiss)
        self._more = text.label()
        self._more.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._details = text.pane(self.tr("Details"), parent=self)
        self._details.setMaximumHeight(160)
        self._details.hide()
        self._copy = QPushButton(self.tr("Copy Details"), self)
        draw_icon(self._copy, "copy")
        self._copy.clicked.connect(self._copy_details)
        self._copy.hide()
        row = QHBoxLayout()
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row.addLayout(words, 1)
        row.addLayout(self._buttons)
        row.addWidget(self._more)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 6)
        layout.addLayout(row)
        layout.addWidget(self._details)
        layout.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignRight)
        self.hide()

    @property
    def message(self) -> Message | None:
        """What is shown, or was shown last."""
        return self._message

    def add_message(self, message: Message) -> None:
        """Show it when those before it were dismissed: several files of one drop may have failed."""
        if self.isHidden():
            self.show_message(message)
        else:
            self._later.append(message)
            self._tell_more()

    def dismiss(self) -> None:
        """The message was read: on to the next, if there is one."""
        if self._later:
            later = self._later[1:]
            self.show_message(self._later[0])
            self._later = later
            self._tell_more()
        else:
            self.hide()

    def clear(self) -> None:
        """Forget what is shown and what waits."""
        self._later = []
        self.hide()

    def _tell_more(self) -> None:
        waiting = len(self._later)
        several = self.tr("%d more messages") % waiting if waiting > 1 else self.tr("1 more message")
        self._more.setText(several if waiting else "")

    def show_message(self, message: Message) -> None:
        """Replace whatever is shown or waits."""
        self._message = message
        self._later = []
        self._tell_more()
        name, hue = _GOOD if Action.OPEN_RESULT in message.actions else _LOOKS[message.severity]
        draw_icon(self._icon, name, 22)
        level = level_word(message.severity)
        self._icon.setAccessibleName(level)
        self._tint(hue)
        self._title.setText(message.title)
        self._text.setText(message.text)
        self._text.setVisible(bool(message.text))
        self._details.setPlainText(message.details)
        self._details.hide()
        self._copy.hide()
        while (taken := self._buttons.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.deleteLater()
        for action in message.actions:
            self._buttons.addWidget(self._button(action, message))
        if message.details and Action.DETAILS not in message.actions:
            self._buttons.addWidget(self._button(Action.DETAILS, message))
        self.setAccessibleName(f"{level}: {message.title}")
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{message.title}\n{message.text}"))

    def _button(self, action: Action, message: Message) -> QPushButton:
        button = QPushButton(text.caption(action.label), self)
        if action is Action.DETAILS:
            button.clicked.connect(self._toggle_details)
        else:
            button.clicked.connect(lambda: self.action_chosen.emit(action, message))
        return button

    def _toggle_details(self) -> None:
        shown = not self._details.isVisible()
        self._details.setVisible(shown)
        self._copy.setVisible(shown)

    def _copy_details(self) -> None:
        message = self._message
        if message is not None:
            parts = (message.title, message.text, message.details)
            QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))

    def _tint(self, hue: int) -> None:
        palette = QGuiApplication.palette()
        base = palette.color(QPalette.ColorRole.Window)
        dark = base.lightness() < 128
        tint = QColor.fromHsl(hue, 110, 60 if dark else 226)
        palette.setColor(QPalette.ColorRole.Window, tint)
        self.setPalette(palette)
