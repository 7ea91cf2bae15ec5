"""The page *History* as a table and as a Dockerfile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def test_the_key_turns_to_the_dockerfile_and_back(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "config"))
    settle(qtbot, view)
    page = view.pages.history
    key = window.actions_by_id["dockerfile"]
    key.trigger()
    assert view.pages.page is Page.HISTORY
    qtbot.waitUntil(lambda: "COPY layer1 /" in page.text.toPlainText(), timeout=PATIENCE_MS)
    assert "# layer 1 · " in page.text.toPlainText()
    assert page.view is page.text
    assert page.text.isVisible()
    page.copy_button.click()
    assert QGuiApplication.clipboard().text().endswith("ENV STEP=1\n")
    key.trigger()
    assert page.steps.isVisible()
    assert not page.copy_button.isVisible()
    page.dockerfile_button.click()
    view.select(node_named(view, "app:1"))
    view.pages.show_page(Page.HISTORY)
    # chosen once, it stays
    qtbot.waitUntil(lambda: page.text.isVisible() and "COPY" in page.text.toPlainText(), timeout=PATIENCE_MS)
    view.pages.show_page(Page.SUMMARY)
    key.trigger()
    assert page.text.isVisible()


def test_enter_on_a_step_goes_to_its_layer(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "config"))
    settle(qtbot, view)
    view.pages.show_page(Page.HISTORY)
    steps = view.pages.history.steps
    steps.view.activated.emit(steps.model.index(1, 0))
    assert view.node.label.startswith("layer 2")
