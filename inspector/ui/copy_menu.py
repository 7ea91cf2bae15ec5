"""*Copy as*: a menu of texts, and a context menu for tables whose rows can be copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QMenu, QWidget

from inspector.language import tr
from inspector.ui import text
from inspector.viewmodel.pages import CopyChoice

_TIP = 500
"""Characters of a text that its tooltip shows."""


def put_on_clipboard(what: str) -> None:
    # Text only: an HTML flavour would let a name from the archive run as markup where it is pasted.
    QGuiApplication.clipboard().setText(text.without_isolates(what))


def add_choices(menu: QMenu, choices: Sequence[CopyChoice]) -> None:
    """One entry for each text; a line before the first command."""
    menu.setToolTipsVisible(True)
    for number, choice in enumerate(choices):
        if number and choice.id.endswith("-command") and not choices[number - 1].id.endswith("-command"):
            menu.addSeparator()
        action = menu.addAction(text.caption(tr(choice.label)))
        action.setObjectName(choice.id)
        shown = choice.text if len(choice.text) <= _TIP else f"{choice.text[:_TIP]}…"
        action.setToolTip(text.tooltip(shown))
        action.triggered.connect(partial(put_on_clipboard, choice.text))


class RowMenu(QObject):
    """Gives a table or list the context menu *Copy*, *Copy as*; also by the menu key, at the current row."""

    def __init__(self, view: QAbstractItemView, choices_of: Callable[[QModelIndex], Sequence[CopyChoice]]) -> None:
        super().__init__(view)
        self._view = view
        self._choices_of = choices_of
        view.viewport().installEventFilter(self)
        view.installEventFilter(self)

    def menu_at(self, index: QModelIndex) -> QMenu | None:
        """The menu of a row; None if nothing of it can be copied."""
        choices = [choice for choice in self._choices_of(index) if choice.text] if index.isValid() else []
        if not choices:
            return None
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy"), partial(put_on_clipboard, choices[0].text))
        add_choices(menu.addMenu(self.tr("Copy as")), choices)
        return menu

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QContextMenuEvent) or not isinstance(watched, QWidget):
            return False
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self._view.currentIndex() if by_key else self._view.indexAt(event.pos())
        menu = self.menu_at(index)
        if menu is None:
            return False
        at = self._view.visualRect(index).bottomLeft() if by_key else QPoint(event.pos())
        menu.popup(self._view.viewport().mapToGlobal(at))
        return True


def texts_of_row(index: QModelIndex) -> list[CopyChoice]:
    """For tables without better ones: the text of each column, that of the chosen cell first."""
    model: QAbstractItemModel = index.model()
    found = []
    for column in range(model.columnCount()):
        heading = model.headerData(column, Qt.Orientation.Horizontal)
        shown = model.data(index.siblingAtColumn(column))
        found.append(CopyChoice(f"column-{column}", str(heading or ""), str(shown or "")))
    first = found.pop(index.column())
    return [first, *found]
