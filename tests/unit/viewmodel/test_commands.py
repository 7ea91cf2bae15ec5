from __future__ import annotations

from inspector.viewmodel.commands import COMMANDS, MENUS, Command, clashes, in_menu


def test_no_two_commands_answer_to_the_same_keys() -> None:
    assert clashes() == []


def test_a_clash_is_found_whatever_the_spelling_and_order() -> None:
    one = Command("one", "One", ("Ctrl+Shift+X",))
    two = Command("two", "Two", ("shift+ctrl+x",), scope="files")
    three = Command("three", "Three", ("Ctrl+Shift+X",), scope="tree")
    assert clashes([one, two]) == [(one, two, "shift+ctrl+x")]
    assert clashes([two, three]) == []


def test_every_menu_has_commands_and_every_command_a_known_menu() -> None:
    assert all(in_menu(menu) for menu in MENUS)
    assert {command.menu for command in COMMANDS.values()} <= {*MENUS, ""}
    assert all(COMMANDS[name].id == name for name in COMMANDS)


def test_the_main_job_has_shortcuts() -> None:
    for name in ("open", "export", "export-now", "filter", "back", "forward", "up", "close-tab", "quit"):
        assert COMMANDS[name].shortcuts
