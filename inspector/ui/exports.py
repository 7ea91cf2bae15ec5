"""Exports of the window: one click or dialog, then progress in the status bar and a line that says what was saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from inspector.errors import TargetExists
from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.task_runner import Task, TaskRunner
from inspector.viewmodel import exporting
from inspector.viewmodel.exportchoices import ExportRequest, SavedPresets
from inspector.viewmodel.messages import Action, Message, from_outcome
from inspector.viewmodel.outcome import ExportOutcome


class Exports(QObject):
    """Starts exports and shows how they ended in the bar of the archive that they came from."""

    open_asked = Signal(object)
    """A result should be opened: its path."""
    presets_changed = Signal(object)
    """The person's own presets from now on: `SavedPresets`."""

    def __init__(self, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._runner = runner
        self._window = window
        self._running: list[Task[ExportOutcome]] = []
        self._outcomes: dict[str, ExportOutcome] = {}
        self.preset = ExportRequest().preset
        self.saved_presets = SavedPresets()
        """Of the one-click export, and chosen at first in the dialog."""

    @property
    def running(self) -> bool:
        """Whether closing the window would stop an export."""
        return any(task.running and not task.token.cancelled for task in self._running)

    def is_running_for(self, view: ArchiveView) -> bool:
        """Whether closing the archive of `view` would stop an export."""
        return any(task.running and not task.token.cancelled and task.owner is view for task in self._running)

    def export_now(self, view: ArchiveView) -> None:
        """One click: `NAME.oci.tar` beside the archive, default preset. Asks only if that file exists."""
        self.start(view, ExportRequest(preset=self.preset), exporting.default_target(view.session), overwrite=False)

    def ask(self, view: ArchiveView, others: Sequence[Path] = (), *, codes: Sequence[str] = ()) -> ExportDialog:
        """The dialog; it does not block, and neither does what follows. `others`: archives that may be merged; `codes`: of
        findings that the export shall mend.
        """
        dialog = ExportDialog(view.session, self._runner, self._window, saved=self.saved_presets, others=others)
        dialog.saved_changed.connect(self._keep_presets)
        dialog.choose_preset(self.preset)
        if codes:
            dialog.choices.mend(codes)
        dialog.export_asked.connect(
            lambda request, target, overwrite: self.start(view, request, target, overwrite=overwrite)
        )
        dialog.open()
        return dialog

    def _keep_presets(self, saved: SavedPresets) -> None:
        self.saved_presets = saved
        self.presets_changed.emit(saved)

    def start(self, view: ArchiveView, request: ExportRequest, target: Path, *, overwrite: bool) -> None:
        """Write `target` in the background."""
        task = self._runner.start(
            self.tr("Exporting"),
            lambda token, sink: exporting.run_export(view.session, request, target, overwrite, token, sink),
            partial(self._saved, view),
            partial(self._failed, view, request, target, overwrite),
            on_end=self._forget_ended,
            owner=view,
        )
        view.closing.connect(task.cancel)
        self._running.append(task)
        self._show_badge()

    def act(self, view: ArchiveView, action: Action, message: Message) -> bool:
        """What a button of a result's bar asks for; False if it is none of ours."""
        outcome = self._outcomes.get(message.subject)
        if outcome is None:
            return False
        if action is Action.SHOW_IN_FOLDER:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(outcome.path.parent)))
        elif action is Action.OPEN_RESULT:
            self.open_asked.emit(outcome.path)
            view.bar.hide()
        elif action is Action.COMPARE:
            view.compare_with(outcome.path)
        elif action is Action.COPY_DIGEST:
            QGuiApplication.clipboard().setText(outcome.digest)
        else:
            return False
        return True

    def _saved(self, view: ArchiveView, outcome: ExportOutcome) -> None:
        message = from_outcome(outcome)
        self._outcomes[message.subject] = outcome
        view.bar.show_message(message)
        view.refresh_states()

    def _failed(
        self, view: ArchiveView, request: ExportRequest, target: Path, overwrite: bool, error: BaseException
    ) -> None:
        if isinstance(error, TargetExists):
            self._ask_to_replace(
                target, lambda: self.start(view, request, target, overwrite=True), lambda: self.ask(view)
            )
            return
        again = partial(self.start, view, request, target, overwrite=overwrite)
        view.show_error(error, self.tr("exporting"), again=again)

    def _ask_to_replace(self, target: Path, replace: Callable[[], None], choose: Callable[[], object]) -> None:
        box = text.message_box(
            self._window,
            self.tr("Replace the existing file?"),
            self.tr("%s exists already. It is replaced only when the new file is complete.") % target,
        )
        yes = QPushButton(self.tr("Replace"), box)
        other = QPushButton(self.tr("Save as…"), box)
        box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(other, QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        yes.clicked.connect(lambda: replace())
        other.clicked.connect(lambda: choose())
        box.open()

    def _forget_ended(self) -> None:
        self._running = [task for task in self._running if task.running]
        self._show_badge()

    def _show_badge(self) -> None:
        """How many exports run, on the program's icon where the desktop shows such a number."""
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.setBadgeNumber(len(self._running))
