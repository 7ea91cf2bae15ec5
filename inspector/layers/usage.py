"""What makes an image big: bytes per layer, and bytes that nobody can see any more."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import NamedTuple

from inspector.layers.merged import Merged
from inspector.layers.table import FILE


@dataclass(frozen=True, slots=True)
class LayerUsage:
    """One layer; all sizes are bytes of file content, uncompressed. `number` counts from 1."""

    number: int
    stored_size: int
    """Bytes in the archive, as they are compressed."""
    files: int
    content: int
    visible: int
    """Content that the merged file system still shows."""
    wasted: int
    """Content that a later layer replaced, removed or covered (or this one itself, by stating a path twice)."""


class Waste(NamedTuple):
    """One file whose bytes are in the image and not in its file system. Layers count from 1."""

    path: bytes
    size: int
    layer: int
    hidden_by: int


def layer_usage(merged: Merged) -> tuple[LayerUsage, ...]:
    """One row per layer, base first. Hard links have no content of their own."""
    wasted = [0] * len(merged.listings)
    for layer, entry in zip(merged.hidden_layers, merged.hidden_entries, strict=True):
        wasted[layer] += merged.listings[layer].sizes[entry]
    visible = [0] * len(merged.listings)
    for layer, entry in zip(merged.layers, merged.entries, strict=True):
        visible[layer] += merged.listings[layer].sizes[entry]
    return tuple(
        LayerUsage(
            number,
            listing.stored_size,
            listing.types.count(FILE),
            sum(listing.sizes),
            visible[number - 1],
            wasted[number - 1],
        )
        for number, listing in enumerate(merged.listings, 1)
    )


def largest_waste(merged: Merged, count: int = 100) -> list[Waste]:
    """The files that cost most without being seen, largest first."""
    listings = merged.listings
    columns = zip(merged.hidden_layers, merged.hidden_entries, merged.hidden_by_layers, strict=True)
    found = heapq.nlargest(
        count,
        ((listings[layer].sizes[entry], layer, entry, by) for layer, entry, by in columns),
        key=lambda row: row[0],
    )
    return [Waste(listings[layer].paths[entry], size, layer + 1, by + 1) for size, layer, entry, by in found if size]
