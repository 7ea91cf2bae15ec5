"""Where a path leads in the file system of an image: its symbolic links followed as a process inside would."""

from __future__ import annotations

from bisect import bisect_left

from inspector.errors import LayerError
from inspector.language import say
from inspector.layers.merged import Merged
from inspector.layers.path import ROOT
from inspector.layers.table import SYMLINK

MOST_LINKS = 40
"""As Linux has it."""
_MOST_PARTS = 4096
"""More than any system lets a path have."""


def follow(merged: Merged, path: bytes, *, last: bool = True) -> bytes:
    """The normalised path that `path` leads to; links of its folders are followed, and with `last` its own, too.

    Nothing of this machine is looked at. A link that begins with `/` starts at the image's root, above which `..` does
    not lead. The path may turn out to be absent: parts that are not there are kept as they are. Raises `LayerError` after
    more than 40 links (so for every circle).
    """
    waiting = path.split(b"/")[::-1]
    found: list[bytes] = []
    hops = 0
    while waiting:
        part = waiting.pop()
        if part in (b"", b"."):
            continue
        if part == b"..":
            del found[-1:]
            continue
        found.append(part)
        # A path deeper than that holds no link that any system would follow.
        is_followed = (waiting or last) and len(found) <= _MOST_PARTS
        target = _link(merged, b"/".join(found)) if is_followed else None
        if target is None:
            continue
        hops += 1
        if hops > MOST_LINKS:
            shown = path.decode("utf-8", "surrogateescape")
            raise LayerError(
                "A link that leads nowhere",
                say("%(shown)s leads through more than %(most_links)s links.", shown=shown, most_links=MOST_LINKS),
                subject=shown,
            )
        found = [] if target.startswith(b"/") else found[:-1]
        waiting += target.split(b"/")[::-1]
    return b"/".join(found) or ROOT


def is_folder(merged: Merged, path: bytes) -> bool:
    """Whether anything lies below a path; true also of folders that no layer states."""
    start = path + b"/"
    at = bisect_left(merged.paths, start)
    return path == ROOT or (at < len(merged.paths) and merged.paths[at].startswith(start))


def _link(merged: Merged, path: bytes) -> bytes | None:
    row = merged.find(path)
    if row is None:
        return None
    layer, entry = merged.content_of(row)
    listing = merged.listings[layer]
    return listing.links.get(entry) or None if listing.types[entry] == SYMLINK else None
