"""One open archive: the tree on the left, the pages of the selected node on the right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QSplitter, QVBoxLayout, QWidget

from inspector.findings import Severity
from inspector.ui.comparison_dialog import ComparisonDialog
from inspector.ui.copy_menu import add_choices, put_on_clipboard
from inspector.ui.drag_out import DragOut
from inspector.ui.models.structure_model import StructureModel
from inspector.ui.search_dialog import SearchDialog
from inspector.ui.task_runner import TaskRunner
from inspector.ui.time_line_dialog import TimeLineDialog
from inspector.ui.views.contents_tree import ContentsTree
from inspector.ui.views.pages import Pages
from inspector.ui.widgets.breadcrumb import Breadcrumb
from inspector.ui.widgets.message_bar import MessageBar
from inspector.viewmodel.extracting import run_extract
from inspector.viewmodel.filesearch import FoundFile, image_of
from inspector.viewmodel.findingsview import FindingRow
from inspector.viewmodel.messages import Action, Message, from_error
from inspector.viewmodel.pages import Page
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.timeline import Version
from inspector.viewmodel.tree import NodeType, StructureNode
from inspector.viewmodel.verification import VerificationOutcome, verify_all

_MOST_STEPS = 200
_PANES = (440, 780)

Way = Callable[[], object]
Ways = Iterable[tuple[Action, Way]]
"""What buttons of a message do."""


class ArchiveView(QWidget):
    """Owns its session; `close_archive` lets go of the file."""

    status = Signal(str, str)
    moved = Signal()
    """Another node is shown: back, forward and up may have become possible or not."""
    learned = Signal()
    """States or findings may have changed."""
    closing = Signal()
    """Work on this archive has to stop."""

    def __init__(self, session: ArchiveSession, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._runner = runner
        self._back: list[StructureNode] = []
        self._forward: list[StructureNode] = []
        self._moving = False
        self._ways: tuple[Message | None, dict[Action, Way]] = (None, {})
        """A message of the bar about something that failed, and what its buttons do."""
        self.first_states: dict[str, QByteArray] = {}
        """How the pages were arranged before anything was brought back (`ui/layout.py`)."""
        self.extract_folder = ""
        """Where the last extraction went, for the next question."""
        self.bar = MessageBar(self)
        self.breadcrumb = Breadcrumb(self)
        self.model = StructureModel(session.tree, self, session.found.badge)
        self.tree = ContentsTree(self.model, self)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.copy_asked.connect(self.copy)
        self.pages = Pages(session, runner, self)
        self.tree.details_asked.connect(self.pages.take_focus)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.pages)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setChildrenCollapsible(False)
        self.reset_layout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.breadcrumb)
        layout.addWidget(self.splitter, 1)
        self.breadcrumb.node_followed.connect(self.select)
        self.pages.digest_followed.connect(self.follow_digest)
        self.pages.node_followed.connect(self.select)
        self.pages.findings.row_followed.connect(self.show_finding)
        self.pages.notable.row_followed.connect(self.show_file)
        self.pages.files.view.extract_asked.connect(self.extract)
        self.drags = DragOut(session, self.pages.files.view, runner, self)
        self.pages.files.view.history_asked.connect(self.show_file_history)
        self.pages.status.connect(self.status)
        self.pages.learned.connect(self.refresh_states)
        for node in session.tree.initially_expanded:
            self.tree.setExpanded(self.model.index_of(node), True)
        self.tree.selectionModel().currentChanged.connect(self._current_changed)
        self.select(session.tree.initial)
        self._check_quickly()

    def _check_quickly(self) -> None:
        """Put the quick rules to the archive while the person looks at the tree already."""
        session = self.session
        task = self._runner.start(
            self.tr("Checking"),
            lambda token, sink: session.check(token, sink),
            lambda _forecasts: self.refresh_states(),
            partial(self.show_error, again=self._check_quickly),
            owner=self,
            quiet=True,
        )
        self.closing.connect(task.cancel)

    def reset_layout(self) -> None:
        """Panes and columns as they were at first."""
        self.splitter.setSizes(list(_PANES))
        self.tree.reset_widths()
        self.tree.show()
        self.pages.files.reset_layout()

    @property
    def node(self) -> StructureNode:
        """The node that is shown."""
        return self.model.node(self.tree.currentIndex()) or self.session.tree.root

    def select(self, node: StructureNode) -> None:
        """Show `node`, in the tree and on the pages."""
        index = self.model.index_of(node)
        self.tree.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        )
        self.tree.scrollTo(index)

    def follow_digest(self, digest: str) -> None:
        """Go to the node of `digest`; a message says so if the archive does not hold it."""
        node = self.session.tree.find_by_digest(digest, self.node)
        if node is not None:
            self.select(node)
            return
        self.bar.show_message(
            Message(
                Severity.INFO,
                self.tr("Not in this archive"),
                self.tr("%s is named here, but the archive does not hold it.") % digest,
            )
        )

    def show_finding(self, row: FindingRow) -> None:
        """Go to the place of a finding: to the line of a document, or to the file of a layer."""
        if row.node is not None:
            self.select(row.node)
            self.pages.show_pointer(row.pointer)
            if row.entry_offset is not None:
                self.pages.show_path(row.entry_offset)

    def show_file(self, row: FoundFile | Version) -> None:
        """Go to a file that was found, in its layer, or to the object that something notable stands in."""
        if row.node is not None:
            self.select(row.node)
            if row.raw_path:
                self.pages.show_path(row.raw_path)

    def search(self) -> SearchDialog | None:
        """Search all layers of the image that is selected, or of the only one; None, with a message, if it is not clear."""
        image = image_of(self.node)
        images = [node for node in self.session.tree.nodes if node.type is NodeType.IMAGE]
        if image is None and len(images) == 1:
            image = images[0]
        if image is None:
            self.bar.show_message(
                Message(
                    Severity.INFO, self.tr("Which image?"), self.tr("Select an image in the tree, then search again.")
                )
            )
            return None
        dialog = SearchDialog(self.session, image, self._runner, self)
        dialog.file_chosen.connect(self.show_file)
        self.closing.connect(dialog.close)
        dialog.show()
        return dialog

    def show_file_history(self) -> TimeLineDialog | None:
        """What every layer did to the file under the cursor; None, with a message, if there is none."""
        image = image_of(self.node)
        files, row = self.pages.files.view.files, self.pages.files.view.currentIndex().row()
        shown = self.pages.page is Page.FILES and files is not None and 0 <= row < len(files)
        if files is None or image is None or not shown:
            self.bar.show_message(
                Message(
                    Severity.INFO,
                    self.tr("Which file?"),
                    self.tr("Put the cursor on a file of a layer or an image, then try again."),
                )
            )
            return None
        dialog = TimeLineDialog(self.session, image, files.path_in_image(row), self._runner, self)
        dialog.file_chosen.connect(self.show_file)
        self.closing.connect(dialog.close)
        dialog.show()
        return dialog

    def compare_with(self, other: Path) -> ComparisonDialog:
        """Tell in what this archive and the one at `other` differ."""
        dialog = ComparisonDialog(self.session, other, self._runner, self)
        self.closing.connect(dialog.close)
        dialog.show()
        return dialog

    def extract(self) -> None:
        """Ask for a folder, then save the selected files of the list, or everything of the selected layer or image."""
        node = self.node
        if node.image is None:
            self.bar.show_message(
                Message(Severity.INFO, self.tr("Extract what?"), self.tr("Select an image, a layer, or files of one."))
            )
            return
        table = self.pages.files.view
        files = table.files
        rows = table.selected_rows() if self.pages.page is Page.FILES and files is not None else []
        paths = tuple(files.raw_path(row) for row in rows) if files is not None else ()
        first = self.extract_folder or str(self.session.path.parent)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Extract into an empty or new folder"), first)
        if chosen:
            self.extract_folder = str(Path(chosen).parent)
            self.extract_to(Path(chosen), paths)

    def extract_to(self, target: Path, paths: tuple[bytes, ...]) -> None:
        """Save `paths` (all if there are none) of the selected layer or image below `target`, in the background."""
        self._extract(self.node, target, paths)

    def _extract(self, node: StructureNode, target: Path, paths: tuple[bytes, ...]) -> None:
        self._runner.start(
            self.tr("Extracting"),
            partial(run_extract, self.session, node, paths, target),
            self.bar.show_message,
            partial(self.show_error, again=partial(self._extract, node, target, paths)),
            owner=self,
        )

    def show_findings(self) -> None:
        """All findings of the archive."""
        self.select(self.session.tree.root)
        self.pages.show_page(Page.FINDINGS)

    @property
    def can_go_back(self) -> bool:
        return bool(self._back)

    @property
    def can_go_forward(self) -> bool:
        return bool(self._forward)

    def follow(self, other: ArchiveView) -> None:
        """Take over from another view of the same archive where the person has been, and the file under the cursor."""
        find = self.session.tree.find_by_key
        self._back = [node for left in other._back if (node := find(left.key)) is not None]
        self._forward = [node for left in other._forward if (node := find(left.key)) is not None]
        files, row = other.pages.files.view.files, other.pages.files.view.currentIndex().row()
        if other.pages.page is Page.FILES and files is not None and 0 <= row < len(files):
            self.pages.show_path(files.raw_path(row))
        self.moved.emit()

    def back(self) -> None:
        self._travel(self._back, self._forward)

    def forward(self) -> None:
        self._travel(self._forward, self._back)

    def up(self) -> None:
        """To what refers to this node."""
        if self.node.parent is not None:
            self.select(self.node.parent)

    def copy(self) -> None:
        """The most useful text of what has the focus."""
        choices = self.session.copy_choices(self.node)
        if choices:
            put_on_clipboard(choices[0].text)

    def copy_menu(self, parent: QWidget) -> QMenu:
        """*Copy as*: each way to name the node, and commands that get at it."""
        menu = QMenu(self.tr("Copy as"), parent)
        add_choices(menu, self.session.copy_choices(self.node))
        return menu

    def menu_of_node(self) -> QMenu:
        """What can be done with the selected node."""
        node = self.node
        menu = QMenu(self)
        menu.addAction(self.tr("Copy"), self.copy)
        menu.addMenu(self.copy_menu(menu))
        menu.addSeparator()
        if node.image is not None:
            menu.addAction(self.tr("Extract…"), self.extract)
            menu.addAction(self.tr("Search All Layers…"), self.search)
        if node.parent is not None:
            menu.addAction(self.tr("Go to What Refers to This"), self.up)
        if node.children:
            index = self.tree.currentIndex()
            menu.addAction(self.tr("Expand All Below"), partial(self.tree.expandRecursively, index))
            menu.addAction(self.tr("Collapse"), partial(self.tree.collapse, index))
        return menu

    def verify(self) -> None:
        """Compute every digest in the background."""
        self._runner.start(
            self.tr("Verifying"),
            lambda token, sink: verify_all(
                self.session, token, sink, lambda: self._runner.post(self.refresh_states, self)
            ),
            self._verified,
            partial(self.show_error, again=self.verify),
            on_end=self.refresh_states,
            owner=self,
        )

    def check_everything(self) -> None:
        """Read every blob and put all rules to it, in the background."""
        session = self.session
        task = self._runner.start(
            self.tr("Checking"),
            lambda token, sink: session.check(token, sink, deep=True),
            self._checked,
            partial(self.show_error, again=self.check_everything),
            on_end=self.refresh_states,
            owner=self,
        )
        self.closing.connect(task.cancel)

    def _checked(self, _forecasts: object) -> None:
        found = self.session.findings
        text = self.tr("Every blob was read. Found: %s.") % found.text
        self.bar.show_message(Message(found.worst or Severity.INFO, self.tr("Checked everything"), text))

    def refresh_states(self) -> None:
        """Show what was learned about digests since the last time."""
        if not self.session.closed:
            changed = dict.fromkeys((*self.session.tree.refresh(), *self.session.found.changed_badges()))
            self.model.states_changed(changed)
            self.pages.add_new_pages()
            self.learned.emit()

    def show_error(self, error: BaseException, doing: str = "", *, again: Way | None = None, ways: Ways = ()) -> None:
        """Tell of `error` in the bar. `again`: what *Try Again* and *Continue with a Larger Limit* do; `ways`: other buttons."""
        message = from_error(error, doing)
        if message is not None:
            repeat = {Action.RETRY: again, Action.CONTINUE_WITH_MORE: again} if again is not None else {}
            self._ways = (message, {**repeat, **dict(ways)})
            self.bar.show_message(message)

    def act(self, action: Action, message: Message) -> bool:
        """Do what `show_error` was told of this button of this message; False if that is nothing."""
        if action is Action.CONTINUE_WITH_MORE:
            self.session.allow_more(message.limit)
        told, ways = self._ways
        if told is message and action in ways:
            ways[action]()
            return True
        return False

    def close_archive(self) -> None:
        """Cancel what runs for this archive and let go of the file."""
        self.pages.stop()
        self.closing.emit()
        self.session.close()

    def _verified(self, outcome: VerificationOutcome) -> None:
        self.bar.show_message(Message(outcome.severity, outcome.line))

    def _travel(self, source: list[StructureNode], other: list[StructureNode]) -> None:
        if not source:
            return
        other.append(self.node)
        self._moving = True
        self.select(source.pop())
        self._moving = False
        self.moved.emit()

    def _current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        node = self.model.node(current)
        if node is None:
            return
        left = self.model.node(previous)
        if left is not None and left is not node and not self._moving:
            self._back.append(left)
            del self._back[:-_MOST_STEPS]
            self._forward.clear()
        if left is node:
            return
        self.breadcrumb.show_path(self.session.tree.breadcrumb(node))
        self.status.emit("", "")
        self.pages.show_node(node)
        self.moved.emit()

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu_of_node()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))
