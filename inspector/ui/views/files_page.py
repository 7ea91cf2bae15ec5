"""The page *Files*: filter line, file list, and a line that sums up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QToolButton, QVBoxLayout, QWidget

from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.ui.task_runner import TaskRunner
from inspector.ui.views.compare_bar import CompareBar
from inspector.ui.views.files_view import FilesView
from inspector.ui.views.preview_pane import Loader, PreviewPane
from inspector.viewmodel.files import FileList

_FILTER_PAUSE_MS = 120
_PANES = (420, 200)


class FilesPage(QWidget):
    """Shows one `FileList`; a filter keeps the folders above what matches."""

    status = Signal(str, str)
    """What is selected or shown, for the status bar, and its tooltip."""

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loader_of: Callable[[FileList, int], Loader] | None = None
        """How the content of a file (a node of the list) is read; set by whoever shows a list."""
        self.view = FilesView(self)
        self.view.selection_text.connect(self.status)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(self.tr("Filter: name, *.so, >1MB, type:link, change:added …"))
        self.filter.setClearButtonEnabled(True)
        # A line edit takes the text that every dragged file brings along, and the window would never see the file.
        self.filter.setAcceptDrops(False)
        self.filter.setAccessibleName(self.tr("Filter files"))
        self.filter.installEventFilter(self)
        self._matches = text.label()
        self._note = text.label(wrap=True)
        self._note.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_FILTER_PAUSE_MS)
        self._pause.timeout.connect(self._apply)
        self.filter.textChanged.connect(self._pause.start)
        self.filter.returnPressed.connect(self._apply)
        self.preview = PreviewPane(runner, self)
        self.view.current_node_changed.connect(self._show_content)
        self.view.preview_toggled.connect(self.toggle_preview)
        self.view.activated_row.connect(self._open_content)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(self.view)
        self.splitter.addWidget(self.preview)
        self.splitter.setStretchFactor(0, _PANES[0])
        self.splitter.setStretchFactor(1, _PANES[1])  # else a pane that opens below takes all of the list
        self.splitter.setSizes(list(_PANES))
        self._show_preview = self._button("preview", self.tr("Show or hide the content of the selected file (Space)"))
        self._show_preview.setCheckable(True)
        self._show_preview.setChecked(True)
        self._show_preview.toggled.connect(self._preview_shown)
        self._expand = self._button("expand-all", self.tr("Expand all folders"))
        self._expand.clicked.connect(self.view.expand_all)
        self._collapse = self._button("collapse-all", self.tr("Collapse all folders"))
        self._collapse.clicked.connect(self.view.collapse_all)
        self.compare = CompareBar(self.view, runner, self)
        self.compare.chosen.connect(self._show_letters)
        self.compare.told.connect(self._tell)
        self._lay_out()

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        draw_icon(button, name)
        text.set_tip(button, tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        top.addWidget(self._matches)
        top.addWidget(self.compare)
        top.addWidget(self._expand)
        top.addWidget(self._collapse)
        top.addWidget(self._show_preview)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._note)
        layout.addWidget(self.splitter, 1)
        # From the list to what the file holds: who comes from the tree wants these first, then the line above them.
        changes = (*self.compare.letters.values(), self.compare.button)
        above = (self.filter, *changes, self._expand, self._collapse, self._show_preview)
        for one, following in pairwise((self.view, *self.preview.stops, *above)):
            QWidget.setTabOrder(one, following)

    def show_files(self, files: FileList) -> None:
        """Show `files`, whole or what was read so far."""
        first = self.view.files is None
        self.view.show_files(files)
        self._tell("")
        if first and self.filter.text():
            self._apply()
        self.status.emit(files.summary, "")

    def _tell(self, more: str) -> None:
        """What is to be known of the list, and of its comparison."""
        files = self.view.files
        if files is not None and "change:" in self.filter.text() and files.filter_text != self.filter.text().strip():
            self._apply()  # what could not be answered before the comparison was there
        note = " ".join(part for part in (files.note if files is not None else "", more) if part)
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def _show_letters(self, letters: str) -> None:
        files = self.view.files
        if files is not None:
            node = self.view.current_node()
            result = files.show_letters(letters)
            self.view.refresh(node)
            self._matches.setText(result.text)

    def go_to(self, place: bytes | int) -> None:
        """Put the cursor on the file at a path, or at an offset in its unpacked layer.

        What was asked for is seen: a filter or a choice of changes that hides it is lifted.
        """
        files = self.view.files
        if files is None:
            return
        node = files.find(place) if isinstance(place, bytes) else files.find_at(place)
        if node <= 0 or self.view.go_to_node(node):
            return
        self.filter.clear()
        self._apply()
        if not self.view.go_to_node(node):
            self.compare.show_all()
            self.view.go_to_node(node)

    def clear(self) -> None:
        self.view.clear()
        self.preview.show_nothing()
        self._matches.clear()
        self._note.hide()

    @property
    def shows_preview(self) -> bool:
        """Whether the person wants to see the content of the selected file."""
        return self._show_preview.isChecked()

    def show_preview(self, shown: bool) -> None:
        self._show_preview.setChecked(shown)

    def turn_preview(self) -> None:
        """Put the preview beside the files, or below them again."""
        sides = (Qt.Orientation.Vertical, Qt.Orientation.Horizontal)
        self.splitter.setOrientation(sides[self.splitter.orientation() == Qt.Orientation.Vertical])
        self.show_preview(True)

    def reset_layout(self) -> None:
        """Panes and columns as they were at first."""
        self.splitter.setOrientation(Qt.Orientation.Vertical)
        self.splitter.setSizes(list(_PANES))
        self.show_preview(True)
        self.view.reset_widths()

    def toggle_preview(self) -> None:
        """Space: show or hide the content of the selected file."""
        self._show_preview.toggle()

    def _preview_shown(self, shown: bool) -> None:
        self.preview.setVisible(shown)
        if shown:
            self._show_content(self.view.current_node())

    def _show_content(self, node: int) -> None:
        files = self.view.files
        if files is None or node < 0 or self.loader_of is None:
            self.preview.show_nothing()
        elif not self.preview.isHidden():
            self.preview.show_file(self.loader_of(files, node))

    def _open_content(self, _row: int) -> None:
        self._show_preview.setChecked(True)
        self.preview.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def start_search(self) -> None:
        """Ctrl+F."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.filter and isinstance(event, QKeyEvent):
            escape = event.key() == Qt.Key.Key_Escape and bool(self.filter.text())
            if event.type() == QEvent.Type.ShortcutOverride and escape:
                # Else the window's own Esc, which stops the running work, would take it first.
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and escape:
                self.filter.clear()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
                self.view.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _apply(self) -> None:
        self._pause.stop()
        files = self.view.files
        if files is None or files.filter_text == self.filter.text():
            return
        node = self.view.current_node()
        result = files.set_filter(self.filter.text())
        self.view.refresh(node)
        self._matches.setText(result.error or (result.text if self.filter.text() else ""))
