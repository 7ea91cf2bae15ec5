"""*Export…*: target and preset, and what will be written, before anything is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.views.list_pages import ColumnOf, RowsModel, table
from inspector.viewmodel import exporting
from inspector.viewmodel.exporting import ExportRequest, PlanRow, PlanSheet, TargetCheck
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.session import ArchiveSession

_PAUSE_MS = 250
_SIGNS = {"kept": "=", "rewritten": "→", "added": "+", "dropped": "−"}


class ExportDialog(QDialog):
    """Not modal to the program; closes at *Export*, and the work goes on in the status bar."""

    export_asked = Signal(object, object, bool)
    """The `ExportRequest`, the target, and whether an existing file may be replaced."""

    def __init__(self, session: ArchiveSession, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._tasks: list[Task[Any]] = []
        self._target_ok = False
        self._plan_ok = False
        self.setWindowTitle(text.title(self.tr("Export %s") % session.title))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1040, 640)
        self.target = QLineEdit(str(exporting.default_target(session)))
        self.target.setAcceptDrops(False)
        self.target.setAccessibleName(self.tr("Save as"))
        self._target_note = text.label(wrap=True)
        self.replace = QCheckBox(self.tr("Replace the existing file"))
        self.replace.hide()
        self.presets = QButtonGroup(self)
        self._images = QListWidget()
        self._sheet: RowsModel[PlanRow] = RowsModel(self._columns(), self)
        self._plan_note = text.label(wrap=True)
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
        self._lay_out()
        self.target.textChanged.connect(self._target_edited)
        self.replace.toggled.connect(self._update_button)
        self.presets.idToggled.connect(lambda _id, checked: self._plan() if checked else None)
        self._images.itemChanged.connect(lambda _item: self._plan())
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(self._stop)
        self._check_target()
        self._plan()

    def choose_preset(self, key: str) -> None:
        """`PresetChoice.key`; an unknown one changes nothing."""
        for number, choice in enumerate(exporting.PRESETS):
            if choice.key == key:
                self.presets.button(number).setChecked(True)

    def _columns(self) -> tuple[ColumnOf[PlanRow], ...]:
        return (
            ColumnOf(self.tr("What"), lambda row: row.object, lambda row: row.tooltip, width=240),
            ColumnOf(
                self.tr("Will be"),
                lambda row: f"{_SIGNS.get(row.action, '')} {row.action}",
                lambda row: row.why,
                width=100,
            ),
            ColumnOf(self.tr("Before"), lambda row: row.before, lambda row: row.tooltip, width=235),
            ColumnOf(self.tr("After"), lambda row: row.after, lambda row: row.tooltip, width=235),
            ColumnOf(self.tr("Why"), lambda row: row.why, lambda row: row.why, width=120),
        )

    def _lay_out(self) -> None:
        presets = QGroupBox(self.tr("Preset"))
        column = QVBoxLayout(presets)
        column.setSpacing(2)
        for number, choice in enumerate(exporting.PRESETS):
            button = QRadioButton(self.tr(choice.title))
            button.setToolTip(text.tooltip(self.tr(choice.explanation)))
            button.setEnabled(choice.available)
            button.setChecked(number == 0)
            self.presets.addButton(button, number)
            column.addWidget(button)
            explanation = text.label(self.tr(choice.explanation), wrap=True)
            explanation.setForegroundRole(explanation.palette().ColorRole.PlaceholderText)
            explanation.setContentsMargins(24, 0, 0, 8)
            column.addWidget(explanation)
        column.addStretch(1)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_target)
        where = QHBoxLayout()
        caption = text.label(self.tr("Save as"))
        caption.setBuddy(self.target)
        where.addWidget(caption)
        where.addWidget(self.target, 1)
        where.addWidget(choose)
        layout = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(presets, 3)
        images = self._image_choice()
        if images is not None:
            top.addWidget(images, 2)
        layout.addLayout(top)
        layout.addLayout(where)
        layout.addWidget(self._target_note)
        layout.addWidget(self.replace)
        layout.addWidget(text.label(self.tr("What will be written")))
        sheet = table(self._sheet, self._columns(), self.tr("What will be written"))
        sheet.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        layout.addWidget(sheet, 1)
        layout.addWidget(self._plan_note)
        layout.addWidget(self.buttons)

    def _image_choice(self) -> QWidget | None:
        choices = exporting.image_choices(self._session)
        if len(choices) < 2:
            return None
        box = QGroupBox(self.tr("Images"))
        self._images.setAccessibleName(self.tr("Images"))
        self._images.setMaximumHeight(self.fontMetrics().lineSpacing() * 11)
        for choice in choices:
            item = QListWidgetItem(" · ".join(part for part in (choice.label, choice.platform, choice.size) if part))
            item.setData(Qt.ItemDataRole.UserRole, choice.key)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked)
            self._images.addItem(item)
        QVBoxLayout(box).addWidget(self._images)
        return box

    @property
    def request(self) -> ExportRequest:
        """What was chosen. All images chosen is the same as none named: then untagged and future ones are in."""
        items = [self._images.item(row) for row in range(self._images.count())]
        chosen = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked]
        preset = exporting.PRESETS[max(0, self.presets.checkedId())]
        return ExportRequest(preset=preset.key, images=() if len(chosen) == len(items) else tuple(chosen))

    def _nothing_chosen(self) -> bool:
        items = [self._images.item(row) for row in range(self._images.count())]
        return bool(items) and not any(item.checkState() is Qt.CheckState.Checked for item in items)

    def _choose_target(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save the exported archive as"),
            self.target.text(),
            self.tr("Image archives (*.tar);;All files (*)"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.target.setText(chosen)

    def _target_edited(self) -> None:
        self._target_ok = False
        self._update_button()
        self._pause.start()

    def _check_target(self) -> None:
        target = Path(self.target.text())
        self._tasks.append(
            self._runner.start(
                self.tr("Looking at the target"),
                lambda _token, _sink: exporting.check_target(self._session, target),
                partial(self._target_checked, target),
                self._target_failed,
                owner=self,
                quiet=True,
            )
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
        self._target_note.setText(str(error))
        self._target_note.show()

    def _plan(self) -> None:
        self._plan_ok = False
        self._update_button()
        if self._nothing_chosen():
            self._sheet.show(())
            self._plan_note.setText(self.tr("Choose at least one image."))
            return
        request = self.request
        self._tasks.append(
            self._runner.start(
                self.tr("Planning the export"),
                partial(exporting.prepare_export, self._session, request),
                partial(self._planned, request),
                self._plan_failed,
                owner=self,
            )
        )

    def _planned(self, request: ExportRequest, sheet: PlanSheet) -> None:
        if request != self.request:
            return
        self._sheet.show(sheet.rows)
        self._plan_note.setText("\n".join(part for part in (sheet.images, *sheet.notes) if part))
        self.export_button.setText(text.caption(sheet.button))
        self._plan_ok = True
        self._update_button()

    def _plan_failed(self, error: BaseException) -> None:
        message = from_error(error)
        self._sheet.show(())
        self._plan_note.setText(f"{message.title}\n{message.text}" if message is not None else "")

    def _update_button(self) -> None:
        may_write = self.replace.isHidden() or self.replace.isChecked()
        self.export_button.setEnabled(self._target_ok and self._plan_ok and may_write)

    def _accept(self) -> None:
        request, target = self.request, Path(self.target.text())
        overwrite = not self.replace.isHidden() and self.replace.isChecked()
        self.accept()
        self.export_asked.emit(request, target, overwrite)

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop()
        super().closeEvent(event)
