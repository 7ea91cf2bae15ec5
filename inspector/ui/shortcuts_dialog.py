"""Every command: as a table of shortcuts, and as a palette to type into."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from inspector.language import tr
from inspector.ui.screen import resize_within
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
        resize_within(self, 900, 600)
        columns = (
            ColumnOf[Command](self.tr("Keys"), _keys, lambda _: "", width=180),
            ColumnOf[Command](self.tr("Command"), lambda c: tr(c.text), lambda c: tr(c.tooltip), width=180),
            ColumnOf[Command](self.tr("What it does"), lambda c: tr(c.tooltip), lambda c: tr(c.tooltip), width=300),
        )
        self.model: RowsModel[Command] = RowsModel(columns, self)
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setClearButtonEnabled(True)
        self.line.setPlaceholderText(self.tr("Search keys and commands"))
        self.line.setAccessibleName(self.tr("Search keys and commands"))
        self.line.textChanged.connect(self._filter)
        buttons = button_box(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(table(self.model, columns, self.tr("Keyboard shortcuts")))
        layout.addWidget(buttons)
        self._filter("")

    def _filter(self, wanted: str) -> None:
        words = wanted.casefold().split()
        commands = [command for command in COMMANDS.values() if command.shortcuts]
        self.model.show(
            [
                command
                for command in commands
                if all(
                    word in f"{tr(command.text)} {tr(command.tooltip)} {_keys(command)}".casefold() for word in words
                )
            ]
        )


class CommandPalette(QDialog):
    """Type a part of a command's name, Enter runs it."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("All commands"))
        resize_within(self, 520, 420)
        self._actions = actions
        self.line = QLineEdit(self)
        self.line.setAcceptDrops(False)
        self.line.setPlaceholderText(self.tr("What do you want to do?"))
        self.line.setAccessibleName(self.tr("Command"))
        self.line.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(lambda: self._run(self.list.currentItem()))
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, wanted: str) -> None:
        words = wanted.casefold().split()
        self.list.clear()

        def rank(identifier: str) -> int:
            """What is called so comes before what only speaks of it in its tooltip."""
            command = COMMANDS[identifier]
            name = f"{tr(command.text)} {command.text}".casefold()
            return sum(word not in name for word in words)

        for identifier in sorted(self._actions, key=rank):
            action = self._actions[identifier]
            command = COMMANDS[identifier]
            shown = tr(command.text)
            about = f"{shown} {command.text} {tr(command.tooltip)}".casefold()
            if action.isEnabled() and identifier != "palette" and all(word in about for word in words):
                keys = _keys(command)
                item = QListWidgetItem(action.icon(), f"{shown}    {keys}" if keys else shown)
                item.setData(Qt.ItemDataRole.UserRole, identifier)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None or not self.isVisible():
            return  # one click may be told twice: as a click, and by some styles as the activation of the row
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
