"""The text of a JSON document: line numbers, colours for the lines on screen only, digests as links."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontDatabase,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextLayout,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QToolTip, QWidget

from inspector.ui import text
from inspector.viewmodel.jsonview import JsonText, Kind

# Hue, saturation and the two lightnesses (on a light, on a dark background) with a contrast of 4.5:1 and more.
_INKS = {
    Kind.KEY: (215, 160, 78, 170),
    Kind.STRING: (130, 150, 62, 150),
    Kind.NUMBER: (28, 200, 80, 150),
    Kind.LITERAL: (290, 130, 90, 175),
}


_PIECE = 120_000
"""Characters laid out at once: about 10 ms. A whole document of 5 MB would hold the window for half a second."""


class _LineNumbers(QWidget):
    def __init__(self, view: JsonTextView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_gutter(event)


class JsonTextView(QPlainTextEdit):
    """Read-only. Links are followed by a click, or by Enter on their line."""

    digest_followed = Signal(str)
    pointer_changed = Signal(str)
    """The JSON pointer of the line of the cursor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._json: JsonText | None = None
        self._coloured: set[int] = set()
        self._ready = False
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAcceptDrops(False)
        # A wrapping view needs minutes for one long line; without wrapping it needs none of that.
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._rest = 0
        self._wanted_line = -1
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._append)
        self._gutter = _LineNumbers(self)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._tell_pointer)
        self._make_room()
        self._ready = True

    def show_json(self, json: JsonText) -> None:
        """Replace the text; colours come when lines are looked at."""
        self._json = None
        self._more.stop()
        self._wanted_line = -1
        self._rest = _end_of_line(json.text, _PIECE)
        self.setPlainText(json.text[: self._rest])
        self._json = json
        self._coloured = set()
        if self._rest < len(json.text):
            self._more.start()
        self._colour_visible()
        self._tell_pointer()

    def go_to_line(self, line: int) -> None:
        """Put the cursor into `line` (from 0) and show it in the middle."""
        block = self.document().findBlockByNumber(line)
        if block.isValid() and not (self._more.isActive() and block == self.document().lastBlock()):
            self._wanted_line = -1
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()
        else:
            # Still to come; shown when it is there.
            self._wanted_line = line

    @property
    def complete(self) -> bool:
        """Whether the whole text is there to be searched."""
        return not self._more.isActive()

    def _append(self) -> None:
        if self._json is None:
            return
        whole = self._json.text
        end = _end_of_line(whole, self._rest + _PIECE)
        place, at = self.verticalScrollBar().value(), self.textCursor()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(whole[self._rest : end])
        self._rest = end
        self.setTextCursor(at)
        self.verticalScrollBar().setValue(place)
        if self._rest >= len(whole):
            self._more.stop()
        if self._wanted_line >= 0:
            self.go_to_line(self._wanted_line)

    def gutter_width(self) -> int:
        lines = self._json.line_count if self._json is not None else self.blockCount()
        digits = len(str(max(1, lines)))
        return self.fontMetrics().horizontalAdvance("9") * (digits + 2)

    def paint_gutter(self, event: QPaintEvent) -> None:
        painter = QPainter(self._gutter)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.AlternateBase))
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = round(self.blockBoundingGeometry(block).translated(self.contentOffset()).top())
        width = self._gutter.width() - self.fontMetrics().horizontalAdvance("9")
        while block.isValid() and top <= event.rect().bottom():
            height = round(self.blockBoundingRect(block).height())
            painter.drawText(0, top, width, height, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
            top += height
            block = block.next()
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self.gutter_width(), inside.height()))
        self._colour_visible()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._ready:
            self._coloured = set()
            self._colour_visible()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        over = self._link_at(event.position().toPoint()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            digest = self._link_at(event.position().toPoint())
            if digest is not None:
                self.digest_followed.emit(digest)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        digest = self._digest_of_line()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and digest:
            self.digest_followed.emit(digest)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        digest = self._digest_of_line() if keyboard else self._link_at(event.pos())
        line = self.textCursor().blockNumber() if keyboard else self.cursorForPosition(event.pos()).blockNumber()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        follow = menu.addAction(self.tr("Follow Digest"), partial(self.digest_followed.emit, digest or ""))
        follow.setEnabled(bool(digest))
        pointer = self._json.pointer(line) if self._json is not None else ""
        copies = (
            (self.tr("Copy Digest"), digest or ""),
            (self.tr("Copy JSON Pointer"), pointer),
        )
        for caption, what in copies:
            menu.addAction(caption, partial(QGuiApplication.clipboard().setText, what)).setEnabled(bool(what))
        menu.addSeparator()
        menu.addAction(self.tr("Copy"), self.copy).setEnabled(self.textCursor().hasSelection())
        menu.addAction(self.tr("Select All"), self.selectAll)
        menu.popup(self.mapToGlobal(self.cursorRect().bottomLeft()) if keyboard else event.globalPos())

    def createMimeDataFromSelection(self) -> QMimeData:
        """Plain text only, with lines joined again that were folded for the screen."""
        cursor = self.textCursor()
        lines = cursor.selectedText().split("\u2029")
        first = self.document().findBlock(cursor.selectionStart()).blockNumber()
        joined = lines[:1]
        for number, line in enumerate(lines[1:], start=first + 1):
            folded = self._json is not None and self._json.continued(number)
            joined.append(line if folded else "\n" + line)
        made = QMimeData()
        made.setText("".join(joined))
        return made

    def _digest_of_line(self) -> str:
        links = self._json.links(self.textCursor().blockNumber()) if self._json is not None else []
        return str(links[0].digest) if links else ""

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._json is not None:
            line = self.cursorForPosition(event.pos()).blockNumber()
            explanation = self._json.explain(line)
            pointer = self._json.pointer(line)
            QToolTip.showText(
                event.globalPos(), text.tooltip("\n".join(part for part in (explanation, pointer) if part)), self
            )
            return True
        return super().viewportEvent(event)

    def _link_at(self, point: QPoint) -> str | None:
        if self._json is None:
            return None
        cursor = self.cursorForPosition(point)
        if not self.cursorRect(cursor).adjusted(-8, 0, 8, 0).contains(point):
            return None
        digest = self._json.link_at(cursor.blockNumber(), cursor.positionInBlock())
        return str(digest) if digest is not None else None

    def _tell_pointer(self) -> None:
        if self._json is not None:
            self.pointer_changed.emit(self._json.pointer(self.textCursor().blockNumber()))

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _scrolled(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())
        self._colour_visible()

    def _colour_visible(self) -> None:
        """Formats only for what is on screen: colouring 5 MB at once would take a second and a half."""
        if self._json is None:
            return
        block = self.firstVisibleBlock()
        bottom = self.viewport().height()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= bottom:
            line = block.blockNumber()
            if line not in self._coloured:
                self._coloured.add(line)
                block.layout().setFormats(self._formats(line))
                self.document().markContentsDirty(block.position(), block.length())
            top += self.blockBoundingRect(block).height()
            block = block.next()

    def _formats(self, line: int) -> list[QTextLayout.FormatRange]:
        if self._json is None:
            return []
        formats = [
            _range(token.start, token.length, self._ink(token.kind))
            for token in self._json.tokens(line)
            if token.kind in _INKS
        ]
        link = QTextCharFormat()
        link.setForeground(self.palette().color(QPalette.ColorRole.Link))
        link.setFontUnderline(True)
        formats += [_range(found.start, found.length, link) for found in self._json.links(line)]
        return formats

    def _ink(self, kind: Kind) -> QTextCharFormat:
        hue, saturation, on_light, on_dark = _INKS[kind]
        dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        ink = QTextCharFormat()
        ink.setForeground(QColor.fromHsl(hue, saturation, on_dark if dark else on_light))
        return ink


def _end_of_line(whole: str, near: int) -> int:
    """Just behind the first line break at or after `near`; the end of the text if there is none."""
    found = whole.find("\n", near)
    return found + 1 if found >= 0 else len(whole)


def _range(start: int, length: int, form: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start = start
    made.length = length
    made.format = form
    return made
