"""The content of the selected file, below the list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.views.preview_pane import PreviewPane, decoded
from inspector.viewmodel.preview.preview import Mode
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.builders.contents import PNG, RSA, pem
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def choose(view: ArchiveView, qtbot: QtBot, path: bytes) -> PreviewPane:
    """Put the cursor on a file and wait for its content."""
    table = view.pages.files.view
    files = table.files
    assert files is not None
    node = files.find(path)
    row = files.expand_to(node)
    table.refresh(node)
    table.setCurrentIndex(table.model().index(row, 0))
    pane = view.pages.files.preview
    name = path.decode()
    qtbot.waitUntil(lambda: pane.preview is not None and pane.preview.title.startswith(name), timeout=PATIENCE_MS)
    return pane


def test_the_selected_file_is_shown(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    pane = choose(view, qtbot, b"etc/passwd")
    assert pane.view.toPlainText() == "root:x:0:0::/:/bin/sh\n"
    pane.hex_button.click()
    qtbot.waitUntil(lambda: pane.preview is not None and pane.preview.mode is Mode.HEX, timeout=PATIENCE_MS)
    assert pane.view.toPlainText().startswith("00000000  72 6f 6f 74")


def test_a_folder_has_no_content(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    pane = choose(view, qtbot, b"etc")
    assert pane.preview is not None
    assert pane.preview.mode is Mode.NOTHING
    assert not pane.hex_button.isEnabled()


def test_space_hides_and_shows_it(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    pane = choose(view, qtbot, b"etc/passwd")
    table = view.pages.files.view
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert pane.isHidden()
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert pane.isVisible()


def test_another_node_empties_it(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    pane = choose(view, qtbot, b"etc/passwd")
    view.select(node_named(view, "layer 2"))
    assert pane.preview is None
    assert pane.view.toPlainText() == ""


def test_pictures_are_decoded_within_bounds() -> None:
    image = decoded(PNG, "PNG")
    assert image is not None
    assert (image.width(), image.height()) == (1, 1)
    assert decoded(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG") is None
    bomb = bytearray(PNG)
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    assert decoded(bytes(bomb), "PNG") is None


def test_details_can_be_left_and_come_back(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    tar = layer_tar({"c.pem": pem(RSA), "z": b"plain"})
    view = open_archive(docker_24([ImageSpec((tar,), ("app:1",))]).write(tmp_path / "certificate.tar"))
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    pane = choose(view, qtbot, b"c.pem")
    assert pane.view.toPlainText().startswith("Subject: C=DE")
    assert pane.details_button.isChecked()
    pane.text_button.click()
    qtbot.waitUntil(lambda: pane.preview is not None and pane.preview.mode is Mode.TEXT, timeout=PATIENCE_MS)
    assert pane.view.toPlainText().startswith("-----BEGIN")
    assert pane.details_button.isVisible()
    pane.details_button.click()
    qtbot.waitUntil(lambda: pane.preview is not None and pane.preview.mode is Mode.DETAILS, timeout=PATIENCE_MS)
    choose(view, qtbot, b"z")
    assert not pane.details_button.isVisible()
