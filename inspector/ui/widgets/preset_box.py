"""The presets of an export: the program's as radio buttons, a person's own in a list below them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGroupBox,
    QHBoxLayout,
    QInputDialog,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from inspector.language import tr
from inspector.ui import text
from inspector.viewmodel.display import safe
from inspector.viewmodel.exportchoices import PRESETS, ExportRequest, SavedPresets


class PresetBox(QGroupBox):
    """Emits `changed` when another preset was chosen, and `saved_chosen` with a request when it was one's own."""

    changed = Signal()
    saved_chosen = Signal(object)
    save_asked = Signal(str)
    """Save what is chosen now under this name."""
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Preset"))
        self._saved = SavedPresets()
        self.group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setSpacing(4)
        for number, choice in enumerate(PRESETS):
            button = QRadioButton(tr(choice.title))
            text.set_tip(button, tr(choice.explanation))
            button.setAccessibleDescription(tr(choice.explanation))
            button.setEnabled(choice.available)
            button.setChecked(number == 0)
            self.group.addButton(button, number)
            column.addWidget(button)
        self._explanation = text.label("", wrap=True)
        self._explanation.setForegroundRole(self._explanation.palette().ColorRole.PlaceholderText)
        self._explanation.setMinimumHeight(self.fontMetrics().lineSpacing() * 3)
        column.addWidget(self._explanation)
        column.addStretch(1)
        self.own = QComboBox()
        self.own.setAccessibleName(self.tr("My presets"))
        self.own.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.own.setMinimumContentsLength(8)
        self.save = _button(self.tr("Save…"), self.tr("Keep the choices of now under a name"))
        self.remove = _button(self.tr("Remove"), self.tr("Forget the chosen preset of mine"))
        row = QHBoxLayout()
        row.addWidget(self.own, 1)
        row.addWidget(self.save)
        row.addWidget(self.remove)
        column.addLayout(row)
        self.group.idToggled.connect(self._toggled)
        self.own.activated.connect(self._own_chosen)
        self.save.clicked.connect(self._ask_name)
        self.remove.clicked.connect(lambda: self.removed.emit(str(self.own.currentData() or "")))
        self.show_saved(self._saved)
        self._explain()

    @property
    def key(self) -> str:
        """Of the chosen preset."""
        return PRESETS[max(0, self.group.checkedId())].key

    def choose(self, key: str) -> None:
        """An unknown key changes nothing."""
        for number, choice in enumerate(PRESETS):
            if choice.key == key:
                self.group.button(number).setChecked(True)

    def show_saved(self, saved: SavedPresets, current: str = "") -> None:
        """The person's presets, `current` chosen."""
        self._saved = saved
        self.own.clear()
        self.own.addItem(self.tr("My presets…") if saved.presets else self.tr("No presets of mine yet"), "")
        for name in saved.names():
            self.own.addItem(safe(name), name)
        self.own.setCurrentIndex(max(0, self.own.findData(current)))
        self.own.setEnabled(bool(saved.presets))
        self.remove.setEnabled(self.own.currentIndex() > 0)

    def _toggled(self, _number: int, checked: bool) -> None:
        if checked:
            self._explain()
            self.changed.emit()

    def _explain(self) -> None:
        self._explanation.setText(tr(PRESETS[max(0, self.group.checkedId())].explanation))

    def _own_chosen(self) -> None:
        request: ExportRequest | None = self._saved.get(str(self.own.currentData() or ""))
        self.remove.setEnabled(request is not None)
        if request is not None:
            self.choose(request.preset)
            self.saved_chosen.emit(request)

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(self.tr("Save preset"))
        dialog.setLabelText(self.tr("Name of the preset"))
        dialog.setTextValue(str(self.own.currentData() or ""))
        dialog.textValueSelected.connect(lambda name: self.save_asked.emit(name.strip()) if name.strip() else None)
        dialog.open()


def _button(caption: str, tip: str) -> QPushButton:
    button = QPushButton(caption)
    text.set_tip(button, tip)
    button.setAutoDefault(False)
    return button
