"""The middle of the window: the open archives as tabs, or the page to drop one on; opening and closing them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QTabWidget, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import icon
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.ui.widgets.drop_page import DropPage
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel.display import safe
from inspector.viewmodel.messages import Action, Message, from_error
from inspector.viewmodel.session import ArchiveSession, open_session


class ArchiveStack(QWidget):
    """Opens paths in tabs of their own; what cannot be opened is told in a bar above them."""

    view_added = Signal(object)
    """A new `ArchiveView`, before it comes to the front."""
    view_changed = Signal()
    """Another archive is in front, or none."""
    files_asked = Signal()

    def __init__(self, runner: TaskRunner, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._settings = settings
        self._opening: set[str] = set()
        self._raised: dict[str, tuple[str, ...]] = {}
        self._failed: dict[Message, Path] = {}
        self.bar = MessageBar(self)
        self.bar.action_chosen.connect(self._act)
        self.empty = DropPage(self)
        self.empty.open_asked.connect(self.files_asked)
        self.empty.path_chosen.connect(lambda path: self.open_paths([Path(path)]))
        self.empty.path_removed.connect(self._forget_recent)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Open archives"))
        self.tabs.tabBar().setAccessibleName(self.tr("Open archives"))
        self.tabs.setMovable(True)
        self.tabs.currentChanged.connect(lambda _at: self.view_changed.emit())
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self._show_recent()

    @property
    def view(self) -> ArchiveView | None:
        """The archive in front."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, ArchiveView) else None

    def views(self) -> list[ArchiveView]:
        """All open archives, in the order of their tabs."""
        widgets = (self.tabs.widget(at) for at in range(self.tabs.count()))
        return [widget for widget in widgets if isinstance(widget, ArchiveView)]

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open each path in a tab of its own; one that is open already comes to the front."""
        self.bar.clear()
        self._failed.clear()
        for path in paths:
            known = next((view for view in self.views() if view.session.path == path), None)
            if known is not None:
                self.tabs.setCurrentWidget(known)
            elif str(path) not in self._opening:
                self._open(path)

    def reopen(self) -> None:
        """Read the archive in front again from disk."""
        view = self.view
        if view is not None and str(view.session.path) not in self._opening:
            self._open(view.session.path, instead_of=view)

    def close_at(self, at: int) -> None:
        """Close the archive of a tab."""
        view = self.tabs.widget(at)
        if not isinstance(view, ArchiveView):
            return
        self.tabs.removeTab(at)
        view.close_archive()
        view.deleteLater()
        if not self.tabs.count():
            self._stack.setCurrentWidget(self.empty)
            self._show_recent()
        self.view_changed.emit()

    def step(self, by: int) -> None:
        """To the next or the previous tab, around the end."""
        if self.tabs.count():
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())

    def hide_messages(self) -> None:
        self.bar.clear()
        for view in self.views():
            view.bar.hide()

    def remember(self, view: ArchiveView) -> None:
        """Keep how its panes and columns are arranged, for the next archive."""
        self._settings.keep_state("splitter", view.splitter.saveState())
        self._settings.keep_state("tree-columns", view.tree.header().saveState())
        self._settings.keep_flag("compare-below", view.pages.files.compare.wanted)
        files = view.pages.files.view
        for name, state in files.states.items():
            self._settings.keep_state(name, state)

    def _recall(self, view: ArchiveView) -> None:
        splitter, columns = self._settings.state("splitter"), self._settings.state("tree-columns")
        if not splitter.isEmpty():
            view.splitter.restoreState(splitter)
        if not columns.isEmpty():
            view.tree.header().restoreState(columns)
        view.pages.files.compare.wanted = self._settings.flag("compare-below")
        files = view.pages.files.view
        files.states = {name: state for name in files.STATES if not (state := self._settings.state(name)).isEmpty()}

    def _close_button(self, view: ArchiveView) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("close"))
        button.setIconSize(QSize(12, 12))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolTip(text.tooltip(self.tr("Close this archive")))
        button.setAccessibleName(self.tr("Close %s") % view.session.title)
        button.clicked.connect(lambda: self.close_at(self.tabs.indexOf(view)))
        return button

    def _open(self, path: Path, instead_of: ArchiveView | None = None) -> None:
        self._opening.add(str(path))
        raised = self._raised.get(str(path), ())

        self._runner.start(
            self.tr("Opening %s") % safe(path.name),
            lambda token, sink: open_session(path, token, sink, raised=raised),
            partial(self._opened, instead_of),
            partial(self._not_opened, path),
            on_end=partial(self._opening.discard, str(path)),
            on_drop=ArchiveSession.close,
        )

    def _opened(self, instead_of: ArchiveView | None, session: ArchiveSession) -> None:
        front = self.view
        if front is not None:
            self.remember(front)
        view = ArchiveView(session, self._runner, self)
        self._recall(view)
        self.tabs.setUpdatesEnabled(False)
        at = self.tabs.indexOf(instead_of) if instead_of is not None and isValid(instead_of) else -1
        if instead_of is not None and at >= 0:
            node = session.tree.find_by_key(instead_of.node.key)
            self.close_at(at)
            if node is not None:
                view.select(node)
        self.view_added.emit(view)
        at = self.tabs.insertTab(
            at if at >= 0 else self.tabs.count(), view, icon("archive"), text.caption(session.title)
        )
        self.tabs.tabBar().setTabButton(at, QTabBar.ButtonPosition.RightSide, self._close_button(view))
        self.tabs.setTabToolTip(at, text.tooltip(session.tooltip))
        self._stack.setCurrentWidget(self.tabs)
        self.tabs.setCurrentIndex(at)
        self.tabs.setUpdatesEnabled(True)
        self._settings.recent = self._settings.recent.adding(session.recent(time.time()))
        self._settings.folder = str(session.path.parent)
        view.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        self.view_changed.emit()

    def _not_opened(self, path: Path, error: BaseException) -> None:
        message = from_error(error, self.tr("opening %s") % safe(path.name))
        if message is not None:
            self._failed[message] = path
            self.bar.add_message(message)

    def _act(self, action: Action, message: Message) -> None:
        self.bar.dismiss()
        path = self._failed.get(message)
        if action is Action.OPEN_OTHER:
            self.files_asked.emit()
        elif path is None:
            return
        elif action is Action.CONTINUE_WITH_MORE:
            self._raised[str(path)] = (*self._raised.get(str(path), ()), message.limit)
            self._open(path)
        elif action in (Action.RETRY, Action.REOPEN):
            self._open(path)

    def _forget_recent(self, path: str) -> None:
        self._settings.recent = self._settings.recent.without(path)
        self._show_recent()

    def _show_recent(self) -> None:
        recent = self._settings.recent
        self.empty.show_recent(recent, {}, time.time())
        paths = [entry.path for entry in recent.entries]
        if not paths:
            return
        # A dead network share answers after half a minute: never asked on the window's thread.
        self._runner.start(
            self.tr("Looking for recent archives"),
            lambda _token, _sink: {path: not Path(path).exists() for path in paths},
            lambda missing: self.empty.show_recent(self._settings.recent, missing, time.time()),
            lambda _error: None,
            quiet=True,
        )
