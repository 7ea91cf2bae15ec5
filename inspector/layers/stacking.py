"""The walk that stacks layers: for each path, which entry survives, and what hid the others.

All entries of all layers are numbered through, base layer first, in stored order; such a number is called a row here.
What removes things becomes a cut: "rows before N, below this path, are hidden by row M". A whiteout and an opaque marker
cut before the first row of their own layer, anything that is no folder cuts before itself. The rows are walked once in
tree order (a folder directly before all that is below it), with a stack of those paths above that have cuts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from inspector.layers.path import ROOT, tree_keys
from inspector.layers.table import DIRECTORY, Listing
from inspector.layers.whiteout import PREFIX, WhiteoutKind, parse

_IGNORED, _FOLDER, _OTHER, _WHITEOUT, _OPAQUE = range(5)
_CODES = bytes(_FOLDER if code == DIRECTORY else _OTHER for code in range(256))


class _Cut(NamedTuple):
    """Rows before `before` are hidden by row `by`."""

    before: int
    by: int


class _Frame(NamedTuple):
    """A path with cuts that the walk is below. `highest` is the highest `before` of this frame and those above it."""

    prefix: bytes
    cuts: list[_Cut]
    highest: int


class Stacking:
    """The outcome: `survivors` in tree order, `hidden` rows with the row that hid each, and where layers start.

    A row that is hidden more than once names the one that came first.
    """

    __slots__ = ("_codes", "_frames", "_keys", "hidden", "paths", "starts", "survivors")

    def __init__(self, listings: Sequence[Listing]) -> None:
        # A listing may still grow while its layer is read: only the rows that are there now are taken.
        lengths = [len(listing) for listing in listings]
        self.starts = [0, *accumulate(lengths)]
        self.paths: list[bytes] = []
        self.survivors: list[int] = []
        self.hidden: list[tuple[int, int]] = []
        self._codes = bytearray()
        root_cuts: list[_Cut] = []
        for listing, length in zip(listings, lengths, strict=True):
            self._take(listing, length, root_cuts)
        self._keys = tree_keys(self.paths)
        self._frames = [_Frame(b"", root_cuts, max((cut.before for cut in root_cuts), default=0))]
        self._walk()

    def layer_of(self, row: int) -> int:
        """Which listing a row belongs to, from 0."""
        return bisect_right(self.starts, row) - 1

    def _take(self, listing: Listing, length: int, root_cuts: list[_Cut]) -> None:
        """Number the entries of one layer; a whiteout stands at the path that it removes, an opaque marker at its folder."""
        start = len(self.paths)
        paths = listing.paths[:length]
        codes = bytearray(listing.types[:length].translate(_CODES))
        for index, path in enumerate(paths):
            if path == ROOT:
                codes[index] = _IGNORED
            elif PREFIX in path and (whiteout := parse(path)) is not None:
                codes[index] = _IGNORED
                if whiteout.kind is WhiteoutKind.OPAQUE and whiteout.target == ROOT:
                    root_cuts.append(_Cut(start, start + index))
                elif whiteout.kind in (WhiteoutKind.OPAQUE, WhiteoutKind.REMOVED):
                    codes[index] = _OPAQUE if whiteout.kind is WhiteoutKind.OPAQUE else _WHITEOUT
                    paths[index] = whiteout.target
        self.paths += paths
        self._codes += codes

    def _walk(self) -> None:
        keys, codes, frames = self._keys, self._codes, self._frames
        order = [row for row, code in enumerate(codes) if code]
        order.sort(key=keys.__getitem__)  # stable: rows of one path stay in ascending order
        order.append(-1)
        at = 0
        while (row := order[at]) >= 0:
            key = keys[row]
            while not key.startswith(frames[-1].prefix):
                frames.pop()
            end = at + 1
            while order[end] >= 0 and keys[order[end]] == key:
                end += 1
            if end > at + 1 or codes[row] > _OTHER:
                cuts = self._settle(order[at:end])
            else:
                self._settle_one(row)
                cuts = [_Cut(row, row)] if codes[row] == _OTHER else []
            at = end
            below = key + b"\0"
            if cuts and order[at] >= 0 and keys[order[at]].startswith(below):
                cuts.sort()
                frames.append(_Frame(below, cuts, max(frames[-1].highest, cuts[-1].before)))

    def _settle_one(self, row: int) -> None:
        """The usual case: one entry at its path."""
        if row >= self._frames[-1].highest:
            self.survivors.append(row)
        else:
            self.hidden.append((row, self._first_cut(row, []).by))

    def _settle(self, rows: list[int]) -> list[_Cut]:
        """All rows of one path; returns the cuts that act below it."""
        codes = self._codes
        whiteouts: list[_Cut] = []
        below: list[_Cut] = []
        entries: list[int] = []
        for row in rows:
            if codes[row] == _WHITEOUT:
                whiteouts.append(_Cut(self.starts[self.layer_of(row)], row))
            elif codes[row] == _OPAQUE:
                below.append(_Cut(self.starts[self.layer_of(row)], row))
            else:
                entries.append(row)
                if codes[row] == _OTHER:
                    below.append(_Cut(row, row))
        if entries:
            here = [*whiteouts, *(_Cut(row, row) for row in entries)]
            here.sort()
            *older, newest = entries
            self.hidden += [(row, self._first_cut(row, here).by) for row in older]
            highest = max(self._frames[-1].highest, max((cut.before for cut in whiteouts), default=0))
            if newest >= highest:
                self.survivors.append(newest)
            else:
                self.hidden.append((newest, self._first_cut(newest, here).by))
        return whiteouts + below

    def _first_cut(self, row: int, here: list[_Cut]) -> _Cut:
        """The earliest cut that hides `row`: at its own path or at one above. There is one."""
        found: list[_Cut] = []
        after = _Cut(row + 1, -1)
        for cuts in (here, *(frame.cuts for frame in self._frames)):
            at = bisect_right(cuts, after)
            if at < len(cuts):
                found.append(cuts[at])
        return min(found)
