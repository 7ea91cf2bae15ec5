"""The window: tabs of archives, the page to drop one on, menus, tool bar and status bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from inspector import __version__
from inspector.ui import text
from inspector.ui.actions import fill_menus, make_actions, redraw_icons
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import icon
from inspector.ui.exports import Exports
from inspector.ui.settings import Settings
from inspector.ui.shortcuts_dialog import CommandPalette, ShortcutsDialog
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.widgets.drop_page import DropPage
from inspector.ui.widgets.findings_button import FindingsButton
from inspector.ui.widgets.message_bar import MessageBar
from inspector.ui.widgets.task_status import TaskStatus
from inspector.viewmodel.messages import Action, Message, from_error
from inspector.viewmodel.pages import Page
from inspector.viewmodel.session import ArchiveSession, open_session

_SIZE = QSize(1180, 760)
_NEED_AN_ARCHIVE = (
    "reopen", "export-now", "export", "close-tab", "copy", "copy-as", "filter", "expand-all", "collapse-all", "toggle-tree",
    "back", "forward", "up", "verify", "show-source", "find-next", "find-previous",
    *(f"page-{page.value}" for page in Page),
)  # fmt: skip


class MainWindow(QMainWindow):
    """Made by `inspector.app`; everything that it needs is given to it."""

    def __init__(self, runner: TaskRunner, settings: Settings) -> None:
        super().__init__()
        self.runner = runner
        self.settings = settings
        self.exports = Exports(runner, self)
        self.exports.open_asked.connect(lambda path: self.open_paths([path]))
        self._may_close = False
        self._opening: dict[str, Task[ArchiveSession]] = {}
        self.setAcceptDrops(True)
        self.setWindowTitle(self.tr("Image Inspector"))
        self.setWindowIcon(icon("app"))
        self.resize(_SIZE)
        self.bar = MessageBar(self)
        self.bar.action_chosen.connect(self._act)
        self.empty = DropPage(self)
        self.empty.open_asked.connect(self.ask_for_files)
        self.empty.path_chosen.connect(lambda path: self.open_paths([Path(path)]))
        self.empty.path_removed.connect(self._forget_recent)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setTabsClosable(True)
        self.tabs.setMovable(True)
        self.tabs.tabCloseRequested.connect(self._close_at)
        self.tabs.currentChanged.connect(self._tab_changed)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.tabs)
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        self.actions_by_id = make_actions(self, self._handlers())
        self.addActions(list(self.actions_by_id.values()))
        fill_menus(self, self.actions_by_id)
        self._fill_tool_bar()
        self._fill_status_bar()
        self._restore()
        self._show_recent()
        self._tab_changed(-1)

    # --- opening and closing ---------------------------------------------------------------------------------------------

    @property
    def view(self) -> ArchiveView | None:
        """The archive in front."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, ArchiveView) else None

    def views(self) -> list[ArchiveView]:
        """All open archives, in the order of their tabs."""
        widgets = (self.tabs.widget(at) for at in range(self.tabs.count()))
        return [widget for widget in widgets if isinstance(widget, ArchiveView)]

    def open_paths(self, paths: Sequence[Path], raised: tuple[str, ...] = ()) -> None:
        """Open each path in a tab of its own; one that is open already comes to the front."""
        for path in paths:
            known = next((view for view in self.views() if view.session.path == path), None)
            if known is not None:
                self.tabs.setCurrentWidget(known)
            elif str(path) not in self._opening:
                self._open(path, raised)

    def _open(self, path: Path, raised: tuple[str, ...]) -> None:
        self.bar.hide()
        self._opening[str(path)] = self.runner.start(
            self.tr("Opening %s") % path.name,
            lambda token, sink: open_session(path, token, sink, raised=raised),
            self._opened,
            partial(self._not_opened, path),
            on_end=partial(self._opening_ended, str(path)),
        )

    def _opening_ended(self, path: str) -> None:
        self._opening.pop(path, None)

    def _opened(self, session: ArchiveSession) -> None:
        view = ArchiveView(session, self.runner, self)
        view.status.connect(self._show_selection)
        view.moved.connect(self._update_actions)
        view.bar.action_chosen.connect(partial(self._act_for, view))
        view.pages.findings.node_followed.connect(lambda _node: self._show_finding(view))
        at = self.tabs.addTab(view, icon("archive"), text.caption(session.title))
        self.tabs.setTabToolTip(at, text.tooltip(session.tooltip))
        state = self.settings.state("splitter")
        if not state.isEmpty():
            view.splitter.restoreState(state)
        self.tabs.setCurrentIndex(at)
        self.stack.setCurrentWidget(self.tabs)
        self.settings.recent = self.settings.recent.adding(session.recent(time.time()))
        self.settings.folder = str(session.path.parent)
        self._tab_changed(at)
        view.tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def _not_opened(self, path: Path, error: BaseException) -> None:
        message = from_error(error, self.tr("Opening %s") % path.name)
        if message is not None:
            self._show_message(message, str(path))

    def _show_message(self, message: Message, subject: str) -> None:
        self._failed_path = subject
        self.bar.show_message(message)

    def ask_for_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Open image archives"),
            self.settings.folder,
            self.tr("Archives (*.tar *.tar.* *.tgz *.tzst *.oci *.img);;All files (*)"),
        )
        self.open_paths([Path(path) for path in chosen])

    def ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Open an image layout folder"), self.settings.folder)
        if chosen:
            self.open_paths([Path(chosen)])

    def reopen(self) -> None:
        """Read the archive in front again from disk."""
        view = self.view
        if view is not None:
            path = view.session.path
            self._close_at(self.tabs.currentIndex())
            self.open_paths([path])

    def _close_at(self, at: int) -> None:
        view = self.tabs.widget(at)
        if isinstance(view, ArchiveView):
            self.tabs.removeTab(at)
            view.close_archive()
            view.deleteLater()
        if not self.tabs.count():
            self.stack.setCurrentWidget(self.empty)
            self._show_recent()
        self._tab_changed(self.tabs.currentIndex())

    def _forget_recent(self, path: str) -> None:
        self.settings.recent = self.settings.recent.without(path)
        self._show_recent()

    def _show_recent(self) -> None:
        recent = self.settings.recent
        self.empty.show_recent(recent, {}, time.time())
        paths = [entry.path for entry in recent.entries]
        if paths:
            # A dead network share answers after half a minute: never asked on this thread.
            self.runner.start(
                self.tr("Looking for recent archives"),
                lambda _token, _sink: {path: not Path(path).exists() for path in paths},
                lambda missing: self.empty.show_recent(self.settings.recent, missing, time.time()),
                lambda _error: None,
                quiet=True,
            )

    # --- drag and drop ----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = _local_paths(event)
        if paths:
            event.acceptProposedAction()
            hint = (
                self.tr("Open %s") % paths[0].name
                if len(paths) == 1
                else self.tr("Open %d archives in tabs") % len(paths)
            )
            self.empty.invite(hint)
            self.statusBar().showMessage(hint)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _local_paths(event):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drag_ended()
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _local_paths(event)
        self._drag_ended()
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def _drag_ended(self) -> None:
        self.empty.invite("")
        self.statusBar().clearMessage()

    # --- commands ---------------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[[], object]]:
        def with_view(call: Callable[[ArchiveView], None]) -> Callable[[], None]:
            def run() -> None:
                if self.view is not None:
                    call(self.view)

            return run

        handlers: dict[str, Callable[[], object]] = {
            "open": self.ask_for_files,
            "open-folder": self.ask_for_folder,
            "reopen": self.reopen,
            "export-now": with_view(self.exports.export_now),
            "export": with_view(self._ask_export),
            "close-tab": lambda: self._close_at(self.tabs.currentIndex()),
            "quit": self.close,
            "copy-as": self._copy_as,
            "filter": with_view(lambda view: view.pages.start_search()),
            "find-next": with_view(lambda view: view.pages.json.find_next()),
            "find-previous": with_view(lambda view: view.pages.json.find_previous()),
            "expand-all": lambda: self._expand(everything=True),
            "collapse-all": lambda: self._expand(everything=False),
            "toggle-tree": with_view(lambda view: view.tree.setVisible(not view.tree.isVisible())),
            "full-screen": lambda: self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen),
            "reset-layout": self._reset_layout,
            "back": with_view(ArchiveView.back),
            "forward": with_view(ArchiveView.forward),
            "up": with_view(ArchiveView.up),
            "next-tab": lambda: self._step_tab(1),
            "previous-tab": lambda: self._step_tab(-1),
            "verify": with_view(ArchiveView.verify),
            "stop": self._stop,
            "show-source": self._show_source,
            "palette": lambda: CommandPalette(self.actions_by_id, self).open(),
            "shortcuts": lambda: ShortcutsDialog(self).open(),
            "about": self._about,
        }
        for page in Page:
            handlers[f"page-{page.value}"] = partial(self._show_page, page)
        return handlers

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
        self.findings_button.clicked.connect(self._show_findings)
        self.selection: QLabel = text.label()
        bar.addWidget(self.findings_button)
        bar.addWidget(self.selection)
        self.task_status = TaskStatus(self.runner, self)
        bar.addPermanentWidget(self.task_status)

    def _ask_export(self, view: ArchiveView) -> None:
        self.exports.ask(view)

    def _show_findings(self) -> None:
        if self.view is not None:
            self.view.show_findings()

    def _show_page(self, page: Page) -> None:
        if self.view is not None:
            self.view.pages.show_page(page)

    def _copy_as(self) -> None:
        if self.view is not None:
            menu = self.view.copy_menu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(
                self.view.tree.mapToGlobal(self.view.tree.visualRect(self.view.tree.currentIndex()).bottomLeft())
            )

    def _expand(self, *, everything: bool) -> None:
        if self.view is None:
            return
        if self.view.pages.page is Page.FILES and not self.view.tree.hasFocus():
            files = self.view.pages.files.view
            files.expand_all() if everything else files.collapse_all()
        elif everything:
            self.view.tree.expandAll()
        else:
            self.view.tree.collapseAll()

    def _step_tab(self, by: int) -> None:
        if self.tabs.count():
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())

    def _stop(self) -> None:
        bars = [self.bar, *(view.bar for view in self.views())]
        if any(not task.quiet for task in self.runner.tasks):
            self.task_status.stop()
        else:
            for bar in bars:
                bar.hide()

    def _show_source(self) -> None:
        if self.view is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.view.session.path.parent)))

    def _about(self) -> None:
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

    def _act(self, action: Action, message: Message) -> None:
        self.bar.hide()
        path = Path(self._failed_path)
        if action is Action.CONTINUE_WITH_MORE:
            self.open_paths([path], raised=(message.limit,))
        elif action in (Action.RETRY, Action.REOPEN):
            self.open_paths([path])
        elif action is Action.OPEN_OTHER:
            self.ask_for_files()

    def _act_for(self, view: ArchiveView, action: Action, message: Message) -> None:
        if self.exports.act(view, action, message):
            return
        view.bar.hide()
        if action is Action.REOPEN:
            self.tabs.setCurrentWidget(view)
            self.reopen()
        elif action is Action.SHOW_FINDINGS:
            view.show_findings()
        elif action in (Action.SAVE_AS, Action.REPLACE, Action.RETRY):
            self.exports.ask(view)

    def _show_finding(self, view: ArchiveView) -> None:
        row = view.pages.findings.model.row(view.pages.findings.view.currentIndex())
        if row is not None:
            view.show_finding(row)

    # --- state ------------------------------------------------------------------------------------------------------------

    def _tab_changed(self, _at: int) -> None:
        view = self.view
        name = text.title(f"{view.session.title} — ") if view is not None else ""
        self.setWindowTitle(f"{name}{' ' if name else ''}{self.tr('Image Inspector')}")
        self.findings_button.show_findings(view.session.findings if view is not None else None)
        self.selection.clear()
        self._update_actions()

    def _update_actions(self) -> None:
        view = self.view
        for identifier in _NEED_AN_ARCHIVE:
            action: QAction | None = self.actions_by_id.get(identifier)
            if action is not None:
                action.setEnabled(view is not None)
        if view is not None:
            self.actions_by_id["back"].setEnabled(view.can_go_back)
            self.actions_by_id["forward"].setEnabled(view.can_go_forward)
            self.actions_by_id["up"].setEnabled(view.node.parent is not None)

    def _show_selection(self, shown: str, tip: str) -> None:
        self.selection.setText(shown)
        self.selection.setToolTip(text.tooltip(tip))

    def _restore(self) -> None:
        geometry = self.settings.state("geometry")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    def _reset_layout(self) -> None:
        self.settings.forget_states()
        self.resize(_SIZE)
        for view in self.views():
            view.tree.show()
            view.splitter.setSizes([2 * self.width() // 5, 3 * self.width() // 5])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange) and hasattr(
            self, "actions_by_id"
        ):
            redraw_icons(self.actions_by_id)
            for view in self.views():
                view.model.palette_changed()
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
            quiet=True,
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.exports.running and not self._may_close:
            event.ignore()
            self._ask_to_close()
            return
        self.settings.keep_state("geometry", self.saveGeometry())
        if self.view is not None:
            self.settings.keep_state("splitter", self.view.splitter.saveState())
        self.settings.sync()
        self.runner.shut_down()
        for view in self.views():
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


def _local_paths(event: QDropEvent | QDragMoveEvent) -> list[Path]:
    """The local files of a drag; other URLs are never fetched."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
