"""In what the file systems of two images differ. They need have no layer in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from inspector.archive.blobstore import Blob
from inspector.layers.changes import Aspect, ChangeKind, own_differences
from inspector.layers.content import content_digests
from inspector.layers.merged import Merged
from inspector.layers.table import FILE
from inspector.progress import CancelToken

Place = tuple[int, int]
"""(layer from 0, entry)"""
BlobOf = Callable[[int], Blob | None]
_NOTHING = Aspect(0)


class FileDifference(NamedTuple):
    """One path; rows of the two file systems, None where it is absent. `aspects` of MODIFIED: in what."""

    path: bytes
    kind: ChangeKind
    aspects: Aspect
    before: int | None
    after: int | None


def compare(
    before: Merged, after: Merged, before_blob: BlobOf, after_blob: BlobOf, token: CancelToken | None = None
) -> list[FileDifference]:
    """All paths that differ, sorted. Files of equal size are read, each layer once, unless the layers are the same.

    A hard link is compared as the file that it is a name of. `UNCOMPARED` stays where a content cannot be read.
    Raises `Cancelled`, `CompressionError`, `SourceChanged`.
    """
    found = list(_walk(before, after))
    pairs = [
        (before.content_of(difference.before), after.content_of(difference.after))
        for difference in found
        if difference.before is not None and difference.after is not None and difference.aspects & Aspect.UNCOMPARED
    ]
    low = _digests(before, before_blob, {pair[0] for pair in pairs}, token)
    high = _digests(after, after_blob, {pair[1] for pair in pairs}, token)
    settled: list[FileDifference] = []
    for difference in found:
        if difference.kind is not ChangeKind.MODIFIED:
            settled.append(difference)
            continue
        aspects = difference.aspects
        if aspects & Aspect.UNCOMPARED:
            assert difference.before is not None
            assert difference.after is not None
            old = low.get(before.content_of(difference.before))
            new = high.get(after.content_of(difference.after))
            if old is not None and new is not None:
                aspects = aspects & ~Aspect.UNCOMPARED | (Aspect.CONTENT if old != new else Aspect(0))
        if aspects:
            settled.append(difference._replace(aspects=aspects))
    return settled


def _walk(before: Merged, after: Merged) -> Iterator[FileDifference]:
    old, new, old_count, new_count = 0, 0, len(before), len(after)
    while old < old_count or new < new_count:
        if new == new_count or (old < old_count and before.paths[old] < after.paths[new]):
            yield FileDifference(before.paths[old], ChangeKind.REMOVED, _NOTHING, old, None)
            old += 1
        elif old == old_count or after.paths[new] < before.paths[old]:
            yield FileDifference(after.paths[new], ChangeKind.ADDED, _NOTHING, None, new)
            new += 1
        else:
            aspects = _aspects(before, old, after, new)
            if aspects:
                yield FileDifference(after.paths[new], ChangeKind.MODIFIED, aspects, old, new)
            old += 1
            new += 1


def _aspects(before: Merged, old: int, after: Merged, new: int) -> Aspect:
    was, now = before.content_of(old), after.content_of(new)
    low, i = before.listings[was[0]], was[1]
    high, j = after.listings[now[0]], now[1]
    # The same entry of the same tar, by digests that were computed: nothing can differ.
    if i == j and low.diff_id is not None and low.diff_id == high.diff_id:
        return _NOTHING
    kind = low.types[i]
    if kind != high.types[j]:
        return Aspect.TYPE
    found = own_differences(low, i, high, j)
    if kind == FILE:
        if low.sizes[i] != high.sizes[j]:
            found |= Aspect.CONTENT
        elif low.sizes[i]:
            found |= Aspect.UNCOMPARED
    elif low.link(i) != high.link(j) or low.typeflags.get(i) != high.typeflags.get(j):
        found |= Aspect.LINK
    return found


def _digests(merged: Merged, blob_of: BlobOf, places: set[Place], token: CancelToken | None) -> dict[Place, bytes]:
    by_layer: dict[int, list[int]] = {}
    for layer, entry in places:
        by_layer.setdefault(layer, []).append(entry)
    found: dict[Place, bytes] = {}
    for layer, entries in by_layer.items():
        blob = blob_of(layer)
        if blob is not None:
            digests = content_digests(blob, merged.listings[layer], entries, token)
            found |= {(layer, entry): digest for entry, digest in digests.items()}
    return found
