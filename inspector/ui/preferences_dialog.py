"""*Preferences*: few, and each has its effect at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.language import tr
from inspector.progress import CancelToken, ProgressSink
from inspector.ui import text
from inspector.ui.screen import resize_within, scrolled
from inspector.ui.task_runner import TaskRunner
from inspector.ui.widgets.buttons import button_box
from inspector.ui.widgets.folder_field import FolderField
from inspector.viewmodel import display
from inspector.viewmodel.caching import ListingCache, cache_for
from inspector.viewmodel.exportchoices import PRESETS
from inspector.viewmodel.preferences import CACHE_SIZES, LIMITS, LimitChoice, Preferences, Reopen, Theme, Units

_WIDTH_PX = 560


class PreferencesDialog(QDialog):
    """Shows `preferences`; every change is told at once, there is nothing to confirm."""

    changed = Signal(object)
    """The `Preferences` as they are from now on."""

    def __init__(
        self,
        preferences: Preferences,
        runner: TaskRunner,
        parent: QWidget | None = None,
        *,
        languages: Sequence[tuple[str, str]] = (),
        cache_folder: Path | None = None,
    ) -> None:
        """`languages`: code and name of each that can be spoken. `cache_folder`: where lists are kept if none is chosen."""
        super().__init__(parent)
        self.preferences = preferences
        self._runner = runner
        self._own_cache_folder = cache_folder
        self._quiet = False
        self._asked = 0
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
        self._spoken = preferences.language
        self._later = text.label(self.tr("The window speaks it as soon as what is running has ended."))
        self._later.hide()
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
        self.temp_folder = FolderField(
            self.tr("Folder for temporary files"),
            self.tr("A compressed archive is unpacked there while it is open; nothing of it stays behind."),
            runner,
        )
        self.temp_folder.chosen.connect(self._tell)
        self.cache_folder = FolderField(
            self.tr("Folder for kept lists"),
            self.tr("Private to you; a cache, that can be cleared at any time."),
            runner,
        )
        self.cache_folder.chosen.connect(self._tell)
        self.cache = QCheckBox(self.tr("Keep the lists of files of layers for the next start"))
        self.cache.toggled.connect(self._tell)
        self.cache_size = QSpinBox(self)
        self.cache_size.setRange(*CACHE_SIZES)
        self.cache_size.setSuffix(" MB")
        self._prepare(self.cache_size, self.tr("Kept lists, at most"))
        self._held = text.label()
        self.clear_cache = QPushButton(self.tr("Clear"))
        self.clear_cache.setAutoDefault(False)
        self.clear_cache.setEnabled(False)
        self.clear_cache.setAccessibleName(self.tr("Clear the kept lists"))
        self.clear_cache.clicked.connect(self._clear_cache)
        self.limits = {choice.name: self._limit(choice) for choice in LIMITS}
        self._lay_out(bool(languages))
        self._show(preferences)
        self._look_at_cache()

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
        box.setSuffix(f" {choice.unit}" if choice.unit else "")
        self._prepare(box, tr(choice.caption))
        return box

    def _prepare(self, box: QSpinBox, name: str) -> None:
        box.setGroupSeparatorShown(True)
        box.setAccelerated(True)
        # Not at each digit: 1 is on the way to 100.
        box.setKeyboardTracking(False)
        for part in (box, box.lineEdit()):
            part.setAccessibleName(name)
        box.valueChanged.connect(self._tell)

    def _lay_out(self, several_languages: bool) -> None:
        looks = QFormLayout()
        looks.addRow(self.tr("Colours"), self.theme)
        if several_languages:
            looks.addRow(self.tr("Language"), self.language)
            looks.addRow("", self._later)
        else:
            self.language.hide()
        looks.addRow(self.tr("Sizes"), self.units)
        looks.addRow(self.tr("At the start"), self.reopen)
        looks.addRow(self.tr("Re-export as"), self.preset)
        looks.addRow(self.tr("Temporary files"), self.temp_folder)
        kept = QGroupBox(self.tr("Kept lists of files"))
        cache = QFormLayout(kept)
        cache.addRow(self.cache)
        row = QHBoxLayout()
        row.addWidget(self.cache_size)
        row.addWidget(self._held, 1)
        row.addWidget(self.clear_cache)
        cache.addRow(self.tr("At most"), row)
        cache.addRow(self.tr("Folder"), self.cache_folder)
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
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(looks)
        layout.addWidget(kept)
        layout.addWidget(limits)
        layout.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(scrolled(content, self.windowTitle()), 1)
        column.addWidget(buttons)
        # A wrapped text's own hint knows nothing of the width that it will get.
        margins = column.contentsMargins()
        inner = layout.totalHeightForWidth(_WIDTH_PX - margins.left() - margins.right())
        around = margins.top() + margins.bottom() + column.spacing() + buttons.sizeHint().height()
        resize_within(self, _WIDTH_PX, inner + around)

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
        self.temp_folder.show_folder(preferences.temp_folder)
        self.cache_folder.show_folder(preferences.cache_folder)
        self.cache.setChecked(preferences.cache)
        self.cache_size.setValue(preferences.cache_megabytes)
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
            temp_folder=self.temp_folder.folder,
            cache=self.cache.isChecked(),
            cache_megabytes=self.cache_size.value(),
            cache_folder=self.cache_folder.folder,
        )
        for choice in LIMITS:
            chosen = chosen.with_limit(choice.name, self.limits[choice.name].value() * choice.factor)
        self._take(chosen)

    def _take(self, chosen: Preferences) -> None:
        if chosen != self.preferences:
            self.preferences = chosen
            running = any(not task.quiet for task in self._runner.tasks)
            self._later.setVisible(chosen.language != self._spoken and running)
            self.changed.emit(chosen)
            self._look_at_cache()

    def _restore(self) -> None:
        self._show(Preferences())
        self._take(Preferences())

    # --- the cache --------------------------------------------------------------------------------------------------------

    def _cache(self) -> ListingCache:
        """The one that the preferences name, in use or not."""
        return cache_for(replace(self.preferences, cache=True), self._own_cache_folder) or ListingCache(Path())

    def _look_at_cache(self) -> None:
        cache = self._cache()
        self._work_on_cache(lambda _token, _sink: cache.size)

    def _clear_cache(self) -> None:
        cache = self._cache()

        def clear(_token: CancelToken, _sink: ProgressSink) -> int:
            cache.clear()
            return cache.size

        self._work_on_cache(clear)

    def _work_on_cache(self, work: Callable[[CancelToken, ProgressSink], int]) -> None:
        self.cache_size.setEnabled(self.preferences.cache)
        self.cache_folder.setEnabled(self.preferences.cache)
        self._asked += 1
        number = self._asked

        def show(held: int) -> None:
            # Questions run side by side: what was counted before a clearing may be told after it.
            if number == self._asked:
                self._show_held(held)

        self._runner.start(
            self.tr("Looking at the kept lists"),
            work,
            show,
            lambda _error: None,
            owner=self,
            quiet=True,
            aside=True,
        )

    def _show_held(self, held: int) -> None:
        self._held.setText(self.tr("now %s") % display.size(held))
        self.clear_cache.setEnabled(held > 0)
