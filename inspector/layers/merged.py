"""The merged file system of a stack of layers, and what each layer hid of those below it.

The rules (image-spec layer.md "Applying Changesets", made exact by "canonical text" of the corpus):

- Whiteouts act on lower layers only, wherever they stand in their own tar.
- Entries are added in stored order. A newer entry replaces the one at its path; anything but a folder also removes what
  is below its path, in lower layers and, so far, in its own.
- Paths are literal: no link is followed, no missing folder is invented.

One walk decides all, so that a layer of nothing but whiteouts, or ten thousand equal layers, cost no more than their
number of entries (GHSA-rp3h-jf77-q9p4 is the unpacker that walked folders again and again).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from inspector.layers.stacking import Stacking
from inspector.layers.table import HARDLINK, FileEntry, Listing

_LINKS = 10


class Merged:
    """Rows sorted by the bytes of their path: `paths[i]` is entry `entries[i]` of `listings[layers[i]]`.

    Without whiteouts, the root `.`, AUFS metadata, and folders that no layer states. Layers count from 0 here.

    The `hidden_` columns are the entries that did not survive, in no particular order: entry `hidden_entries[i]` of layer
    `hidden_layers[i]` was first replaced, removed or covered by entry `hidden_by_entries[i]` of layer
    `hidden_by_layers[i]`: a newer entry, a whiteout, or something that is no folder at a path above.
    """

    __slots__ = (
        "_below", "_targets", "entries", "hidden_by_entries", "hidden_by_layers", "hidden_entries", "hidden_layers",
        "layers", "listings", "paths",
    )  # fmt: skip

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.listings: tuple[Listing, ...] = tuple(listings)
        self._targets: dict[int, dict[bytes, list[int]]] = {}
        self._below: dict[int, Merged] = {}
        stacking = Stacking(self.listings)
        starts, layer_of = stacking.starts, stacking.layer_of
        survivors = sorted(stacking.survivors, key=stacking.paths.__getitem__)
        self.paths: list[bytes] = [stacking.paths[row] for row in survivors]
        self.layers = array("I", map(layer_of, survivors))
        self.entries = array("I", [row - starts[layer] for row, layer in zip(survivors, self.layers, strict=True)])
        hidden = [row for row, _ in stacking.hidden]
        hiding = [by for _, by in stacking.hidden]
        self.hidden_layers = array("I", map(layer_of, hidden))
        self.hidden_entries = array("I", [row - starts[at] for row, at in zip(hidden, self.hidden_layers, strict=True)])
        self.hidden_by_layers = array("I", map(layer_of, hiding))
        self.hidden_by_entries = array(
            "I", [row - starts[at] for row, at in zip(hiding, self.hidden_by_layers, strict=True)]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def entry(self, index: int) -> FileEntry:
        """The row at `index`."""
        return self.listings[self.layers[index]].entry(self.entries[index])

    def find(self, path: bytes) -> int | None:
        """The row of a normalised path, or None."""
        index = bisect_left(self.paths, path)
        return index if index < len(self.paths) and self.paths[index] == path else None

    def content_of(self, index: int) -> tuple[int, int]:
        """(layer, entry) that holds the content of a row: hard links followed as far as they lead to something.

        A hard link is a second name of the file that stood at its target when its layer was applied: an entry before it in
        its own tar, else what the layers below put there. What a later layer does to the target does not touch it, on an
        overlay as little as on a disk that `umoci unpack` fills.
        """
        layer, entry = self.layers[index], self.entries[index]
        for _ in range(_LINKS):
            if self.listings[layer].types[entry] != HARDLINK:
                break
            found = self._target(layer, entry)
            if found is None:
                break
            layer, entry = found
        return layer, entry

    def _target(self, layer: int, entry: int) -> tuple[int, int] | None:
        listing = self.listings[layer]
        path = listing.links.get(entry, b"")
        own = self._targets.get(layer)
        if own is None:
            wanted = set(listing.links.values())
            own = self._targets[layer] = {}
            for place, name in enumerate(listing.paths):
                if name in wanted:
                    own.setdefault(name, []).append(place)
        twins = own.get(path, [])
        before = bisect_left(twins, entry)
        if before:
            return layer, twins[before - 1]
        if layer:
            below = self._below.get(layer)
            if below is None:
                below = self._below[layer] = Merged(self.listings[:layer])
            row = below.find(path)
            if row is not None:
                return below.layers[row], below.entries[row]
        later = [place for place in twins if place != entry]
        return (layer, later[-1]) if later else None


def merge(listings: Sequence[Listing]) -> Merged:
    """The file system that the layers make together; `listings` base first, one per layer (an empty one if unknown).

    Takes O(n log n) for n entries of all layers, and some 100 bytes for each of them while it runs.
    """
    return Merged(listings)
