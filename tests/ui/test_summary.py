"""The page *Summary*: the bar of layers, and what is found out after the page is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from inspector.findings import Finding, Severity
from inspector.progress import CancelToken, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.widgets.sharebar import ShareBar
from inspector.viewmodel import session as sessions
from inspector.viewmodel.pages import Section
from inspector.viewmodel.tree import StructureNode
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def bar_of(qtbot: QtBot, view: ArchiveView) -> ShareBar:
    view.select(node_named(view, "app:1"))
    settle(qtbot, view)
    bar = view.pages.summary.findChild(ShareBar)
    assert isinstance(bar, ShareBar)
    return bar


def test_a_click_on_the_bar_goes_to_the_layer(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    bar = bar_of(qtbot, view)
    at = bar.rect().center()
    at.setX(bar.width() - 3)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=at)
    assert view.node.label.startswith("layer 2")


def test_keys_on_the_bar(qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    bar = bar_of(qtbot, view)
    bar.setFocus()
    assert bar.accessibleDescription().startswith("layer 1 · ")
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.accessibleDescription().startswith("layer 2 · ")
    bar.grab()
    qtbot.keyClick(bar, Qt.Key.Key_Return)
    assert view.node.label.startswith("layer 2")


def test_what_is_found_while_the_summary_is_read_is_counted(
    qtbot: QtBot, open_archive: Opener, oci_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = sessions.load_summary
    late = Finding("TAR-1", Severity.ERROR, "found late")

    def load_and_find(
        session: sessions.ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink
    ) -> tuple[Section, ...]:
        sections = load(session, node, token, sink)
        session.found.add_of_layer(None, [late])
        return sections

    monkeypatch.setattr(sessions, "load_summary", load_and_find)
    view = open_archive(oci_archive)
    view.select(view.session.tree.root)

    def told() -> list[str]:
        return [label.text() for label in view.pages.summary.findChildren(QLabel)]

    qtbot.waitUntil(lambda: f"{view.session.findings.sign} {view.session.findings.text}" in told(), timeout=PATIENCE_MS)


def test_the_system_is_found_out_afterwards(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    bar_of(qtbot, view)
    summary = view.pages.summary
    qtbot.waitUntil(
        lambda: "not stated" in [label.text() for label in summary.findChildren(QLabel) if label.isVisible()],
        timeout=PATIENCE_MS,
    )
    assert not summary.waits


def test_every_page_says_what_one_is_looking_at(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    view = open_archive(oci_archive)
    said = set()
    for node in view.session.tree.nodes:
        view.select(node)
        for page in view.session.pages_for(node):
            view.pages.show_page(page)
            settle(qtbot, view)
            line = view.pages.what_is
            assert line.whole == view.session.what_is(node, page)
            assert line.whole
            assert line.toolTip()
            said.add(line.whole)
    assert len(said) > 10
