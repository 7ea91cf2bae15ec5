"""The strip beside a JSON text: line numbers, and a mark at every container that can be folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QWidget

Lines = Callable[[], Iterator[tuple[int, float, float]]]
"""Number, top and height of each line on screen."""


class Gutter(QWidget):
    """Painted for the lines on screen only. A click beside a mark folds or unfolds.

    The keyboard has its own way (`+` and `-` in the text), so this never takes the focus.
    """

    fold_clicked = Signal(int)
    """A line on screen, counted from 0."""

    def __init__(
        self, parent: QWidget, lines: Lines, number_of: Callable[[int], int], is_folded: Callable[[int], bool | None]
    ) -> None:
        """`number_of` gives the number to show; `is_folded` None for a line with nothing to fold."""
        super().__init__(parent)
        self._lines = lines
        self._number_of = number_of
        self._is_folded = is_folded
        self._most = 1
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def set_line_count(self, count: int) -> None:
        """The largest number that there may be."""
        self._most = max(1, count)

    @property
    def breadth(self) -> int:
        digit = self.fontMetrics().horizontalAdvance("9")
        return digit * (len(str(self._most)) + 4)

    def sizeHint(self) -> QSize:
        return QSize(self.breadth, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.AlternateBase))
        painter.setFont(self.font())
        digit = self.fontMetrics().horizontalAdvance("9")
        width = self.width() - 3 * digit
        faded, strong = palette.color(QPalette.ColorRole.PlaceholderText), palette.color(QPalette.ColorRole.Text)
        for line, top, height in self._lines():
            if top > event.rect().bottom() or top + height < event.rect().top():
                continue
            painter.setPen(faded)
            align = Qt.AlignmentFlag.AlignRight
            painter.drawText(0, round(top), width, round(height), align, str(self._number_of(line)))
            folded = self._is_folded(line)
            if folded is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(strong if folded else faded)
                middle = QPointF(self.width() - 1.4 * digit, top + min(height, self.fontMetrics().height()) / 2)
                painter.drawPolygon(_mark(middle, 0.55 * digit, folded=folded))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().y()
        for line, top, height in self._lines():
            if top <= at < top + height and self._is_folded(line) is not None:
                self.fold_clicked.emit(line)


def _mark(middle: QPointF, half: float, *, folded: bool) -> QPolygonF:
    """A triangle to the right, or down."""
    across, down = QPointF(half, 0), QPointF(0, half)
    if folded:
        return QPolygonF([middle - down - across * 0.6, middle + across, middle + down - across * 0.6])
    return QPolygonF([middle - across - down * 0.6, middle + across - down * 0.6, middle + down])
