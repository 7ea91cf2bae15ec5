"""The layout of the size map: proportional, inside, without overlap, bounded; for any tree."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from inspector.layers.tree import FileTree
from inspector.progress import CancelToken
from inspector.viewmodel.sizemap.treemap import OTHERS, Direction, Rect, Tile, lay_out, neighbour, squarify, tile_at

SIDES = st.floats(1, 4000, allow_nan=False)
FRAMES = st.builds(Rect, st.floats(-500, 500), st.floats(-500, 500), SIDES, SIDES)
WEIGHTS = st.lists(st.integers(1, 10**12), min_size=1, max_size=60)
SEGMENTS = st.sampled_from([b"a", b"b", b"c", b"usr", b"lib"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=5).map(b"/".join)
FILES = st.dictionaries(PATHS, st.integers(0, 10**9), max_size=60)


def overlap(one: Rect, other: Rect) -> float:
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0.0, width) * max(0.0, height)


def is_inside(inner: Rect, outer: Rect) -> bool:
    slack = 1e-6 * (1 + abs(outer.x) + abs(outer.y) + outer.width + outer.height)
    return (
        inner.x >= outer.x - slack
        and inner.y >= outer.y - slack
        and inner.x + inner.width <= outer.x + outer.width + slack
        and inner.y + inner.height <= outer.y + outer.height + slack
    )


@given(WEIGHTS, FRAMES)
def test_rectangles_fill_the_frame_in_proportion(weights: list[int], frame: Rect) -> None:
    weights.sort(reverse=True)
    rects = squarify(weights, frame)
    assert len(rects) == len(weights)
    total = sum(weights)
    for weight, rect in zip(weights, rects, strict=True):
        assert is_inside(rect, frame)
        assert abs(rect.area - frame.area * weight / total) <= 1e-6 * frame.area
    for number, rect in enumerate(rects):
        assert all(overlap(rect, other) <= 1e-6 * frame.area for other in rects[:number])


def tree_of(files: dict[bytes, int]) -> FileTree:
    return FileTree(list(files), bytes(len(files)), array("q", files.values()))


@given(FILES, SIDES, SIDES, st.integers(2, 80))
def test_tiles_of_a_tree(files: dict[bytes, int], width: float, height: float, most: int) -> None:
    tree = tree_of(files)
    frame = Rect(0, 0, width, height)
    tiles = lay_out(tree, 0, frame, CancelToken(), most=most)
    assert len(tiles) <= most
    places = {tile.node: tile for tile in tiles if tile.node != OTHERS}
    families: dict[int, list[Tile]] = {}
    for tile in tiles:
        above = places.get(tile.parent)
        assert is_inside(tile.rect, frame if above is None else above.rect)
        assert above is None or above.opened
        families.setdefault(tile.parent, []).append(tile)
    for parent, family in families.items():
        assert sum(tile.size for tile in family) == sum(tree.sizes[child] for child in tree.children(parent))
        area = sum(tile.rect.area for tile in family)
        total = sum(tile.size for tile in family)
        for number, tile in enumerate(family):
            assert abs(tile.rect.area - area * tile.size / total) <= 1e-6 * area
            assert all(overlap(tile.rect, other.rect) <= 1e-6 * area for other in family[:number])


@given(FILES, st.sampled_from(Direction))
def test_arrows_lead_to_tiles_and_points_to_the_innermost(files: dict[bytes, int], direction: Direction) -> None:
    tiles = lay_out(tree_of(files), 0, Rect(0, 0, 800, 500), CancelToken())
    seen: set[int] = set()
    here = neighbour(tiles, -1, direction)
    while here >= 0 and here not in seen:
        seen.add(here)
        following = neighbour(tiles, here, direction)
        if following != here:
            assert not tiles[following].opened
        here = following
    for place, tile in enumerate(tiles):
        if not tile.opened:
            x, y, width, height = tile.rect
            assert tile_at(tiles, x + width / 2, y + height / 2) == place
