from __future__ import annotations

import time

import pytest

from inspector.errors import Cancelled, UsageError
from inspector.layers.merged import merge
from inspector.layers.patterns import Matcher, glob, regular_expression, substring
from inspector.layers.search import Event, EventKind, Hit, Query, search, time_line
from inspector.progress import CancelToken
from tests.builders.listings import Row, listing

LAYERS = [
    listing("bin/", Row("bin/su", 30, mode=0o4755), Row("etc/secret.KEY", 5, uid=7), Row("lib/a.so", 900)),
    listing("etc/.wh.secret.KEY", Row("lib/a.so", 901), Row("lib/libb.so.1", link="a.so")),
]


def found(query: Query) -> list[Hit]:
    return list(search(merge(LAYERS), query))


@pytest.mark.parametrize(
    ("matcher", "hits"),
    [
        (substring("A.SO"), {"lib/a.so"}),
        (substring("lib/"), {"lib/a.so", "lib/libb.so.1"}),
        (glob("*.so"), {"lib/a.so"}),
        (glob("lib*"), {"lib/libb.so.1"}),
        (glob("lib/*.SO*"), {"lib/a.so", "lib/libb.so.1"}),
        (glob("[ab].so"), {"lib/a.so"}),
        (regular_expression(r"^lib/.*\.so(\.\d+)?$"), {"lib/a.so", "lib/libb.so.1"}),
        (regular_expression("SECRET"), {"etc/secret.KEY"}),
    ],
)
def test_names(matcher: Matcher, hits: set[str]) -> None:
    merged = merge(LAYERS)
    files = Query(names=(matcher,), kinds=frozenset({"file", "symlink"}))
    assert {merged.listings[h.layer - 1].paths[h.entry].decode() for h in search(merged, files)} == hits


def test_deleted_and_overwritten_files_are_found() -> None:
    assert found(Query(names=(substring("secret"),))) == [Hit(1, 2, 2), Hit(2, 0, None)]
    assert found(Query(names=(glob("a.so"),))) == [Hit(1, 3, 2), Hit(2, 1, None)]
    assert found(Query(names=(glob("a.so"),), only_hidden=True)) == [Hit(1, 3, 2)]
    assert found(Query(names=(glob("a.so"),), only_visible=True)) == [Hit(2, 1, None)]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        (Query(smallest=31), [(1, 3), (2, 1)]),
        (Query(smallest=5, largest=30), [(1, 1), (1, 2)]),
        (Query(uid=7), [(1, 2)]),
        (Query(gid=0, uid=7), [(1, 2)]),
        (Query(mode=0o4000), [(1, 1)]),
        (Query(kinds=frozenset({"whiteout"})), [(2, 0)]),
        (Query(kinds=frozenset({"dir", "symlink"})), [(1, 0), (2, 2)]),
        (Query(layers=frozenset({2}), not_names=(substring("so"),)), [(2, 0)]),
    ],
)
def test_other_conditions(query: Query, hits: list[tuple[int, int]]) -> None:
    assert [(hit.layer, hit.entry) for hit in found(query)] == hits


def test_a_glob_takes_no_more_than_quadratic_time() -> None:
    start = time.process_time()
    assert not glob("*a*a*a*a*a*a*b")("a" * 10_000)
    assert time.process_time() - start < 5


def test_a_pattern_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError):
        glob("x" * 2000)


def test_a_search_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        next(search(merge(LAYERS), Query(), token))


def test_the_story_of_a_path() -> None:
    layers = [
        listing("d/", "d/x"),
        listing("other"),
        listing("d/.wh.x"),
        listing("d/.wh.x"),
        listing("d/x"),
        listing(".wh..wh..opq"),
        listing("d/.wh.x", "d/x", "d/x"),
        listing(Row("d", link="e")),
        listing("d/", "d/x", "d"),
        listing(".wh.d", "d/", "d/x"),
    ]
    assert time_line(layers, b"d/x") == [
        Event(1, EventKind.WRITTEN, 1),
        Event(3, EventKind.REMOVED, 0),
        Event(5, EventKind.WRITTEN, 0),
        Event(6, EventKind.REMOVED, 0),
        Event(7, EventKind.WRITTEN, 2),
        Event(8, EventKind.REMOVED, 0),
        Event(10, EventKind.WRITTEN, 2),
    ]
    assert time_line(layers, b"nothing") == []
