"""What an extraction did, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Written(NamedTuple):
    """One file, folder or symbolic link that was made."""

    path: bytes
    """Where it stands in the layer or image."""
    name: bytes
    """Where it was written, below the chosen folder."""
    type: str
    """file, dir or symlink; a hard link is a file of its own."""
    size: int
    """Logical bytes of a file, else 0."""


class Renamed(NamedTuple):
    """Something that could not have its own name. What lies below a renamed folder is not listed again."""

    path: bytes
    name: bytes
    reason: str


class LeftOut(NamedTuple):
    """Something that was not made, and why, as half a sentence for people."""

    path: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """The outcome: `written` in the order of writing, `size` logical bytes in files.

    `warnings` say what is wrong with the layers that were read: a wrong digest, a cut-off stream. Files of such a layer
    are written all the same; they are not to be trusted.
    """

    target: Path
    written: tuple[Written, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    size: int = 0

    def count(self, kind: str) -> int:
        """How many of that type were written."""
        return sum(written.type == kind for written in self.written)
