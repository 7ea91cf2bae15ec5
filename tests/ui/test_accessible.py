"""Whatever takes the focus has a name for a screen reader; asked in process, without a bus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.tree import NodeType
from tests.ui.conftest import PATIENCE_MS, settle

Opener = Callable[[Path], ArchiveView]


def unnamed(root: QWidget) -> list[tuple[str, str]]:
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        if not widget.isVisibleTo(root) or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        spoken = QAccessible.queryAccessibleInterface(widget)
        if not spoken.text(QAccessible.Text.Name).strip():
            found.append((type(widget).__name__, widget.objectName()))
    return found


def test_the_empty_window(window: MainWindow) -> None:
    assert unnamed(window) == []


def test_every_page_of_every_kind_of_node(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    seen: set[NodeType] = set()
    for node in view.session.tree.nodes:
        if node.type in seen:
            continue
        seen.add(node.type)
        view.select(node)
        for page in view.session.pages_for(node):
            view.pages.show_page(page)
            settle(qtbot, view)
            assert unnamed(window) == [], (node.label, page)


def test_the_dialogs_and_the_result(qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    dialog = window.exports.ask(view)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    assert unnamed(dialog) == []
    dialog.export_button.click()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert unnamed(window) == []


def test_rows_speak_as_a_tree(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(next(node for node in view.session.tree.nodes if node.type is NodeType.LAYER))
    settle(qtbot, view)
    model = view.pages.files.view.model()
    spoken = model.data(model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "usr, folder, level 1, closed"
    tree = view.model.data(view.model.index_of(view.node), Qt.ItemDataRole.AccessibleTextRole)
    assert "layer 1" in tree
