"""The main job in a real window: drop a file, walk the tree by keyboard, read, list, export, reopen the result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.files import Column
from inspector.viewmodel.pages import Page
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, drop, node_named, question, settle

Opener = Callable[[Path], ArchiveView]


def names(view: ArchiveView) -> list[str]:
    files = view.pages.files.view.files
    assert files is not None
    return [files.name(row) for row in range(len(files))]


def test_a_dropped_file_opens(window: MainWindow, qtbot: QtBot, archive: Path) -> None:
    drop(window.archives.empty, [archive])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    assert window.view is not None
    labels = [node.label for node in window.view.session.tree.nodes]
    assert labels[0] == "app.tar"
    assert any(label.startswith("app:1") for label in labels)
    assert any(label.startswith("layer 2") for label in labels)
    assert "app.tar" in window.windowTitle()


def test_several_files_open_in_tabs(window: MainWindow, qtbot: QtBot, archive: Path, oci_archive: Path) -> None:
    drop(window.archives.empty, [archive, oci_archive])
    qtbot.waitUntil(lambda: len(window.archives.views()) == 2, timeout=PATIENCE_MS)
    assert {view.session.path for view in window.archives.views()} == {archive, oci_archive}


@pytest.mark.parametrize("place", ["filter", "files", "tree", "json"])
def test_a_drop_over_any_pane_reaches_the_window(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path, oci_archive: Path, place: str
) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "index.json" if place == "json" else "layer 1"))
    settle(qtbot, view)
    pages = view.pages
    target = {"filter": pages.files.filter, "files": pages.files.view, "tree": view.tree, "json": pages.json.view}[
        place
    ]
    assert target.isVisible()
    drop(target, [archive])
    qtbot.waitUntil(lambda: len(window.archives.views()) == 2, timeout=PATIENCE_MS)
    assert pages.files.filter.text() == ""


def test_the_tree_is_walked_and_json_read_by_keyboard(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    assert view.tree.hasFocus()
    qtbot.keyClick(view.tree, Qt.Key.Key_Home)
    seen = [view.node.label]
    for _ in range(2):
        qtbot.keyClick(view.tree, Qt.Key.Key_Down)
        seen.append(view.node.label)
    assert seen[1] == "index.json"
    qtbot.keyClick(view.tree, Qt.Key.Key_Up)
    assert view.pages.page is Page.JSON
    settle(qtbot, view)
    shown = json.loads(view.pages.json.view.toPlainText())
    assert shown["manifests"][0]["annotations"]["io.containerd.image.name"] == "docker.io/library/app:1"


def test_json_is_also_shown_as_stored(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "index.json"))
    settle(qtbot, view)
    pretty = view.pages.json.view.toPlainText()
    view.pages.json._stored.setChecked(True)
    stored = view.pages.json.view.toPlainText()
    assert "\n" in pretty
    assert "\n" not in stored
    assert json.loads(pretty) == json.loads(stored)


def test_a_digest_in_json_leads_to_its_node_and_back_returns(
    qtbot: QtBot, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    index = node_named(view, "index.json")
    view.select(index)
    settle(qtbot, view)
    page = view.pages.json.view
    line = next(number for number, text in enumerate(page.toPlainText().split("\n")) if '"digest"' in text)
    page.go_to_line(line)
    qtbot.keyClick(page, Qt.Key.Key_Return)
    assert view.node.label.startswith("app:1")
    assert view.can_go_back
    view.back()
    assert view.node is index
    view.forward()
    assert view.node.label.startswith("app:1")
    view.up()
    assert view.node is index


def test_a_layer_is_listed_as_folders(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    assert view.pages.page is Page.FILES
    settle(qtbot, view)
    assert names(view) == ["etc", "usr"]
    table = view.pages.files.view
    table.setFocus()
    table.setCurrentIndex(table.model().index(1, 0))
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert names(view) == ["etc", "usr", "bin", "lib"]
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert table.currentIndex().row() == 2
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert table.currentIndex().row() == 1
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert names(view) == ["etc", "usr"]


def test_files_are_filtered_with_the_folders_above_them(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    view.pages.start_search()
    qtbot.keyClicks(view.pages.files.filter, "*.so")
    qtbot.keyClick(view.pages.files.filter, Qt.Key.Key_Return)
    assert names(view) == ["usr", "lib", "libbig.so"]
    qtbot.keyClick(view.pages.files.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "etc" in names(view), timeout=PATIENCE_MS)


def test_files_are_sorted_by_a_click_on_the_heading(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.expand_all()
    files = table.files
    assert files is not None
    header = table.horizontalHeader()
    header.sectionClicked.emit(files.columns.index(Column.SIZE))
    header.sectionClicked.emit(files.columns.index(Column.SIZE))
    assert files.sort_descending
    assert names(view)[0] == "usr"


def test_verified_is_said_only_after_reading(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    layer = node_named(view, "layer 1")
    assert layer.state().word == "not checked"
    view.verify()
    qtbot.waitUntil(lambda: layer.state().word == "verified", timeout=PATIENCE_MS)


def test_a_wrong_layer_is_told(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    data = bytearray(oci_archive.read_bytes())
    at = data.index(b"x" * 5000)
    data[at] ^= 1
    oci_archive.write_bytes(data)
    view = open_archive(oci_archive)
    view.verify()
    layer = node_named(view, "layer 1")
    qtbot.waitUntil(lambda: layer.state().word == "wrong", timeout=PATIENCE_MS)
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)


def test_one_click_export_is_reopened_and_verified(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    before = hashlib.sha256(archive.read_bytes()).hexdigest()
    view = open_archive(archive)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    target = archive.with_name("app.oci.tar")
    assert target.exists()
    assert view.bar.message is not None
    assert view.bar.message.title.startswith("Saved app.oci.tar")
    assert "verified" in view.bar.message.title
    buttons = {button.text(): button for button in view.bar.findChildren(QPushButton)}
    buttons["Copy Digest"].click()
    assert QGuiApplication.clipboard().text().startswith("sha256:")
    buttons["Open"].click()
    qtbot.waitUntil(lambda: window.view is not view and window.view is not None, timeout=PATIENCE_MS)
    assert window.view is not None
    assert window.view.session.path == target
    assert any(node.label == "index.json" for node in window.view.session.tree.nodes)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == before
    assert sorted(path.name for path in archive.parent.glob("*.tar*")) == ["app.oci.tar", "app.tar"]


def test_one_click_never_overwrites_silently(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    target = archive.with_name("app.oci.tar")
    target.write_bytes(b"mine")
    open_archive(archive)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(lambda: any(w.isVisible() for w in window.findChildren(QMessageBox)), timeout=PATIENCE_MS)
    box = question(window)
    assert str(target) in box.informativeText()
    box.reject()
    assert target.read_bytes() == b"mine"


def test_replacing_is_a_choice(window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    target = archive.with_name("app.oci.tar")
    target.write_bytes(b"mine")
    view = open_archive(archive)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(lambda: any(w.isVisible() for w in window.findChildren(QMessageBox)), timeout=PATIENCE_MS)
    box = question(window)
    next(button for button in box.findChildren(QPushButton) if button.text() == "Replace").click()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert target.read_bytes() != b"mine"


def test_the_export_dialog_shows_what_will_be_written(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path, tmp_path: Path
) -> None:
    view = open_archive(archive)
    dialog = window.exports.ask(view)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    assert dialog.target.text() == str(archive.with_name("app.oci.tar"))
    rows = [dialog._sheet.data(dialog._sheet.index(row, 0)) for row in range(dialog._sheet.rowCount())]
    assert {"index.json", "manifest.json", "oci-layout"} <= set(rows)
    strict = dialog.presets.group.button(1)
    strict.setChecked(True)
    target = tmp_path / "strict.tar"
    dialog.target.setText(str(target))
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    dialog.export_button.click()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert b"manifest.json" not in target.read_bytes()


def test_a_cancelled_export_leaves_nothing(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path
) -> None:
    big = layer_tar({"big": bytes(64 << 20)})
    path = docker_24([ImageSpec((big,), ("docker.io/library/big:1",))]).write(tmp_path / "big.tar")
    open_archive(path)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(lambda: any(task.progress is not None for task in window.runner.tasks), timeout=PATIENCE_MS)
    window.actions_by_id["stop"].trigger()
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    assert [child.name for child in tmp_path.iterdir() if child.suffix != ".ini"] == ["big.tar"]
