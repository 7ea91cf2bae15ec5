"""Search through all layers of an image, deleted and overwritten files included, and the story of one path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from inspector.layers.merged import Merged
from inspector.layers.path import ROOT
from inspector.layers.patterns import Matcher
from inspector.layers.table import DIRECTORY, Listing
from inspector.layers.whiteout import PREFIX, WhiteoutKind, parse
from inspector.progress import CancelToken

_ROWS_PER_CHECK = 256


@dataclass(frozen=True, slots=True)
class Query:
    """All conditions must hold; what is None or empty asks nothing. Layers count from 1.

    `kinds` are words of `files --json` (file, dir, symlink, …, whiteout, opaque); sizes in bytes, both ends included.
    `mode` bits must all be set (0o4000: setuid). `only_hidden`/`only_visible`: by the merged file system.
    """

    names: tuple[Matcher, ...] = ()
    not_names: tuple[Matcher, ...] = ()
    kinds: frozenset[str] = frozenset()
    smallest: int | None = None
    largest: int | None = None
    uid: int | None = None
    gid: int | None = None
    mode: int | None = None
    layers: frozenset[int] = frozenset()
    only_hidden: bool = False
    only_visible: bool = False

    def matches(self, listing: Listing, entry: int) -> bool:
        """Whether the entry fits, its layer and visibility aside; the cheap conditions first."""
        if self.smallest is not None and listing.sizes[entry] < self.smallest:
            return False
        if self.largest is not None and listing.sizes[entry] > self.largest:
            return False
        if self.uid is not None and listing.uids[entry] != self.uid:
            return False
        if self.gid is not None and listing.gids[entry] != self.gid:
            return False
        if self.mode is not None and listing.modes[entry] & self.mode != self.mode:
            return False
        if self.kinds and listing.kind(entry) not in self.kinds:
            return False
        if not self.names and not self.not_names:
            return True
        path = shown_path(listing, entry).decode("utf-8", "surrogateescape")
        return all(name(path) for name in self.names) and not any(name(path) for name in self.not_names)


class Hit(NamedTuple):
    """One entry of one layer. `hidden_by`: the layer that hid it from the merged file system, None if it shows.

    Layers count from 1. Whiteouts and the root have None, too: they are no part of the file system.
    """

    layer: int
    entry: int
    hidden_by: int | None


def shown_path(listing: Listing, entry: int) -> bytes:
    """The entry's path; of a whiteout, the path that it removes."""
    path = listing.paths[entry]
    if PREFIX in path and (whiteout := parse(path)) is not None:
        return whiteout.target
    return path


def search(merged: Merged, query: Query, token: CancelToken | None = None) -> Iterator[Hit]:
    """The entries of all layers that fit, base layer first, in stored order. Raises `Cancelled`."""
    hidden = {
        (layer, entry): by + 1
        for layer, entry, by in zip(merged.hidden_layers, merged.hidden_entries, merged.hidden_by_layers, strict=True)
    }
    for layer, listing in enumerate(merged.listings):
        if query.layers and layer + 1 not in query.layers:
            continue
        for entry in range(len(listing)):
            # A glob may take half a second for one path of 64 KiB.
            if token is not None and (query.names or query.not_names or entry % _ROWS_PER_CHECK == 0):
                token.check()
            hidden_by = hidden.get((layer, entry))
            if (query.only_hidden and hidden_by is None) or (query.only_visible and hidden_by is not None):
                continue
            if query.matches(listing, entry):
                yield Hit(layer + 1, entry, hidden_by)


class EventKind(Enum):
    """What a layer did to a path."""

    WRITTEN = "written"
    REMOVED = "removed"


class Event(NamedTuple):
    """`entry` is the new version, or what removed the path: a whiteout, an opaque marker, something at a path above."""

    layer: int
    kind: EventKind
    entry: int


def time_line(listings: Sequence[Listing], path: bytes) -> list[Event]:
    """What each layer did to a normalised path, base first; layers that did nothing are left out.

    A layer that removes a path and states it again has written it.
    """
    segments = path.split(b"/")
    above = {b"/".join(segments[:count]) for count in range(1, len(segments))}
    events: list[Event] = []
    there = False
    for number, listing in enumerate(listings, 1):
        written, removed = _touches(listing, path, above)
        if written is not None:
            events.append(Event(number, EventKind.WRITTEN, written))
        elif removed is not None and there:
            events.append(Event(number, EventKind.REMOVED, removed))
        there = written is not None or (there and removed is None)
    return events


def _touches(listing: Listing, path: bytes, above: set[bytes]) -> tuple[int | None, int | None]:
    """The last entry at `path` that nothing in this layer covers afterwards, and what removes the path here."""
    written: int | None = None
    removed: int | None = None
    for entry, name in enumerate(listing.paths):
        if name == path:
            written = entry
        elif name in above:
            if listing.types[entry] != DIRECTORY:
                written, removed = None, entry
        elif PREFIX in name and (whiteout := parse(name)) is not None:
            hits = whiteout.target in above or whiteout.target == path
            if (whiteout.kind is WhiteoutKind.REMOVED and hits) or (
                whiteout.kind is WhiteoutKind.OPAQUE and (whiteout.target in above or whiteout.target == ROOT)
            ):
                removed = entry
    return written, removed
