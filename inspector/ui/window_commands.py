"""What each command of the window does: the one place where identifiers of `viewmodel/commands.py` meet methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from inspector.ui.archive_view import ArchiveView
from inspector.ui.help_dialog import HelpDialog
from inspector.ui.shortcuts_dialog import CommandPalette, ShortcutsDialog
from inspector.viewmodel.pages import Page

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow

NEED_AN_ARCHIVE = (
    "reopen", "compare-archives", "export-now", "export", "close-tab", "copy", "copy-as", "filter", "expand-all", "collapse-all", "toggle-tree",
    "back", "forward", "up", "verify", "check-everything", "save-report", "findings-panel", "show-source", "extract", "search", "find-next", "find-previous",
    "turn-preview", "compare-below", "json-tree", "dockerfile", "file-history",
    *(f"page-{page.value}" for page in Page),
)  # fmt: skip
"""Commands that are off while no archive is open."""


def handlers_of(window: MainWindow) -> dict[str, Callable[[], object]]:
    """For every command of the window (`viewmodel/commands.py`) what it does."""

    def with_view(call: Callable[[ArchiveView], object]) -> Callable[[], None]:
        def run() -> None:
            if window.view is not None:
                call(window.view)

        return run

    handlers: dict[str, Callable[[], object]] = {
        "open": window.ask_for_files,
        "open-folder": window.ask_for_folder,
        "reopen": window.archives.reopen,
        "export-now": with_view(window.exports.export_now),
        "export": with_view(window.ask_export),
        "close-tab": lambda: window.archives.ask_to_close(window.archives.tabs.currentIndex()),
        "quit": window.close,
        "copy-as": window.copy_as,
        "extract": with_view(ArchiveView.extract),
        "search": with_view(ArchiveView.search),
        "filter": with_view(lambda view: view.pages.start_search()),
        "find-next": with_view(lambda view: view.pages.json.find_next()),
        "find-previous": with_view(lambda view: view.pages.json.find_previous()),
        "file-history": with_view(ArchiveView.show_file_history),
        "dockerfile": with_view(lambda view: view.pages.toggle_dockerfile()),
        "json-tree": with_view(lambda view: view.pages.toggle_json_tree()),
        "compare-below": with_view(lambda view: view.pages.compare_below()),
        "expand-all": lambda: window.expand(everything=True),
        "collapse-all": lambda: window.expand(everything=False),
        "toggle-tree": with_view(lambda view: view.tree.setVisible(not view.tree.isVisible())),
        "turn-preview": with_view(lambda view: view.pages.files.turn_preview()),
        "full-screen": lambda: window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen),
        "reset-layout": window.reset_layout,
        "back": with_view(ArchiveView.back),
        "forward": with_view(ArchiveView.forward),
        "up": with_view(ArchiveView.up),
        "next-tab": partial(window.archives.step, 1),
        "previous-tab": partial(window.archives.step, -1),
        "findings-panel": window.show_findings_panel,
        "verify": with_view(ArchiveView.verify),
        "check-everything": with_view(ArchiveView.check_everything),
        "save-report": with_view(window.reports.ask),
        "compare-archives": with_view(window.compare),
        "stop": window.stop,
        "show-source": window.show_source,
        "preferences": window.show_preferences,
        "palette": lambda: CommandPalette(window.actions_by_id, window).open(),
        "help": lambda: HelpDialog(window).show(),
        "shortcuts": lambda: ShortcutsDialog(window).open(),
        "about": window.about,
    }
    for page in Page:
        handlers[f"page-{page.value}"] = partial(window.show_page, page)
    return handlers
