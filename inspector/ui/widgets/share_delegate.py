"""A bar behind a number, as long as its share of the whole; the number says the same."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

SHARE_ROLE = Qt.ItemDataRole.UserRole
"""A model answers with 0 to 1, or nothing."""


class ShareDelegate(QStyledItemDelegate):
    """For a column whose model serves `SHARE_ROLE`."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if not share:
            return
        room: QRect = option.rect.adjusted(2, 3, -2, -3)
        bar = QRect(room)
        bar.setWidth(max(1, round(room.width() * min(1.0, share))))
        if option.direction == Qt.LayoutDirection.RightToLeft:
            bar.moveRight(room.right())
        colour = QColor(option.palette.color(QPalette.ColorRole.Highlight))
        colour.setAlpha(60)
        painter.fillRect(bar, colour)
