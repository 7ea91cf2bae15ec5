"""The help, offline: the documents of `resources/help/`, their headings at the left, the text at the right, and a line to search.

Only our own Markdown is shown. HTML in it is shown as text, pictures are not loaded, and only links within it are followed.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QKeyEvent, QShowEvent, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.assets import resource
from inspector.ui.screen import resize_within
from inspector.ui.widgets.buttons import button_box

DOCUMENTS = ("guide", "words", "terminal", "findings")
"""Names below `resources/help/`, in the order in which they are listed; those that were not shipped are left out."""
_PLACE = Qt.ItemDataRole.UserRole
_DEEPEST = 3
_SIZE = (920, 640)


class _Page(QTextBrowser):
    """Shows text; whatever it refers to is never fetched."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: ARG002 - Qt's signature
        return None


class HelpDialog(QDialog):
    """Stays beside the window while one works."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Help"))
        resize_within(self, *_SIZE)
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setPlaceholderText(self.tr("Search the help"))
        self.line.setAccessibleName(self.tr("Search the help"))
        self.line.setClearButtonEnabled(True)
        self.line.installEventFilter(self)
        self._told = text.label()
        self.contents = QTreeWidget(self)
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName(self.tr("Contents of the help"))
        self.page = _Page(self)
        self.page.setOpenLinks(False)
        self.page.setAccessibleName(self.tr("Help"))
        self.page.setAcceptDrops(False)
        self._texts = {name: resource("help", f"{name}.md").read_text(encoding="utf-8") for name in _shipped()}
        self._shown = ""
        for name in self._texts:
            self._list(name)
        self.contents.currentItemChanged.connect(lambda item, _before: self._go_to(item))
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._next)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.contents)
        split.addWidget(self.page)
        split.setSizes([240, 680])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        buttons = button_box(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        top.addWidget(self.line, 1)
        top.addWidget(self._told)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        layout.addWidget(buttons)
        self.show_topic(next(iter(self._texts), ""))

    def show_topic(self, name: str, heading: str = "") -> bool:
        """Turn to a document and, if it has one, to a heading that begins so; False if there is none."""
        for place in range(self.contents.topLevelItemCount()):
            top = self.contents.topLevelItem(place)
            if top is None or top.data(0, _PLACE)[0] != name:
                continue
            for item in (top, *_below(top)):
                if not heading or item.text(0).casefold().startswith(heading.casefold()):
                    self.contents.setCurrentItem(item)
                    return True
        return False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Only now the lines have their width, and the headings their place.
        QTimer.singleShot(0, self, lambda: self._go_to(self.contents.currentItem()))

    def _list(self, name: str) -> None:
        above: list[QTreeWidgetItem] = []
        document = QTextDocument()
        document.setMarkdown(self._texts[name], _FEATURES)
        for number, block in _headings(document):
            level = min(block.blockFormat().headingLevel(), _DEEPEST)
            del above[level - 1 :]
            item = QTreeWidgetItem([block.text()])
            item.setData(0, _PLACE, (name, number))
            if above:
                above[-1].addChild(item)
            else:
                self.contents.addTopLevelItem(item)
                item.setExpanded(False)
            above.append(item)

    def _show(self, name: str) -> None:
        if name != self._shown:
            self._shown = name
            self.page.document().setMarkdown(self._texts[name], _FEATURES)

    def _go_to(self, item: QTreeWidgetItem | None) -> None:
        if item is None:
            return
        name, number = item.data(0, _PLACE)
        self._show(name)
        block = self.page.document().findBlockByNumber(number)
        self.page.setTextCursor(QTextCursor(block))
        place = self.page.document().documentLayout().blockBoundingRect(block)
        self.page.verticalScrollBar().setValue(round(place.top()))
        parent = item.parent()
        if parent is not None:
            parent.setExpanded(True)

    def _search(self, wanted: str) -> None:
        """Documents without the word are greyed; the first place is shown."""
        counts = {name: content.casefold().count(wanted.casefold()) for name, content in self._texts.items()}
        found = sum(counts.values()) if wanted.strip() else 0
        self._told.setText((self.tr("%d places") % found if found else self.tr("not found")) if wanted.strip() else "")
        if found:
            if not counts[self._shown]:
                self.show_topic(next(name for name, count in counts.items() if count))
            self.page.moveCursor(QTextCursor.MoveOperation.Start)
            self.page.find(wanted)

    def _next(self) -> None:
        """Enter: the next place, in this document and then in those after it."""
        wanted = self.line.text()
        if not wanted.strip() or self.page.find(wanted):
            return
        names = list(self._texts)
        start = names.index(self._shown)
        for name in (*names[start + 1 :], *names[: start + 1]):
            if wanted.casefold() in self._texts[name].casefold():
                self.show_topic(name)
                self.page.moveCursor(QTextCursor.MoveOperation.Start)
                if self.page.find(wanted):
                    return

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self.line.text():
                self.line.clear()
                return True
            if event.key() == Qt.Key.Key_Down:
                self.contents.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)


_FEATURES = QTextDocument.MarkdownFeature.MarkdownNoHTML | QTextDocument.MarkdownFeature.MarkdownDialectGitHub


def _shipped() -> list[str]:
    found = []
    for name in DOCUMENTS:
        try:
            resource("help", f"{name}.md")
        except FileNotFoundError:
            continue
        found.append(name)
    return found


def _headings(document: QTextDocument) -> list[tuple[int, QTextBlock]]:
    """Number and block of each; the numbers hold for every document of the same text."""
    found = []
    block = document.begin()
    while block.isValid():
        if block.blockFormat().headingLevel() and block.text().strip():
            found.append((block.blockNumber(), block))
        block = block.next()
    return found


def _below(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found: list[QTreeWidgetItem] = []
    for place in range(item.childCount()):
        child = item.child(place)
        if child is not None:
            found += [child, *_below(child)]
    return found
