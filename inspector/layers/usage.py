"""What makes an image big: bytes per layer, the largest files and folders, and bytes that nobody can see any more."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import NamedTuple

from inspector.layers.merged import Merged
from inspector.layers.table import FILE
from inspector.layers.tree import FileTree


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


class Sized(NamedTuple):
    """A file or folder of the merged file system, with all that is below it."""

    path: bytes
    size: int


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


def efficiency(merged: Merged) -> float:
    """Share of all file content that the merged file system shows, 0 to 1; 1 for an image without files."""
    usage = layer_usage(merged)
    content = sum(layer.visible + layer.wasted for layer in usage)
    return sum(layer.visible for layer in usage) / content if content else 1.0


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


def largest_files(merged: Merged, count: int = 100) -> list[Sized]:
    """The largest files of the merged file system, largest first."""
    listings = merged.listings
    sizes = [listings[layer].sizes[entry] for layer, entry in zip(merged.layers, merged.entries, strict=True)]
    rows = heapq.nlargest(count, range(len(sizes)), key=sizes.__getitem__)
    return [Sized(merged.paths[row], sizes[row]) for row in rows if sizes[row]]


def largest_folders(tree: FileTree, count: int = 100) -> list[Sized]:
    """The folders that hold most, with all below them, largest first; a folder above is listed as well."""
    folders = (node for node in range(1, len(tree)) if tree.sizes[node] and tree.is_folder(node))
    return [Sized(tree.path(node), tree.sizes[node]) for node in heapq.nlargest(count, folders, tree.sizes.__getitem__)]
