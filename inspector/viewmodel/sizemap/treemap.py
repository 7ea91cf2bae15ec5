"""A squarified treemap: rectangles whose areas are proportional to sizes, folders in folders, never more than a bounded number.

Numbers in, numbers out: no texts, no colours, no Qt. The layout is that of Bruls, Huizing and van Wijk (2000): rows are filled along
the shorter side as long as that makes the worst of their rectangles more like a square.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from inspector.progress import CancelToken

OTHERS = -1
"""The node of a tile that stands for what is too small to have one of its own."""
MOST_TILES = 1200
MOST_CHILDREN = 300
"""Tiles of one folder; the smaller rest is one tile."""
_LEAST_AREA = 30.0
_EDGE = 2.0
_NARROWEST_TITLE = 36.0
_NODES_PER_CHECK = 256


class Rect(NamedTuple):
    """In pixels, from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True, slots=True)
class Tile:
    """One rectangle. `opened`: its parts are drawn inside it, below `title` pixels for its name.

    `node` is `OTHERS` for the rest of the folder `parent`: then `items` says how many entries that is.
    """

    node: int
    parent: int
    rect: Rect
    depth: int
    size: int
    items: int = 1
    opened: bool = False
    title: float = 0.0


class SizedTree(Protocol):
    """What a layout has to know; `FileTree` has it."""

    @property
    def sizes(self) -> Sequence[int]: ...

    def children(self, node: int, /) -> list[int]: ...

    def has_children(self, node: int, /) -> bool: ...


class Direction(Enum):
    """Of an arrow key."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


def squarify(weights: Sequence[float], frame: Rect) -> list[Rect]:
    """One rectangle per weight, in order: together they fill `frame`, each in proportion. Weights are above 0.

    Largest first gives the best shapes. A frame without area gives rectangles without area.
    """
    total = sum(weights)
    if not weights or total <= 0:
        return [Rect(frame.x, frame.y, 0.0, 0.0) for _ in weights]
    scale = frame.area / total
    found: list[Rect] = []
    left = frame
    at = 0
    while at < len(weights):
        side = min(left.width, left.height)
        end, row = _row(weights, at, scale, side)
        left = _place(weights[at:end], row, scale, left, found, last=end == len(weights))
        at = end
    return found


def _row(weights: Sequence[float], at: int, scale: float, side: float) -> tuple[int, float]:
    """Where the row that begins at `at` ends, and its area."""
    area = least = most = weights[at] * scale
    end = at + 1
    worst = _worst(area, least, most, side)
    while end < len(weights):
        more = weights[end] * scale
        wider = _worst(area + more, min(least, more), max(most, more), side)
        if wider > worst:
            break
        area, least, most, worst = area + more, min(least, more), max(most, more), wider
        end += 1
    return end, area


def _worst(area: float, least: float, most: float, side: float) -> float:
    """The worst ratio of sides in a row of `area` along `side`."""
    if area <= 0 or least <= 0 or side <= 0:
        return float("inf")
    thick = area / side
    return max(most / thick / thick, thick * thick / least)


def _place(weights: Sequence[float], area: float, scale: float, left: Rect, found: list[Rect], *, last: bool) -> Rect:
    """Put a row along the shorter side of `left`; what of `left` remains."""
    along = left.height <= left.width  # the row is a column at the left edge
    side = left.height if along else left.width
    room = left.width if along else left.height
    # the last of everything ends at the edge whatever the rounding errors were
    thick = room if last else min(room, area / side if side > 0 else 0.0)
    here = 0.0
    for number, weight in enumerate(weights):
        length = max(0.0, side - here)
        if number < len(weights) - 1:
            length = min(length, weight * scale / thick if thick > 0 else 0.0)
        found.append(
            Rect(left.x, left.y + here, thick, length) if along else Rect(left.x + here, left.y, length, thick)
        )
        here += length
    if along:
        return Rect(left.x + thick, left.y, max(0.0, left.width - thick), left.height)
    return Rect(left.x, left.y + thick, left.width, max(0.0, left.height - thick))


def lay_out(
    tree: SizedTree, top: int, frame: Rect, token: CancelToken, *, title: float = 18.0, most: int = MOST_TILES
) -> tuple[Tile, ...]:
    """The tiles of what is below `top`, a folder before its parts. Larger folders are opened first, as long as there are tiles.

    Within a folder the areas are in proportion; folders have an edge and, where there is room, `title` pixels for a name,
    so that two files in different folders are only roughly so. Entries without bytes have no tile. Raises `Cancelled`.
    """
    tiles: list[Tile] = []
    waiting = [(-frame.area, OTHERS, top, frame)]  # area, place in `tiles`, node, where its parts go
    while waiting:
        _, place, node, inner = heapq.heappop(waiting)
        parts = _parts(tree, node, inner, min(MOST_CHILDREN, most - len(tiles)), token)
        if not parts:
            continue
        depth = 0
        if place != OTHERS:
            depth = tiles[place].depth + 1
            tiles[place] = replace(tiles[place], opened=True, title=inner.y - tiles[place].rect.y - _EDGE)
        rects = squarify([size for _, size, _ in parts], inner)
        for (child, size, items), rect in zip(parts, rects, strict=True):
            below = _inside(rect, title) if child != OTHERS and tree.has_children(child) else None
            if below is not None:
                heapq.heappush(waiting, (-below.area, len(tiles), child, below))
            tiles.append(Tile(child, node, rect, depth, size, items))
    return tuple(tiles)


def _parts(tree: SizedTree, node: int, inner: Rect, most: int, token: CancelToken) -> list[tuple[int, int, int]]:
    """(node, size, entries) of what a folder shows, largest first, the rest at the end; [] if nothing can be shown."""
    token.check()
    sizes = tree.sizes
    found = sorted((child for child in tree.children(node) if sizes[child]), key=sizes.__getitem__, reverse=True)
    total = sum(map(sizes.__getitem__, found))
    if not found or inner.area < _LEAST_AREA or most < 2:
        return []
    least = _LEAST_AREA * total / inner.area
    shown = len(found)
    if shown > most:
        shown = most - 1
    while shown and sizes[found[shown - 1]] < least:
        shown -= 1
        if not shown % _NODES_PER_CHECK:
            token.check()
    parts = [(child, sizes[child], 1) for child in found[:shown]]
    rest = found[shown:]
    if len(rest) == 1:
        parts.append((rest[0], sizes[rest[0]], 1))
    elif rest:
        parts.append((OTHERS, sum(map(sizes.__getitem__, rest)), len(rest)))
    return parts


def _inside(rect: Rect, title: float) -> Rect | None:
    """Where the parts of a folder go; None if it is too small to show any."""
    strip = title if rect.height >= 2.5 * title and rect.width >= _NARROWEST_TITLE else 0.0
    inner = Rect(rect.x + _EDGE, rect.y + _EDGE + strip, rect.width - 2 * _EDGE, rect.height - 2 * _EDGE - strip)
    return inner if inner.width > 2 * _EDGE and inner.height > 2 * _EDGE and inner.area > 4 * _LEAST_AREA else None


def tile_at(tiles: Sequence[Tile], x: float, y: float) -> int:
    """The innermost tile at a point, or -1."""
    return next((place for place in range(len(tiles) - 1, -1, -1) if tiles[place].rect.holds(x, y)), -1)


def neighbour(tiles: Sequence[Tile], current: int, direction: Direction) -> int:
    """The tile that an arrow key leads to: the nearest on that side that has no tiles inside; `current` if there is none."""
    if not tiles:
        return -1
    if not 0 <= current < len(tiles):
        return next((place for place, tile in enumerate(tiles) if not tile.opened), 0)
    here = _turned(tiles[current].rect, direction)
    best, nearest = current, float("inf")
    for place, tile in enumerate(tiles):
        if tile.opened or place == current:
            continue
        there = _turned(tile.rect, direction)
        ahead = there.x - (here.x + here.width)
        if ahead < -0.5:
            continue
        middle = here.y + here.height / 2
        aside = max(0.0, there.y - middle, middle - (there.y + there.height))
        distance = ahead + 2 * aside
        if distance < nearest:
            best, nearest = place, distance
    return best


def _turned(rect: Rect, direction: Direction) -> Rect:
    """`rect` turned so that `direction` is to the right."""
    x, y, width, height = rect
    if direction is Direction.LEFT:
        return Rect(-x - width, y, width, height)
    if direction is Direction.DOWN:
        return Rect(y, x, height, width)
    if direction is Direction.UP:
        return Rect(-y - height, x, height, width)
    return rect
