"""Texts that are cut in the middle when there is no room, so that a digest never pushes a page wider than the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from inspector.ui import text

_LEAST = 80


def _copy_menu(widget: QWidget, event: QContextMenuEvent, whole: str) -> None:
    menu = QMenu(widget)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(widget.tr("Copy")).triggered.connect(lambda: QGuiApplication.clipboard().setText(whole))
    menu.popup(event.globalPos())


class ElidedLabel(QLabel):
    """A label of one line; its menu copies the whole text."""

    def __init__(
        self, whole: str = "", parent: QWidget | None = None, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._mode = mode
        self._whole = whole
        self.setText(text.isolated(whole))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(whole)

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def set_whole(self, whole: str) -> None:
        """Show another text; a tooltip has all of it."""
        self._whole = whole
        self.setAccessibleName(whole)
        text.set_tip(self, whole)
        self.updateGeometry()
        self._cut()

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 4, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        self.setText(text.isolated(self.fontMetrics().elidedText(self._whole, self._mode, self.contentsRect().width())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _copy_menu(self, event, self._whole)


class LinkButton(QPushButton):
    """A text that goes somewhere: looks like a link, and is a button for keyboard and screen reader."""

    def __init__(self, whole: str, follow: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = whole
        self.setFlat(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(
            "QPushButton { text-align: left; padding: 0; border: none; color: palette(link); }"
            "QPushButton:hover, QPushButton:focus { text-decoration: underline; }"
        )
        self.setText(text.isolated(text.caption(whole)))
        self.clicked.connect(lambda: follow())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 6, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width())
        self.setText(text.isolated(text.caption(shown)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        _copy_menu(self, event, self._whole)
