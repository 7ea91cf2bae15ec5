"""Listings described in a few lines, without a tar: `listing("etc/", "etc/passwd", "etc/.wh.shadow")`."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.layers.table import DIRECTORY, FILE, HARDLINK, SYMLINK, Listing


@dataclass(frozen=True)
class Row:
    """One entry; a path that ends in `/` is a folder, one with a link a symbolic link."""

    path: str
    size: int = 0
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    link: str = ""
    hardlink: str = ""


def listing(*rows: Row | str) -> Listing:
    """A complete listing with those rows in that order."""
    made = Listing()
    for given in rows:
        row = Row(given) if isinstance(given, str) else given
        index = len(made)
        kind = DIRECTORY if row.path.endswith("/") else SYMLINK if row.link else HARDLINK if row.hardlink else FILE
        if row.link or row.hardlink:
            made.links[index] = (row.link or row.hardlink).encode()
        made.types.append(kind)
        made.modes.append(row.mode)
        made.uids.append(row.uid)
        made.gids.append(row.gid)
        made.sizes.append(row.size)
        made.mtimes.append(row.mtime)
        made.offsets.append(0)
        made.paths.append(row.path.rstrip("/").encode("utf-8", "surrogateescape"))
    made.complete = True
    return made
