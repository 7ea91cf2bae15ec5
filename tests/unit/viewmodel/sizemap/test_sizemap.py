from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.layers.merged import merge
from inspector.layers.table import DIRECTORY, FILE, Listing
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.files import FileList
from inspector.viewmodel.session import ArchiveSession, open_session
from inspector.viewmodel.sizemap.groups import LIBRARY, MEDIA, OTHER, PROGRAM, SOURCE, Colouring, kind_of
from inspector.viewmodel.sizemap.sizemap import SizeColumn, SizeLevel, SizeMap, load_changes, load_size_map, unseen
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, docker_25, layer_tar

TOKEN = CancelToken()


def listing(sizes: dict[str, int | None]) -> Listing:
    made = Listing()
    for path, size in sizes.items():
        made.paths.append(path.encode())
        made.types.append(DIRECTORY if size is None else FILE)
        made.modes.append(0o644)
        made.uids.append(0)
        made.gids.append(0)
        made.sizes.append(size or 0)
        made.mtimes.append(0)
        made.offsets.append(0)
    made.complete = True
    return made


def level(size_map: SizeMap, folder: int = 0, colouring: Colouring | None = None) -> SizeLevel:
    return size_map.level(folder, (800.0, 400.0), colouring or size_map.colourings[0], TOKEN, title=18)


def table(size_map: SizeMap, shown: SizeLevel) -> list[list[str]]:
    return [[size_map.text(shown, row, column) for column in SizeColumn] for row in range(len(shown.rows))]


@pytest.fixture
def merged() -> SizeMap:
    base = listing({"usr": None, "usr/lib/libc.so.6": 6000, "usr/bin/tool": 1000, "etc/motd": 0})
    top = listing({"srv/data.bin": 3000})
    return SizeMap(FileList(merge([base, top]), steps=("ADD rootfs", "")))


def test_the_table_says_what_the_map_shows(merged: SizeMap) -> None:
    shown = level(merged)
    assert [merged.header(shown, column) for column in SizeColumn] == ["Name", "Size", "Share", "Files", "Layer"]
    assert table(merged, shown) == [
        ["usr", "7.0 kB", "70.0 %", "2", "layer 1: ADD rootfs"],
        ["srv", "3.0 kB", "30.0 %", "1", "layer 2"],
        ["etc", "0 Bytes", "0 %", "1", ""],
    ]
    assert [word for word, _ in shown.legend] == ["layer 1: ADD rootfs", "layer 2"]


def test_tiles_are_told_in_words(merged: SizeMap) -> None:
    shown = level(merged)
    told = {label: merged.describe(shown, tile) for label, tile in zip(shown.labels, shown.tiles, strict=True)}
    assert set(told) == {"usr", "lib", "libc.so.6", "bin", "tool", "srv", "data.bin"}
    assert told["data.bin"] == "/srv/data.bin · 3.0 kB · 30.0 % of what is shown · Layer: layer 2"
    assert told["usr"] == "/usr · 7.0 kB · 70.0 % of what is shown · 2 files · Layer: layer 1: ADD rootfs"


def test_nothing_unseen_is_nothing_to_say() -> None:
    assert unseen(merge([listing({"a": 1}), listing({"b": 2})])) == ""
    assert unseen(merge([listing({"a": 1, "b": 1000}), listing({"a": 2})])) == ""
    assert unseen(merge([listing({"a": 20, "b": 1000}), listing({"a": 2})])) != ""


def test_into_a_folder_and_out(merged: SizeMap) -> None:
    tool = merged.find(b"usr/bin/tool")
    usr = merged.step_towards(0, tool)
    assert merged.path(usr) == b"usr"
    bin_ = merged.step_towards(usr, tool)
    assert [crumb.label for crumb in merged.crumbs(bin_)] == ["/", "usr", "bin"]
    assert merged.parent(bin_) == usr
    assert merged.step_towards(bin_, tool) == tool
    assert not merged.is_folder(tool)
    assert merged.step_towards(merged.find(b"srv"), tool) == merged.find(b"srv")
    assert merged.find(b"not/there") == 0


def test_a_folder_of_several_layers_is_mixed() -> None:
    size_map = SizeMap(FileList(merge([listing({"a/x": 10}), listing({"a/y": 10})])))
    shown = level(size_map)
    assert size_map.text(shown, 0, SizeColumn.GROUP) == "several"
    hues = {label: shown.hue(place) for place, label in enumerate(shown.labels)}
    assert hues["a"] == -1
    assert hues["x"] != hues["y"]


def test_only_the_largest_layers_have_a_colour_of_their_own() -> None:
    listings = [listing({f"f{number}": 10 * number}) for number in range(1, 21)]
    shown = level(SizeMap(FileList(merge(listings))))
    assert [word for word, _ in shown.legend] == [f"layer {number}" for number in range(14, 21)] + ["other layers"]


def test_small_files_share_a_tile() -> None:
    sizes: dict[str, int | None] = {"big": 10**9}
    sizes |= {f"small{number}": 10 for number in range(5000)}
    size_map = SizeMap(FileList(listing(sizes)))
    shown = level(size_map)
    assert shown.labels == ("big", "5,000 smaller entries")
    assert size_map.describe(shown, shown.tiles[1]) == "5,000 smaller entries in / · 50.0 kB · < 0.1 % of what is shown"
    assert len(shown.rows) == 5000
    assert shown.left_out == 1


@pytest.mark.parametrize(
    ("name", "mode", "kind"),
    [
        ("libc.so.6", 0o755, LIBRARY),
        ("bash", 0o755, PROGRAM),
        ("bash", 0o644, OTHER),
        ("run.py", 0o755, SOURCE),
        ("logo.png", 0o644, MEDIA),
        (".py", 0o644, OTHER),
        ("2024.", -1, OTHER),
        ("", -1, OTHER),
    ],
)
def test_kinds(name: str, mode: int, kind: int) -> None:
    assert kind_of(name, mode) == kind


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ArchiveSession]:
    base = layer_tar({"etc/": b"", "etc/a": b"1" * 100, "etc/b": b"2" * 100})
    top = layer_tar({"etc/": b"", "etc/b": b"3" * 300, "etc/c": b"4" * 400})
    made = open_session(
        docker_25([ImageSpec((base, top), ("app:1",))]).write(tmp_path / "a.tar"), TOKEN, ignore_progress
    )
    yield made
    made.close()


def node_of(session: ArchiveSession, type_: NodeType, number: int = 0) -> StructureNode:
    return [node for node in session.tree.nodes if node.type is type_][number]


def test_of_an_image(session: ArchiveSession) -> None:
    size_map = load_size_map(session, node_of(session, NodeType.IMAGE), TOKEN, ignore_progress)
    assert size_map.colourings == (Colouring.LAYER, Colouring.KIND)
    # the first layer's etc/b, which the second replaced
    assert size_map.note == (
        "100 Bytes more lie in the layers and are not seen: later layers replaced or removed them. "
        "The largest: /etc/b (100 Bytes, layer 1)."
    )
    etc = level(size_map, size_map.find(b"etc"))
    assert [row[0] for row in table(size_map, etc)] == ["c", "b", "a"]


def test_what_a_layer_changed(session: ArchiveSession) -> None:
    first, second = (node_of(session, NodeType.LAYER, number) for number in (0, 1))
    assert load_size_map(session, first, TOKEN, ignore_progress).colourings == (Colouring.KIND,)
    size_map = load_size_map(session, second, TOKEN, ignore_progress)
    assert size_map.colourings == (Colouring.KIND, Colouring.CHANGE)
    size_map.set_changes(load_changes(session, second, size_map, TOKEN, ignore_progress))
    assert size_map.has_changes
    shown = level(size_map, size_map.find(b"etc"), Colouring.CHANGE)
    assert [(row[0], row[4]) for row in table(size_map, shown)] == [("c", "added"), ("b", "modified")]
