"""The page *JSON*: text and tree at one place, folding, searching, what is packed inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from inspector.progress import CancelToken
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.models.json_tree_model import KEY, VALUE
from inspector.ui.task_runner import TaskRunner
from inspector.ui.views.json_page import JsonPage
from inspector.viewmodel.jsonpage.view import JsonView, json_view
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]
DIGEST = "sha256:" + "b" * 64
STATEMENT = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"}


def document(value: object) -> JsonView:
    raw = json.dumps(value).encode()
    return json_view("x.json", raw, raw.decode(), token=CancelToken())


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[JsonPage]:
    runner = TaskRunner()
    made = JsonPage(runner)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    qtbot.waitExposed(made)
    yield made
    assert runner.shut_down(5)


def lines(page: JsonPage) -> list[str]:
    return page.view.toPlainText().split("\n")


def at(page: JsonPage) -> str:
    return page._pointer.text()


def test_the_key_turns_to_the_tree_and_back(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path
) -> None:
    view = open_archive(oci_archive)
    view.select(node_named(view, "index.json"))
    settle(qtbot, view)
    page = view.pages.json
    key = window.actions_by_id["json-tree"]
    page.go_to_pointer("$.manifests[0].digest")
    key.trigger()
    assert view.pages.page is Page.JSON
    assert page.shows_tree
    assert at(page) == "$.manifests[0].digest"
    index = page.tree_view.currentIndex()
    assert index.siblingAtColumn(KEY).data() == "digest"
    digest = index.siblingAtColumn(VALUE).data()
    qtbot.keyClick(page.tree_view, Qt.Key.Key_Up)
    pointer = at(page)
    key.trigger()
    assert page.view.isVisible()
    assert at(page) == pointer
    key.trigger()
    page.go_to_pointer("$.manifests[0].digest")
    # the tree stays chosen for the document that the digest leads to
    qtbot.keyClick(page.tree_view, Qt.Key.Key_Return)
    settle(qtbot, view)
    assert str(view.node.digest) == digest
    view.pages.show_page(Page.JSON)
    settle(qtbot, view)
    assert page.tree_view.json_model.rowCount() == 1


def test_the_tree_is_remembered_for_the_next_archive(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, oci_archive: Path, archive: Path
) -> None:
    view = open_archive(oci_archive)
    view.pages.json.toggle_tree()
    view = open_archive(archive)
    view.select(node_named(view, "config"))
    view.pages.show_page(Page.JSON)
    settle(qtbot, view)
    assert view.pages.json.shows_tree
    assert view.pages.json.tree_view.json_model.rowCount() == 1


def test_folding_by_keys_and_in_the_gutter(qtbot: QtBot, page: JsonPage) -> None:
    page.show_json(document({"a": [1, 2, {"b": 3}], "c": 4}))
    whole = lines(page)
    page.view.go_to_line(2)
    qtbot.keyClick(page.view, Qt.Key.Key_Minus)
    assert lines(page) == ["{", '  "a": [ … 3 items ],', '  "c": 4', "}"]
    assert at(page) == "$.a"
    qtbot.keyClick(page.view, Qt.Key.Key_Minus)
    assert lines(page) == ["{ … 2 keys }"]
    qtbot.keyClick(page.view, Qt.Key.Key_Plus)
    assert len(lines(page)) == 4
    page.view.go_to_line(1)
    qtbot.keyClick(page.view, Qt.Key.Key_Plus)
    assert lines(page) == whole
    gutter = page.view._gutter
    places = {line: round(top + height / 2) for line, top, height in page.view._lines_on_screen()}
    qtbot.mouseClick(gutter, Qt.MouseButton.LeftButton, pos=QPoint(3, places[1]))
    assert lines(page)[1] == '  "a": [ … 3 items ],'
    # line numbers are those of the whole document
    assert [page.view._number_of(line) for line in range(4)] == [1, 2, 9, 10]
    page.grab()
    page.go_to_pointer("$.a[2].b")
    assert lines(page) == whole
    page.view.fold_all()
    assert len(lines(page)) == 4
    page.view.unfold_all()
    assert lines(page) == whole


def test_search_finds_what_is_folded_in_text_and_in_tree(qtbot: QtBot, page: JsonPage) -> None:
    page.show_json(document({"a": {"needle": 1}, "b": ["x", "NEEDLE two"], "c": 0}))
    page.view.fold_all()
    page.find_line.setFocus()
    qtbot.keyClicks(page.find_line, "needle")
    assert at(page) == "$.a.needle"
    assert page.view.textCursor().selectedText() == "needle"
    assert page._found.text() == "2 found"
    page.find_next()
    assert at(page) == "$.b[1]"
    page.find_next()
    assert at(page) == "$.a.needle"
    page.find_previous()
    assert at(page) == "$.b[1]"
    page.toggle_tree()
    assert at(page) == "$.b[1]"
    page.find_next()
    assert at(page) == "$.a.needle"
    page.find_previous()
    assert at(page) == "$.b[1]"
    page.find_line.setText("nothing")
    page.find_next()
    assert page._found.text() == "Not found"


def test_the_tree_is_a_model(page: JsonPage, qtmodeltester: ModelTester) -> None:
    page.show_json(document({"a": list(range(2100)), "b": {"c": []}, "d": DIGEST}))
    page.toggle_tree()
    qtmodeltester.check(page.tree_view.json_model)
    page.go_to_pointer("$.a[1500]")
    assert page.tree_view.currentIndex().siblingAtColumn(VALUE).data() == "1500"
    assert page.tree_view.currentIndex().parent().siblingAtColumn(KEY).data() == "[1,000 … 1,999]"


def test_a_payload_is_unpacked_below(qtbot: QtBot, page: JsonPage) -> None:
    payload = base64.b64encode(json.dumps(STATEMENT).encode()).decode()
    page.show_json(document({"payloadType": "application/vnd.in-toto+json", "payload": payload, "plain": "text"}))
    assert not page.decoded.isVisible()
    for front in (False, True):
        if front:
            page.toggle_tree()
        page.go_to_pointer("$.payload")
        qtbot.waitUntil(page.decoded.isVisible, timeout=PATIENCE_MS)
        assert json.loads(page.decoded.view.toPlainText()) == STATEMENT
        page.go_to_pointer("$.plain")
        assert not page.decoded.isVisible()


def test_the_cursor_may_move_within_what_is_being_unpacked(qtbot: QtBot, page: JsonPage) -> None:
    shown = document({"payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode()})
    page.show_json(shown)
    page.decoded.look_at(shown.pretty, 1)
    page.decoded._start()
    page.decoded.look_at(shown.pretty, 1)
    qtbot.waitUntil(page.decoded.isVisible, timeout=PATIENCE_MS)


def test_copying_and_hovering_in_the_tree(qtbot: QtBot, page: JsonPage) -> None:
    page.show_json(document({"digest": DIGEST, "list": [1, 2]}))
    page.toggle_tree()
    followed: list[str] = []
    page.digest_followed.connect(followed.append)
    page.go_to_pointer("$.digest")
    qtbot.keyClick(page.tree_view, Qt.Key.Key_Return)
    assert followed == [DIGEST]
    qtbot.keyClick(page.tree_view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == DIGEST
    page.go_to_pointer("$.list")
    index = page.tree_view.currentIndex()
    assert page.tree_view.isExpanded(index)
    qtbot.keyClick(page.tree_view, Qt.Key.Key_Return)
    assert not page.tree_view.isExpanded(index)
    qtbot.keyClick(page.tree_view, Qt.Key.Key_Asterisk)
    assert not page.tree_view.isExpanded(index)


def test_what_is_no_json_has_no_tree_but_a_text(page: JsonPage) -> None:
    page.show_json(json_view("x", b"", "", token=CancelToken()))
    page.toggle_tree()
    page.show_json(document([1]))
    assert page.tree_view.json_model.rowCount() == 1
    page.show_json(json_view("x", b"no json ] at all", "no json ] at all", token=CancelToken()))
    page.toggle_tree()
    page.grab()
