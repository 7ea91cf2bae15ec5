"""The names that something may take when its own is taken: `name (2)`, `name (3)` and so on."""

from __future__ import annotations

import os
from collections.abc import Iterator

MOST_TRIES = 1000


def free_names(name: bytes, *, is_folder: bool = False) -> Iterator[bytes]:
    """`a.txt`, `a (2).txt`, … for a file, `a.d`, `a.d (2)`, … for a folder; a thousand of them."""
    yield name
    stem, suffix = (name, b"") if is_folder else os.path.splitext(name)
    for number in range(2, MOST_TRIES + 1):
        yield b"%s (%d)%s" % (stem, number, suffix)


def is_safe(path: bytes) -> bool:
    """Whether a normalised path can be followed component by component without leaving its root."""
    return b"\0" not in path and b".." not in path.split(b"/")
