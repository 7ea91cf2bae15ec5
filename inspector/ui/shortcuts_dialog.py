"""Every command: as a table of shortcuts, and as a palette to type into."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from inspector.ui.views.list_pages import ColumnOf, RowsModel, table
from inspector.ui.widgets.buttons import button_box
from inspector.viewmodel.commands import COMMANDS, Command


def _keys(command: Command) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(shortcut).toString(native) for shortcut in command.shortcuts)


class ShortcutsDialog(QDialog):
    """What the keyboard can do; made from the table of commands, so that it is never out of date."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(720, 560)
        columns = (
            ColumnOf[Command](self.tr("Keys"), _keys, lambda _: "", width=200),
            ColumnOf[Command](self.tr("Command"), lambda c: c.text, lambda c: c.tooltip, width=180),
            ColumnOf[Command](self.tr("What it does"), lambda c: c.tooltip, lambda c: c.tooltip, width=300),
        )
        model: RowsModel[Command] = RowsModel(columns, self)
        model.show([command for command in COMMANDS.values() if command.shortcuts])
        buttons = button_box(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(table(model, columns, self.tr("Keyboard shortcuts")))
        layout.addWidget(buttons)


class CommandPalette(QDialog):
    """Type a part of a command's name, Enter runs it."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("All commands"))
        self.resize(520, 420)
        self._actions = actions
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setPlaceholderText(self.tr("What do you want to do?"))
        self.line.setAccessibleName(self.tr("Command"))
        self.line.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.itemActivated.connect(self._run)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(lambda: self._run(self.list.currentItem()))
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, wanted: str) -> None:
        words = wanted.casefold().split()
        self.list.clear()
        for identifier, action in self._actions.items():
            command = COMMANDS[identifier]
            about = f"{command.text} {command.tooltip}".casefold()
            if action.isEnabled() and identifier != "palette" and all(word in about for word in words):
                keys = _keys(command)
                item = QListWidgetItem(action.icon(), f"{command.text}    {keys}" if keys else command.text)
                item.setData(Qt.ItemDataRole.UserRole, identifier)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step:
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
                return True
        return super().eventFilter(watched, event)
