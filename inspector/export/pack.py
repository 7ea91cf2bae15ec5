"""A whole tar compressed, and read back: inflated again it must be the tar that was verified before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.archive.compression import Compression, inflate
from inspector.archive.source import ByteSource, FileSource, chunks
from inspector.errors import CompressionError
from inspector.export import disk
from inspector.export.expected import unlike
from inspector.export.recompress import Encoding, encode
from inspector.export.verify import STAGE as READING
from inspector.language import mark
from inspector.oci.digest import hasher
from inspector.progress import CancelToken, Progress, ProgressSink

STAGE = mark("Packing")


@dataclass(frozen=True, slots=True)
class Packed:
    """The compressed file: bytes, and its sha256 in hex."""

    size: int
    sha256: str


def pack(source: ByteSource, descriptor: int, word: str, token: CancelToken, sink: ProgressSink) -> Packed:
    """`source` compressed as `word` (gzip, zstd) says, with the default level, into an open file. Same bytes on every run."""
    running = hasher("sha256")
    size = read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        for piece in chunks(source, token=token):
            read += len(piece)
            sink(Progress(STAGE, read, source.size))
            yield piece

    for piece in encode(pieces(), Encoding.of(word, None), token):
        running.update(piece)
        disk.write(descriptor, piece)
        size += len(piece)
    return Packed(size, running.hexdigest())


def read_back_packed(
    part: Path, word: str, plain: str, plain_size: int, packed: Packed, token: CancelToken, sink: ProgressSink
) -> None:
    """`ExportError` unless the file is `packed`, and inflates to `plain_size` bytes whose sha256 is `plain`."""
    outside, inside = hasher("sha256"), hasher("sha256")
    produced = 0
    with FileSource(part) as source:

        def pieces() -> Iterator[bytes]:
            for piece in chunks(source, token=token):
                outside.update(piece)
                yield piece

        try:
            for piece in inflate(pieces(), Compression(word)):
                inside.update(piece)
                produced += len(piece)
                sink(Progress(READING, produced, plain_size))
        except CompressionError as error:
            raise unlike("its compressed stream") from error
        if (inside.hexdigest(), produced) != (plain, plain_size):
            raise unlike("what it inflates to")
        if (outside.hexdigest(), source.size) != (packed.sha256, packed.size):
            raise unlike("the file")
