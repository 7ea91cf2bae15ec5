"""A bar behind a number, as long as its share of the whole; the number says the same."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

SHARE_ROLE = Qt.ItemDataRole.UserRole
"""A model answers with 0 to 1, or nothing."""
_THICK = 3
_ALPHA = 170


class ShareDelegate(QStyledItemDelegate):
    """For a column whose model serves `SHARE_ROLE`."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if not share:
            return
        # Below the text, which stays as easy to read as in any other cell.
        room: QRect = option.rect.adjusted(2, option.rect.height() - _THICK - 1, -2, -1)
        bar = QRect(room)
        bar.setWidth(max(1, round(room.width() * min(1.0, share))))
        if option.direction == Qt.LayoutDirection.RightToLeft:
            bar.moveRight(room.right())
        colour = QColor(option.palette.color(QPalette.ColorRole.Highlight))
        colour.setAlpha(_ALPHA)
        painter.fillRect(bar, colour)
