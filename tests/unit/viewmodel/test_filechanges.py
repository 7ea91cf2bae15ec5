"""The column Change of a layer's file list: letters, words, and hiding what changed in one way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.layers.changes import Changes
from inspector.layers.merged import merge
from inspector.layers.table import Listing
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.comparing import can_compare, changes_by_node, compare_layer, is_ready
from inspector.viewmodel.filechanges import FileChanges
from inspector.viewmodel.files import Column, FileList
from inspector.viewmodel.loadfiles import load_files
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import Bundle, ImageSpec, docker_24, layer_tar
from tests.builders.listings import Row, listing

Opener = Callable[[Bundle | Path], ArchiveSession]

BELOW = listing(
    "etc/", Row("etc/passwd", 5), Row("etc/same", 0), Row("etc/mode", 0), Row("etc/link", link="a"), "old/", "old/a",
    "old/b/", "old/b/c", Row("etc/bigger", 1), Row("usr/timed", 0), Row("usr/lib/x", 1),
)  # fmt: skip
LAYER = listing(
    "etc/", Row("etc/passwd", 5), Row("etc/same", 0), Row("etc/mode", 0, mode=0o4755, uid=7), Row("etc/link", link="b"),
    ".wh.old", Row("etc/bigger", 2), Row("usr/timed", 0, mtime=9), "etc/.wh.never", "usr/lib/.wh..wh..opq", "new/",
    "new/file", Row("etc/twice/", 0), "etc/twice",
)  # fmt: skip


def compared(below: Listing, layer: Listing) -> FileList:
    files = FileList(layer)
    changes = Changes(merge([below]), merge([below, layer]))
    files.changes = changes_by_node(files.rows, changes)
    files.expand_all()
    return files


def letters(files: FileList) -> dict[str, str]:
    return {files.path(row): files.text(row, Column.CHANGE) for row in range(len(files))}


def words(files: FileList, path: str) -> str:
    return next(files.tooltip(row, Column.CHANGE) for row in range(len(files)) if files.path(row) == path)


def test_letters_and_words() -> None:
    files = compared(BELOW, LAYER)
    assert files.columns[-1] is Column.CHANGE
    assert Column.LAYER not in files.columns
    found = letters(files)
    assert {path: letter for path, letter in found.items() if letter} == {
        "etc/passwd": "M?", "etc/mode": "M", "etc/link": "M", "old": "D", "etc/bigger": "M", "usr/timed": "M",
        "etc/never": "D", "usr/lib/.wh..wh..opq": "D", "new": "A", "new/file": "A", "etc/twice": "A",
    }  # fmt: skip
    assert words(files, "etc/passwd") == "modified: perhaps content: same size, not compared"
    assert words(files, "etc/mode") == "modified: mode, owner"
    assert words(files, "etc/link") == "modified: link target"
    assert words(files, "etc/bigger") == "modified: content"
    assert words(files, "usr/timed") == "modified: time only"
    assert words(files, "old") == "removed: 4 entries"
    assert words(files, "etc/never") == "removed: but no layer below has it"
    assert words(files, "usr/lib/.wh..wh..opq") == "removed"
    assert words(files, "new") == "added: nothing is here in the layers below"
    assert words(files, "etc/same").startswith("unchanged")
    assert words(files, "usr") == "No entry states this folder."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("change:added", ["new", "new/file", "etc/twice"]),
        ("change:A type:file", ["new/file", "etc/twice"]),
        ("change:removed", ["old", "etc/never", "usr/lib/.wh..wh..opq"]),
        ("change:modified", ["etc/passwd", "etc/mode", "etc/link", "etc/bigger", "usr/timed"]),
        ("change:content", ["etc/passwd", "etc/bigger"]),
        ("change:mode", ["etc/mode"]),
        ("change:owner,link", ["etc/mode", "etc/link"]),
        ("change:time", ["usr/timed"]),
        ("change:link,removed etc/", ["etc/link", "etc/never"]),
        ("-change:unchanged change:M -change:content -change:time", ["etc/mode", "etc/link"]),
    ],
)
def test_the_filter_knows_changes(text: str, found: list[str]) -> None:
    files = compared(BELOW, LAYER)
    assert files.set_filter(text).error == ""
    assert {files.path(row) for row in range(len(files)) if files.matches(row)} == set(found)


def test_a_filter_for_changes_needs_the_comparison() -> None:
    files = FileList(LAYER)
    assert "Compare" in files.set_filter("change:added").error
    changed = compared(BELOW, LAYER)
    assert "no change “odd”" in changed.set_filter("change:odd").error
    changed.set_filter("change:added")
    changed.changes = None
    assert (changed.filter_text, changed.total) == ("", len(changed.rows.tree) - 1)
    assert "one layer" in FileList(merge([LAYER])).set_filter("change:added").error


def test_what_the_layer_itself_covers_is_no_part_of_it() -> None:
    files = compared(listing("x"), listing("a/", "a/b", "a"))
    assert words(files, "a/b").startswith("no part of the file system")


def test_kinds_are_hidden_and_folders_above_stay() -> None:
    files = compared(BELOW, LAYER)
    files.show_letters("D")
    shown = [files.path(row) for row in range(len(files))]
    assert shown == ["etc", "etc/never", "usr", "usr/lib", "usr/lib/.wh..wh..opq", "old"]
    assert [files.matches(row) for row in range(len(files))] == [False, True, False, False, True, True]
    assert files.set_filter("never").matches == 1
    assert len(files) == 2
    assert files.set_filter("passwd").matches == 0
    files.show_letters("MD")
    assert files.filter_text == "passwd"
    assert len(files) == 2
    files.set_filter("")
    files.show_letters("")
    assert len(files) == 0
    files.show_letters("AMD")
    assert letters(files) == letters(compared(BELOW, LAYER))


def test_a_comparison_that_is_taken_away_shows_everything_again() -> None:
    files = compared(BELOW, LAYER)
    count = len(files)
    files.sort(Column.CHANGE, descending=True)
    files.show_letters("A")
    files.changes = None
    assert len(files) == count
    assert files.columns[-1] is Column.TYPE
    assert files.sort_column is Column.NAME


def test_a_filter_may_be_chosen_before_the_comparison_is_there() -> None:
    files = FileList(LAYER)
    files.show_letters("A")
    assert len(files) > 2
    files.changes = changes_by_node(files.rows, Changes(merge([BELOW]), merge([BELOW, LAYER])))
    assert [files.path(row) for row in range(len(files))] == ["etc", "etc/twice", "etc/twice", "new", "new/file"]


def layers_of(session: ArchiveSession) -> list[StructureNode]:
    return [node for node in session.tree.nodes if node.type is NodeType.LAYER]


@pytest.fixture
def opened(session_of: Opener) -> ArchiveSession:
    base = layer_tar({"etc/": b"", "etc/a": b"12345", "etc/b": b"12345", "etc/c": b"1"})
    top = layer_tar({"etc/": b"", "etc/a": b"12345", "etc/b": b"54321", "etc/.wh.c": b"", "etc/d": b""})
    return session_of(docker_24([ImageSpec((base, top))]))


def compare(session: ArchiveSession, node: StructureNode, *, read: bool) -> tuple[FileList, list[FileChanges]]:
    token = CancelToken()
    files = load_files(session, node, token, ignore_progress)
    partial: list[FileChanges] = []
    files.changes = compare_layer(
        session, node, files, token, ignore_progress, read_contents=read, on_partial=partial.append
    )
    files.expand_all()
    return files, partial


def test_contents_are_read_only_when_asked_for(opened: ArchiveSession) -> None:
    first, second = layers_of(opened)
    assert not can_compare(first)
    assert can_compare(second)
    assert not is_ready(opened, second)
    files, partial = compare(opened, second, read=False)
    assert not partial
    assert letters(files) == {"etc": "", "etc/a": "M?", "etc/b": "M?", "etc/c": "D", "etc/d": "A"}
    assert is_ready(opened, second)
    files, partial = compare(opened, second, read=True)
    assert [found.count("M") for found in partial] == [2]
    assert letters(files) == {"etc": "", "etc/a": "", "etc/b": "M", "etc/c": "D", "etc/d": "A"}
    assert files.changes is not None
    assert [files.changes.count(letter) for letter in "AMD"] == [1, 1, 1]
    assert not files.changes.note


def test_a_damaged_layer_below_is_told(session_of: Opener) -> None:
    base, top = layer_tar({"a": b"x" * 3000})[:1024], layer_tar({"a": b"y" * 3000})
    session = session_of(docker_24([ImageSpec((base, top))]))
    files, _ = compare(session, layers_of(session)[1], read=True)
    assert files.changes is not None
    assert "layer 1" in files.changes.note


def test_200_000_changes_are_hidden_and_shown_quickly() -> None:
    names = [f"usr/doc-{folder}/file{number}" for folder in range(1000) for number in range(200)]
    layer = listing(*names)
    files = FileList(layer)
    below = listing(*names[::2])
    files.changes = changes_by_node(files.rows, Changes(merge([below]), merge([below, layer])))
    files.expand_all()
    for work in (
        lambda: files.show_letters("A"),
        lambda: files.show_letters("AMD"),
        lambda: files.sort(Column.CHANGE),
    ):
        before = time.process_time()
        work()
        # thirty times what a quiet machine needs
        assert time.process_time() - before < 3


def test_the_merged_view_tells_which_step_made_a_layer(opened: ArchiveSession) -> None:
    image = next(node for node in opened.tree.nodes if node.type is NodeType.IMAGE)
    files = load_files(opened, image, CancelToken(), ignore_progress)
    files.expand_all()
    rows = {files.path(row): row for row in range(len(files))}
    assert files.tooltip(rows["etc/d"], Column.LAYER) == "layer 2: COPY layer2 /"
    plain = FileList(merge([listing("a/b")]))
    plain.expand_all()
    assert plain.tooltip(1, Column.LAYER) == "layer 1: the image does not say what made it"
    assert plain.tooltip(0, Column.LAYER) == "No entry states this folder."
