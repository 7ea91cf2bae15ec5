"""The middle of the window: the open archives as tabs, or the page to drop one on; opening and closing them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QTabBar, QTabWidget, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from inspector.progress import CancelToken, ProgressSink
from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import draw_icon, icon
from inspector.ui.layout import keep_view, recall_view
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from inspector.ui.widgets.drop_page import MOST_SHOWN, DropPage
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel.display import safe
from inspector.viewmodel.lastsession import LastSession, OpenArchive
from inspector.viewmodel.messages import Action, Message, from_error, offer_to_open_again
from inspector.viewmodel.pages import Page
from inspector.viewmodel.session import ArchiveSession, open_session

_TAB_CHARACTERS = 48
"""The whole name is in the tooltip and in the title of the window: a tab leaves room for others."""


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
        self._words = 0
        """Counts how often the words changed."""
        self._missing: dict[str, bool] = {}
        self._raised: dict[str, tuple[str, ...]] = {}
        self._failed: dict[Message, Path] = {}
        self._again: dict[str, OpenArchive] = {}
        self._asked: list[str] = []
        self._front = ""
        self._offered = LastSession()
        self.is_busy: Callable[[ArchiveView], bool] = lambda _view: False
        """Whether closing an archive would stop something that was asked for; set by the window."""
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
        self.refresh_recent()

    @property
    def view(self) -> ArchiveView | None:
        """The archive in front."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, ArchiveView) else None

    def others(self, view: ArchiveView) -> list[Path]:
        """The paths of all open archives but that of `view`."""
        return [other.session.path for other in self.views() if other.session.path != view.session.path]

    def views(self) -> list[ArchiveView]:
        """All open archives, in the order of their tabs."""
        widgets = (self.tabs.widget(at) for at in range(self.tabs.count()))
        return [widget for widget in widgets if isinstance(widget, ArchiveView)]

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open each path in a tab of its own; one that is open already comes to the front."""
        self.bar.clear()
        self._failed.clear()
        self._asked = [str(path) for path in paths]
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
            self._unless_busy(
                view, self.tr("Stop and read again"), lambda: self._open(view.session.path, instead_of=view)
            )

    def ask_to_close(self, at: int) -> None:
        """Close the archive of a tab; if that stops an export, only after a question."""
        view = self.tabs.widget(at)
        if isinstance(view, ArchiveView):
            self._unless_busy(view, self.tr("Stop and close"), lambda: self.close_at(self.tabs.indexOf(view)))

    def _unless_busy(self, view: ArchiveView, otherwise: str, do: Callable[[], None]) -> None:
        if not self.is_busy(view):
            do()
            return
        box = text.message_box(
            self,
            self.tr("An export of %s is running") % view.session.title,
            self.tr("It would be stopped; nothing unfinished is left behind."),
        )
        stop = box.addButton(otherwise, QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep running"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(do)
        box.open()

    def tell_anew(self) -> None:
        """Another unit or language: every text of every open archive is made again."""
        self._words += 1
        self.refresh_recent()
        for view in self.views():
            self._tell_anew(view)

    def _tell_anew(self, view: ArchiveView) -> None:
        self._runner.start(
            self.tr("Changing the words"),
            partial(_retell, view.session),
            partial(self._told_anew, view, self._words),
            view.show_error,
            owner=view,
            quiet=True,
        )

    def _told_anew(self, view: ArchiveView, words: int, session: ArchiveSession) -> None:
        # Who chooses twice in a row gets two answers, in any order: the newest counts.
        if words == self._words and not view.session.closed and not self.is_busy(view):
            front = self.view
            self._opened(view, session)
            if front is not view and front is not None:
                self.tabs.setCurrentWidget(front)

    def close_at(self, at: int) -> None:
        """Close the archive of a tab."""
        view = self.tabs.widget(at)
        if not isinstance(view, ArchiveView):
            return
        if view is self.view:
            self.remember(view)  # the next archive may be opened when no tab is left to ask
        self.tabs.removeTab(at)
        view.close_archive()
        view.deleteLater()
        if not self.tabs.count():
            self._stack.setCurrentWidget(self.empty)
            self.refresh_recent()
        self.view_changed.emit()

    def step(self, by: int) -> None:
        """To the next or the previous tab, around the end."""
        if self.tabs.count():
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())

    def hide_messages(self) -> None:
        self.bar.clear()
        for view in self.views():
            view.bar.hide()

    def palette_changed(self) -> None:
        """Draw the icons of tabs and trees in the new colours."""
        for view in self.views():
            self.tabs.setTabIcon(self.tabs.indexOf(view), icon("archive"))
            view.model.palette_changed()

    def remember(self, view: ArchiveView) -> None:
        """Keep how its panes and columns are arranged, for the next archive."""
        keep_view(self._settings, view)

    def session(self) -> LastSession:
        """What is open, for the next start."""
        views = self.views()
        front = self.view
        return LastSession(
            tuple(_place_in(view) for view in views if str(view.session.path).isprintable()),
            views.index(front) if front in views else 0,
        )

    def open_again(self, session: LastSession) -> None:
        """Open what was open at the last end, in the same order and at the same places; what is gone is told in the bar."""
        self._again = {archive.path: archive for archive in session.archives}
        self._front = session.archives[session.front].path if session.archives else ""
        self.open_paths([Path(path) for path in self._again])

    def offer_again(self, session: LastSession) -> None:
        """Ask in the bar whether to open what was open at the last end. No file is looked at before."""
        if session.archives:
            self._offered = session
            self.bar.show_message(offer_to_open_again([archive.path for archive in session.archives]))

    def take_over(self, other: ArchiveStack, sessions: Sequence[ArchiveSession]) -> None:
        """Go on where `other` was, in the same order and at the same places; `sessions`: those of its views, told anew."""
        views, front = other.views(), other.view
        self._raised = other._raised
        self._again = {str(view.session.path): _place_in(view) for view in views}
        self._asked = list(self._again)
        self._front = str(front.session.path) if front is not None else ""
        for view, session in zip(views, sessions, strict=True):
            self._opened(None, session)
            taken = next(mine for mine in self.views() if mine.session is session)
            taken.follow(view)
        if other.bar.isVisible() and other.bar.message is not None and Action.OPEN_AGAIN in other.bar.message.actions:
            self.offer_again(other._offered)

    def _close_button(self, view: ArchiveView) -> QToolButton:
        button = QToolButton()
        draw_icon(button, "close")
        button.setIconSize(QSize(12, 12))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        text.set_tip(button, self.tr("Close this archive"))
        button.setAccessibleName(self.tr("Close %s") % view.session.title)
        button.clicked.connect(lambda: self.ask_to_close(self.tabs.indexOf(view)))
        return button

    def _open(self, path: Path, instead_of: ArchiveView | None = None) -> None:
        self._opening.add(str(path))
        raised = self._raised.get(str(path), ())
        limits = self._settings.preferences.all_limits()
        cache = self._settings.cache
        self._runner.start(
            self.tr("Opening %s") % safe(path.name),
            lambda token, sink: open_session(path, token, sink, raised=raised, limits=limits, cache=cache),
            partial(self._read, instead_of, self._words),
            partial(self._not_opened, path),
            on_end=partial(self._opening.discard, str(path)),
            on_drop=ArchiveSession.close,
        )

    def _read(self, instead_of: ArchiveView | None, words: int, session: ArchiveSession) -> None:
        view = self._opened(instead_of, session)
        if words != self._words:
            self._tell_anew(view)  # they changed while it was being opened

    def _opened(self, instead_of: ArchiveView | None, session: ArchiveSession) -> ArchiveView:
        front = self.view
        if front is not None:
            self.remember(front)
        view = ArchiveView(session, self._runner, self)
        recall_view(self._settings, view)
        self.tabs.setUpdatesEnabled(False)
        at = self.tabs.indexOf(instead_of) if instead_of is not None and isValid(instead_of) else -1
        if instead_of is not None and at >= 0:
            place = _place_in(instead_of)
            if instead_of.session.archive is session.archive:
                instead_of.session.let_go()
            self.close_at(at)
            _go_back_to(view, place)
        again = self._again.get(str(session.path))
        if at < 0:
            at = self._place_of(str(session.path))
            if again is not None:
                _go_back_to(view, again)
        self.view_added.emit(view)
        at = self.tabs.insertTab(
            at if at >= 0 else self.tabs.count(),
            view,
            icon("archive"),
            text.caption(safe(session.title, _TAB_CHARACTERS)),
        )
        self.tabs.tabBar().setTabButton(at, QTabBar.ButtonPosition.RightSide, self._close_button(view))
        self.tabs.setTabToolTip(at, text.plain_tip(session.kind, session.place))
        self._stack.setCurrentWidget(self.tabs)
        if again is None or front is None or again.path == self._front:
            self.tabs.setCurrentIndex(at)
        self.tabs.setUpdatesEnabled(True)
        self._settings.recent = self._settings.recent.adding(session.recent(time.time()))
        self._settings.folder = str(session.path.parent)
        if self.view is view:
            view.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        self.view_changed.emit()
        return view

    def _place_of(self, path: str) -> int:
        """Where its tab belongs among those that were asked for together: they come as soon as they can be read."""
        if path not in self._asked:
            return -1
        for at, view in enumerate(self.views()):
            if str(view.session.path) in self._asked[self._asked.index(path) + 1 :]:
                return at
        return -1

    def _not_opened(self, path: Path, error: BaseException) -> None:
        message = from_error(error, self.tr("opening %s") % safe(path.name))
        if message is not None:
            self._failed[message] = path
            self.bar.add_message(message)

    def _act(self, action: Action, message: Message) -> None:
        self.bar.dismiss()
        path = self._failed.get(message)
        if action is Action.OPEN_AGAIN:
            self.open_again(self._offered)
        elif action is Action.OPEN_OTHER:
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
        self.refresh_recent()

    def refresh_recent(self) -> None:
        """Show the list of recent archives as it is now; what is missing is marked as soon as that is known."""
        self._missing = {}
        self.empty.show_recent(self._settings.recent, self._missing, time.time())
        for entry in self._settings.recent.entries[:MOST_SHOWN]:
            # A dead network share answers after half a minute, or never: asked in a thread, and each by itself.
            self._runner.start(
                self.tr("Looking for recent archives"),
                partial(_is_missing, entry.path),
                partial(self._mark_missing, self._missing, entry.path),
                lambda _error: None,
                owner=self,
                quiet=True,
                aside=True,
            )

    def _mark_missing(self, asked: dict[str, bool], path: str, missing: bool) -> None:
        if missing and asked is self._missing:
            self._missing[path] = True
            self.empty.mark_missing(path)


def _is_missing(path: str, _token: CancelToken, _sink: ProgressSink) -> bool:
    return not Path(path).exists()


def _retell(session: ArchiveSession, _token: CancelToken, _sink: ProgressSink) -> ArchiveSession:
    return session.retold()


def _place_in(view: ArchiveView) -> OpenArchive:
    return OpenArchive(str(view.session.path), view.node.key, view.pages.page or "")


def _go_back_to(view: ArchiveView, again: OpenArchive) -> None:
    """To the node and page where the person was, as far as the archive still has them."""
    node = view.session.tree.find_by_key(again.node) if again.node else None
    if node is not None:
        view.select(node)
    if again.page in {page.value for page in Page}:
        view.pages.show_page(Page(again.page))
