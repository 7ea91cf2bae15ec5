"""Where bytes come from: random access that never trusts a size and notices when the file changed.

No `mmap`: a file that is truncated while it is mapped kills the process (reliability.md). Everything goes
through positioned reads on one kept descriptor, so sources are safe to read from several threads.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Protocol, Self

from inspector.errors import ArchiveUnreadable, NotAnArchive, ReadFailed, SourceChanged
from inspector.language import say
from inspector.progress import CancelToken

_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_TICK_NS = 100_000_000
_KINDS = {
    stat.S_IFDIR: say("a folder"),
    stat.S_IFIFO: say("a named pipe"),
    stat.S_IFSOCK: say("a socket"),
    stat.S_IFCHR: say("a character device"),
    stat.S_IFBLK: say("a block device"),
    stat.S_IFLNK: say("a symbolic link"),
}


class ByteSource(Protocol):
    """Bytes with random access; `size` in bytes never changes."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; safe from any thread.

        ValueError if the range does not lie within `size`, `SourceChanged` if the file ends earlier than it did,
        `ArchiveUnreadable` if the operating system refuses (`ReadFailed` in the middle). The caller bounds `length`.
        """
        ...


def check_range(offset: int, length: int, size: int) -> None:
    """ValueError unless `offset`..`offset + length` lies within `size` bytes."""
    if offset < 0 or length < 0 or offset + length > size:
        raise ValueError(f"bytes {offset} to {offset + length} lie outside of a source of {size} bytes")


class Descriptor:
    """A file descriptor that is closed when nothing uses it any more.

    Readers hold a reference for the length of one read, so a close from another thread can never hand the
    number to a different file in the middle of it.
    """

    __slots__ = ("__weakref__", "_lock", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes, b"" at the end of the file; OSError as the system says."""
        if hasattr(os, "pread"):
            return os.pread(self.number, length, offset)
        with self._lock:  # Windows has no pread
            os.lseek(self.number, offset, os.SEEK_SET)
            return os.read(self.number, length)

    def __del__(self) -> None:
        with contextlib.suppress(OSError):  # only ever read from: nothing can be lost here
            os.close(self.number)


def unreadable(path: str, error: OSError) -> ArchiveUnreadable:
    """The one sentence for an OSError while reading `path`."""
    reason = error.strerror or str(error)
    return ArchiveUnreadable(
        "The file cannot be read", say("%(path)s: %(reason)s.", path=path, reason=reason), subject=path
    )


def read_exactly(descriptor: Descriptor, offset: int, length: int, path: str) -> bytes:
    """`length` bytes at `offset`, or `SourceChanged` / `ReadFailed` about `path`."""
    try:
        piece = descriptor.read(offset, length)
        if len(piece) == length:
            return piece
        pieces = [piece]
        missing = length - len(piece)
        while missing and piece:
            piece = descriptor.read(offset + length - missing, missing)
            pieces.append(piece)
            missing -= len(piece)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReadFailed(
            "The file cannot be read", say("%(path)s: %(reason)s.", path=path, reason=reason), subject=path
        ) from error
    if missing:
        raise SourceChanged(
            "The file became shorter while it was open",
            say(
                "%(path)s: %(missing)s of %(length)s bytes at offset %(offset)s are gone. Open it again.",
                path=path,
                missing=missing,
                length=length,
                offset=offset,
            ),
            subject=path,
        )
    return b"".join(pieces)


class FileSource:
    """A regular file, opened for reading only and kept open.

    Raises `NotAnArchive` if it is anything but a regular file (a pipe or device is never waited for),
    `ArchiveUnreadable` if the system refuses.
    """

    __slots__ = ("_descriptor", "_stamp", "identity", "path", "size", "stamp")

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        shown = str(path)
        try:
            # Looked at before it is opened: opening a device can have effects of its own.
            self._refuse_unless_regular(os.stat(self.path), shown)
            descriptor = Descriptor(os.open(self.path, _OPEN_FLAGS))
            self._take(descriptor, os.fstat(descriptor.number))
        except OSError as error:
            raise unreadable(shown, error) from error
        except ValueError as error:  # a NUL in the path
            raise ArchiveUnreadable("The file cannot be read", f"{shown!r}: {error}.", subject=shown) from error

    @classmethod
    def of_descriptor(cls, number: int, path: Path) -> Self:
        """A source over a descriptor that the caller opened without following links; takes it over."""
        self = cls.__new__(cls)
        self.path = path
        descriptor = Descriptor(number)
        try:
            self._take(descriptor, os.fstat(number))
        except OSError as error:
            raise unreadable(str(path), error) from error
        return self

    def _take(self, descriptor: Descriptor, status: os.stat_result) -> None:
        self._refuse_unless_regular(status, str(self.path))
        self._descriptor: Descriptor | None = descriptor
        self.size: int = status.st_size
        self.identity: tuple[int, int] = (status.st_dev, status.st_ino)
        self._stamp = (status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)
        changed = max(status.st_ctime_ns, status.st_mtime_ns)
        # A file that was written a moment ago may be written again within the same tick of its times.
        settled = time.time_ns() - changed >= _TICK_NS
        self.stamp: tuple[int, ...] | None = (*self._stamp, status.st_ctime_ns) if settled else None
        """For `stamp_of`."""

    @staticmethod
    def _refuse_unless_regular(status: os.stat_result, shown: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), say("a special file"))
            raise NotAnArchive(
                "Not an image archive",
                say(
                    "%(shown)s is %(kind)s; choose a file that holds an image archive, or a layout folder.",
                    shown=shown,
                    kind=kind,
                ),
                subject=shown,
            )

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`."""
        check_range(offset, length, self.size)
        descriptor = self._descriptor
        if descriptor is None:
            raise ArchiveUnreadable("The file is closed", say("%s was closed.", self.path), subject=str(self.path))
        return read_exactly(descriptor, offset, length, str(self.path))

    def check(self) -> None:
        """Raise `SourceChanged` if size, time or identity changed, or the path now names another file.

        A rewrite that keeps size and time is not noticed: only a digest tells that.
        """
        descriptor = self._descriptor
        if descriptor is None:
            return
        try:
            here = os.fstat(descriptor.number)
            there = os.stat(self.path)
        except FileNotFoundError as error:
            raise self._changed(say("is no longer at its place")) from error
        except OSError as error:
            raise unreadable(str(self.path), error) from error
        if (here.st_size, here.st_mtime_ns, here.st_dev, here.st_ino) != self._stamp:
            raise self._changed(say("was changed by another program"))
        if (there.st_dev, there.st_ino) != self.identity:
            raise self._changed(say("was replaced by another file"))

    def _changed(self, how: str) -> SourceChanged:
        return SourceChanged(
            "The file changed", say("%(path)s %(how)s. Open it again.", path=self.path, how=how), subject=str(self.path)
        )

    def close(self) -> None:
        """Let go of the file; reads that are under way finish."""
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class MemorySource:
    """Bytes that are already here."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size: int = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`."""
        check_range(offset, length, self.size)
        return self._data[offset : offset + length]


class Window:
    """`size` bytes of `parent` from `offset`; ValueError if they do not lie within it."""

    __slots__ = ("_offset", "_parent", "size")

    def __init__(self, parent: ByteSource, offset: int, size: int) -> None:
        check_range(offset, size, parent.size)
        self._parent = parent
        self._offset = offset
        self.size: int = size

    @property
    def stamp(self) -> tuple[int, ...] | None:
        """For `stamp_of`."""
        parent = stamp_of(self._parent)
        return (*parent, self._offset, self.size) if parent is not None else None

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`."""
        check_range(offset, length, self.size)
        return self._parent.read_at(self._offset + offset, length)


class SparseSource:
    """A sparse file: `extents` of (logical offset, length) packed one after the other in `packed`, holes are zeros.

    The extents must be ascending, must not overlap, and must end within `size`; `packed` must hold them all.
    ValueError otherwise: the tar reader hands out nothing else.
    """

    __slots__ = ("_extents", "_packed", "_starts", "_stored", "size")

    def __init__(self, packed: ByteSource, extents: Sequence[tuple[int, int]], size: int) -> None:
        kept = [extent for extent in extents if extent[1]]
        end = 0
        for offset, length in kept:
            if offset < end or length < 0:
                raise ValueError("the extents of a sparse file overlap or run backwards")
            end = offset + length
        if end > size or sum(length for _, length in kept) > packed.size:
            raise ValueError("the extents of a sparse file do not fit")
        self._packed = packed
        self._extents = kept
        self._starts = [offset for offset, _ in kept]
        self._stored = [0, *accumulate(length for _, length in kept)]
        self.size: int = size

    @property
    def stored_size(self) -> int:
        """Bytes that are no hole."""
        return self._stored[-1]

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`."""
        check_range(offset, length, self.size)
        pieces: list[bytes] = []
        end = offset + length
        at = max(0, bisect_right(self._starts, offset) - 1)
        while offset < end:
            if at == len(self._extents):
                pieces.append(bytes(end - offset))
                break
            start, extent = self._extents[at]
            if offset < start:
                hole = min(start, end) - offset
                pieces.append(bytes(hole))
                offset += hole
            take = min(start + extent, end) - offset
            if take > 0:
                pieces.append(self._packed.read_at(self._stored[at] + offset - start, take))
                offset += take
            at += 1
        return b"".join(pieces)


def stamp_of(source: ByteSource) -> tuple[int, ...] | None:
    """Numbers that tell these bytes from all others on this computer, as far as file and place tell; None if they do not.

    Size, times, device and number of the file when it was opened, then offset and size of each window on it. They say that
    nobody wrote to the file, not what its bytes are.
    """
    stamp: tuple[int, ...] | None = getattr(source, "stamp", None)
    return stamp


def chunks(
    source: ByteSource,
    *,
    offset: int = 0,
    length: int | None = None,
    size: int = 1 << 20,
    token: CancelToken | None = None,
) -> Iterator[bytes]:
    """The bytes from `offset` on (`length` of them, or all) in pieces of `size`; looks at `token` before each."""
    end = source.size if length is None else offset + length
    while offset < end:
        if token is not None:
            token.check()
        piece = source.read_at(offset, min(size, end - offset))
        offset += len(piece)
        yield piece
