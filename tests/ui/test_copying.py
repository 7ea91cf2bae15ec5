"""Context menus: each list has one, by mouse and by key, and what is chosen is on the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.copy_menu import RowMenu
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def menu_by_key(qtbot: QtBot, view: QAbstractItemView) -> QMenu:
    """What the menu key brings."""
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), view.mapToGlobal(QPoint()))
    QApplication.sendEvent(view, event)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu), timeout=PATIENCE_MS)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def close(menu: QMenu) -> None:
    menu.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def entries(menu: QMenu) -> dict[str, Callable[[], None]]:
    """Every text of the menu and of those below it, and how to choose it."""
    return {action.objectName() or action.text(): action.trigger for action in menu.findChildren(QAction)}


def test_every_node_can_be_copied(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    for kind in (NodeType.ARCHIVE, NodeType.IMAGE, NodeType.CONFIG, NodeType.LAYER):
        node = next(node for node in view.session.tree.nodes if node.type is kind)
        view.select(node)
        menu = view.menu_of_node()
        texts = entries(menu)
        if kind is NodeType.ARCHIVE:
            texts["path"]()
            assert QGuiApplication.clipboard().text() == str(oci_archive)
        else:
            texts["digest"]()
            assert QGuiApplication.clipboard().text() == str(node.digest)
            assert "text/html" not in QGuiApplication.clipboard().mimeData().formats()
        menu.deleteLater()
    assert {"skopeo-command", "podman-command"} <= entries_of_image(view)


def entries_of_image(view: ArchiveView) -> set[str]:
    view.select(next(node for node in view.session.tree.nodes if node.type is NodeType.IMAGE))
    menu = view.menu_of_node()
    menu.deleteLater()
    return set(entries(menu))


def test_the_menu_key_opens_the_menu_of_the_file(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.expand_all()
    files = table.files
    assert files is not None
    table.selectRow(next(row for row in range(len(files)) if files.name(row) == "tool"))
    menu = menu_by_key(qtbot, table)
    texts = entries(menu)
    texts["path"]()
    assert QGuiApplication.clipboard().text() == "usr/bin/tool"
    texts["offset-command"]()
    assert "tail -c +" in QGuiApplication.clipboard().text()
    close(menu)


def test_steps_and_findings_have_menus_too(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    view.select(next(node for node in view.session.tree.nodes if node.type is NodeType.CONFIG))
    view.pages.show_page(Page.HISTORY)
    settle(qtbot, view)
    table = view.pages.history.steps.view
    table.setCurrentIndex(table.model().index(0, 4))
    menu = menu_by_key(qtbot, table)
    entries(menu)["command"]()
    assert QGuiApplication.clipboard().text().startswith("COPY layer1")
    close(menu)
    assert len(window.findChildren(RowMenu)) >= 2
