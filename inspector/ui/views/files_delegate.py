"""Draws the first column of the file list as a tree would."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOption, QStyleOptionViewItem

from inspector.ui.models.files_model import FilesModel

INDENT = 18
"""Pixels per level of folders."""


class NameDelegate(QStyledItemDelegate):
    """Draws the first column indented by its depth, with the disclosure triangle of the style."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        if not isinstance(model, FilesModel) or model.files is None:
            return
        files, row = model.files, index.row()
        shift = INDENT * files.depth(row)
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        if files.has_children(row):
            arrow = QStyleOption()
            arrow.rect = disclosure_rect(option.rect, shift, option.direction)
            arrow.direction = option.direction
            arrow.palette = option.palette
            arrow.state = QStyle.StateFlag.State_Children | QStyle.StateFlag.State_Enabled
            if files.is_expanded(row):
                arrow.state |= QStyle.StateFlag.State_Open
            style.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorBranch, arrow, painter, option.widget)
        inner = option.rect.adjusted(shift + INDENT, 0, 0, 0)
        option.rect = QStyle.visualRect(option.direction, option.rect, inner)
        if files.kind(row) in ("whiteout", "opaque"):
            font = QFont(option.font)
            font.setStrikeOut(True)
            option.font = font
        if not files.matches(row):
            font = QFont(option.font)
            font.setItalic(True)
            option.font = font
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        font = QFont(option.font)
        super().initStyleOption(option, index)
        option.font = font
        option.textElideMode = Qt.TextElideMode.ElideMiddle

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + INDENT * 4, size.height())


def disclosure_rect(cell: QRect, shift: int, direction: Qt.LayoutDirection) -> QRect:
    """Where the triangle of a row stands within its first cell: at the side where reading begins."""
    return QStyle.visualRect(direction, cell, QRect(cell.left() + shift, cell.top(), INDENT, cell.height()))
