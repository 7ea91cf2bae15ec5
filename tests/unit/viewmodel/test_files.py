from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable

import pytest

from inspector.layers.merged import merge
from inspector.layers.table import DIRECTORY, FILE, HARDLINK, SYMLINK, Listing
from inspector.viewmodel.files import Column, FileList

FOLDER, LINK, HARD = "folder", "link", "hard"


def listing(*entries: tuple[str, int | str] | tuple[str, int | str, int]) -> Listing:
    """`(path, size)`, `(path, FOLDER)`, `("a -> b", LINK)`; a third value is the mode."""
    made = Listing()
    for path, what, *mode in entries:
        name, _, target = path.partition(" -> ")
        index = len(made.paths)
        made.paths.append(name.encode("utf-8", "surrogateescape"))
        made.types.append({FOLDER: DIRECTORY, LINK: SYMLINK, HARD: HARDLINK}.get(str(what), FILE))
        made.modes.append(mode[0] if mode else 0o755 if what == FOLDER else 0o644)
        made.uids.append(index % 3)
        made.gids.append(0)
        made.sizes.append(what if isinstance(what, int) else 0)
        made.mtimes.append(1_714_557_600 + index)
        made.offsets.append(0)
        if target:
            made.links[index] = target.encode()
    made.complete = True
    return made


def names(files: FileList) -> list[str]:
    return ["  " * files.depth(row) + files.text(row, Column.NAME) for row in range(len(files))]


@pytest.fixture
def files() -> FileList:
    return FileList(
        listing(
            ("usr", FOLDER),
            ("usr/bin", FOLDER),
            ("usr/bin/curl", 268_000),
            ("usr/bin/wget -> curl", LINK),
            ("usr/lib/libc.so", 2_000_000),
            ("usr/lib/libm.so.6", 900_000),
            ("etc/passwd", 100, 0o4644),
            ("etc/file10", 10),
            ("etc/file9", 10),
            ("etc/.wh.gone", 0),
            ("etc/.wh..wh..opq", 0),
            ("Zebra", 1),
        )
    )


def test_folders_first_and_numbers_as_numbers(files: FileList) -> None:
    assert names(files) == ["etc", "usr", "Zebra"]
    files.expand(0)
    assert names(files) == [
        "etc",
        "  (all that lower layers have here)",
        "  file9",
        "  file10",
        "  gone",
        "  passwd",
        "usr",
        "Zebra",
    ]


def test_expanding_tells_which_rows_appear_and_vanish(files: FileList) -> None:
    assert files.expand(1) == (2, 2)
    assert names(files) == ["etc", "usr", "  bin", "  lib", "Zebra"]
    assert files.expand(3) == (4, 2)
    assert files.expand(3) == (4, 0)
    assert files.collapse(1) == (2, 4)
    assert names(files) == ["etc", "usr", "Zebra"]
    assert files.collapse(2) == (3, 0)
    assert files.expand(2) == (3, 0)
    # what was open below stays so
    assert files.expand(1) == (2, 4)


def test_a_single_top_folder_is_open() -> None:
    assert names(FileList(listing(("a/b/c", 1), ("a/b/d", 1)))) == ["a", "  b", "    c", "    d"]


def test_cells(files: FileList) -> None:
    files.expand_all()
    rows = {files.path(row): row for row in range(len(files))}
    curl, wget, lib, gone = rows["usr/bin/curl"], rows["usr/bin/wget"], rows["usr/lib"], rows["etc/gone"]
    assert [files.text(curl, column) for column in files.columns] == [
        "curl",
        "268.0 kB",
        "-rw-r--r--",
        "2:0",
        "2024-05-01 10:00",
        "file",
    ]
    assert "268,000 bytes" in files.tooltip(curl, Column.SIZE)
    assert files.tooltip(curl, Column.MODE) == "0644"
    assert files.text(wget, Column.NAME) == "wget → curl"
    assert files.link_target(wget) == "curl"
    assert files.text(wget, Column.SIZE) == "–"
    assert files.text(lib, Column.SIZE) == "2.9 MB"
    assert files.text(lib, Column.MODE) == ""
    assert "2 files" in files.tooltip(lib, Column.SIZE)
    assert "No entry" in files.tooltip(lib, Column.NAME)
    assert (files.icon(gone), files.text(gone, Column.TYPE)) == ("removed", "removed")
    assert {files.icon(row) for row in range(len(files))} == {"folder", "file", "symlink", "removed", "opaque"}


def test_rows_and_nodes(files: FileList) -> None:
    node = files.find(b"usr/bin/curl")
    assert files.row_of(node) == -1
    row = files.expand_to(node)
    assert files.node(row) == node
    assert files.raw_path(row) == b"usr/bin/curl"
    assert files.name(files.parent_row(row)) == "bin"
    assert files.parent_row(0) == -1
    assert files.find(b"usr/none") == -1


def test_sorting_keeps_folders_first(files: FileList) -> None:
    files.expand_all()
    files.sort(Column.SIZE, descending=True)
    assert [name.strip() for name in names(files)] == [
        "usr",
        "lib",
        "libc.so",
        "libm.so.6",
        "bin",
        "curl",
        "wget → curl",
        "etc",
        "passwd",
        "file9",
        "file10",
        "(all that lower layers have here)",
        "gone",
        "Zebra",
    ]
    for column in files.columns:
        files.sort(column)
        files.sort(column, descending=True)
        assert len(files) == files.total == 14
    assert names(files)[0] in ("etc", "usr")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*.so", ["libc.so"]),
        ("LIB", ["lib", "libc.so", "libm.so.6"]),
        (">500kB", ["libc.so", "libm.so.6"]),
        (">1MB", ["libc.so"]),
        ("<=10 type:file", ["file10", "file9", "Zebra"]),
        ("type:link", ["wget"]),
        ("type:removed", ["gone"]),
        ("mode:4000", ["passwd"]),
        ("mode:setuid", ["passwd"]),
        ("file -10", ["file9"]),
        ("/bin/", ["curl", "wget"]),
        ("usr/*.6", ["libm.so.6"]),
        ("nothing-like-this", []),
    ],
)
def test_filters(files: FileList, text: str, found: list[str] | None) -> None:
    result = files.set_filter(text)
    assert not result.error
    shown = [files.name(row) for row in range(len(files)) if files.matches(row)]
    assert result.matches == len(shown)
    if found is not None:
        assert sorted(shown) == sorted(found)


def test_a_filter_shows_the_folders_above_and_opens_them(files: FileList) -> None:
    result = files.set_filter("curl")
    assert result.text == "1 of 14 entries"
    assert names(files) == ["usr", "  bin", "    curl"]
    assert [files.matches(row) for row in range(3)] == [False, False, True]
    assert files.collapse(1) == (2, 1)
    assert files.has_children(1)
    assert not files.is_expanded(1)
    files.set_filter("")
    assert names(files) == ["etc", "usr", "Zebra"]


@pytest.mark.parametrize("text", ["type:nonsense", "mode:9", "owner:root", ">big", "layer:1"])
def test_a_filter_that_makes_no_sense_says_so_and_changes_nothing(files: FileList, text: str) -> None:
    files.set_filter("curl")
    result = files.set_filter(text)
    assert result.error
    assert names(files) == ["usr", "  bin", "    curl"]
    assert files.filter_text == "curl"


def test_any_filter_text_is_taken(files: FileList) -> None:
    for text in ("[", "*" * 50, "-", "--", ":", "<", "a\\", "?[!", "\u202e", "type:", "><", "/"):
        files.set_filter(text)
        files.set_filter("")


def test_what_is_selected_counts_once(files: FileList) -> None:
    files.expand_all()
    rows = [row for row in range(len(files)) if files.path(row).startswith("usr")]
    found = files.selection(rows)
    assert found.text == f"{len(rows)} selected, 3.2 MB"
    assert "3,168,000 bytes" in found.tooltip
    assert files.selection([]).text == ""


def test_a_list_that_grew_looks_like_the_one_before(files: FileList) -> None:
    files.expand(1)
    files.sort(Column.SIZE)
    files.set_filter("lib")
    bigger = FileList(listing(("usr/lib/libz.so", 5), ("usr/lib/libc.so", 6), ("aaa", 1), ("etc/x", 1)))
    bigger.adopt(files)
    assert (bigger.sort_column, bigger.filter_text) == (Column.SIZE, "lib")
    assert names(bigger) == ["usr", "  lib", "    libz.so", "    libc.so"]
    bigger.set_filter("")
    assert names(bigger) == ["etc", "usr", "  lib", "aaa"]


def test_names_that_would_deceive(files: FileList) -> None:
    shown = FileList(listing(("x\udcffy", 1), ("a\nb\u202ec", 1), ("l -> \u202et", LINK)))
    assert [shown.text(row, Column.NAME) for row in range(3)] == ["a␊b⟨U+202E⟩c", "l → ⟨U+202E⟩t", "x\\xFFy"]
    assert shown.raw_path(2) == b"x\xffy"


def test_a_merged_file_system_says_which_layer(files: FileList) -> None:
    merged = FileList(merge([listing(("a", 1), ("b", 2)), listing((".wh.a", 0), ("c", 3))]))
    assert names(merged) == ["b", "c"]
    assert Column.LAYER in merged.columns
    assert [merged.text(row, Column.LAYER) for row in range(2)] == ["1", "2"]
    assert merged.set_filter("layer:2").matches == 1
    for column in merged.columns:
        merged.sort(column, descending=True)
    assert names(merged) == ["c"]


def test_an_empty_layer() -> None:
    empty = FileList(listing())
    assert (len(empty), empty.total, empty.summary) == (0, 0, "0 entries · 0 Bytes")
    empty.expand_all()
    assert empty.set_filter("x").matches == 0


def timed(work: Callable[[], object]) -> float:
    """Seconds of work; looking through all that earlier tests left for garbage is none."""
    gc.disable()
    before = time.process_time()
    try:
        work()
        return time.process_time() - before
    finally:
        gc.enable()


def many() -> Iterable[tuple[str, int | str]]:
    for folder in range(2000):
        yield f"usr/share/doc-{folder}", FOLDER
        for number in range(100):
            yield f"usr/share/doc-{folder}/file{number}.{'so' if number % 7 == 0 else 'txt'}", number


def test_200_000_rows_are_quick() -> None:
    files = FileList(listing(*many()))
    assert files.total == 202_002
    # limits ten times what a quiet machine needs: only to catch work that grows faster than the rows
    assert timed(files.expand_all) < 0.5
    assert len(files) == 202_002
    assert timed(lambda: files.sort(Column.SIZE, descending=True)) < 2
    assert timed(lambda: files.sort(Column.NAME)) < 0.5
    assert timed(lambda: files.set_filter("*.so")) < 2
    assert timed(lambda: files.set_filter("file42")) < 2
    assert timed(lambda: files.set_filter("")) < 0.5
    assert timed(lambda: [files.text(row, 0) for row in range(100_000, 100_050)]) < 0.5
