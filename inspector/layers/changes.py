"""What one layer changed in the file system below it: added, modified (and in what), removed."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from enum import Enum, IntFlag
from typing import NamedTuple

from inspector.layers.merged import Merged
from inspector.layers.table import DIRECTORY, FILE, HARDLINK, SYMLINK, Listing

_NOWHERE = -1

Place = tuple[int, int]
"""(layer, entry) of a `Merged`: position in `listings`, position in that listing."""


class ChangeKind(Enum):
    """The values are words for people; SAME is an entry that the layer states again without a difference."""

    SAME = "unchanged"
    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"

    @property
    def letter(self) -> str:
        """A, M, D as version control writes them; "" for SAME."""
        return {"added": "A", "modified": "M", "removed": "D"}.get(self.value, "")


class Aspect(IntFlag):
    """In what an entry differs from the one below it."""

    CONTENT = 1
    UNCOMPARED = 2
    """Same size, content not compared yet: see `Changes.uncompared`."""
    TYPE = 4
    LINK = 8
    """Target of a link, numbers of a device."""
    MODE = 16
    OWNER = 32
    TIME = 64
    XATTRS = 128


class Change(NamedTuple):
    """`before` and `after` are rows of the merged file systems, None where there is none."""

    path: bytes
    kind: ChangeKind
    aspects: Aspect
    before: int | None
    after: int | None


_KINDS = tuple(ChangeKind)


class Changes:
    """The changes that lead from `before` to `after`, sorted by path; columns, since a layer may touch 200,000 paths.

    Paths that the layer does not touch are left out; those that it states again unchanged are kind SAME.
    """

    __slots__ = ("_after", "_aspects", "_before", "_kinds", "after", "before", "paths")

    def __init__(self, before: Merged, after: Merged) -> None:
        """`after` must have the listings of `before` and one more."""
        if after.listings[:-1] != before.listings:
            raise ValueError("the second file system is not the first one with one more layer")
        self.before = before
        self.after = after
        self.paths: list[bytes] = []
        self._kinds = bytearray()
        self._aspects = bytearray()
        self._before = array("i")
        self._after = array("i")
        self._compare()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Change:
        before, after = self._before[index], self._after[index]
        return Change(
            self.paths[index],
            _KINDS[self._kinds[index]],
            Aspect(self._aspects[index]),
            None if before == _NOWHERE else before,
            None if after == _NOWHERE else after,
        )

    def __iter__(self) -> Iterator[Change]:
        return map(self.__getitem__, range(len(self)))

    def count(self, kind: ChangeKind) -> int:
        """How many paths changed in that way."""
        return self._kinds.count(_KINDS.index(kind))

    def uncompared(self) -> list[tuple[Place, Place]]:
        """The pairs of files whose contents have to be read to know: (below, in this layer), hard links followed."""
        return [
            (self.before.content_of(self._before[index]), self.after.content_of(self._after[index]))
            for index, aspects in enumerate(self._aspects)
            if aspects & Aspect.UNCOMPARED
        ]

    def settle(self, digests: Mapping[Place, bytes]) -> None:
        """Decide what `uncompared` named, by the digests of the contents; pairs without both stay as they are."""
        for index, aspects in enumerate(self._aspects):
            if not aspects & Aspect.UNCOMPARED:
                continue
            below = digests.get(self.before.content_of(self._before[index]))
            here = digests.get(self.after.content_of(self._after[index]))
            if below is None or here is None:
                continue
            decided = aspects & ~Aspect.UNCOMPARED | (Aspect.CONTENT if below != here else 0)
            self._aspects[index] = decided
            self._kinds[index] = _KINDS.index(ChangeKind.MODIFIED if decided else ChangeKind.SAME)

    def _compare(self) -> None:
        before, after = self.before, self.after
        layer = len(after.listings) - 1
        old, new, old_count, new_count = 0, 0, len(before), len(after)
        while old < old_count or new < new_count:
            if new == new_count or (old < old_count and before.paths[old] < after.paths[new]):
                self._add(before.paths[old], ChangeKind.REMOVED, Aspect(0), old, _NOWHERE)
                old += 1
            elif old == old_count or after.paths[new] < before.paths[old]:
                self._add(after.paths[new], ChangeKind.ADDED, Aspect(0), _NOWHERE, new)
                new += 1
            else:
                if after.layers[new] == layer:
                    aspects = _differences(before, old, after, new)
                    kind = ChangeKind.MODIFIED if aspects else ChangeKind.SAME
                    self._add(after.paths[new], kind, aspects, old, new)
                old += 1
                new += 1

    def _add(self, path: bytes, kind: ChangeKind, aspects: Aspect, before: int, after: int) -> None:
        self.paths.append(path)
        self._kinds.append(_KINDS.index(kind))
        self._aspects.append(aspects)
        self._before.append(before)
        self._after.append(after)


def _differences(before: Merged, old: int, after: Merged, new: int) -> Aspect:
    low, i = before.listings[before.layers[old]], before.entries[old]
    high, j = after.listings[after.layers[new]], after.entries[new]
    found = own_differences(low, i, high, j)
    old_type, new_type = low.types[i], high.types[j]
    if HARDLINK in (old_type, new_type):
        return found | _linked_differences(before, old, after, new)
    if old_type != new_type:
        return found | Aspect.TYPE
    if old_type == FILE:
        if low.sizes[i] != high.sizes[j]:
            found |= Aspect.CONTENT
        elif low.sizes[i]:
            found |= Aspect.UNCOMPARED
    elif old_type != DIRECTORY and low.link(i) != high.link(j):
        found |= Aspect.LINK
    return found


def own_differences(low: Listing, i: int, high: Listing, j: int) -> Aspect:
    """In what every entry has: mode, owner, time, extended attributes.

    The mode of a symbolic link is ignored: Linux does not use it, writers differ.
    """
    found = Aspect(0)
    if low.modes[i] != high.modes[j] and not low.types[i] == high.types[j] == SYMLINK:
        found |= Aspect.MODE
    if low.uids[i] != high.uids[j] or low.gids[i] != high.gids[j]:
        found |= Aspect.OWNER
    if low.mtimes[i] != high.mtimes[j]:
        found |= Aspect.TIME
    if low.xattrs.get(i, {}) != high.xattrs.get(j, {}):
        found |= Aspect.XATTRS
    return found


def _linked_differences(before: Merged, old: int, after: Merged, new: int) -> Aspect:
    """A file that becomes a hard link, or the reverse, is the same file if its content is."""
    was, now = before.content_of(old), after.content_of(new)
    if was == now:
        return Aspect(0)
    low, high = before.listings[was[0]], after.listings[now[0]]
    if low.types[was[1]] != high.types[now[1]]:
        return Aspect.TYPE
    if low.types[was[1]] != FILE:
        return Aspect(0) if low.link(was[1]) == high.link(now[1]) else Aspect.LINK
    if low.sizes[was[1]] != high.sizes[now[1]]:
        return Aspect.CONTENT
    return Aspect.UNCOMPARED if low.sizes[was[1]] else Aspect(0)
