"""Saving an evidence report: ask for a file, check everything in the background, tell how it ended."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.ui.archive_view import ArchiveView
from inspector.ui.task_runner import TaskRunner
from inspector.viewmodel.messages import Action
from inspector.viewmodel.reporting import default_report, message_of, run_report

_ENDINGS = (".html", ".htm", ".md", ".markdown")


class Reports(QObject):
    """Starts reports and shows how they ended in the bar of the archive that they are about."""

    def __init__(self, runner: TaskRunner, window: QWidget) -> None:
        super().__init__(window)
        self._runner = runner
        self._window = window

    def ask(self, view: ArchiveView) -> None:
        """Ask where to; the dialog itself asks before a file is replaced."""
        filters = (self.tr("Web page (*.html)"), self.tr("Markdown (*.md)"))
        chosen, picked = QFileDialog.getSaveFileName(
            self._window, self.tr("Save a report"), str(default_report(view.session)), ";;".join(filters)
        )
        if chosen:
            path = Path(chosen)
            known = path.suffix.lower() in _ENDINGS
            ending = ".md" if picked == filters[1] else ".html"
            # a name that the dialog did not ask about must not replace anything
            self.save(view, path if known else path.with_name(path.name + ending), overwrite=known)

    def save(self, view: ArchiveView, target: Path, *, overwrite: bool) -> None:
        """Check everything and write `target`, whole or not at all."""
        again = partial(self.save, view, target, overwrite=overwrite)
        replace = partial(self.save, view, target, overwrite=True)
        ways = ((Action.SAVE_AS, partial(self.ask, view)), (Action.REPLACE, replace))
        session = view.session  # the worker must not hold the view: it would be destroyed in the wrong thread
        task = self._runner.start(
            self.tr("Checking"),
            lambda token, sink: run_report(session, target, token, sink, overwrite=overwrite),
            lambda outcome: view.bar.show_message(message_of(outcome)),
            partial(view.show_error, doing=self.tr("saving the report"), again=again, ways=ways),
            on_end=view.refresh_states,
            owner=view,
        )
        view.closing.connect(task.cancel)
