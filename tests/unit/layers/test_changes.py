from __future__ import annotations

import pytest

from inspector.layers.changes import Aspect, ChangeKind, Changes
from inspector.layers.merged import merge
from inspector.layers.table import Listing
from tests.builders.listings import Row, listing


def changes(*layers: Listing) -> Changes:
    return Changes(merge(layers[:-1]), merge(layers))


def shown(found: Changes) -> list[str]:
    """`A path`, `M path CONTENT|TIME`, `D path`, `  path` for what is stated again."""
    return [
        f"{change.kind.letter or ' '} {change.path.decode()}" + (f" {change.aspects.name}" if change.aspects else "")
        for change in found
    ]


def test_added_modified_removed() -> None:
    low = listing("d/", Row("d/a", 1), Row("d/b", 2), "d/c")
    high = listing("d/", Row("d/a", 3), "d/.wh.c", "d/n")
    found = changes(low, high)
    assert shown(found) == ["  d", "M d/a CONTENT", "D d/c", "A d/n"]
    assert [found.count(kind) for kind in ChangeKind] == [1, 1, 1, 1]
    assert found[1].before == found.before.find(b"d/a")
    assert found[2].after is None


@pytest.mark.parametrize(
    ("low", "high", "aspects"),
    [
        (Row("x", mode=0o644), Row("x", mode=0o600), Aspect.MODE),
        (Row("x", uid=0), Row("x", uid=5), Aspect.OWNER),
        (Row("x", gid=0), Row("x", gid=5), Aspect.OWNER),
        (Row("x", mtime=1), Row("x", mtime=2), Aspect.TIME),
        (Row("x", link="a"), Row("x", link="b"), Aspect.LINK),
        (Row("x", link="a", mode=0), Row("x", link="a", mode=0o777), Aspect(0)),
        (Row("x"), Row("x", link="a"), Aspect.TYPE),
        (Row("x"), Row("x/"), Aspect.TYPE),
        (Row("x", 4), Row("x", 4), Aspect.UNCOMPARED),
        (Row("x", 0), Row("x", 0), Aspect(0)),
        (Row("x", 4), Row("x", 5, mtime=1, uid=1), Aspect.CONTENT | Aspect.TIME | Aspect.OWNER),
        (Row("x/"), Row("x/"), Aspect(0)),
    ],
)
def test_it_says_in_what_an_entry_differs(low: Row, high: Row, aspects: Aspect) -> None:
    (change,) = changes(listing(low), listing(high))
    assert change.aspects == aspects
    assert change.kind is (ChangeKind.MODIFIED if aspects else ChangeKind.SAME)


def test_xattrs_count() -> None:
    low, high = listing("x"), listing("x")
    high.xattrs[0] = {"security.capability": b"\1"}
    (change,) = changes(low, high)
    assert change.aspects == Aspect.XATTRS


def test_devices_are_compared_by_their_numbers() -> None:
    low, high = listing("x"), listing("x")
    for made, numbers in ((low, (1, 3)), (high, (1, 5))):
        made.types[0] = 4
        made.devices[0] = numbers
    assert changes(low, high)[0].aspects == Aspect.LINK


def test_contents_of_equal_size_are_decided_by_digests() -> None:
    found = changes(listing(Row("a", 4), Row("b", 4), Row("c", 4)), listing(Row("a", 4), Row("b", 4), Row("c", 4)))
    assert found.uncompared() == [((0, n), (1, n)) for n in range(3)]
    found.settle({(0, 0): b"x", (1, 0): b"x", (0, 1): b"x", (1, 1): b"y", (0, 2): b"x"})
    assert shown(found) == ["  a", "M b CONTENT", "M c UNCOMPARED"]
    assert found.count(ChangeKind.SAME) == 1


def test_a_hard_link_to_the_same_content_is_no_change_of_content() -> None:
    low = listing(Row("a", 4), Row("b", 4))
    assert shown(changes(low, listing(Row("b", hardlink="a")))) == ["M b UNCOMPARED"]
    assert changes(low, listing(Row("b", hardlink="a"))).uncompared() == [((0, 1), (0, 0))]
    assert shown(changes(listing(Row("a", 4), Row("b", hardlink="a")), listing(Row("b", hardlink="a")))) == ["  b"]
    assert shown(changes(low, listing(Row("b", hardlink="gone")))) == ["M b TYPE"]
    assert shown(changes(listing(Row("a", hardlink="b"), Row("b", hardlink="a")), listing(Row("a", hardlink="b"))))


def test_removed_by_an_opaque_folder_and_by_a_file_in_its_place() -> None:
    low = listing("d/", "d/a", "d/b", "e/", "e/a")
    assert shown(changes(low, listing("d/.wh..wh..opq", "d/b", Row("e", link="d")))) == [
        "D d/a", "  d/b", "M e TYPE", "D e/a",
    ]  # fmt: skip


def test_the_base_layer_only_adds() -> None:
    assert shown(changes(listing("a/", "a/b"))) == ["A a", "A a/b"]


def test_two_unrelated_file_systems_are_refused() -> None:
    with pytest.raises(ValueError, match="one more layer"):
        Changes(merge([listing("a")]), merge([listing("a"), listing("b")]))
