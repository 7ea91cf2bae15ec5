"""The window: tabs of archives, the page to drop one on, menus, tool bar and status bar."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMainWindow, QMessageBox

from inspector import __version__
from inspector.ui import text
from inspector.ui.actions import fill_menus, make_actions, redraw_icons
from inspector.ui.archive_stack import ArchiveStack
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import icon, redraw
from inspector.ui.dropping import DropChoice, Dropping
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.exports import Exports
from inspector.ui.findings_dock import FindingsDock
from inspector.ui.layout import FIRST_SIZE, keep_window, recall_window, reset_view, reset_window
from inspector.ui.layout import VERSION as LAYOUT_VERSION
from inspector.ui.preferences_dialog import PreferencesDialog
from inspector.ui.reports import Reports
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.ui.theme import follow_colour_scheme
from inspector.ui.translator import languages
from inspector.ui.widgets.findings_button import FindingsButton
from inspector.ui.widgets.task_status import TaskStatus
from inspector.ui.window_commands import NEED_AN_ARCHIVE, handlers_of
from inspector.viewmodel import preferences
from inspector.viewmodel.display import elided
from inspector.viewmodel.messages import Action, Message
from inspector.viewmodel.pages import Page
from inspector.viewmodel.preferences import Preferences, Reopen

_DROP_NAME = 40
"""Characters of a name in the fields to drop something on."""


class MainWindow(QMainWindow):
    """Made by `ui/live_window.py`; everything that it needs is given to it."""

    language_chosen = Signal()
    """The preferences name another language than before; whoever made the window makes it anew."""

    def __init__(self, runner: TaskRunner, settings: Settings) -> None:
        super().__init__()
        self.runner = runner
        self.settings = settings
        self.exports = Exports(runner, self)
        self.exports.open_asked.connect(lambda path: self.open_paths([path]))
        self.reports = Reports(runner, self)
        self.exports.saved_presets = settings.export_presets
        self.exports.presets_changed.connect(lambda saved: setattr(settings, "export_presets", saved))
        self._may_close = self._gives_way = False
        self.setWindowTitle(self.tr("Image Inspector"))
        self.setWindowIcon(icon("app"))
        self.resize(FIRST_SIZE)
        self.archives = ArchiveStack(runner, settings, self)
        self.archives.files_asked.connect(self.ask_for_files)
        self.archives.view_added.connect(self._connect_view)
        self.archives.view_changed.connect(self._view_changed)
        self.archives.is_busy = self.exports.is_running_for
        self.setCentralWidget(self.archives)
        self.dropping = Dropping(self, self.archives)
        self.dropping.more = self._what_else_to_do_with
        self.actions_by_id = make_actions(self, handlers_of(self))
        self.addActions(list(self.actions_by_id.values()))
        fill_menus(self, self.actions_by_id)
        self._fill_tool_bar()
        self._fill_status_bar()
        self.apply_preferences()
        self._first_state = self.saveState(LAYOUT_VERSION)
        recall_window(settings, self)
        self._view_changed()

    # --- opening ---------------------------------------------------------------------------------------------------------

    @property
    def view(self) -> ArchiveView | None:
        """The archive in front."""
        return self.archives.view

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open each path in a tab of its own."""
        self.archives.open_paths(paths)

    def open_from_outside(self, paths: Sequence[Path]) -> None:
        """Files that a later start or the desktop asks for: the window comes to the front, with or without any."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()
        self.open_paths(paths)

    def ask_for_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Open image archives"),
            self.settings.folder,
            self.tr("Archives (*.tar *.tar.* *.tgz *.tzst *.oci *.ocitar *.img);;All files (*)"),
        )
        self.open_paths([Path(path) for path in chosen])

    def ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Open an image layout folder"), self.settings.folder)
        if chosen:
            self.open_paths([Path(chosen)])

    def _connect_view(self, view: ArchiveView) -> None:
        view.status.connect(self._show_selection)
        view.moved.connect(self._update_actions)
        view.learned.connect(self._show_worst_finding)
        view.bar.action_chosen.connect(partial(self._act_for, view))
        view.pages.action_asked.connect(partial(self._act_for, view))

    # --- commands ---------------------------------------------------------------------------------------------------------

    def _fill_tool_bar(self) -> None:
        bar = self.addToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setIconSize(QSize(20, 20))
        for identifier in ("open", "export-now", "export", "", "verify", "", "back", "forward", "up"):
            if identifier:
                bar.addAction(self.actions_by_id[identifier])
            else:
                bar.addSeparator()
        for identifier in ("back", "forward", "up"):
            button = bar.widgetForAction(self.actions_by_id[identifier])
            if button is not None:
                button.setProperty("toolButtonStyle", Qt.ToolButtonStyle.ToolButtonIconOnly)

    def _fill_status_bar(self) -> None:
        bar = self.statusBar()
        self.findings_button = FindingsButton(self)
        self.findings_button.clicked.connect(self.show_findings_panel)
        self.selection: QLabel = text.label()
        bar.addWidget(self.findings_button)
        bar.addWidget(self.selection)
        self.task_status = TaskStatus(self.runner, self)
        bar.addPermanentWidget(self.task_status)
        self.findings_dock = FindingsDock(self)
        self.findings_dock.fix_asked.connect(lambda view, rows: self.ask_export(view, [row.code for row in rows]))
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.findings_dock)

    def compare(self, view: ArchiveView) -> None:
        """Ask for another archive, then tell in what the two differ."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Compare with which archive?"), str(view.session.path.parent)
        )
        if chosen:
            view.compare_with(Path(chosen))

    def merge(self, view: ArchiveView, paths: Sequence[Path]) -> ExportDialog:
        """The export dialog of `view`, with the images of the archives at `paths` added."""
        others = [path for path in self.archives.others(view) if path not in paths]
        dialog = self.exports.ask(view, [*paths, *others])
        dialog.choices.merge_with(paths)
        return dialog

    def _what_else_to_do_with(self, paths: Sequence[Path]) -> list[DropChoice]:
        """Beside opening what is dragged over an open archive."""
        view = self.view
        others = [path for path in paths if view is not None and path != view.session.path]
        if view is None or len(others) < len(paths):
            return []
        name = elided(view.session.title, _DROP_NAME)
        found = [DropChoice(self.tr("Merge with %s") % name, partial(self.merge, view))]
        if len(paths) == 1:
            found.insert(0, DropChoice(self.tr("Compare with %s") % name, lambda paths: view.compare_with(paths[0])))
        return found

    def ask_export(self, view: ArchiveView, codes: Sequence[str] = ()) -> None:
        self.exports.ask(view, self.archives.others(view), codes=codes)

    def show_preferences(self) -> PreferencesDialog:
        dialog = PreferencesDialog(
            self.settings.preferences,
            self.runner,
            self,
            languages=languages(),
            cache_folder=self.settings.cache_folder,
        )
        dialog.changed.connect(self._preferences_changed)
        dialog.open()
        return dialog

    def _preferences_changed(self, chosen: Preferences) -> None:
        before = self.settings.preferences
        self.settings.preferences = chosen
        self.apply_preferences()
        if chosen.language != before.language:
            self.language_chosen.emit()

    def apply_preferences(self) -> None:
        """Let everything follow that the person chose; at the start, and again at each change."""
        chosen = self.settings.preferences
        self.exports.preset = chosen.preset
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        follow_colour_scheme(application).choose(chosen.theme)
        if preferences.apply(chosen):
            self.archives.tell_anew()

    def show_findings_panel(self) -> None:
        self.findings_dock.ask()

    def show_page(self, page: Page) -> None:
        if self.view is not None:
            self.view.pages.show_page(page)

    def copy_as(self) -> None:
        if self.view is not None:
            menu = self.view.copy_menu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(
                self.view.tree.mapToGlobal(self.view.tree.visualRect(self.view.tree.currentIndex()).bottomLeft())
            )

    def expand(self, *, everything: bool) -> None:
        if self.view is None:
            return
        if self.view.pages.page is Page.FILES and not self.view.tree.hasFocus():
            files = self.view.pages.files.view
            files.expand_all() if everything else files.collapse_all()
        elif everything:
            self.view.tree.expandAll()
        else:
            self.view.tree.collapseAll()

    def stop(self) -> None:
        if any(not task.quiet for task in self.runner.tasks):
            self.task_status.stop()
        else:
            self.archives.hide_messages()

    def show_source(self) -> None:
        if self.view is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.view.session.path.parent)))

    def about(self) -> None:
        box = text.message_box(
            self,
            self.tr("Image Inspector %s") % __version__,
            self.tr("See what is inside a container image archive, and re-save it OCI compliant.\nApache License 2.0"),
            icon=QMessageBox.Icon.Information,
        )
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # --- what messages ask for ------------------------------------------------------------------------------------------

    def _act_for(self, view: ArchiveView, action: Action, message: Message) -> None:
        if self.exports.act(view, action, message):
            return
        if action is Action.SHOW_IN_FOLDER:
            QDesktopServices.openUrl(QUrl.fromLocalFile(message.subject))
            return
        view.bar.hide()
        if view.act(action, message):
            return
        if action is Action.REOPEN:
            self.archives.tabs.setCurrentWidget(view)
            self.archives.reopen()
        elif action is Action.SHOW_FINDINGS:
            view.show_findings()
        elif action in (Action.SAVE_AS, Action.REPLACE):
            self.exports.ask(view, self.archives.others(view))
        elif action is Action.OPEN_OTHER:
            self.ask_for_files()
        elif action is Action.RETRY:
            self._look_at_source(view)

    # --- state ------------------------------------------------------------------------------------------------------------

    def _view_changed(self) -> None:
        view = self.view
        name = text.title(f"{view.session.title} — ") if view is not None else ""
        self.setWindowTitle(f"{name}{' ' if name else ''}{self.tr('Image Inspector')}")
        self._show_worst_finding()
        self.selection.clear()
        self._update_actions()

    def _show_worst_finding(self) -> None:
        self.findings_button.show_findings(self.view.session.findings if self.view is not None else None)
        self.findings_dock.show_view(self.view)

    def _update_actions(self) -> None:
        view = self.view
        for identifier in NEED_AN_ARCHIVE:
            action: QAction | None = self.actions_by_id.get(identifier)
            if action is not None:
                action.setEnabled(view is not None)
        if view is not None:
            self.actions_by_id["back"].setEnabled(view.can_go_back)
            self.actions_by_id["forward"].setEnabled(view.can_go_forward)
            self.actions_by_id["up"].setEnabled(view.node.parent is not None)

    def _show_selection(self, shown: str, tip: str) -> None:
        self.selection.setText(shown)
        text.set_tip(self.selection, tip)

    def reset_layout(self) -> None:
        self.settings.forget_states()
        reset_window(self, self._first_state)
        for view in self.archives.views():
            reset_view(view)

    def start(self, paths: Sequence[Path]) -> None:
        """The first thing that the window does: open `paths`, or what was open when it was closed last."""
        last, reopen = self.settings.last_session, self.settings.preferences.reopen
        if paths:
            self.open_paths(paths)
        elif reopen is Reopen.ALWAYS:
            self.archives.open_again(last)
        elif reopen is Reopen.ASK:
            self.archives.offer_again(last)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange) and hasattr(
            self, "actions_by_id"
        ):
            redraw_icons(self.actions_by_id)
            redraw(self)
            self.archives.palette_changed()
        elif event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.view is not None:
            self._look_at_source(self.view)

    def _look_at_source(self, view: ArchiveView) -> None:
        """Whoever comes back to the window learns that the file changed meanwhile."""

        def tell(message: Message | None) -> None:
            if message is not None and not view.session.closed:
                view.bar.show_message(message)
                view.refresh_states()

        self.runner.start(
            self.tr("Looking at the file"),
            lambda _t, _s: view.session.source_changed(),
            tell,
            lambda _e: None,
            owner=view,
            quiet=True,
        )

    def give_way(self) -> None:
        """Close and delete this window, but nothing that is open: another window goes on with it."""
        self._gives_way = True
        for view in self.archives.views():
            view.session.let_go()
            view.close_archive()
        self.close()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._gives_way:
            event.accept()
            return
        if self.exports.running and not self._may_close:
            event.ignore()
            self._ask_to_close()
            return
        keep_window(self.settings, self)
        self.settings.last_session = self.archives.session()
        if self.view is not None:
            self.archives.remember(self.view)
        self.settings.sync()
        self.runner.shut_down()
        for view in self.archives.views():
            view.close_archive()
        event.accept()

    def _ask_to_close(self) -> None:
        box = text.message_box(
            self,
            self.tr("An export is running"),
            self.tr("Closing the window stops it; nothing unfinished is left behind."),
        )
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(self.tr("Keep running"), QMessageBox.ButtonRole.RejectRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(self._close_anyway)
        box.open()

    def _close_anyway(self) -> None:
        self._may_close = True
        self.close()
