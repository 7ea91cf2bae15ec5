"""Whiteouts: names in a layer that stand for removal (image-spec layer.md, "Whiteouts").

`D/.wh.X` removes `D/X` of lower layers, `D/.wh..wh..opq` everything below `D`. `.wh..wh.` names otherwise are leftovers
of AUFS; `.wh.`, `.wh..` and `.wh...` name nothing that could be removed and are invalid.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from inspector.layers.path import ROOT

PREFIX = b".wh."
META_PREFIX = b".wh..wh."
OPAQUE_NAME = b".wh..wh..opq"


class WhiteoutKind(Enum):
    """What a `.wh.` name means."""

    REMOVED = "whiteout"
    OPAQUE = "opaque"
    AUFS = "aufs"
    """Metadata of the AUFS driver, or something below such a folder; unpackers leave it out."""
    INVALID = "invalid"
    """`.wh.` without a usable name: the specification says SHOULD error; it removes nothing here."""


class Whiteout(NamedTuple):
    """`target`: the path removed (REMOVED), the folder hidden (OPAQUE), else the entry's own path."""

    kind: WhiteoutKind
    target: bytes


def parse(path: bytes) -> Whiteout | None:
    """The whiteout that a normalised path stands for, or None for every other path."""
    if PREFIX not in path:
        return None
    folder, _, name = path.rpartition(b"/")
    if name.startswith(PREFIX):
        if name == OPAQUE_NAME:
            return Whiteout(WhiteoutKind.OPAQUE, folder or ROOT)
        if name.startswith(META_PREFIX):
            return Whiteout(WhiteoutKind.AUFS, path)
        removed = name[len(PREFIX) :]
        if removed in (b"", b".", b".."):
            return Whiteout(WhiteoutKind.INVALID, path)
        return Whiteout(WhiteoutKind.REMOVED, folder + b"/" + removed if folder else removed)
    if path.startswith(META_PREFIX) or b"/" + META_PREFIX in path:
        return Whiteout(WhiteoutKind.AUFS, path)
    return None
