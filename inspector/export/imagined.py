"""The archive that a plan would write, readable before it is written: asked what loaders will make of it.

Documents are those that would be written, blobs that are kept are read from the source. A layer that is still to be
compressed or inflated is there with its size of today, the magic of its compression and zeros behind: enough for quick
rules, which look at no more. The digest of such a layer, and so of its manifest, is made up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from hashlib import sha256

from inspector.archive.compression import Compression
from inspector.archive.source import ByteSource, MemorySource, check_range
from inspector.export import tarstream
from inspector.export.plan import plan_export
from inspector.export.planned import ExportPlan, Inflated, PlannedBlob, Recoded, ToRecode
from inspector.oci.digest import Digest
from inspector.progress import CancelToken

_LONGEST_MAGIC = 10
_MAGIC = {
    Compression.GZIP: b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
    Compression.ZSTD: b"\x28\xb5\x2f\xfd",
}


def imagined(plan: ExportPlan, token: CancelToken) -> ImaginedTar:
    """The tar of `plan`, with something in the place of every layer that waits for its compression."""
    made_up = {
        item.stand_in: Recoded(
            Digest.from_hex(sha256(str(item.stand_in).encode()).hexdigest()),
            max(item.blob.size, _LONGEST_MAGIC),
            item.diff_id or Digest.from_hex(sha256(b"diffID of " + str(item.stand_in).encode()).hexdigest()),
            Zeros(_MAGIC.get(item.encoding.compression, b""), item.blob.size),
        )
        for item in plan.waiting
    }
    if not made_up:
        return ImaginedTar(plan)
    return ImaginedTar(
        plan_export(plan.archive, plan.options, others=plan.others, token=token, recoded={**plan.recoded, **made_up})
    )


class Zeros:
    """`size` bytes, `head` first and then zeros."""

    stamp = None

    def __init__(self, head: bytes, size: int) -> None:
        self.size = max(size, _LONGEST_MAGIC)
        self._head = head

    def read_at(self, offset: int, length: int) -> bytes:
        check_range(offset, length, self.size)
        return (self._head[offset : offset + length]).ljust(length, b"\0")


class ImaginedTar:
    """A `ByteSource`: the tar of `plan`, made of pieces that are read only when asked for."""

    stamp = None

    def __init__(self, plan: ExportPlan) -> None:
        self._starts: list[int] = []
        self._pieces: list[ByteSource] = []
        self.size = 0
        for piece in _pieces(plan):
            if piece.size:
                self._starts.append(self.size)
                self._pieces.append(piece)
                self.size += piece.size

    def read_at(self, offset: int, length: int) -> bytes:
        """As `ByteSource.read_at`. Raises what reading the source raises."""
        check_range(offset, length, self.size)
        found = bytearray()
        place = bisect_right(self._starts, offset) - 1
        while len(found) < length:
            piece = self._pieces[place]
            within = offset + len(found) - self._starts[place]
            found += piece.read_at(within, min(length - len(found), piece.size - within))
            place += 1
        return bytes(found)


def _pieces(plan: ExportPlan) -> Iterator[ByteSource]:
    for name in plan.folders:
        yield MemorySource(tarstream.folder_header(name))
    for planned in plan.blobs:
        content = _content(planned)
        yield MemorySource(tarstream.file_header(planned.name, content.size))
        yield content
        yield MemorySource(bytes(tarstream.padding(content.size)))
    yield MemorySource(tarstream.END)


def _content(planned: PlannedBlob) -> ByteSource:
    origin = planned.origin
    if isinstance(origin, bytes):
        return MemorySource(origin)
    if isinstance(origin, Recoded):
        assert origin.source is not None, "a plan of a finished export has nothing to be imagined"
        return origin.source
    if isinstance(origin, Inflated):
        return Zeros(b"", planned.size if planned.size is not None else origin.blob.size)
    if isinstance(origin, ToRecode):
        raise TypeError(f"{planned.name} waits for its compression: ask `imagined`")
    return origin.open()
