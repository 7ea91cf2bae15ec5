"""*Export…*: target and preset, and what will be written, before anything is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from inspector.language import tr
from inspector.ui import text
from inspector.ui.screen import resize_within, scrolled
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.export_choices import ExportChoices
from inspector.ui.views.list_pages import ColumnOf, RowsModel, table
from inspector.ui.widgets.preset_box import PresetBox
from inspector.viewmodel import exporting
from inspector.viewmodel.exportchoices import FOLDER, ExportRequest, SavedPresets
from inspector.viewmodel.exporting import PlanRow, PlanSheet, TargetCheck
from inspector.viewmodel.messages import from_error, in_one_line
from inspector.viewmodel.session import ArchiveSession

_PAUSE_MS = 250
_NONE_SAVED = SavedPresets()
_SIGNS = {"kept": "=", "rewritten": "→", "added": "+", "dropped": "−"}


class ExportDialog(QDialog):
    """Not modal to the program; closes at *Export*, and the work goes on in the status bar."""

    export_asked = Signal(object, object, bool)
    """The `ExportRequest`, the target, and whether an existing file may be replaced."""
    saved_changed = Signal(object)
    """The person's own presets from now on: `SavedPresets`."""

    def __init__(
        self,
        session: ArchiveSession,
        runner: TaskRunner,
        parent: QWidget | None = None,
        *,
        saved: SavedPresets = _NONE_SAVED,
        others: Sequence[Path] = (),
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._check: Task[Any] | None = None
        self._planning: Task[Any] | None = None
        self._target_ok = False
        self._plan_ok = False
        self.setWindowTitle(text.title(self.tr("Export %s") % session.title))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resize_within(self, 1080, 690)
        self._suggested = str(exporting.default_target(session))
        self.target = QLineEdit(self._suggested)
        self.target.setAcceptDrops(False)
        self.target.setAccessibleName(self.tr("Save as"))
        self._target_note = text.label(wrap=True)
        self.replace = QCheckBox(self.tr("Replace the existing file"))
        self.replace.hide()
        self.presets = PresetBox(self)
        self.presets.show_saved(saved)
        self._saved = saved
        self.choices = ExportChoices(session, others, self)
        self._sheet: RowsModel[PlanRow] = RowsModel(self._columns(), self)
        self._plan_note = text.label(wrap=True)
        self._loaders = text.label(wrap=True)
        self._plan_note.setMaximumHeight(self.fontMetrics().lineSpacing() * 7)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = self.buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        for button in self.buttons.buttons():
            # Fusion draws a red cross on Cancel, as if it were an error.
            button.setIcon(QIcon())
            if button is not self.export_button and isinstance(button, QPushButton):
                button.setAutoDefault(False)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._check_target)
        self._pause.timeout.connect(self._plan)
        self._pause_plan = QTimer(self)
        self._pause_plan.setSingleShot(True)
        self._pause_plan.setInterval(_PAUSE_MS)
        self._pause_plan.timeout.connect(self._plan)
        self._pause_plan.timeout.connect(self._check_target)
        self._top = QHBoxLayout()
        self._lay_out()
        self.target.textChanged.connect(self._target_edited)
        self.replace.toggled.connect(self._update_button)
        self.presets.changed.connect(self._choices_changed)
        self.presets.saved_chosen.connect(self.choices.show_request)
        self.presets.save_asked.connect(self._save_preset)
        self.presets.removed.connect(lambda name: self._keep_saved(self._saved.without(name)))
        self.choices.split.currentIndexChanged.connect(self._suggest)
        self.choices.changed.connect(self._choices_changed)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(self._stop)
        self._check_target()
        self._plan()

    def choose_preset(self, key: str) -> None:
        """`PresetChoice.key`; an unknown one changes nothing."""
        self.presets.choose(key)

    def _save_preset(self, name: str) -> None:
        self._keep_saved(self._saved.with_preset(name, self.request), name)

    def _keep_saved(self, saved: SavedPresets, current: str = "") -> None:
        self._saved = saved
        self.presets.show_saved(saved, current)
        self.saved_changed.emit(saved)

    def _columns(self) -> tuple[ColumnOf[PlanRow], ...]:
        return (
            ColumnOf(self.tr("What"), lambda row: row.object, lambda row: row.tooltip, width=240),
            ColumnOf(
                self.tr("Will be"),
                lambda row: f"{_SIGNS.get(row.action, '')} {tr(row.action)}",
                lambda row: row.why,
                width=100,
            ),
            ColumnOf(self.tr("Before"), lambda row: row.before, lambda row: row.tooltip, width=235),
            ColumnOf(self.tr("After"), lambda row: row.after, lambda row: row.tooltip, width=235),
            ColumnOf(self.tr("Why"), lambda row: row.why, lambda row: row.why, width=120),
        )

    def _lay_out(self) -> None:
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_target)
        where = QHBoxLayout()
        caption = text.label(self.tr("Save as"))
        caption.setBuddy(self.target)
        where.addWidget(caption)
        where.addWidget(self.target, 1)
        where.addWidget(choose)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        self._top.addWidget(self.presets, 3)
        self._top.addWidget(self.choices, 4)
        layout.addLayout(self._top, 1)
        layout.addLayout(where)
        layout.addWidget(self._target_note)
        layout.addWidget(self.replace)
        layout.addWidget(text.label(self.tr("What will be written")))
        sheet = table(self._sheet, self._columns(), self.tr("What will be written"))
        sheet.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        sheet.setMinimumHeight(self.fontMetrics().lineSpacing() * 8)
        for part in (self.choices, sheet):
            # What they would like to have is not worth a scroll bar.
            part.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        layout.addWidget(sheet, 1)
        layout.addWidget(self._plan_note)
        layout.addWidget(self._loaders)
        column = QVBoxLayout(self)
        column.addWidget(scrolled(content, self.windowTitle()), 1)
        column.addWidget(self.buttons)

    @property
    def request(self) -> ExportRequest:
        """What was chosen. A name that ends with a slash means a folder, which a `Path` does not tell any more."""
        chosen = self.choices.request_on(ExportRequest(preset=self.presets.key))
        is_folder = self.target.text().endswith("/") and not (chosen.form or chosen.split)
        return replace(chosen, form=FOLDER) if is_folder else chosen

    def _choose_target(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save the exported archive as"),
            self.target.text(),
            self.tr("Image archives (*.tar *.tar.gz *.tar.zst);;All files (*)"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.target.setText(chosen)

    def _suggest(self) -> None:
        """Several archives go into a folder: another name for it, unless the person gave one."""
        before, self._suggested = self._suggested, str(exporting.default_target(self._session, self.request.split))
        if self.target.text() == before:
            self.target.setText(self._suggested)

    def _target_edited(self) -> None:
        self._target_ok = False
        self._update_button()
        self._pause.start()

    def _choices_changed(self) -> None:
        # Until it is planned anew, the sheet shows something else than what would be written.
        self._plan_ok = False
        self._update_button()
        _cancel(self._planning)
        self._pause_plan.start()

    def _check_target(self) -> None:
        # Questions run side by side: the answer to an older one must not come after that to a newer one.
        _cancel(self._check)
        session, target, request = self._session, Path(self.target.text()), self.request
        self._check = self._runner.start(
            self.tr("Looking at the target"),
            lambda _token, _sink: exporting.check_target(session, target, request),
            partial(self._target_checked, target),
            self._target_failed,
            owner=self,
            quiet=True,
        )

    def _target_checked(self, target: Path, found: TargetCheck) -> None:
        if target != Path(self.target.text()):
            return
        self._target_note.setText(found.text)
        self._target_note.setVisible(bool(found.text))
        self.replace.setVisible(found.exists and not found.is_source)
        self._target_ok = found.writable and not found.is_source
        self._update_button()

    def _target_failed(self, error: BaseException) -> None:
        self._target_note.setText(in_one_line(error))
        self._target_note.show()

    def _plan(self) -> None:
        _cancel(self._planning)
        self._plan_ok = False
        self._update_button()
        if self.choices.nothing_chosen:
            self._show_no_plan(self.tr("Choose at least one image."))
            return
        request = self.request
        self._planning = self._runner.start(
            self.tr("Planning the export"),
            partial(exporting.prepare_export, self._session, request, target=Path(self.target.text())),
            partial(self._planned, request),
            self._plan_failed,
            owner=self,
        )

    def _planned(self, request: ExportRequest, sheet: PlanSheet) -> None:
        if request != self.request:
            return
        self._sheet.show(sheet.rows)
        self.choices.repairs.show_rows(sheet.repairs)
        if request != self.request:
            return  # a finding asked for more: it is planned again
        self._plan_note.setText("\n".join(part for part in (sheet.images, *sheet.notes) if part))
        self._loaders.setText(self.tr("Will load in: %s") % sheet.loaders if sheet.loaders else "")
        text.set_tip(self._loaders, sheet.loaders_tooltip)
        self.export_button.setText(text.caption(sheet.button))
        self._plan_ok = True
        self._update_button()

    def _plan_failed(self, error: BaseException) -> None:
        message = from_error(error)
        self._show_no_plan(f"{message.title}\n{message.text}" if message is not None else "")

    def _show_no_plan(self, why: str) -> None:
        """What was true of the plan before is not true of what is chosen now."""
        self._sheet.show(())
        self._plan_note.setText(why)
        self._loaders.clear()
        text.set_tip(self._loaders, "")
        self.export_button.setText(self.tr("Export"))

    def _update_button(self) -> None:
        may_write = self.replace.isHidden() or self.replace.isChecked()
        self.export_button.setEnabled(self._target_ok and self._plan_ok and may_write)

    def _accept(self) -> None:
        request, target = self.request, Path(self.target.text())
        overwrite = not self.replace.isHidden() and self.replace.isChecked()
        self.accept()
        self.export_asked.emit(request, target, overwrite)

    def _stop(self) -> None:
        _cancel(self._check)
        _cancel(self._planning)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Presets and choices stand one above the other where there is no room for both in a row."""
        super().resizeEvent(event)
        needed = self.presets.minimumSizeHint().width() + self.choices.minimumSizeHint().width()
        room = self.width() - 60
        row, column = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._top.setDirection(row if needed <= room else column)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop()
        super().closeEvent(event)


def _cancel(task: Task[Any] | None) -> None:
    if task is not None:
        task.cancel()
