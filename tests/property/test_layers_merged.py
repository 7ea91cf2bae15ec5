"""The merged file system against the definition, done naively: a dictionary, walked again for each removal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.layers.merged import merge
from inspector.layers.table import DIRECTORY, Listing
from inspector.layers.tree import tree_of_listing, tree_of_merged
from inspector.layers.whiteout import WhiteoutKind, parse
from tests.builders.listings import listing

SEGMENTS = st.sampled_from(["a", "b", "a-b", ".wh.a", ".wh.b", ".wh..wh..opq", ".wh.", ".wh..wh.plnk", "\1"])
NAMES = st.builds(
    lambda segments, folder: "/".join(segments) + ("/" if folder else ""),
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.booleans(),
)
LAYERS = st.lists(st.lists(st.one_of(NAMES, st.just("./")), max_size=8).map(lambda names: listing(*names)), max_size=5)

Place = tuple[int, int]


def drop_below(files: dict[bytes, Place], folder: bytes) -> None:
    for path in [path for path in files if folder == b"." or path.startswith(folder + b"/")]:
        del files[path]


def naive(layers: list[Listing]) -> dict[bytes, Place]:
    files: dict[bytes, Place] = {}
    for number, layer in enumerate(layers):
        for path in layer.paths:
            whiteout = parse(path)
            if whiteout is not None and whiteout.kind is WhiteoutKind.OPAQUE:
                drop_below(files, whiteout.target)
            if whiteout is not None and whiteout.kind is WhiteoutKind.REMOVED:
                files.pop(whiteout.target, None)
                drop_below(files, whiteout.target)
        for index, path in enumerate(layer.paths):
            if path == b"." or parse(path) is not None:
                continue
            if layer.types[index] != DIRECTORY:
                drop_below(files, path)
            files[path] = (number, index)
    return files


@given(LAYERS)
def test_merging_agrees_with_the_definition(layers: list[Listing]) -> None:
    merged = merge(layers)
    found = dict(zip(merged.paths, zip(merged.layers, merged.entries, strict=True), strict=True))
    assert found == naive(layers)
    assert merged.paths == sorted(merged.paths)


@given(LAYERS)
def test_every_entry_survives_or_is_hidden_by_the_layer_that_the_definition_says(layers: list[Listing]) -> None:
    merged = merge(layers)
    hidden = {
        (layer, entry): by
        for layer, entry, by in zip(merged.hidden_layers, merged.hidden_entries, merged.hidden_by_layers, strict=True)
    }
    assert len(hidden) == len(merged.hidden_layers)
    first_gone: dict[Place, int] = {}
    for number in range(len(layers)):
        there = set(naive(layers[: number + 1]).values())
        for low in range(number + 1):
            for index, path in enumerate(layers[low].paths):
                if path != b"." and parse(path) is None and (low, index) not in there:
                    first_gone.setdefault((low, index), number)
    assert hidden == first_gone


@given(st.lists(NAMES, max_size=12).map(lambda names: listing(*names)))
def test_a_tree_has_every_row_once_at_its_path(layer: Listing) -> None:
    tree = tree_of_listing(layer)
    rows = sorted(row for row in tree.rows if row >= 0)
    assert rows == [row for row, path in enumerate(layer.paths) if path != b"."]
    for node in range(1, len(tree)):
        row = tree.rows[node]
        if row >= 0:
            whiteout = parse(layer.paths[row])
            removed = whiteout is not None and whiteout.kind is WhiteoutKind.REMOVED
            assert tree.path(node) == (whiteout.target if whiteout and removed else layer.paths[row])
        parent = tree.parents[node]
        above = tree.path(parent)
        assert tree.path(node) == (tree.name(node) if above == b"." else above + b"/" + tree.name(node))
        assert parent < node < tree.ends[parent]
        assert tree.find(tree.path(node)) is not None
    for node in range(len(tree)):
        names = [tree.name(child) for child in tree.children(node)]
        assert names == sorted(names)
        assert tree.children(node) == [n for n in range(1, len(tree)) if tree.parents[n] == node]


@given(LAYERS)
def test_totals_of_the_root_are_sums(layers: list[Listing]) -> None:
    merged = merge(layers)
    tree = tree_of_merged(merged)
    entries = [merged.entry(row) for row in range(len(merged))]
    assert tree.counts[0] == sum(entry.type.value != "dir" for entry in entries)
