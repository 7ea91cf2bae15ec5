"""The text of a JSON document: line numbers, folding, colours for the lines on screen only, digests as links."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontDatabase,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPalette,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextLayout,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QToolTip, QWidget

from inspector.ui import text
from inspector.ui.json_inks import ink
from inspector.ui.views.json_gutter import Gutter
from inspector.viewmodel.jsonpage import fold
from inspector.viewmodel.jsonpage.fold import FoldedText
from inspector.viewmodel.jsonpage.tree import JsonTree
from inspector.viewmodel.jsonpage.view import JsonText

_PIECE = 120_000
"""Characters laid out at once: about 10 ms. A whole document of 5 MB would hold the window for half a second."""
_MOST_AT_ONCE = 1_000_000
"""Characters laid out at once at most, to stay at a place far down when something is folded."""
_A_SCREEN = 200


class JsonTextView(QPlainTextEdit):
    """Read-only. Links are followed by a click, or by Enter on their line."""

    digest_followed = Signal(str)
    line_changed = Signal(int)
    """The line of the cursor, in the whole text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: JsonText | None = None
        self._tree: JsonTree | None = None
        self._folded: set[int] = set()
        """Lines of the document whose containers are closed up."""
        self._json: JsonText | FoldedText | None = None
        """What is in the widget."""
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
        self._wanted: tuple[int, int, int] | None = None
        """Line on screen, column and length of what is to be shown once it is there."""
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._append)
        self._gutter = Gutter(self, self._lines_on_screen, self._number_of, self._is_folded)
        self._gutter.setFont(self.font())
        self._gutter.fold_clicked.connect(self._toggle_shown)
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._tell_line)
        self._make_room()
        self._ready = True

    def show_json(self, json: JsonText, tree: JsonTree | None = None) -> None:
        """Replace the text; colours come when lines are looked at. With its `tree` it can be folded."""
        self._source, self._tree = json, tree
        self._folded = set()
        self._lay_out(0)
        self._tell_line()

    def shows(self, json: JsonText) -> bool:
        """Whether this is the text that is shown, folded or not."""
        return self._source is json

    def _lay_out(self, down_to: int) -> None:
        """Fill the widget, at once as far as the line `down_to` on screen needs it."""
        source = self._source
        if source is None:
            return
        shown = FoldedText(self._tree, self._folded) if self._tree is not None and self._folded else source
        self._json = None
        self._more.stop()
        self._wanted = None
        needed = shown.start(min(shown.line_count, down_to + _A_SCREEN)) if down_to else 0
        self._rest = _end_of_line(shown.text, max(_PIECE, min(needed, _MOST_AT_ONCE)))
        self._gutter.set_line_count(source.line_count)
        self._make_room()
        self.setPlainText(shown.text[: self._rest])
        self._json = shown
        self._coloured = set()
        if self._rest < len(shown.text):
            self._more.start()
        self._colour_visible()
        self._gutter.update()

    # places ---------------------------------------------------------------------------------------------

    @property
    def source_line(self) -> int:
        """The line of the cursor in the whole text."""
        return self._source_line(self.textCursor().blockNumber())

    def _source_line(self, shown: int) -> int:
        return self._json.source_line(shown) if isinstance(self._json, FoldedText) else shown

    def _shown_line(self, line: int) -> int:
        return self._json.shown_line(line) if isinstance(self._json, FoldedText) else line

    def go_to_line(self, line: int, column: int = 0, length: int = 0) -> None:
        """Put the cursor into `line` (of the whole text, from 0), select `length` there, and show it in the middle.

        Columns count in UTF-16 units. Whatever hides the line is unfolded.
        """
        self._reveal(line)
        self._wanted = (self._shown_line(line), column, length)
        self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        if self._wanted is None:
            return
        line, column, length = self._wanted
        block = self.document().findBlockByNumber(line)
        if not block.isValid() or (self._more.isActive() and block == self.document().lastBlock()):
            return  # still to come; shown when it is there
        self._wanted = None
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(column, block.length() - 1))
        end = min(block.position() + column + length, self.document().characterCount() - 1)
        cursor.setPosition(max(cursor.position(), end), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    @property
    def complete(self) -> bool:
        """Whether the whole text is in the widget."""
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
        self._go_to_wanted()

    # folding --------------------------------------------------------------------------------------------

    @property
    def can_fold(self) -> bool:
        return self._tree is not None

    def fold(self) -> None:
        """`-`: close the container of the line of the cursor; once more: the one around it."""
        if self._tree is not None:
            self._refold(fold.fold_at(self._tree, self._folded, self.source_line))

    def unfold(self) -> None:
        """`+`: open what is folded in the line of the cursor."""
        if self._tree is not None:
            self._refold(fold.unfold_at(self._tree, self._folded, self.source_line))

    def fold_all(self) -> None:
        """Close every container but the outermost."""
        if self._tree is not None:
            self._refold(fold.fold_all(self._tree))

    def unfold_all(self) -> None:
        self._refold(set())

    def _toggle_shown(self, shown: int) -> None:
        if self._source is not None:
            self._refold(self._folded ^ {self._source.logical(self._source_line(shown))})

    def _reveal(self, line: int) -> None:
        if self._tree is not None and self._folded:
            self._refold(fold.reveal(self._tree, self._folded, line))

    def _refold(self, folded: set[int]) -> None:
        """Lay out anew, with cursor and first line where they were, or at the container that now hides them."""
        if folded == self._folded or self._source is None:
            return
        at, top = self.source_line, self._source_line(self.firstVisibleBlock().blockNumber())
        self._folded = folded
        shown = FoldedText(self._tree, folded) if self._tree is not None and folded else None
        down_to = max(line if shown is None else shown.shown_line(line) for line in (at, top))
        self._lay_out(down_to)
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(self._shown_line(at))))
        self.verticalScrollBar().setValue(self._shown_line(top))
        self.ensureCursorVisible()

    def _is_folded(self, shown: int) -> bool | None:
        tree, source = self._tree, self._source
        if tree is None or source is None or self._json is None or shown >= self._json.line_count:
            return None
        line = self._source_line(shown)
        if source.continued(line) or not tree.entries(source.logical(line)):
            return None
        return source.logical(line) in self._folded

    def _number_of(self, shown: int) -> int:
        return self._source_line(shown) + 1

    def _lines_on_screen(self) -> Iterator[tuple[int, float, float]]:
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= self.viewport().height():
            height = self.blockBoundingRect(block).height()
            yield block.blockNumber(), top, height
            top += height
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self._gutter.breadth, inside.height()))
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
        act = {Qt.Key.Key_Minus: self.fold, Qt.Key.Key_Plus: self.unfold}.get(Qt.Key(event.key()))
        if act is not None and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            act()
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
        for caption, act in (
            (self.tr("Fold (-)"), self.fold),
            (self.tr("Unfold (+)"), self.unfold),
            (self.tr("Fold All"), self.fold_all),
            (self.tr("Unfold All"), self.unfold_all),
        ):
            menu.addAction(caption, act).setEnabled(self.can_fold)
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

    def _tell_line(self) -> None:
        if self._json is not None:
            self.line_changed.emit(self.source_line)

    def _make_room(self) -> None:
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self._gutter.breadth, inside.height()))
        self.setViewportMargins(self._gutter.breadth, 0, 0, 0)

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
        for line, _top, _height in self._lines_on_screen():
            if line not in self._coloured and line < self._json.line_count:
                self._coloured.add(line)
                block = self.document().findBlockByNumber(line)
                block.layout().setFormats(self._formats(line))
                self.document().markContentsDirty(block.position(), block.length())

    def _formats(self, line: int) -> list[QTextLayout.FormatRange]:
        if self._json is None:
            return []
        formats = []
        for token in self._json.tokens(line):
            colour = ink(token.kind, self.palette())
            if colour is not None:
                form = QTextCharFormat()
                form.setForeground(colour)
                formats.append(_range(token.start, token.length, form))
        link = QTextCharFormat()
        link.setForeground(self.palette().color(QPalette.ColorRole.Link))
        link.setFontUnderline(True)
        formats += [_range(found.start, found.length, link) for found in self._json.links(line)]
        return formats


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
