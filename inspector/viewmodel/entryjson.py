"""A file entry as JSON, in the keys that cli.md promises; used by `files`, `diff` and the comparison in the window."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.layers.table import Listing


def text_of(name: bytes) -> str:
    """Bytes that are not UTF-8 as lone surrogates (cli.md)."""
    return name.decode("utf-8", "surrogateescape")


def entry_json(listing: Listing, row: int) -> dict[str, object]:
    """One element of `entries`, as cli.md promises it."""
    entry = listing.entry(row)
    kind = listing.kind(row)
    path = entry.whiteout.target if entry.whiteout is not None and kind in ("whiteout", "opaque") else entry.path
    shown: dict[str, object] = {"path": text_of(path)}
    name = listing.stored_name(row)
    if name != path:
        shown["name"] = text_of(name)
    shown |= {
        "type": kind,
        "mode": entry.mode,
        "uid": entry.uid,
        "gid": entry.gid,
        "size": entry.size,
        "mtime": entry.mtime,
        "linkname": text_of(entry.link),
        "xattrs": {name: base64.b64encode(value).decode() for name, value in listing.xattrs.get(row, {}).items()},
        "offset": listing.offsets[row],
    }
    return shown
