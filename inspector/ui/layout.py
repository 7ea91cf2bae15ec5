"""How window, panes and columns are arranged: kept, brought back, and put back to how they were at first.

A state from another version, or a damaged one, is refused by Qt or by us, and what it was for stays as it is at first.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHeaderView, QMainWindow, QSplitter

from inspector.ui.archive_view import ArchiveView
from inspector.ui.settings import Settings
from inspector.viewmodel.pages import Page

VERSION = 1
"""Of `QMainWindow.saveState`: raised when docks or tool bars stop fitting; Qt refuses others."""
FIRST_SIZE = QSize(1240, 740)
_ALONG = Qt.Orientation.Horizontal
_LEAST_PX = 24
"""No column is brought back narrower than a finger."""


def keep_window(settings: Settings, window: QMainWindow) -> None:
    """Size and place, docks and tool bars."""
    settings.keep_state("geometry", window.saveGeometry())
    settings.keep_state("window", window.saveState(VERSION))


def recall_window(settings: Settings, window: QMainWindow) -> None:
    geometry, state = settings.state("geometry"), settings.state("window")
    if not geometry.isEmpty():
        window.restoreGeometry(geometry)
    if not state.isEmpty():
        window.restoreState(state, VERSION)


def reset_window(window: QMainWindow, first: QByteArray) -> None:
    """`first` is the state of the window before anything was brought back."""
    if not (window.isMaximized() or window.isFullScreen()):
        window.resize(FIRST_SIZE)
    window.restoreState(first, VERSION)
    for dock in window.findChildren(QDockWidget):
        dock.setFloating(False)


def keep_view(settings: Settings, view: ArchiveView) -> None:
    """How the panes and columns of `view` are arranged, for the next archive."""
    files = view.pages.files
    settings.keep_state("splitter", view.splitter.saveState())
    settings.keep_state("tree-columns", view.tree.columns_state())
    settings.keep_state("preview", files.splitter.saveState())
    settings.keep_flag("json-as-tree", view.pages.json.shows_tree)
    settings.keep_flag("preview-hidden", not files.shows_preview)
    settings.keep_flag("tree-hidden", view.tree.isHidden())
    settings.keep_flag("compare-below", files.compare.wanted)
    settings.pages = {**settings.pages, **view.pages.wanted}
    for name, state in files.view.states.items():
        settings.keep_state(name, state)
    for name, part in _parts(view):
        settings.keep_state(name, part.saveState())
    settings.extract_folder = view.extract_folder


def recall_view(settings: Settings, view: ArchiveView) -> None:
    """As the last archive was arranged."""
    files = view.pages.files
    _split(view.splitter, settings.state("splitter"))
    _split(files.splitter, settings.state("preview"))
    view.pages.json.show_tree(settings.flag("json-as-tree"))
    view.tree.recall_columns(partial(_columns, state=settings.state("tree-columns")))
    files.show_preview(not settings.flag("preview-hidden"))
    view.tree.setHidden(settings.flag("tree-hidden"))
    files.compare.wanted = settings.flag("compare-below")
    view.pages.wanted.update(settings.pages)
    for name, part in _parts(view):
        view.first_states[name] = part.saveState()
        _split(part, settings.state(name)) if isinstance(part, QSplitter) else _columns(part, settings.state(name))
    view.extract_folder = settings.extract_folder
    files.view.states = {name: state for name in files.view.STATES if not (state := settings.state(name)).isEmpty()}


def reset_view(view: ArchiveView) -> None:
    """Panes and columns as they were at first."""
    view.reset_layout()
    for name, part in _parts(view):
        if name in view.first_states:
            part.restoreState(view.first_states[name])


def _parts(view: ArchiveView) -> list[tuple[str, QSplitter | QHeaderView]]:
    """Splitters and table headers of the pages, by a name that stays; the file list remembers its own."""
    found: list[tuple[str, QSplitter | QHeaderView]] = []
    for page, widget in view.pages.widgets.items():
        if page is Page.FILES:
            continue
        found += [(f"{page}-splitter-{number}", part) for number, part in enumerate(widget.findChildren(QSplitter))]
        headers = [header for header in widget.findChildren(QHeaderView) if header.orientation() is _ALONG]
        found += [(f"{page}-columns-{number}", part) for number, part in enumerate(headers)]
    return found


def _split(splitter: QSplitter, state: QByteArray) -> None:
    """Sizes from a state in which every pane would be gone, or that is none, are not taken."""
    first, along = splitter.saveState(), splitter.orientation()
    if state.isEmpty() or not splitter.restoreState(state):
        return
    if not any(splitter.sizes()) or (splitter.count() > 2 and splitter.orientation() is not along):
        splitter.restoreState(first)
    splitter.setChildrenCollapsible(False)


def _columns(header: QHeaderView, state: QByteArray) -> None:
    modes = [header.sectionResizeMode(section) for section in range(header.count())]
    first = header.saveState()
    if state.isEmpty() or not header.restoreState(state):
        return
    hidden = any(header.isSectionHidden(section) for section in range(header.count()))
    if hidden or header.count() != len(modes):
        header.restoreState(first)
    for section, mode in enumerate(modes):
        header.setSectionResizeMode(section, mode)
        if header.sectionSize(section) < _LEAST_PX:
            header.resizeSection(section, _LEAST_PX * 3)
