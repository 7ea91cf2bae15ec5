"""The buttons that compare a layer with what lies below it, and choose which kinds of changes are shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from inspector.progress import CancelToken, ProgressSink
from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.files_view import FilesView
from inspector.viewmodel.commands import COMMANDS
from inspector.viewmodel.comparing import can_compare, compare_layer, is_ready
from inspector.viewmodel.filechanges import LETTERS, WORDS, FileChanges
from inspector.viewmodel.files import FileList
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import StructureNode


class CompareBar(QWidget):
    """Compares on its own when everything was listed already, else when the button is pressed, which stays pressed.

    Pressed, it also reads the contents of files of the same size.
    """

    chosen = Signal(str)
    """The letters of the changes to show."""
    told = Signal(str)
    """Something that the person should know about the comparison, or ""."""
    learned = Signal()
    """Layers were listed: states in the tree may have changed."""

    def __init__(self, view: FilesView, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._runner = runner
        self._task: Task[FileChanges] | None = None
        self._session: ArchiveSession | None = None
        self._node: StructureNode | None = None
        self._files: FileList | None = None
        """The list of the layer, once it is whole."""
        command = COMMANDS["compare-below"]
        tip = QCoreApplication.translate("commands", command.text)
        self.button = self._made("", tip, f"{tip} ({command.shortcuts[0]})")
        draw_icon(self.button, command.icon)
        self.button.toggled.connect(self._toggled)
        self.letters: dict[str, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for letter in LETTERS:
            name = self.tr("Show what was %s") % self.tr(WORDS[letter])
            button = self._made(letter, name, name)
            button.setChecked(True)
            button.toggled.connect(self._choose)
            layout.addWidget(button)
            self.letters[letter] = button
        layout.addWidget(self.button)
        self._show_letters(None)

    def _made(self, caption: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(caption)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        text.set_tip(button, tip)
        return button

    @property
    def wanted(self) -> bool:
        """Whether layers are compared even if others have to be listed for it; remembered between starts."""
        return self.button.isChecked()

    @wanted.setter
    def wanted(self, wanted: bool) -> None:
        self.button.setChecked(wanted)

    @property
    def running(self) -> bool:
        return self._task is not None and self._task.running

    def show_node(self, session: ArchiveSession, node: StructureNode) -> None:
        """Another node's files are about to be shown."""
        self.stop()
        self._session, self._node, self._files = session, node, None
        self.button.setEnabled(can_compare(node))
        self._show_letters(None)

    def compare(self, files: FileList | None) -> None:
        """`files`, which the view shows, are all that the layer has."""
        self._files = files
        session, node = self._session, self._node
        if files is None or session is None or node is None or not can_compare(node) or self.running:
            return
        if self.wanted or is_ready(session, node):
            self._start(files, session, node)

    def stop(self) -> None:
        """Give up what is being compared."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def _start(self, files: FileList, session: ArchiveSession, node: StructureNode) -> None:
        thorough = self.wanted
        told: list[CancelToken] = []

        def show_partial(changes: FileChanges) -> None:
            if not told[0].cancelled:
                self._show(files, changes)

        def work(token: CancelToken, sink: ProgressSink) -> FileChanges:
            told.append(token)
            return compare_layer(
                session,
                node,
                files,
                token,
                sink,
                read_contents=thorough,
                on_partial=lambda changes: self._runner.post(partial(show_partial, changes), self),
            )

        self._task = task = self._runner.start(
            self.tr("Comparing with the layers below"),
            work,
            partial(self._show, files),
            self._failed,
            on_end=lambda: self._ended(task),
            owner=self,
            quiet=not thorough,
        )

    def _show(self, files: FileList, changes: FileChanges) -> None:
        if self._view.files is not files:
            return
        self._view.show_changes(changes)
        self._show_letters(changes)
        self._choose()
        self.told.emit(changes.note)

    def _failed(self, error: BaseException) -> None:
        message = from_error(error, self.tr("comparing with the layers below"))
        if message is not None:
            self.told.emit(message.line)

    def _ended(self, task: Task[FileChanges]) -> None:
        if self._task is task:
            self._task = None
            if task.token.cancelled and self.wanted:
                # The person stopped it: else the next layer would begin all over.
                self.button.setChecked(False)
        self.learned.emit()

    def _toggled(self, pressed: bool) -> None:
        self.stop()
        if pressed:
            self.compare(self._files)
        elif self._view.files is not None:
            self._view.show_changes(None)
            self._show_letters(None)
            self.told.emit("")

    def show_all(self) -> None:
        """Hide no kind of change any more."""
        for button in self.letters.values():
            button.setChecked(True)

    def _choose(self, _on: bool = True) -> None:
        letters = "".join(letter for letter, button in self.letters.items() if button.isChecked())
        if self._view.files is not None and self._view.files.letters != letters:
            self.chosen.emit(letters)

    def _show_letters(self, changes: FileChanges | None) -> None:
        for letter, button in self.letters.items():
            button.setVisible(changes is not None)
            if changes is not None:
                name = self.tr("Show what was %s") % self.tr(WORDS[letter])
                text.set_tip(button, f"{name}: {changes.count(letter):,}")
