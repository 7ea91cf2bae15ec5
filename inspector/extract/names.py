"""The names that something may take when its own is taken: `name (2)`, `name (3)` and so on."""

from __future__ import annotations

import os
from collections.abc import Iterator

from inspector.language import say

MOST_TRIES = 1000
MOST_BYTES = 3900
"""Of a path below the chosen folder: with that folder's own path it stays below the 4096 that Linux takes at once."""
MOST_FOLDERS = 256
"""Deeper trees make programs that walk them recurse too far, those that would clean up included."""


def free_names(name: bytes, *, is_folder: bool = False) -> Iterator[bytes]:
    """`a.txt`, `a (2).txt`, … for a file, `a.d`, `a.d (2)`, … for a folder; a thousand of them."""
    yield name
    stem, suffix = (name, b"") if is_folder else os.path.splitext(name)
    for number in range(2, MOST_TRIES + 1):
        yield b"%s (%d)%s" % (stem, number, suffix)


def objection(path: bytes) -> str:
    """Why nothing must be made at a normalised path, or ""."""
    if b"\0" in path or b".." in path.split(b"/"):
        return say("its name steps out of its folder")
    if len(path) > MOST_BYTES or path.count(b"/") >= MOST_FOLDERS:
        return say("its path is so long or deep that other programs could neither open nor remove it")
    return ""
