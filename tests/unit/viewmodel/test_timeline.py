"""The history of one path through all layers, and two of its versions compared."""

from __future__ import annotations

import difflib
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.source import MemorySource
from inspector.errors import Cancelled, UsageError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.textdiff import TextDiff, compare_contents
from inspector.viewmodel.timeline import TimeLine, compare_versions, load_time_line
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import Bundle, ImageSpec, docker_24, layer_tar
from tests.builders.bundle import Entry, hardlink

Opener = Callable[[Bundle | Path], ArchiveSession]

LAYERS = (
    layer_tar({"etc/": b"", "etc/a": b"one\ntwo\n", "other": b""}),
    layer_tar({"etc/a": b"one\nTWO\nthree\n"}),
    layer_tar({"other": b"x"}),
    layer_tar({"etc/.wh.a": b""}),
    layer_tar({"etc/": b"", "etc/a": "elsewhere"}),
    layer_tar({".wh.etc": b""}),
    Bundle((Entry("etc/b", b"one\n"), hardlink("etc/a", "etc/b"))).tar(),
    layer_tar({"etc/.wh..wh..opq": b""}),
    layer_tar({"etc/a": b"\0\1"}),
    layer_tar({"etc": b"no folder any more"}),
)  # fmt: skip


@pytest.fixture
def opened(session_of: Opener) -> tuple[ArchiveSession, StructureNode]:
    session = session_of(docker_24([ImageSpec(LAYERS)]))
    return session, next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)


def line(opened: tuple[ArchiveSession, StructureNode], path: bytes = b"etc/a") -> TimeLine:
    return load_time_line(*opened, path, CancelToken(), ignore_progress)


def diff(opened: tuple[ArchiveSession, StructureNode], older: int, newer: int) -> TextDiff:
    versions = {version.number: version for version in line(opened).versions}
    return compare_versions(*opened, versions[older], versions[newer], CancelToken(), ignore_progress)


def test_what_each_layer_did(opened: tuple[ArchiveSession, StructureNode]) -> None:
    found = line(opened)
    assert [(version.number, version.what) for version in found.versions] == [
        (1, "added"),
        (2, "written again: size"),
        (4, "removed"),
        (5, "added"),
        (6, "removed with /etc"),
        (7, "added"),
        (8, "removed with all that was in /etc"),
        (9, "added"),
        (10, "removed: /etc became a file"),
    ]
    assert found.path == "etc/a"
    assert found.text == "9 layers of 10 did something to it."
    first, gone, link = found.versions[0], found.versions[2], found.versions[3]
    assert (first.layer, first.kind, first.size, first.step) == ("layer 1", "file", "8 Bytes", "COPY layer1 /")
    assert first.node is not None
    assert first.node.label.startswith("layer 1")
    assert gone.raw_path == b"etc/a"
    assert (gone.size, gone.mode, gone.has_content) == ("", "", False)
    assert (link.kind, link.has_content) == ("symbolic link", False)
    assert line(opened, b"nowhere").versions == ()


def test_it_speaks_the_persons_language(opened: tuple[ArchiveSession, StructureNode], german: None) -> None:
    said = [version.what for version in line(opened).versions]
    assert said[:4] == ["hinzugefügt", "neu geschrieben: Größe", "entfernt", "hinzugefügt"]


def test_two_versions_compared(opened: tuple[ArchiveSession, StructureNode]) -> None:
    found = diff(opened, 1, 2)
    assert found.text.split("\n") == [
        "--- etc/a (layer 1)",
        "+++ etc/a (layer 2)",
        "@@ -1,2 +1,3 @@",
        " one",
        "-two",
        "+TWO",
        "+three",
    ]
    assert found.note == "2 lines added, 1 line removed."
    # a hard link has the content of what it is a second name of
    assert diff(opened, 1, 7).text.endswith(" one\n-two")
    assert "no text" in diff(opened, 1, 9).note
    assert diff(opened, 1, 5).note == "Only the contents of files can be compared."


def test_above_the_images_there_is_no_time_line(opened: tuple[ArchiveSession, StructureNode]) -> None:
    with pytest.raises(UsageError):
        load_time_line(opened[0], opened[0].tree.root, b"etc/a", CancelToken(), ignore_progress)


def compared(old: bytes, new: bytes) -> TextDiff:
    return compare_contents(MemorySource(old), MemorySource(new), ("a", "b"), CancelToken())


def test_what_is_the_same_at_both_ends_is_context() -> None:
    same = b"".join(b"%d\n" % number for number in range(9))
    for old, new, shown in (
        (
            same + b"a\n" + same,
            same + b"b\n" + same,
            ["@@ -7,7 +7,7 @@", " 6", " 7", " 8", "-a", "+b", " 0", " 1", " 2"],
        ),
        (same, same + b"b\n", ["@@ -7,3 +7,4 @@", " 6", " 7", " 8", "+b"]),
        (b"a\n" + same, same, ["@@ -1,4 +1,3 @@", "-a", " 0", " 1", " 2"]),
        (b"a\n" * 3, b"a\n" * 2, ["@@ -1,3 +1,2 @@", " a", " a", "-a"]),
    ):
        found = compared(old, new).text.split("\n")[2:]
        assert found == shown
        lines = (old.decode().splitlines(), new.decode().splitlines())
        assert found == [line.rstrip("\n") for line in difflib.unified_diff(*lines, lineterm="")][2:]


def test_contents_that_have_little_to_show() -> None:
    assert compared(b"x", b"x").note == "The contents are the same."
    assert "line end" in compared(b"x", b"x\n").note
    assert compared(b"", b"x").text.split("\n")[2:] == ["@@ -1 +1 @@", "-", "+x"]
    assert "␍" in compared(b"x\r\ny", b"x\ny").text
    assert "⟨U+202E⟩" in compared(b"x", "\u202e".encode()).text
    big = b"line\n" * 300_000
    assert "first 1 MiB" in compared(big, big + b"x").note
    assert compared(b"new\n" + big, big).text.split("\n")[2:4] == ["@@ -1,4 +1,4 @@", "-new"]
    assert "first 1 MiB" in compared(b"x" * 2_000_000, b"y" * 2_000_000).note
    assert max(map(len, compared(b"x" * 5000, b"y" * 5000).text.split("\n"))) < 2100


@pytest.mark.parametrize("kind", ["shuffled", "few", "different", "letters"])
def test_no_contents_take_long(kind: str) -> None:
    chance = random.Random(4)
    lines = [b"%d" % number for number in range(100_000)]
    other = [b"x%d" % number for number in range(100_000)]
    if kind == "shuffled":
        other = chance.sample(lines, len(lines))
    elif kind == "few":
        lines, other = ([b"%d" % chance.randrange(150) for _ in range(100_000)] for _ in range(2))
    elif kind == "letters":
        lines, other = ([bytes([chance.randrange(97, 123)]) for _ in range(500_000)] for _ in range(2))
    before = time.process_time()
    assert compared(b"\n".join(lines), b"\n".join(other)).note
    assert time.process_time() - before < 20


def test_comparing_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        compare_contents(MemorySource(b"a"), MemorySource(b"b"), ("a", "b"), token)
