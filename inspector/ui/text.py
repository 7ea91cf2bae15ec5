"""The one place that turns untrusted strings into labels, panes of text, tooltips and message boxes.

Qt guesses whether a text is HTML, and draws what it takes for HTML: an `<img src=file:…>` in a file's name would be read from
disk. So labels made here are plain by construction, tooltips are escaped HTML that says so, and menus get their `&` doubled.
"""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPlainTextEdit, QWidget

_ISOLATE, _POP = "\u2068", "\u2069"
"""First strong isolate, and its end."""


def label(text: str = "", *, wrap: bool = False, selectable: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label that shows `text` as it is."""
    made = QLabel(parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(isolated(text))
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def pane(name: str, *, fixed: bool = False, parent: QWidget | None = None) -> QPlainTextEdit:
    """A plain text to read and copy, called `name` by screen readers; `fixed` for code and tables, which must not wrap.

    Tab leaves it, and what is dropped on it goes to the window.
    """
    made = QPlainTextEdit(parent)
    made.setReadOnly(True)
    made.setAcceptDrops(False)
    made.setUndoRedoEnabled(False)
    made.setTabChangesFocus(True)
    made.setAccessibleName(name)
    if fixed:
        made.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return made


def isolated(text: str) -> str:
    """`text` as it reads by itself: in a right-to-left window `9.3 kB` or `-rw-r--r--` would else be turned around."""
    if QGuiApplication.layoutDirection() is not Qt.LayoutDirection.RightToLeft or not text:
        return text
    return f"{_ISOLATE}{text}{_POP}"


def without_isolates(text: str) -> str:
    """For the clipboard. Texts from archives never have these characters: `viewmodel/display.py` shows them as marks."""
    return text.replace(_ISOLATE, "").replace(_POP, "")


def tooltip(text: str) -> str:
    """A tooltip that shows `text` as it is, line breaks included; "" stays "", which shows none."""
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>" if text else ""


def set_tip(widget: QWidget, text: str) -> None:
    """The tooltip of a widget, and what a screen reader says of it: Qt would have the markup of the tooltip read out."""
    widget.setToolTip(tooltip(text))
    widget.setAccessibleDescription(text)


def plain_tip(own: str, text: str) -> str:
    """A tooltip without markup, where Qt lets a screen reader have it as it is: a line of our own words, then `text`.

    Qt takes a text for HTML only if its first line has a tag.
    """
    return f"{own.replace('<', '‹').replace('&', '+')}\n{text}"


def caption(text: str) -> str:
    """For tabs, menus, buttons and window titles: `&` marks no key, line breaks and Qt's markers have no effect."""
    return " ".join(text.split()).replace("&", "&&")


def title(text: str) -> str:
    """For window titles: `[*]` would be Qt's marker for *modified*."""
    return " ".join(text.split()).replace("[*]", "[* ]")


def message_box(
    parent: QWidget | None, heading: str, text: str, *, icon: QMessageBox.Icon = QMessageBox.Icon.Question
) -> QMessageBox:
    """A box for a question, plain; shown by `open()` so that nothing waits for it."""
    box = QMessageBox(parent)
    box.setIcon(icon)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title(heading))
    box.setText(heading)
    box.setInformativeText(text)
    return box
