"""The page *Size map*: tiles and table move together, by mouse and by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.views.size_map_page import SizeMapPage
from inspector.viewmodel.files import Column
from inspector.viewmodel.pages import Page
from inspector.viewmodel.sizemap.groups import Colouring
from inspector.viewmodel.sizemap.sizemap import SizeColumn
from inspector.viewmodel.sizemap.treemap import OTHERS
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def shown(qtbot: QtBot, window: MainWindow, view: ArchiveView, start: str) -> SizeMapPage:
    view.select(node_named(view, start))
    settle(qtbot, view)
    window.actions_by_id["page-size-map"].trigger()
    page = view.pages.size_map
    qtbot.waitUntil(lambda: page.level is not None and not page.busy, timeout=PATIENCE_MS)
    return page


def label(page: SizeMapPage) -> str:
    assert page.level is not None
    return page.level.labels[page.view.current]


def crumbs(page: SizeMapPage) -> list[str]:
    assert page.level is not None
    return [crumb.label for crumb in page.level.crumbs]


def legend(page: SizeMapPage) -> tuple[object, ...]:
    assert page.level is not None
    return (page.level.colouring, *(word for word, _ in page.level.legend))


def go(qtbot: QtBot, page: SizeMapPage, act: Callable[[], object]) -> None:
    before = page.level
    act()
    qtbot.waitUntil(lambda: page.level is not before and not page.busy, timeout=PATIENCE_MS)


def names(page: SizeMapPage) -> list[str]:
    return [page.model.index(row, SizeColumn.NAME).data() for row in range(page.model.rowCount())]


def test_keys_go_in_and_out(qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    page = shown(qtbot, window, view, "app:1")
    assert view.pages.page is Page.SIZE_MAP
    assert names(page) == ["usr", "srv", "etc"]
    view.pages.take_focus()
    # the largest of all is where one begins
    assert label(page) == "usr"
    go(qtbot, page, lambda: qtbot.keyClick(page.view, Qt.Key.Key_Return))
    assert crumbs(page) == ["/", "usr"]
    assert names(page) == ["lib", "bin"]
    seen = set()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left):
        qtbot.keyClick(page.view, key)
        seen.add(label(page))
        assert label(page) in page.view.accessibleDescription()
    assert {"tool", "libbig.so"} <= seen
    go(qtbot, page, lambda: qtbot.keyClick(page.view, Qt.Key.Key_Backspace))
    assert crumbs(page) == ["/"]
    assert label(page) == "usr"


def test_the_table_is_a_model(
    qtbot: QtBot, qtmodeltester: ModelTester, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    qtmodeltester.check(shown(qtbot, window, open_archive(oci_archive), "app:1").model)


def test_the_table_does_the_same(qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path) -> None:
    page = shown(qtbot, window, open_archive(oci_archive), "app:1")
    page.table.setFocus()
    page.table.selectRow(1)
    assert label(page) == "srv"
    go(qtbot, page, lambda: qtbot.keyClick(page.table, Qt.Key.Key_Return))
    assert crumbs(page) == ["/", "srv"]
    go(qtbot, page, lambda: qtbot.keyClick(page.table, Qt.Key.Key_Backspace))
    assert page.table.currentIndex().row() == 1
    page.view.go_to_node(page.level.tiles[0].node if page.level is not None else OTHERS)
    assert page.table.currentIndex().row() == 0
    spoken = QAccessible.queryAccessibleInterface(page.table)
    assert spoken.text(QAccessible.Text.Name)


def test_a_file_is_shown_in_files(qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    page = shown(qtbot, window, view, "app:1")
    level = page.level
    assert level is not None
    tool = next(place for place, name in enumerate(level.labels) if name == "tool")
    where = page.view._shown(level.tiles[tool]).center().toPoint()
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=where)
    assert label(page) == "tool"
    # one folder at a time, towards the file; then the file itself
    for _ in range(2):
        go(qtbot, page, lambda: page.enter(level.tiles[tool].node))
    assert crumbs(page) == ["/", "usr", "bin"]
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert view.pages.page is Page.FILES
    table = view.pages.files.view
    qtbot.waitUntil(lambda: table.currentIndex().row() >= 0 and not view.pages.loading, timeout=PATIENCE_MS)
    files = table.files
    assert files is not None
    assert files.text(table.currentIndex().row(), Column.NAME) == "tool"


def test_colours_by_change_are_found_out_when_asked(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    page = shown(qtbot, window, open_archive(oci_archive), "layer 2")
    assert legend(page)[0] is Colouring.KIND
    page.colouring.setCurrentIndex(1)
    go(qtbot, page, lambda: page.colouring.activated.emit(1))
    assert legend(page) == (Colouring.CHANGE, "added")


def test_another_size_is_laid_out_again_at_the_same_tile(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    page = shown(qtbot, window, view, "app:1")
    qtbot.keyClick(page.view, Qt.Key.Key_Right)
    before = label(page)
    go(qtbot, page, lambda: window.resize(window.width() + 200, window.height() + 100))
    qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)
    assert label(page) == before
    assert page.level is not None
    assert page.level.size == (float(page.view.width()), float(page.view.height()))
    view.select(view.session.tree.root)
    assert page.model.rowCount() == 0


def test_a_place_in_one_map_is_not_looked_for_in_the_next(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    page = shown(qtbot, window, view, "app:1")
    level = page.level
    assert level is not None
    page.view.go_to_node(max(tile.node for tile in level.tiles))
    # a new size asks for the same tile again; before the answer comes, another node is chosen
    window.resize(window.width() + 60, window.height())
    page._lay_out_again()
    assert page._going_to > 0
    page = shown(qtbot, window, view, "layer 2")
    assert page.level is not None
    assert page.level is not level
    assert label(page) == "srv"
    view.pages.reload()
    qtbot.waitUntil(lambda: not view.pages.loading and not page.busy, timeout=PATIENCE_MS)
    assert label(page) == "srv"


def test_a_mirrored_map_is_clicked_where_it_is_drawn(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    page = shown(qtbot, window, open_archive(oci_archive), "app:1")
    page.view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    level = page.level
    assert level is not None
    for place, tile in enumerate(level.tiles):
        if not tile.opened and tile.rect.area > 100:
            at = page.view._shown(tile).center().toPoint()
            qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=at)
            assert page.view.current == place
    before = page.view._shown(level.tiles[page.view.current])
    page.view.go_to_node(next(tile.node for tile in level.tiles if not tile.opened))
    here = page.view._shown(level.tiles[page.view.current])
    qtbot.keyClick(page.view, Qt.Key.Key_Left if before.x() < here.x() else Qt.Key.Key_Right)
    assert page.view._shown(level.tiles[page.view.current]) != here
    page.grab()


def test_the_status_bar_tells_of_the_page_in_front(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    shown(qtbot, window, view, "app:1")
    qtbot.waitUntil(lambda: bool(window.selection.text()), timeout=PATIENCE_MS)
    told = window.selection.text()
    window.actions_by_id["page-json"].trigger()
    settle(qtbot, view)
    assert window.selection.text() == ""
    window.actions_by_id["page-size-map"].trigger()
    assert window.selection.text() == told
