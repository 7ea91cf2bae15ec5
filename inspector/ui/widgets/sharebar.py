"""A bar of parts by size, each of which leads somewhere. The rows beside it say the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from inspector.ui import text
from inspector.ui.widgets.treemap import HUES, colour_of, ink_on
from inspector.viewmodel.pages import Share

_HEIGHT = 26
_LEAST = 3.0


class ShareBar(QWidget):
    """Left and right move between the parts, Enter or a click goes to what a part stands for.

    A line below the bar says what the part at the cursor is.
    """

    node_followed = Signal(object)

    def __init__(self, parts: Sequence[Share], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = tuple(parts)
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self._say(tell=False)

    def sizeHint(self) -> QSize:
        return QSize(300, self._thick + self.fontMetrics().height() + 4)

    @property
    def _thick(self) -> int:
        return max(_HEIGHT, self.fontMetrics().height() + 8)

    @property
    def current(self) -> Share:
        return self._parts[self._current]

    def _edges(self) -> list[float]:
        """Where each part begins, and the end: in proportion, but every part can be seen."""
        whole = sum(part.size for part in self._parts)
        least = min(_LEAST, self.width() / max(1, len(self._parts)))
        free = max(0.0, self.width() - least * len(self._parts))
        widths = (least + (free * part.size / whole if whole else free / len(self._parts)) for part in self._parts)
        return list(accumulate(widths, initial=0.0))

    def _rect(self, place: int, edges: list[float]) -> QRectF:
        start, end = edges[place], edges[place + 1]
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            start, end = self.width() - end, self.width() - start
        return QRectF(start, 1, end - start, self._thick - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setLayoutDirection(self.layoutDirection())
        palette, metrics = self.palette(), self.fontMetrics()
        edges = self._edges()
        for place, part in enumerate(self._parts):
            rect = self._rect(place, edges).adjusted(0, 0, -1, 0)
            ground = colour_of(place % (len(HUES) - 1), palette)
            painter.fillRect(rect, ground)
            if metrics.horizontalAdvance(part.label) + 4 <= rect.width():
                painter.setPen(ink_on(ground))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, part.label)
        line = QRectF(0, self._thick, self.width(), self.height() - self._thick)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        said = metrics.elidedText(self.current.text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter, said)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2))
            painter.drawRect(self._rect(self._current, edges).adjusted(1, 1, -2, -1))
        painter.end()

    def _place_at(self, point: QPoint) -> int:
        edges = self._edges()
        return next((place for place in range(len(self._parts)) if self._rect(place, edges).contains(point)), -1)

    def _go(self, place: int, *, tell: bool = True) -> None:
        if 0 <= place < len(self._parts) and place != self._current:
            self._current = place
            self._say(tell=tell)
            self.update()

    def _say(self, *, tell: bool) -> None:
        self.setAccessibleDescription(self.current.text)
        if tell:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.current.text))

    def _follow(self, place: int) -> None:
        if 0 <= place < len(self._parts) and self._parts[place].node is not None:
            self.node_followed.emit(self._parts[place].node)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        back, onward = Qt.Key.Key_Left, Qt.Key.Key_Right
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            back, onward = onward, back
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif event.key() in (back, onward):
            self._go(self._current + (1 if event.key() == onward else -1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._follow(self._current)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(self._place_at(event.position().toPoint()), tell=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._follow(self._place_at(event.position().toPoint()))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            if place >= 0:
                QToolTip.showText(event.globalPos(), text.tooltip(self._parts[place].text.replace(" · ", "\n")), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
