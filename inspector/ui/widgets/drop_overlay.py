"""While files are dragged over an open archive: what letting go would do, drawn over the panes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

_MARGIN = 24
_RADIUS = 10
_STRIP = 150
"""Height of what is offered beside opening."""


class DropOverlay(QWidget):
    """A large field for the first choice, the others in a strip below it; that under the pointer stands out.

    Who drops without looking gets the first. It takes no events.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAcceptDrops(False)
        self._texts: tuple[str, ...] = ()
        self.chosen = 0
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is offered at the moment."""
        return self._texts

    def offer(self, texts: Sequence[str]) -> None:
        """Show the choices, or nothing."""
        self._texts, self.chosen = tuple(texts), 0
        parent = self.parentWidget()
        if texts and parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
        self.setVisible(bool(texts))
        self.update()

    def point(self, at: QPoint) -> None:
        """`at` in our coordinates: the field there is the chosen one; between two fields the last one stays."""
        for number, field in enumerate(self._fields()):
            if field.contains(at) and number != self.chosen:
                self.chosen = number
                self.update()

    def _fields(self) -> list[QRect]:
        if not self._texts:
            return []
        inner = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        count = len(self._texts) - 1
        if not count:
            return [inner]
        height = min(inner.height() // 4, _STRIP)
        first = inner.adjusted(0, 0, 0, -height - _MARGIN)
        width = (inner.width() - _MARGIN * (count - 1)) // count
        top = inner.bottom() - height
        others = [QRect(inner.x() + n * (width + _MARGIN), top, width, height) for n in range(count)]
        return [first, *(others[::-1] if self.isRightToLeft() else others)]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(self.palette().color(QPalette.ColorRole.Window))
        veil.setAlpha(238)
        painter.fillRect(self.rect(), veil)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        for number, (field, words) in enumerate(zip(self._fields(), self._texts, strict=True)):
            inviting = number == self.chosen
            role = QPalette.ColorRole.Highlight if inviting else QPalette.ColorRole.PlaceholderText
            colour = self.palette().color(role)
            painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine if inviting else Qt.PenStyle.DashLine))
            fill = QColor(colour)
            fill.setAlpha(28 if inviting else 0)
            painter.setBrush(fill)
            painter.drawRoundedRect(field, _RADIUS, _RADIUS)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(
                field.adjusted(_MARGIN, 0, -_MARGIN, 0),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                words,
            )
        painter.end()
