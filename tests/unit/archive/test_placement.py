"""The forest that any graph of documents becomes: all there once, no circle, no depth beyond the limit."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from inspector.archive.image import NodeKind, TreeNode
from inspector.archive.placement import Placement
from inspector.oci.digest import Digest

DIGESTS = [Digest.of(bytes([number])) for number in range(8)]


def node(digest: Digest, children: tuple[TreeNode, ...], referrers: tuple[TreeNode, ...]) -> TreeNode:
    return TreeNode(NodeKind.INDEX, digest=digest, children=children, referrers=referrers)


def numbers(roots: tuple[TreeNode, ...]) -> list[int]:
    return [DIGESTS.index(found.digest) for root in roots for found in root.walk() if found.digest is not None]


def build(edges: dict[int, tuple[list[int], int | None]], tops: list[int], depth: int = 32) -> tuple[TreeNode, ...]:
    spelled = {
        DIGESTS[number]: ([DIGESTS[child] for child in children], None if subject is None else DIGESTS[subject])
        for number, (children, subject) in edges.items()
    }
    return Placement(spelled, [(DIGESTS[top], False) for top in tops], depth=depth).build(node)


def test_referrers_go_under_their_subject() -> None:
    [root] = build({0: ([1, 2], None), 1: ([], None), 2: ([], 1)}, [0])
    assert [DIGESTS.index(child.digest) for child in root.children if child.digest] == [1]
    assert [DIGESTS.index(child.digest) for child in root.children[0].referrers if child.digest] == [2]


def test_a_referrer_of_a_referrer() -> None:
    [root] = build({0: ([], None), 1: ([], 0), 2: ([], 1)}, [0, 1, 2])
    assert numbers((root,)) == [0, 1, 2]


def test_subjects_in_a_circle_are_not_lost() -> None:
    roots = build({0: ([], 1), 1: ([], 0)}, [0, 1])
    assert sorted(numbers(roots)) == [0, 1]


def test_an_index_that_describes_its_own_child() -> None:
    assert sorted(numbers(build({0: ([1], 1), 1: ([], None)}, [0]))) == [0, 1]


GRAPHS = st.dictionaries(
    st.integers(0, 7),
    st.tuples(st.lists(st.integers(0, 7), max_size=4), st.none() | st.integers(0, 7)),
    min_size=1,
)


@given(GRAPHS, st.lists(st.integers(0, 7), max_size=4), st.integers(1, 4))
def test_every_document_is_there_and_nothing_is_too_deep(
    graph: dict[int, tuple[list[int], int | None]], tops: list[int], depth: int
) -> None:
    # As the graph reader guarantees: children are known, and later ones, so that there is no circle of children.
    edges = {
        number: ([child for child in children if child in graph and child > number], subject)
        for number, (children, subject) in graph.items()
    }
    roots = build(edges, [top for top in dict.fromkeys(tops) if top in graph], depth)
    found = Counter(numbers(roots))
    assert set(found) == set(graph)
    waiting = [(root, 0) for root in roots]
    while waiting:
        here, level = waiting.pop()
        assert level <= depth + 1
        waiting += [(below, level + 1) for below in (*here.children, *here.referrers)]
