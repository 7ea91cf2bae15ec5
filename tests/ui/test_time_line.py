"""*History of This File*: from a row of the file list to what every layer did to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.time_line_dialog import TimeLineDialog
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    layers = (
        layer_tar({"etc/": b"", "etc/conf": b"a=1\nb=2\n"}),
        layer_tar({"etc/conf": b"a=1\nb=3\n"}),
        layer_tar({"etc/.wh.conf": b""}),
    )
    return docker_24([ImageSpec(layers, ("docker.io/library/app:1",))]).write(tmp_path / "app.tar")


def at_file(qtbot: QtBot, view: ArchiveView, layer: str, path: bytes) -> None:
    view.select(node_named(view, layer))
    settle(qtbot, view)
    view.pages.show_path(path)
    assert view.pages.files.view.currentIndex().isValid()


def test_the_key_tells_the_story_and_enter_goes_there(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    at_file(qtbot, view, "layer 1", b"etc/conf")
    window.actions_by_id["file-history"].trigger()
    (dialog,) = view.findChildren(TimeLineDialog)
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3, timeout=PATIENCE_MS)
    assert [dialog.model.index(row, 1).data() for row in range(3)] == ["added", "written again: the same but for the content, perhaps", "removed"]  # fmt: skip
    qtbot.waitUntil(lambda: "+b=3" in dialog.difference.toPlainText(), timeout=PATIENCE_MS)
    assert "-b=2" in dialog.difference.toPlainText()
    assert dialog.comparison.text() == "1 line added, 1 line removed."
    dialog.select([0, 2])
    qtbot.waitUntil(lambda: "Only the contents" in dialog.comparison.text(), timeout=PATIENCE_MS)
    dialog.select([2])
    qtbot.waitUntil(lambda: not dialog.comparison.text(), timeout=PATIENCE_MS)
    dialog.view.setFocus()
    dialog.view.setCurrentIndex(dialog.model.index(2, 0))
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert view.node.label.startswith("layer 3")
    settle(qtbot, view)
    table = view.pages.files.view

    def arrived() -> bool:
        row = table.currentIndex().row()
        return table.files is not None and row >= 0 and table.files.path(row) == "etc/conf"

    qtbot.waitUntil(arrived, timeout=PATIENCE_MS)
    dialog.close()


def test_it_is_in_the_menu_of_a_row(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    at_file(qtbot, view, "layer 3", b"etc/conf")
    table = view.pages.files.view
    assert table.files is not None
    menu = table.menu_of(table.files, table.currentIndex().row())
    next(action for action in menu.actions() if action.text() == "History of This File").trigger()
    menu.deleteLater()
    (dialog,) = view.findChildren(TimeLineDialog)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3, timeout=PATIENCE_MS)
    view.close_archive()
    qtbot.waitUntil(lambda: not view.findChildren(TimeLineDialog), timeout=PATIENCE_MS)


def test_without_a_file_it_says_so(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(view.session.tree.root)
    settle(qtbot, view)
    assert view.show_file_history() is None
    assert view.bar.isVisible()


def test_one_version_leaves_no_empty_pane(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    layers = (layer_tar({"etc/": b"", "etc/conf": b"a=1\n"}), layer_tar({"opt/": b""}))
    view = open_archive(docker_24([ImageSpec(layers, ("docker.io/library/app:1",))]).write(tmp_path / "one.tar"))
    at_file(qtbot, view, "layer 1", b"etc/conf")
    dialog = view.show_file_history()
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(dialog.below.isHidden, timeout=PATIENCE_MS)
    dialog.close()
