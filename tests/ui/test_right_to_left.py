"""A window for those who read from right to left: mirrored, and values still read as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.copy_menu import put_on_clipboard, texts_of_row
from inspector.ui.views.files_delegate import disclosure_rect
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType
from tests.ui.conftest import node_named, settle

Opener = Callable[[Path], ArchiveView]


@pytest.fixture(autouse=True)
def _mirrored(qapp: QApplication) -> Iterator[None]:
    before = qapp.layoutDirection()
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(before)


def test_every_page_of_every_kind_of_node(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    assert view.tree.mapTo(view, view.tree.rect().center()).x() > view.width() / 2
    seen: set[NodeType] = set()
    for node in view.session.tree.nodes:
        if node.type not in seen:
            seen.add(node.type)
            view.select(node)
            for page in view.session.pages_for(node):
                view.pages.show_page(page)
                settle(qtbot, view)
                view.grab()


def test_values_are_isolated_and_copied_without_that(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.expand_all()
    files = table.files
    assert files is not None
    size = next(section for section, column in enumerate(files.columns) if column.name == "SIZE")
    row = next(row for row in range(len(files)) if files.name(row) == "tool")
    index = table.model().index(row, size)
    assert index.data() == "\u20685.0 kB\u2069"
    put_on_clipboard(texts_of_row(index)[0].text)
    assert QGuiApplication.clipboard().text() == "5.0 kB"


def test_keys_and_triangles_are_mirrored(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    view.pages.show_page(Page.FILES)
    settle(qtbot, view)
    table = view.pages.files.view
    files = table.files
    assert files is not None
    row = next(row for row in range(len(files)) if files.name(row) == "usr")
    table.setCurrentIndex(table.model().index(row, 0))
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert files.is_expanded(row)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert not files.is_expanded(row)
    cell = table.visualRect(table.model().index(row, 0))
    triangle = disclosure_rect(cell, 0, table.layoutDirection())
    assert triangle.right() == cell.right()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=triangle.center())
    assert files.is_expanded(row)


def test_without_it_nothing_is_added(qapp: QApplication) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert text.isolated("9 kB") == "9 kB"
    assert text.without_isolates("9 kB") == "9 kB"
