"""Search in all layers, and notable files: from the hit to the file in its layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.search_dialog import SearchDialog
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def current_path(view: ArchiveView) -> str:
    table = view.pages.files.view
    files = table.files
    row = table.currentIndex().row()
    return files.path(row) if files is not None and 0 <= row < len(files) else ""


def test_a_hit_is_shown_in_its_layer(window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    window.actions_by_id["search"].trigger()
    (dialog,) = view.findChildren(SearchDialog)
    qtbot.keyClicks(dialog.line, "passwd type:file")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 1, timeout=PATIENCE_MS)
    assert "hidden by layer 2" in str(dialog.model.data(dialog.model.index(0, 4)))
    dialog.view.activated.emit(dialog.model.index(0, 0))
    assert view.node.label.startswith("layer 1")
    settle(qtbot, view)
    qtbot.waitUntil(lambda: current_path(view) == "etc/passwd", timeout=PATIENCE_MS)
    dialog.close()


def test_nonsense_is_told_in_the_dialog(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    dialog = view.search()
    assert dialog is not None
    dialog.line.setText("owner:me")
    dialog.button.click()
    qtbot.waitUntil(lambda: "owner" in dialog.status.text(), timeout=PATIENCE_MS)
    dialog.close()


def test_closing_the_archive_closes_the_search(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    dialog = view.search()
    assert dialog is not None
    dialog.line.setText("x")
    dialog.search()
    window.archives.close_at(0)
    assert window.view is None
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_the_page_of_notable_files(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "app:1"))
    assert view.pages.show_page(Page.NOTABLE)
    settle(qtbot, view)
    assert view.pages.notable.model.rowCount() == 0
    assert "No file" in view.pages.notable.details.toPlainText()


def test_a_possible_secret_is_hidden_until_asked_for(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    config: dict[str, object] = {"config": {"Env": ["DB_PASSWORD=hunter2"]}}
    tar = layer_tar({"a": b""})
    view = open_archive(docker_24([ImageSpec((tar,), ("app:1",), more_config=config)]).write(tmp_path / "secret.tar"))
    view.select(node_named(view, "app:1"))
    assert view.pages.show_page(Page.NOTABLE)
    settle(qtbot, view)
    page = view.pages.notable
    assert "DB_PASSWORD" in page.details.toPlainText()
    assert "hunter2" not in page.details.toPlainText()
    page.reveal.click()
    assert "hunter2" in page.details.toPlainText()
    page.view.activated.emit(page.model.index(0, 0))
    assert view.node.type is NodeType.CONFIG
