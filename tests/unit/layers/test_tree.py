from __future__ import annotations

from inspector.layers.merged import merge
from inspector.layers.tree import IMPLIED, LEVELS, FileTree, flatten, sort_children, tree_of_listing, tree_of_merged
from tests.builders.listings import Row, listing


def drawn(tree: FileTree, nodes: list[int]) -> list[str]:
    return ["  " * (tree.depths[node] - 1) + tree.name(node).decode() for node in nodes]


def sample() -> FileTree:
    return tree_of_listing(
        listing("./", Row("usr/bin/curl", 5), "usr/", Row("a-b", 1), "a/", Row("a/c", 2), Row("a/d/e", 3), ".wh.gone")
    )


def test_nodes_stand_in_tree_order_with_implied_folders() -> None:
    tree = sample()
    assert drawn(tree, flatten(tree.child_lists())) == [
        "a", "  c", "  d", "    e", "a-b", "gone", "usr", "  bin", "    curl",
    ]  # fmt: skip
    assert tree.rows[0] == 0  # the entry `./`
    implied = tree.find(b"a/d")
    assert implied is not None
    assert tree.rows[implied] == IMPLIED
    assert tree.path(implied) == b"a/d"
    assert tree.is_folder(implied)


def test_folders_sum_what_is_below() -> None:
    tree = sample()
    totals = {tree.path(n).decode(): (tree.sizes[n], tree.counts[n]) for n in range(len(tree)) if tree.is_folder(n)}
    assert totals == {".": (11, 5), "a": (5, 2), "a/d": (3, 1), "usr": (5, 1), "usr/bin": (5, 1)}


def test_what_is_below_a_node_is_a_range() -> None:
    tree = sample()
    a = tree.find(b"a")
    assert a is not None
    assert [tree.path(n) for n in range(a + 1, tree.ends[a])] == [b"a/c", b"a/d", b"a/d/e"]
    assert [tree.name(n) for n in tree.children(a)] == [b"c", b"d"]
    assert tree.parents[tree.children(a)[0]] == a
    assert tree.ends[0] == len(tree)


def test_a_whiteout_stands_where_it_removes_and_an_opaque_marker_in_its_folder() -> None:
    tree = tree_of_listing(listing("d/.wh.a", "d/.wh..wh..opq"))
    assert drawn(tree, flatten(tree.child_lists())) == ["d", "  .wh..wh..opq", "  a"]


def test_rows_with_one_path_are_siblings_and_the_last_holds_what_is_below() -> None:
    tree = tree_of_listing(listing("d/", "d/a", "d/", "x", "x"))
    assert drawn(tree, flatten(tree.child_lists())) == ["d", "d", "  a", "x", "x"]
    assert [tree.has_children(n) for n in tree.children(0)] == [False, True, False, False]
    assert tree.find(b"d") == 2
    assert tree.find(b"d/nothing") is None
    assert tree.find(b".") == 0


def test_an_empty_list_has_only_the_root() -> None:
    tree = tree_of_listing(listing())
    assert (len(tree), tree.name(0), tree.path(0), tree.child_lists()) == (1, b".", b".", {})
    assert flatten({}) == []


def test_only_what_is_expanded_is_visible() -> None:
    tree = sample()
    children = tree.child_lists()
    a = tree.find(b"a")
    assert a is not None
    assert drawn(tree, flatten(children, expanded=set())) == ["a", "a-b", "gone", "usr"]
    assert drawn(tree, flatten(children, expanded={a})) == ["a", "  c", "  d", "a-b", "gone", "usr"]
    assert drawn(tree, flatten(children, start=a)) == ["  c", "  d", "    e"]


def test_a_filter_keeps_the_folders_above_its_hits() -> None:
    tree = sample()
    hit = tree.find(b"usr/bin/curl")
    assert hit is not None
    visible = flatten(tree.child_lists(), kept=tree.with_parents([hit]))
    assert drawn(tree, visible) == ["usr", "  bin", "    curl"]


def test_sorting_keeps_the_tree() -> None:
    tree = sample()
    children = tree.child_lists()
    by_size = sort_children(children, tree.sizes.__getitem__, descending=True)
    assert drawn(tree, flatten(by_size)) == [
        "a", "  d", "    e", "  c", "usr", "  bin", "    curl", "a-b", "gone",
    ]  # fmt: skip
    folders = {node for node in range(len(tree)) if tree.is_folder(node)}
    first = sort_children(children, tree.sizes.__getitem__, first=folders)
    assert drawn(tree, flatten(first, expanded=set())) == ["a", "usr", "gone", "a-b"]


def test_a_merged_tree_has_the_rows_of_the_merged_file_system() -> None:
    merged = merge([listing("a/", Row("a/x", 4)), listing(Row("a/x", 7), "b")])
    tree = tree_of_merged(merged)
    node = tree.find(b"a/x")
    assert node is not None
    assert merged.entry(tree.rows[node]).size == 7
    assert tree.sizes[0] == 7


def test_a_very_deep_path_is_cut_into_a_bounded_number_of_folders() -> None:
    deep = "/".join(["d"] * 5000)
    tree = tree_of_listing(listing(deep, deep + "/x", "top"))
    assert max(tree.depths) == LEVELS + 1
    last = max(range(len(tree)), key=tree.depths.__getitem__)
    assert tree.path(last).startswith(b"d/d/")
    assert tree.find(deep.encode()) is not None


def test_sizes_that_no_disk_has_do_not_overflow() -> None:
    assert tree_of_listing(listing(Row("a", 2**63 - 1), Row("b", 2**63 - 1))).sizes[0] == 2**63 - 1
