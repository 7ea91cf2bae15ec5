"""The page *Size map*: one folder as areas, and below it as a table; both go in and out together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from inspector.progress import CancelToken, ProgressSink
from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.ui.models.size_table_model import SizeTableModel
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.widgets.elided import ElidedLabel
from inspector.ui.widgets.sizetable import SizeTable
from inspector.ui.widgets.treemap import TreemapView, colour_of
from inspector.viewmodel.filechanges import FileChanges
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.sizemap.groups import Colouring
from inspector.viewmodel.sizemap.sizemap import SizeLevel, SizeMap
from inspector.viewmodel.sizemap.treemap import OTHERS

_PAUSE_MS = 60
_LONGEST_CRUMB = 30
_SWATCH = 12
ChangesOf = Callable[[SizeMap, CancelToken, ProgressSink], FileChanges]


class SizeMapPage(QWidget):
    """Shows one `SizeMap`. Tiles are laid out in a worker; until they come, the old ones are drawn in the new size."""

    file_chosen = Signal(bytes)
    """*Show in Files*: a path."""
    status = Signal(str, str)

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.changes_of: ChangesOf | None = None
        """How to learn what a layer changed; set by whoever shows a map."""
        self._map: SizeMap | None = None
        self._level: SizeLevel | None = None
        self._folder = 0
        self._wanted: Colouring | None = None
        self._going_to = -1
        self._following = False
        """Whether the table's row is being set to that of the tile, and not by the person."""
        self._task: Task[SizeLevel] | None = None
        self._changes_task: Task[FileChanges] | None = None
        self.view = TreemapView(self)
        self.model = SizeTableModel(self)
        self.table = SizeTable(self.model, self)
        self.up_button = self._button("up", self.tr("To the folder above (Backspace)"), self.leave)
        self.show_button = self._button("files", self.tr("Show in Files"), self.show_in_files)
        self.show_button.setText(self.tr("Show in Files"))
        self.show_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.colouring = QComboBox(self)
        self.colouring.setAccessibleName(self.tr("Colour by"))
        text.set_tip(self.colouring, self.tr("What the colours mean; the table says the same in words"))
        self.colouring.activated.connect(self._colouring_chosen)
        self._crumbs = QHBoxLayout()
        self._crumbs.setSpacing(0)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(10)
        self._note = text.label(wrap=True)
        self._note.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._lay_out_again)
        self.view.resized.connect(self._pause.start)
        self.view.current_changed.connect(self._tile_changed)
        self.view.entered.connect(self._enter_tile)
        self.view.left.connect(self.leave)
        self.view.menu_asked.connect(self._show_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda current, _: self._row_changed(current.row()))
        self.table.entered.connect(lambda row: self.enter(self.model.node(row)))
        self.table.left.connect(self.leave)
        self._arrange()

    def _button(self, name: str, tip: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        draw_icon(button, name)
        text.set_tip(button, tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        button.clicked.connect(act)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.up_button)
        top.addLayout(self._crumbs)
        top.addStretch(1)
        caption = text.label(self.tr("Colour by"))
        caption.setBuddy(self.colouring)
        top.addWidget(caption)
        top.addWidget(self.colouring)
        top.addWidget(self.show_button)
        above = QWidget(self)
        box = QVBoxLayout(above)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.view, 1)
        box.addLayout(self._legend)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(above)
        self.splitter.addWidget(self.table)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([430, 170])
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._note)
        layout.addWidget(self.splitter, 1)

    # what is shown --------------------------------------------------------------------------------------

    @property
    def level(self) -> SizeLevel | None:
        """The folder that is on screen."""
        return self._level

    @property
    def busy(self) -> bool:
        """Whether tiles are still being laid out."""
        tasks = (self._task, self._changes_task)
        return self._pause.isActive() or any(task is not None and task.running for task in tasks)

    def show_map(self, size_map: SizeMap) -> None:
        """Begin at the top."""
        # Nodes are numbers of their map: none of an earlier one may be looked for in this one.
        self._stop()
        self._map, self._level = size_map, None
        self._folder, self._going_to = 0, -1
        self.colouring.clear()
        for colouring in size_map.colourings:
            self.colouring.addItem(colouring.caption)
        if self._wanted in size_map.colourings:
            self.colouring.setCurrentIndex(size_map.colourings.index(self._wanted))
        self.colouring.setEnabled(len(size_map.colourings) > 1)
        self._tell(size_map.note)
        self.status.emit(size_map.summary, "")
        self._colour()

    def clear(self) -> None:
        """Show nothing, and forget what was being laid out."""
        self._stop()
        self._pause.stop()
        self._map = self._level = None
        self._folder, self._going_to = 0, -1
        self.model.show(None, None)
        self.view.show_level(None, None)
        self._empty(self._crumbs)
        self._empty(self._legend)
        self._note.hide()

    def _stop(self) -> None:
        for task in (self._task, self._changes_task):
            if task is not None:
                task.cancel()
        self._task = self._changes_task = None

    def go_to(self, folder: int, node: int = -1) -> None:
        """Show a folder, with the cursor on `node` if it is in it."""
        self._folder = folder
        self._going_to = node
        self._lay_out()

    def enter(self, node: int) -> None:
        """Go one folder towards `node`; of a file in the folder that is shown, show it in the page *Files*."""
        size_map = self._map
        if size_map is None or node < 0:
            return
        step = size_map.step_towards(self._folder, node)
        if step == self._folder:
            return
        if size_map.is_folder(step):
            self.go_to(step, node)
        else:
            self.file_chosen.emit(size_map.path(step))

    def leave(self) -> None:
        """To the folder above."""
        if self._map is not None and self._folder:
            self.go_to(self._map.parent(self._folder), self._folder)

    def show_in_files(self) -> None:
        """The tile or row at the cursor, or else the folder."""
        if self._map is not None:
            node = self._current_node()
            self.file_chosen.emit(self._map.path(node if node > 0 else self._folder))

    def _current_node(self) -> int:
        level, place = self._level, self.view.current
        if level is not None and 0 <= place < len(level.tiles) and level.tiles[place].node != OTHERS:
            return level.tiles[place].node
        return self.model.node(self.table.currentIndex().row())

    # laying out -----------------------------------------------------------------------------------------

    def _chosen(self) -> Colouring | None:
        at = self.colouring.currentIndex()
        return self._map.colourings[at] if self._map is not None and 0 <= at < len(self._map.colourings) else None

    def _colouring_chosen(self, _index: int) -> None:
        self._wanted = self._chosen()
        self._colour()

    def _colour(self) -> None:
        """Lay out in the chosen colours; what changed may have to be found out first."""
        size_map, wanted = self._map, self._chosen()
        if size_map is None or wanted is None:
            return
        if self._changes_task is not None:
            # Other colours were chosen meanwhile: should it fail now, they stay.
            self._changes_task.cancel()
        if wanted is not Colouring.CHANGE or size_map.has_changes or self.changes_of is None:
            self._lay_out()
            return

        def keep(changes: FileChanges) -> None:
            if self._map is size_map:
                size_map.set_changes(changes)
                self._tell(" ".join(part for part in (size_map.note, changes.note) if part))
                self._lay_out()

        self._changes_task = self._runner.start(
            self.tr("Comparing with the layers below"),
            partial(self.changes_of, size_map),
            keep,
            self._changes_failed,
            owner=self,
        )

    def _changes_failed(self, error: BaseException) -> None:
        message = from_error(error, self.tr("comparing with the layers below"))
        if message is not None:
            self._tell(message.line)
        self._wanted = None
        self.colouring.setCurrentIndex(0)
        self._lay_out()

    def _lay_out_again(self) -> None:
        level = self._level
        if level is not None and level.size != (float(self.view.width()), float(self.view.height())):
            self._going_to = self._current_node()
            self._lay_out()

    def _lay_out(self) -> None:
        size_map, colouring = self._map, self._chosen()
        if size_map is None or colouring is None:
            return
        if self._task is not None:
            self._task.cancel()
        size = (float(max(1, self.view.width())), float(max(1, self.view.height())))
        if colouring is Colouring.CHANGE and not size_map.has_changes:
            colouring = size_map.colourings[0]
        folder, title = self._folder, self.view.title_height
        self._task = self._runner.start(
            self.tr("Drawing the size map"),
            lambda token, _sink: size_map.level(folder, size, colouring, token, title=title),
            self._show_level,
            self._failed,
            owner=self,
            quiet=True,
        )

    def _failed(self, error: BaseException) -> None:
        message = from_error(error)
        if message is not None:
            self._tell(message.line)

    def _show_level(self, level: SizeLevel) -> None:
        if self._map is None:
            return
        same = self._level is not None and self._level.folder == level.folder
        node = self._going_to if self._going_to >= 0 or not same else self._current_node()
        self._level, self._going_to = level, -1
        self.model.show(self._map, level)
        self.view.show_level(self._map, level, node)
        row = max(0, self.model.row_of(self._map.step_towards(level.folder, node)) if node >= 0 else 0)
        self.table.setCurrentIndex(self.model.index(row, 0))
        self._show_crumbs(level)
        self._show_legend(level)
        self.up_button.setEnabled(level.folder != 0)

    def _show_crumbs(self, level: SizeLevel) -> None:
        self._empty(self._crumbs)
        for crumb in level.crumbs[:1] + level.crumbs[1:][-4:]:
            if crumb.node:
                self._crumbs.addWidget(text.label("›"))
            label = crumb.label
            button = QToolButton(self)
            button.setText(text.caption(label if len(label) <= _LONGEST_CRUMB else label[: _LONGEST_CRUMB - 1] + "…"))
            text.set_tip(button, label)
            button.setAccessibleName(self.tr("Go to %s") % label)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self.go_to, crumb.node, level.folder))
            self._crumbs.addWidget(button)

    def _show_legend(self, level: SizeLevel) -> None:
        self._empty(self._legend)
        for word, hue in level.legend:
            swatch = QLabel(self)
            colour = QPixmap(_SWATCH, _SWATCH)
            colour.fill(colour_of(hue, self.palette()))
            swatch.setPixmap(colour)
            self._legend.addWidget(swatch)
            name = ElidedLabel(word)
            text.set_tip(name, word)
            self._legend.addWidget(name)
        self._legend.addStretch(1)

    def _empty(self, layout: QHBoxLayout) -> None:
        while (taken := layout.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _tell(self, note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))

    # one cursor for both --------------------------------------------------------------------------------

    def _tile_changed(self, place: int) -> None:
        level, size_map = self._level, self._map
        if level is None or size_map is None or not 0 <= place < len(level.tiles):
            return
        tile = level.tiles[place]
        self.status.emit(size_map.describe(level, tile), "")
        if tile.node != OTHERS or tile.parent != level.folder:
            node = tile.node if tile.node != OTHERS else tile.parent
            row = self.model.row_of(size_map.step_towards(level.folder, node))
            if row >= 0 and row != self.table.currentIndex().row():
                self._following = True
                self.table.setCurrentIndex(self.model.index(row, 0))
                self._following = False

    def _row_changed(self, row: int) -> None:
        level, size_map = self._level, self._map
        node = self.model.node(row)
        if level is None or size_map is None or node < 0 or self._following:
            return
        here = self.view.current
        shown = level.tiles[here].node if 0 <= here < len(level.tiles) else -1
        if shown <= 0 or size_map.step_towards(level.folder, shown) != node:
            self.view.go_to_node(node)

    def _enter_tile(self, place: int) -> None:
        level = self._level
        if level is not None and 0 <= place < len(level.tiles):
            tile = level.tiles[place]
            self.enter(tile.node if tile.node != OTHERS else tile.parent)

    def _show_menu(self, at: QPoint) -> None:
        if self._map is None:
            return
        node = self._current_node()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Go Into"), partial(self.enter, node)).setEnabled(node > 0)
        menu.addAction(self.tr("Folder Above"), self.leave).setEnabled(self._folder != 0)
        menu.addAction(self.tr("Show in Files"), self.show_in_files)
        menu.addSeparator()
        path = self._map.path_text(node if node > 0 else self._folder)
        menu.addAction(self.tr("Copy Path"), partial(QGuiApplication.clipboard().setText, path))
        menu.popup(at)
