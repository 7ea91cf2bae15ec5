"""The pages on the right: which there are for a node, and loading what the visible one shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from inspector.progress import CancelToken, ProgressSink
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.files_page import FilesPage
from inspector.ui.views.history_page import HistoryPage
from inspector.ui.views.json_page import JsonPage
from inspector.ui.views.list_pages import FindingsPage, NotablePage
from inspector.ui.views.preview_pane import Loader
from inspector.ui.views.size_map_page import SizeMapPage
from inspector.ui.views.summary_page import SummaryPage
from inspector.ui.widgets.elided import ElidedLabel
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel import session as sessions
from inspector.viewmodel.dockerfile import dockerfile
from inspector.viewmodel.files import FileList
from inspector.viewmodel.findingsview import FindingList
from inspector.viewmodel.loadfiles import confirm_files, load_files
from inspector.viewmodel.messages import Action, Message, from_error
from inspector.viewmodel.notable import load_notable
from inspector.viewmodel.osrelease import load_release
from inspector.viewmodel.pages import HistoryRow, Page, Row, Section
from inspector.viewmodel.preview.preview import load_preview
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.sizemap.sizemap import load_changes, load_size_map
from inspector.viewmodel.tree import NodeType, StructureNode


class Pages(QWidget):
    """Shows one node at a time. Only the visible page is loaded; what is loaded for a node left behind is cancelled."""

    digest_followed = Signal(str)
    node_followed = Signal(object)
    status = Signal(str, str)
    action_asked = Signal(object, object)
    """A button of a page's message that is not about reading the page again."""
    learned = Signal()
    """Something was read whole: states in the tree may have changed."""

    def __init__(self, session: ArchiveSession, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._node: StructureNode | None = None
        self._loading: list[Task[Any]] = []
        self._shown: set[Page] = set()
        self.wanted: dict[NodeType, Page] = {}
        """The page that the person chose last for each kind of node."""
        self._pointer = ""
        self._path: bytes | int = b""
        self._told: FindingList | None = None
        """The findings that the archive's summary was made with."""
        self._newest: dict[Page, Task[Any]] = {}
        self._statuses: dict[Page | None, tuple[str, str]] = {}
        self.summary = SummaryPage()
        self.files = FilesPage(runner)
        self.size_map = SizeMapPage(runner)
        self.json = JsonPage(runner)
        self.history = HistoryPage()
        self.notable = NotablePage()
        self.findings = FindingsPage()
        self._widgets: dict[Page, QWidget] = {
            Page.SUMMARY: self.summary,
            Page.FILES: self.files,
            Page.SIZE_MAP: self.size_map,
            Page.JSON: self.json,
            Page.HISTORY: self.history,
            Page.NOTABLE: self.notable,
            Page.FINDINGS: self.findings,
        }
        for widget in self._widgets.values():
            # A page that is not offered for any node would else have no parent, and outlive us.
            widget.setParent(self)
            widget.hide()
        self.bar = MessageBar(self)
        self.bar.action_chosen.connect(self._act)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Pages"))
        self.tabs.tabBar().setAccessibleName(self.tr("Pages"))
        self.tabs.currentChanged.connect(self._tab_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.what_is = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        """*What am I looking at?*"""
        self.what_is.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.what_is.setIndent(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.what_is)
        layout.addWidget(self.tabs)
        self.summary.digest_followed.connect(self.digest_followed)
        self.json.digest_followed.connect(self.digest_followed)
        self.summary.node_followed.connect(self.node_followed)
        self.history.row_followed.connect(self._follow_step)
        self.history.dockerfile_chosen.connect(self._load_dockerfile)
        self.files.status.connect(partial(self._tell_status, Page.FILES))
        self.size_map.status.connect(partial(self._tell_status, Page.SIZE_MAP))
        self.size_map.file_chosen.connect(self.show_path)
        self.files.compare.learned.connect(self.learned)

    @property
    def page(self) -> Page | None:
        """The page that is visible."""
        return self._page_at(self.tabs.currentIndex())

    @property
    def widgets(self) -> Mapping[Page, QWidget]:
        """Every page, on screen or not."""
        return self._widgets

    @property
    def loading(self) -> bool:
        """Whether the visible page is still being read."""
        return any(task.running for task in self._loading)

    def show_node(self, node: StructureNode) -> None:
        """Show `node`: on the page that the person chose last for such a node, else on its first one."""
        self.stop()
        self.bar.hide()
        self._node = node
        self._shown.clear()
        self._statuses.clear()
        self.files.clear()
        self.size_map.clear()
        self._pointer = ""
        self._path = b""
        pages = self._session.pages_for(node)
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for page in pages:
            self.tabs.addTab(self._widgets[page], self.tr(page.caption))
        wanted = self.wanted.get(node.type)
        if wanted in pages:
            self.tabs.setCurrentWidget(self._widgets[wanted])
        self.tabs.blockSignals(False)
        self._load()

    def add_new_pages(self) -> None:
        """Reading may have found something: the page *Findings* appears where it was not before, and tells of it."""
        node = self._node
        if node is None or self._session.closed:
            return
        for at, page in enumerate(self._session.pages_for(node)):
            if self.tabs.indexOf(self._widgets[page]) < 0:
                self.tabs.insertTab(at, self._widgets[page], self.tr(page.caption))
        told, found = self._told, self._session.findings
        if self.findings.found is not found:
            self._shown.discard(Page.FINDINGS)
            if self.page is Page.FINDINGS:
                self._load()
        if node is self._session.tree.root and told is not None and told is not found:
            # the archive's summary counts the findings and tells which loaders mind
            self._told = None
            self._shown.discard(Page.SUMMARY)
            if self.page is Page.SUMMARY:
                self.reload()

    def show_page(self, page: Page) -> bool:
        """Turn to `page`; False if the node has none."""
        at = self.tabs.indexOf(self._widgets[page])
        if at < 0:
            return False
        self.tabs.setCurrentIndex(at)
        return True

    def show_pointer(self, pointer: str) -> None:
        """Show a place in the JSON of the current node."""
        if pointer and self.show_page(Page.JSON):
            self._pointer = pointer
            if Page.JSON in self._shown and not self.loading:
                self.json.go_to_pointer(pointer)

    def show_path(self, path: bytes | int) -> None:
        """Put the cursor on a file of the current layer, now or as soon as its files are read.

        `path` as in the layer, or where in the unpacked layer the file begins.
        """
        if self.show_page(Page.FILES):
            self._path = path
            if not self.loading:
                self._go_to_path()

    def _go_to_path(self) -> None:
        path, self._path = self._path, b""
        if path != b"":
            self.files.go_to(path)

    def _show_files(self, files: FileList) -> None:
        self.files.show_files(files)
        self.files.compare.compare(files)
        self._go_to_path()
        node = self._node
        layers = node.image.layers if node is not None and node.image is not None else ()
        if node is not None and self._session.listings.unconfirmed(layers):
            task = self._runner.start(
                self.tr("Verifying what is shown"),
                partial(confirm_files, self._session, node),
                lambda as_shown: None if as_shown else self.reload(),
                partial(self._failed, Page.FILES),
                on_end=self.learned.emit,
                owner=self,
                quiet=True,
            )
            self._loading.append(task)

    def start_search(self) -> None:
        """Ctrl+F: filter the files, or search the document."""
        if self.page is Page.FILES:
            self.files.start_search()
        elif self.page is Page.JSON or self.show_page(Page.JSON):
            self.json.start_search()

    def toggle_json_tree(self) -> None:
        """Show the JSON as a tree or as text: the other one, if it is on screen already."""
        if self.page is Page.JSON or (self.show_page(Page.JSON) and not self.json.shows_tree):
            self.json.toggle_tree()

    def compare_below(self) -> None:
        """Compare the layer with those below it, or stop showing that."""
        if self.show_page(Page.FILES) and self.files.compare.button.isEnabled():
            self.files.compare.button.toggle()

    def toggle_dockerfile(self) -> None:
        """Show the history as a table or as a Dockerfile: the other one, if it is on screen already."""
        shown = self.page is Page.HISTORY
        if self.show_page(Page.HISTORY) and (shown or not self.history.wants_dockerfile):
            self.history.toggle()

    def take_focus(self) -> None:
        """Enter in the tree: to what the visible page shows."""
        targets = {
            Page.FILES: self.files.view,
            Page.SIZE_MAP: self.size_map.view,
            Page.JSON: self.json.front,
            Page.HISTORY: self.history.view,
            Page.FINDINGS: self.findings.view,
        }
        page = self.page
        if page is not None:
            targets.get(page, self._widgets[page]).setFocus(Qt.FocusReason.OtherFocusReason)

    def stop(self) -> None:
        """Cancel what is being loaded."""
        for task in self._loading:
            task.cancel()
        self._loading.clear()
        self._newest.clear()
        self.files.compare.stop()

    def reload(self) -> None:
        """Load the visible page again."""
        page = self.page
        if page is not None:
            self._shown.discard(page)
            self._load()

    def _follow_step(self, row: HistoryRow) -> None:
        if row.node is not None:
            self.node_followed.emit(row.node)

    def _page_at(self, index: int) -> Page | None:
        widget = self.tabs.widget(index)
        return next((page for page, known in self._widgets.items() if known is widget), None)

    def _tab_changed(self, index: int) -> None:
        page = self._page_at(index)
        if page is not None and self._node is not None:
            self.wanted[self._node.type] = page
        self.status.emit(*self._statuses.get(page, ("", "")))
        self._load()

    def _tell_status(self, page: Page, shown: str, tip: str) -> None:
        """The status bar tells of the page in front; what the others said comes back with them."""
        self._statuses[page] = (shown, tip)
        if self.page is page:
            self.status.emit(shown, tip)

    def _load(self) -> None:
        page, node, session = self.page, self._node, self._session
        if page is None or node is None:
            return
        self.what_is.set_whole(session.what_is(node, page))
        if page in self._shown:
            return
        self._shown.add(page)
        if page is Page.HISTORY:
            self.history.show_rows(session.history(node))
            if self.history.wants_dockerfile:
                self._load_dockerfile()
        elif page is Page.FINDINGS:
            self.findings.show_findings(session.findings_for(node), session.findings)
        elif page is Page.SUMMARY:
            self._start(
                page,
                partial(sessions.load_checked_summary, session, node),
                partial(self._show_summary, node),
            )
        elif page is Page.NOTABLE:
            self._start(page, partial(load_notable, session, node), self.notable.show_found)
        elif page is Page.SIZE_MAP:
            self.size_map.changes_of = partial(load_changes, session, node)
            self._start(page, partial(load_size_map, session, node), self.size_map.show_map)
        elif page is Page.JSON:
            self._start(page, partial(sessions.load_json, session, node), self._show_json)
        else:
            self._start_files(node)

    def _load_dockerfile(self) -> None:
        image = self._node.image if self._node is not None else None
        if image is not None:
            self._start(Page.HISTORY, lambda token, _sink: dockerfile(image, token), self.history.show_dockerfile)

    def _start(self, page: Page, work: Callable[[CancelToken, ProgressSink], Any], show: Callable[[Any], None]) -> None:
        if page in self._newest:
            self._newest[page].cancel()  # `reload`: what it read before must not be shown after this
        what = self.tr("Reading %s") % page.caption
        self._newest[page] = task = self._runner.start(
            what, work, show, partial(self._failed, page), on_end=self.learned.emit, owner=self
        )
        self._loading.append(task)

    def _start_files(self, node: StructureNode) -> None:
        token_of: list[CancelToken] = []
        session = self._session

        def loader_of(files: FileList, entry: int) -> Loader:
            return lambda mode, offset, token, sink: load_preview(
                session, node, files, entry, token, sink, mode=mode, offset=offset
            )

        self.files.loader_of = loader_of
        self.files.view.choices_of = partial(session.file_choices, node)
        self.files.compare.show_node(session, node)

        def show_partial(files: FileList) -> None:
            if not token_of[0].cancelled:
                self.files.show_files(files)

        def work(token: CancelToken, sink: ProgressSink) -> FileList:
            token_of.append(token)
            return load_files(
                self._session, node, token, sink, lambda files: self._runner.post(partial(show_partial, files), self)
            )

        self._start(Page.FILES, work, self._show_files)

    def _show_summary(self, node: StructureNode, read: tuple[FindingList, tuple[Section, ...]]) -> None:
        self._told, sections = read
        self.summary.show_sections(sections)
        if self.summary.waits:
            task = self._runner.start(
                self.tr("Looking for the system"),
                partial(load_release, self._session, node),
                self.summary.settle,
                self._release_failed,
                on_end=self.learned.emit,
                owner=self,
                quiet=True,
            )
            self._loading.append(task)

    def _release_failed(self, error: BaseException) -> None:
        message = from_error(error)
        self.summary.settle(Row("", self.tr("not known"), message.title if message is not None else ""))

    def _show_json(self, json: Any) -> None:
        self.json.show_json(json)
        if self._pointer:
            self.json.go_to_pointer(self._pointer)
            self._pointer = ""

    def _failed(self, page: Page, error: BaseException) -> None:
        self._shown.discard(page)
        message = from_error(error, self.tr("reading %s") % page.caption)
        if message is not None:
            self.bar.show_message(message)

    def _act(self, action: Action, message: Message) -> None:
        self.bar.hide()
        if action not in (Action.RETRY, Action.CONTINUE_WITH_MORE):
            self.action_asked.emit(action, message)
            return
        if action is Action.CONTINUE_WITH_MORE:
            self._session.allow_more(message.limit)
        self.reload()
