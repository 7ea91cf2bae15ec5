"""The window's actions and menus, made from the one table of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from inspector.ui.assets import icon
from inspector.viewmodel.commands import COMMANDS, MENUS, Command, in_menu

_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
    "preferences": QAction.MenuRole.PreferencesRole,
}


def _tr(words: str) -> str:
    return QCoreApplication.translate("commands", words) if words else ""


def make_actions(parent: QObject, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """One action for each command that has a handler."""
    actions = {}
    for command in COMMANDS.values():
        handler = handlers.get(command.id)
        if handler is not None:
            actions[command.id] = _action(command, parent, handler)
    return actions


def _action(command: Command, parent: QObject, handler: Callable[[], object]) -> QAction:
    action = QAction(_tr(command.text), parent)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
    action.setIcon(icon(command.icon))
    keys = f" ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})" if command.shortcuts else ""
    # Plain, and nothing but our own words: buttons made from actions say it to a screen reader as it is.
    action.setToolTip(_tr(command.tooltip or command.text) + keys)
    action.setStatusTip(_tr(command.tooltip))
    action.setMenuRole(_ROLES.get(command.id, QAction.MenuRole.NoRole))
    action.triggered.connect(lambda: handler())
    return action


def redraw_icons(actions: Mapping[str, QAction]) -> None:
    """The palette changed."""
    for identifier, action in actions.items():
        action.setIcon(icon(COMMANDS[identifier].icon))


def fill_menus(window: QMainWindow, actions: Mapping[str, QAction]) -> None:
    """The menu bar, in the order of the table."""
    for name in MENUS:
        commands = [command for command in in_menu(name) if command.id in actions]
        if not commands:
            continue
        menu = QMenu(_tr(name), window)
        menu.setToolTipsVisible(True)
        for command in commands:
            if command.separated and not menu.isEmpty():
                menu.addSeparator()
            menu.addAction(actions[command.id])
        window.menuBar().addMenu(menu)
