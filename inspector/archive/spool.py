"""The outer archive inflated once into a private temporary file."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Self

from inspector.archive.compression import INPUT_SLICE, Compression, InflateState, inflate
from inspector.archive.limits import Limits
from inspector.archive.source import ByteSource, Descriptor, check_range, chunks, read_exactly
from inspector.errors import ArchiveUnreadable, CompressionError, LimitReached
from inspector.progress import CancelToken, Progress, ProgressSink

_KEEP_FREE = 64 << 20
_CHECK_EVERY = 64 << 20


class SpooledSource:
    """A file without a name, readable by nobody else, that vanishes when it is closed or the process ends."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="image-inspector-")  # noqa: SIM115 - closed by close()
        self._descriptor: Descriptor | None = Descriptor(os.dup(self._file.fileno()))
        self.size = 0
        self.error: CompressionError | None = None
        """Why the compressed file broke off; what came before is here."""

    def append(self, piece: bytes) -> None:
        """Raises OSError when the disk is full."""
        self._file.write(piece)
        self.size += len(piece)

    def finish(self) -> Self:
        """From now on it is read."""
        self._file.flush()
        self._file.close()
        return self

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`."""
        check_range(offset, length, self.size)
        descriptor = self._descriptor
        if descriptor is None:
            raise ArchiveUnreadable("The archive is closed", "Its temporary copy is gone. Open it again.")
        return read_exactly(descriptor, offset, length, "the temporary copy")

    def close(self) -> None:
        """Give the disk space back; reads that are under way finish."""
        self._file.close()
        self._descriptor = None


def spool(
    source: ByteSource, compression: Compression, limits: Limits, token: CancelToken, sink: ProgressSink
) -> SpooledSource:
    """`source` inflated. A damaged or cut stream gives what came before the damage, and `error` says why.

    Raises `LimitReached` ("spool_bytes"), `ArchiveUnreadable` when the disk is full, `Cancelled`.
    """
    spooled = SpooledSource()
    state = InflateState()
    folder = tempfile.gettempdir()
    checked = -_CHECK_EVERY
    try:
        pieces = chunks(source, size=INPUT_SLICE, token=token)
        try:
            for piece in inflate(pieces, compression, zstd_window=limits.zstd_window, state=state):
                token.check()
                if spooled.size + len(piece) > limits.spool_bytes:
                    raise LimitReached(
                        "spool_bytes",
                        limits.spool_bytes,
                        f"Inflated, the archive has more than {limits.spool_bytes:,} bytes.",
                    )
                if spooled.size - checked >= _CHECK_EVERY:
                    checked = spooled.size
                    _check_room(folder)
                spooled.append(piece)
                sink(Progress(f"Inflating the {compression} archive", state.consumed, source.size))
        except CompressionError as error:
            if not spooled.size:
                raise
            spooled.error = error
        return spooled.finish()
    except OSError as error:
        spooled.close()
        raise ArchiveUnreadable(
            "No room for the inflated archive",
            f"Writing the temporary copy in {folder} failed: {error.strerror or error}. Free some space or set TMPDIR.",
        ) from error
    except BaseException:
        spooled.close()
        raise


def _check_room(folder: str) -> None:
    if shutil.disk_usage(folder).free < _KEEP_FREE + _CHECK_EVERY:
        raise ArchiveUnreadable(
            "No room for the inflated archive",
            f"The disk of {folder} is nearly full; a compressed archive is inflated there first. Free some space or set TMPDIR.",
        )
