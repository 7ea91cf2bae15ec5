from __future__ import annotations

import time

from inspector.layers.merged import Merged, merge
from tests.builders.listings import Row, listing


def shown(merged: Merged) -> list[str]:
    """Paths with the layer they come from, counted from 1."""
    return [f"{path.decode()}@{layer + 1}" for path, layer in zip(merged.paths, merged.layers, strict=True)]


def hidden(merged: Merged) -> set[str]:
    """`path@layer by path@layer`."""
    columns = zip(
        merged.hidden_layers, merged.hidden_entries, merged.hidden_by_layers, merged.hidden_by_entries, strict=True
    )
    names = merged.listings
    return {
        f"{names[layer].paths[entry].decode()}@{layer + 1} by {names[by].paths[by_entry].decode()}@{by + 1}"
        for layer, entry, by, by_entry in columns
    }


def test_rows_are_sorted_by_bytes_and_the_newest_wins() -> None:
    merged = merge([listing("./", "a/", "a/x", "a-b"), listing("a/x", "b")])
    assert shown(merged) == ["a@1", "a-b@1", "a/x@2", "b@2"]
    assert hidden(merged) == {"a/x@1 by a/x@2"}
    assert merged.entry(2).path == b"a/x"
    assert merged.find(b"a-b") == 1
    assert merged.find(b"nothing") is None


def test_the_root_and_metadata_are_left_out() -> None:
    merged = merge([listing("./", ".wh..wh.aufs", ".wh..wh.plnk/", ".wh..wh.plnk/7.9", "d/.wh.", "d/.wh..", "x")])
    assert shown(merged) == ["x@1"]


def test_a_whiteout_removes_its_path_and_all_below_from_lower_layers_only() -> None:
    merged = merge([listing("d/", "d/a", "d/a/b", "d/ab", "a"), listing("d/.wh.a", "d/a/new")])
    assert shown(merged) == ["a@1", "d@1", "d/a/new@2", "d/ab@1"]
    assert hidden(merged) == {"d/a@1 by d/.wh.a@2", "d/a/b@1 by d/.wh.a@2"}


def test_the_place_of_a_whiteout_in_its_tar_makes_no_difference() -> None:
    low = listing("d/", "d/a")
    assert shown(merge([low, listing("d/a", "d/.wh.a")])) == ["d@1", "d/a@2"]
    assert shown(merge([low, listing("d/.wh.a", "d/a")])) == ["d@1", "d/a@2"]
    assert shown(merge([low, listing("d/new", "d/.wh..wh..opq")])) == ["d@1", "d/new@2"]
    assert shown(merge([low, listing("d/.wh..wh..opq", "d/new")])) == ["d@1", "d/new@2"]


def test_an_opaque_folder_hides_what_is_below_and_not_itself() -> None:
    merged = merge([listing("d/", "d/a", "d/e/", "d/e/f", "e"), listing("d/.wh..wh..opq")])
    assert shown(merged) == ["d@1", "e@1"]
    assert shown(merge([listing("a", "b/", "b/c"), listing(".wh..wh..opq", "n")])) == ["n@2"]


def test_anything_but_a_folder_removes_what_is_below() -> None:
    merged = merge([listing("d/", "d/a", "d/a/b"), listing(Row("d", link="elsewhere"))])
    assert shown(merged) == ["d@2"]
    assert hidden(merged) == {"d@1 by d@2", "d/a@1 by d@2", "d/a/b@1 by d@2"}


def test_a_file_that_becomes_a_folder_again_has_removed_what_was_there() -> None:
    assert shown(merge([listing("d/", "d/old"), listing("d", "d/", "d/new")])) == ["d@2", "d/new@2"]
    assert shown(merge([listing("d/", "d/old"), listing("d"), listing("d/", "d/new")])) == ["d@3", "d/new@3"]


def test_within_one_layer_the_stored_order_counts() -> None:
    assert shown(merge([listing("d/", "d/a", "d")])) == ["d@1"]
    assert shown(merge([listing("d", "d/a")])) == ["d@1", "d/a@1"]


def test_what_is_hidden_twice_names_the_first() -> None:
    merged = merge([listing("d/", "d/a"), listing("d/.wh.a"), listing(".wh.d"), listing("d")])
    assert shown(merged) == ["d@4"]
    assert hidden(merged) == {"d/a@1 by d/.wh.a@2", "d@1 by .wh.d@3"}


def test_folders_that_no_layer_states_are_not_invented() -> None:
    assert shown(merge([listing("a/b/c"), listing(".wh.a"), listing("a/b/d")])) == ["a/b/d@3"]


def test_ten_thousand_equal_layers_and_a_layer_of_whiteouts_are_no_trap() -> None:
    layers = [listing("d/", "d/a", "d/b")] * 10_000
    names = [f"d/f{n}" for n in range(20_000)]
    start = time.process_time()
    assert shown(merge(layers)) == ["d@10000", "d/a@10000", "d/b@10000"]
    gone = merge([listing("d/", *names), listing(*(f"d/.wh.f{n}" for n in range(20_000)), "d/.wh..wh..opq")])
    assert shown(gone) == ["d@1"]
    assert time.process_time() - start < 5  # the quadratic way takes minutes
