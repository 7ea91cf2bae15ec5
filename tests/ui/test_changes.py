"""The column *Change*: it appears when layers below are known or asked for, and its letters can be hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.views.files_view import FilesView
from inspector.viewmodel.files import Column
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def letters(table: FilesView) -> dict[str, str]:
    files = table.files
    assert files is not None
    model = table.model()
    section = files.columns.index(Column.CHANGE)
    return {files.path(row): str(model.index(row, section).data()) for row in range(len(files))}


def has_column(view: ArchiveView) -> bool:
    files = view.pages.files.view.files
    return files is not None and Column.CHANGE in files.columns


def test_it_is_there_when_the_layers_below_were_listed(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    page = view.pages.files
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    assert not has_column(view)
    assert not page.compare.letters["A"].isVisible()
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    assert not page.compare.button.isEnabled()
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    page.view.expand_all()
    assert letters(page.view) == {"etc": "", "etc/passwd": "D", "srv": "A", "srv/data.json": "A"}
    tip = page.view.model().index(1, page.view.model().columnCount() - 1).data(Qt.ItemDataRole.ToolTipRole)
    assert "removed" in str(tip)


def test_the_key_lists_the_layers_below_and_is_remembered(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    assert not has_column(view)
    window.actions_by_id["compare-below"].trigger()
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    window.actions_by_id["compare-below"].trigger()
    assert not has_column(view)
    window.actions_by_id["compare-below"].trigger()
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    other = open_archive(oci_archive)
    assert other.pages.files.compare.wanted
    other.select(node_named(other, "layer 2"))
    qtbot.waitUntil(lambda: has_column(other) and not other.pages.files.compare.running, timeout=PATIENCE_MS)


def test_a_kind_of_change_is_hidden(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    page = view.pages.files
    page.compare.wanted = True
    view.select(node_named(view, "layer 2"))
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    page.compare.letters["A"].click()
    assert letters(page.view) == {"etc": "", "etc/passwd": "D"}
    assert "1 of 4" in page._matches.text()
    page.compare.letters["D"].click()
    assert letters(page.view) == {}
    page.compare.letters["A"].click()
    page.compare.letters["D"].click()
    assert "srv" in letters(page.view)
    page.compare.letters["D"].click()
    # what is hidden stays so in the next layer that is looked at
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    view.select(node_named(view, "layer 2"))
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    assert set(letters(page.view)) == {"srv", "srv/data.json"}


def test_stopping_lets_the_button_go(qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    compare = view.pages.files.compare
    compare.button.setChecked(True)
    assert compare._task is not None
    compare._task.cancel()
    qtbot.waitUntil(lambda: not compare.wanted, timeout=PATIENCE_MS)
    assert not has_column(view)


def test_what_is_selected_stays_when_the_column_comes_and_goes(
    qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    table = view.pages.files.view
    table.expand_all()
    table.selectAll()
    tester = QAbstractItemModelTester(table.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    view.pages.files.compare.wanted = True
    qtbot.waitUntil(lambda: has_column(view) and not view.pages.files.compare.running, timeout=PATIENCE_MS)
    assert len(table.selected_rows()) == 4
    view.pages.files.compare.wanted = False
    assert not has_column(view)
    assert len(table.selected_rows()) == 4
    del tester


def test_a_filter_for_changes_waits_for_the_comparison(qtbot: QtBot, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    page = view.pages.files
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    qtbot.keyClicks(page.filter, "change:added")
    qtbot.keyClick(page.filter, Qt.Key.Key_Return)
    files = page.view.files
    assert files is not None
    assert files.filter_text == ""
    page.compare.button.click()
    qtbot.waitUntil(lambda: has_column(view) and files.filter_text == "change:added", timeout=PATIENCE_MS)
    assert letters(page.view) == {"srv": "A", "srv/data.json": "A"}
    QAbstractItemModelTester(page.view.model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    page.compare.button.click()
    assert files.filter_text == ""
