"""What an extraction is going to write: pure, from listings alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inspector.errors import LayerError
from inspector.extract.names import objection
from inspector.extract.report import LeftOut
from inspector.language import say
from inspector.layers.lookup import follow
from inspector.layers.merged import Merged
from inspector.layers.path import ROOT, normalise
from inspector.layers.table import DIRECTORY, FILE, HARDLINK, SYMLINK

_DEFAULT_MODE = 0o755
_MOST_TARGET = 4095
"""Longer targets no system takes."""


class Selection(NamedTuple):
    """What is asked for."""

    paths: tuple[bytes, ...] = ()
    """Paths in the image; none for all. A folder takes everything below it."""
    base: bytes = ROOT
    """What lies below it is written without it: with base `etc`, `etc/ssl/cert.pem` becomes `ssl/cert.pem`."""
    programs: bool = True
    """Whether files keep the permission to be run."""


EVERYTHING = Selection()


class Destination(NamedTuple):
    """Where the content of one entry goes; several names of one file are several destinations."""

    path: bytes
    """In the image."""
    out: bytes
    """Below the chosen folder, if every name there is free."""


class Attributes(NamedTuple):
    """Of a folder: its path in the image, permissions and time; no time if no layer states the folder."""

    path: bytes
    mode: int
    mtime: int | None


class Plan:
    """Everything in order.

    `folders`: by output path, parents first. `files`: layer (from 0) → entry → destinations. `links`: by output path,
    (path, target as stored). `size`: bytes that have to be written, holes left out, each copy counted.
    """

    def __init__(self, merged: Merged, base: bytes = ROOT, *, programs: bool = True) -> None:
        self.merged = merged
        self.file_mode = 0o755 if programs else 0o644
        """The permissions that a file may keep."""
        self.folders: dict[bytes, Attributes] = {}
        self.files: dict[int, dict[int, list[Destination]]] = {}
        self.links: dict[bytes, tuple[bytes, bytes]] = {}
        self.left_out: list[LeftOut] = []
        self.size = 0
        self._prefix = b"" if base == ROOT else base + b"/"

    def add(self, rows: Iterable[int]) -> None:
        """Plan rows of the merged file system; each at most once. In ascending order."""
        for row in rows:
            path = self.merged.paths[row]
            reason = objection(path)
            if reason:
                self.left_out.append(LeftOut(path, reason))
                continue
            self._add(row, path, path.removeprefix(self._prefix))

    def sort_folders(self) -> None:
        """Parents first, siblings in the order of their bytes. To be called when all is added."""
        self.folders = dict(sorted(self.folders.items(), key=lambda item: item[0].split(b"/")))

    def _add(self, row: int, path: bytes, out: bytes) -> None:
        merged = self.merged
        layer, entry = merged.content_of(row)
        listing = merged.listings[layer]
        kind = listing.types[entry]
        if kind == DIRECTORY:
            self._imply(path, out)
        elif kind == FILE:
            self._imply_parent(path, out)
            self.files.setdefault(layer, {}).setdefault(entry, []).append(Destination(path, out))
            self.size += listing.stored_content_size(entry)
        elif kind == SYMLINK:
            target = listing.links.get(entry, b"")
            if not target or b"\0" in target or len(target) > _MOST_TARGET:
                self.left_out.append(LeftOut(path, say("a symbolic link whose target no system takes")))
                return
            self._imply_parent(path, out)
            self.links[out] = (path, target)
        elif kind == HARDLINK:
            self.left_out.append(LeftOut(path, say("a hard link to something that is not there")))
        else:
            word = {"char": say("a character device"), "block": say("a block device"), "fifo": say("a named pipe")}
            reason = word.get(listing.kind(entry), say("of a type that this program does not know"))
            self.left_out.append(LeftOut(path, say("%s; such things are never made", reason)))

    def _imply_parent(self, path: bytes, out: bytes) -> None:
        above = out.rpartition(b"/")[0]
        if above and above not in self.folders:
            self._imply(path.rpartition(b"/")[0], above)

    def _imply(self, path: bytes, out: bytes) -> None:
        """The folder and those above it, with what the image says of each."""
        while out and out not in self.folders:
            self.folders[out] = self._attributes(path)
            path, out = path.rpartition(b"/")[0], out.rpartition(b"/")[0]

    def _attributes(self, path: bytes) -> Attributes:
        row = self.merged.find(path)
        if row is not None:
            listing, entry = self.merged.listings[self.merged.layers[row]], self.merged.entries[row]
            if listing.types[entry] == DIRECTORY:
                return Attributes(path, listing.modes[entry] & 0o755 | 0o700, listing.mtimes[entry])
        return Attributes(path, _DEFAULT_MODE, None)


def select(merged: Merged, asked: Sequence[bytes]) -> tuple[list[int], list[bytes]]:
    """The rows that are asked for, ascending, and what of `asked` is not there. A folder takes all below it.

    A path through a symbolic link, such as `lib/x` where `lib` leads to `usr/lib`, stands for the one it leads to.
    """
    if not asked:
        return list(range(len(merged))), []
    rows: set[int] = set()
    absent: list[bytes] = []
    for name in asked:
        path = normalise(name)
        found = _below(merged, path)
        if not found:
            try:
                found = _below(merged, follow(merged, path, last=False))
            except LayerError:
                found = []
        rows.update(found)
        # An image without files has a root all the same.
        if not found and path != ROOT:
            absent.append(name)
    return sorted(rows), absent


def _below(merged: Merged, path: bytes) -> list[int]:
    if path == ROOT:
        return list(range(len(merged)))
    own = merged.find(path)
    start = bisect_left(merged.paths, path + b"/")
    end = bisect_left(merged.paths, path + b"0", start)  # 0 follows / among bytes
    return [*([] if own is None else [own]), *range(start, end)]
