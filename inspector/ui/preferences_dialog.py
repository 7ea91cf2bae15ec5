"""*Preferences*: few, and each has its effect at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.language import tr
from inspector.ui import text
from inspector.ui.task_runner import TaskRunner
from inspector.ui.widgets.buttons import button_box
from inspector.viewmodel.exporting import PRESETS
from inspector.viewmodel.preferences import LIMITS, LimitChoice, Preferences, Reopen, Theme, Units

_PAUSE_MS = 400
_LINE_PX = 260


class PreferencesDialog(QDialog):
    """Shows `preferences`; every change is told at once, there is nothing to confirm."""

    changed = Signal(object)
    """The `Preferences` as they are from now on."""

    def __init__(
        self,
        preferences: Preferences,
        runner: TaskRunner,
        parent: QWidget | None = None,
        languages: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`languages`: code and name of each that can be spoken."""
        super().__init__(parent)
        self.preferences = preferences
        self._runner = runner
        self._quiet = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Preferences"))
        self.theme = self._choice(
            self.tr("Colours"),
            (
                (Theme.SYSTEM, self.tr("As the desktop")),
                (Theme.LIGHT, self.tr("Light")),
                (Theme.DARK, self.tr("Dark")),
                (Theme.CONTRAST, self.tr("High contrast")),
            ),
        )
        self.language = self._choice(self.tr("Language"), (("", self.tr("As the desktop")), *languages))
        self.units = self._choice(
            self.tr("Sizes"),
            (
                (Units.DECIMAL, self.tr("kB, MB, GB (1 kB = 1000 bytes)")),
                (Units.BINARY, self.tr("KiB, MiB, GiB (1 KiB = 1024 bytes)")),
            ),
        )
        self.reopen = self._choice(
            self.tr("At the start"),
            (
                (Reopen.ASK, self.tr("Offer the archives of the last time")),
                (Reopen.ALWAYS, self.tr("Open the archives of the last time")),
                (Reopen.NEVER, self.tr("Open nothing")),
            ),
        )
        self.preset = self._choice(
            self.tr("Re-export as"), ((choice.key, tr(choice.title)) for choice in PRESETS if choice.available)
        )
        self.temp_folder = QLineEdit(self)
        self.temp_folder.setAcceptDrops(False)
        self.temp_folder.setMinimumWidth(_LINE_PX)
        self.temp_folder.setPlaceholderText(self.tr("The system's own"))
        self.temp_folder.setAccessibleName(self.tr("Folder for temporary files"))
        self.temp_folder.setToolTip(
            text.tooltip(
                self.tr("A compressed archive is unpacked there while it is open; nothing of it stays behind.")
            )
        )
        self._temp_note = text.label(wrap=True)
        self._temp_note.hide()
        self.limits = {choice.name: self._limit(choice) for choice in LIMITS}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._check_folder)
        self.temp_folder.textEdited.connect(self._pause.start)
        self.temp_folder.editingFinished.connect(self._check_folder)
        self._lay_out(bool(languages))
        self._show(preferences)

    # --- making it --------------------------------------------------------------------------------------------------------

    def _choice(self, name: str, choices: Iterable[tuple[str, str]]) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        for value, shown in choices:
            box.addItem(text.caption(shown).replace("&&", "&"), str(value))
        box.currentIndexChanged.connect(self._tell)
        return box

    def _limit(self, choice: LimitChoice) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(1, choice.most)
        box.setGroupSeparatorShown(True)
        box.setAccelerated(True)
        box.setKeyboardTracking(False)
        box.setSuffix(f" {choice.unit}" if choice.unit else "")
        for part in (box, box.lineEdit()):
            part.setAccessibleName(tr(choice.caption))
        box.valueChanged.connect(self._tell)
        return box

    def _lay_out(self, several_languages: bool) -> None:
        looks = QFormLayout()
        looks.addRow(self.tr("Colours"), self.theme)
        if several_languages:
            looks.addRow(self.tr("Language"), self.language)
        else:
            self.language.hide()
        looks.addRow(self.tr("Sizes"), self.units)
        looks.addRow(self.tr("At the start"), self.reopen)
        looks.addRow(self.tr("Re-export as"), self.preset)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_folder)
        row = QHBoxLayout()
        row.addWidget(self.temp_folder, 1)
        row.addWidget(choose)
        looks.addRow(self.tr("Temporary files"), row)
        looks.addRow("", self._temp_note)
        limits = QGroupBox(self.tr("Limits"))
        form = QFormLayout(limits)
        note = text.label(
            self.tr(
                "They keep a hostile archive from filling memory or disk. They hold for archives opened from now on."
            ),
            wrap=True,
        )
        note.setForegroundRole(note.palette().ColorRole.PlaceholderText)
        form.addRow(note)
        for choice in LIMITS:
            form.addRow(tr(choice.caption), self.limits[choice.name])
        buttons = button_box(QDialogButtonBox.StandardButton.Close)
        defaults = buttons.addButton(self.tr("Restore Defaults"), QDialogButtonBox.ButtonRole.ResetRole)
        defaults.setAutoDefault(False)
        defaults.clicked.connect(self._restore)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(looks)
        layout.addWidget(limits)
        layout.addStretch(1)
        layout.addWidget(buttons)

    # --- values -----------------------------------------------------------------------------------------------------------

    def _show(self, preferences: Preferences) -> None:
        self._quiet = True
        for box, value in (
            (self.theme, preferences.theme),
            (self.language, preferences.language),
            (self.units, preferences.units),
            (self.reopen, preferences.reopen),
            (self.preset, preferences.preset),
        ):
            box.setCurrentIndex(max(0, box.findData(str(value))))
        self.temp_folder.setText(preferences.temp_folder)
        for choice in LIMITS:
            self.limits[choice.name].setValue(preferences.limit(choice.name) // choice.factor)
        self._quiet = False

    def _tell(self) -> None:
        if self._quiet:
            return
        chosen = replace(
            self.preferences,
            theme=Theme(self.theme.currentData()),
            language=self.language.currentData(),
            units=Units(self.units.currentData()),
            reopen=Reopen(self.reopen.currentData()),
            preset=self.preset.currentData(),
        )
        for choice in LIMITS:
            chosen = chosen.with_limit(choice.name, self.limits[choice.name].value() * choice.factor)
        self._take(chosen)

    def _take(self, chosen: Preferences) -> None:
        if chosen != self.preferences:
            self.preferences = chosen
            self.changed.emit(chosen)

    def _restore(self) -> None:
        self._temp_note.hide()
        self._show(Preferences())
        self._take(Preferences())

    # --- the folder -------------------------------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder for temporary files"), self.temp_folder.text())
        if chosen:
            self.temp_folder.setText(chosen)
            self._check_folder()

    def _check_folder(self) -> None:
        """Taken only if it can be written to. Asked in a thread: it may lie on a share that does not answer."""
        self._pause.stop()
        folder = self.temp_folder.text().strip()
        if folder == self.preferences.temp_folder:
            self._temp_note.hide()
            return
        self._runner.start(
            self.tr("Looking at the folder"),
            lambda _token, _sink: not folder or _can_hold_files(folder),
            partial(self._folder_checked, folder),
            lambda _error: self._folder_checked(folder, good=False),
            owner=self,
            quiet=True,
            aside=True,
        )

    def _folder_checked(self, folder: str, good: bool) -> None:
        if folder != self.temp_folder.text().strip():
            return
        self._temp_note.setText(self.tr("This is no folder that files can be written to. It is not used."))
        self._temp_note.setVisible(not good)
        if good:
            self._take(replace(self.preferences, temp_folder=folder))


def _can_hold_files(folder: str) -> bool:
    return os.path.isabs(folder) and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
