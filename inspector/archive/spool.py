"""The outer archive inflated once, into a private file without a name."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import Self

from inspector.archive.compression import INPUT_SLICE, OUTPUT_SLICE, Compression, InflateState, inflate
from inspector.archive.limits import Limits
from inspector.archive.source import ByteSource, Descriptor, check_range, chunks, read_exactly, stamp_of
from inspector.errors import ArchiveUnreadable, CompressionError, LimitReached
from inspector.language import say, say_all
from inspector.progress import CancelToken, Progress, ProgressSink

_KEEP_FREE = 64 << 20
_INFLATED = -1
_CHECK_EVERY = 64 << 20
_ZEROS = bytes(OUTPUT_SLICE)
_FOLDERS_WITH_ROOM = ("/var/tmp",)  # noqa: S108 - a file without a name is made there, 0600
"""Tried if the temporary folder, in memory on many systems, has no room."""


class SpooledSource:
    """A file without a name, readable by nobody else, that vanishes when it is closed or the process ends.

    Filled by `append`, read after `finish`. Raises OSError if it cannot be made.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._file = tempfile.TemporaryFile(prefix="image-inspector-", dir=folder)  # noqa: SIM115 - closed by close()
        self._descriptor: Descriptor | None = None
        self.folder = folder or tempfile.gettempdir()
        self.size = 0
        self.stamp: tuple[int, ...] | None = None
        """For `stamp_of`: that of the compressed file, and a number more."""
        self.error: CompressionError | None = None
        """Why the compressed stream broke off; what came before is here."""
        self.trailing_garbage = 0
        """Bytes behind the compressed stream that were passed over."""

    @property
    def damage(self) -> str | None:
        """`error` in words, None if the stream was whole."""
        return None if self.error is None else say_all((say(self.error.title), say(self.error.message)), ". ")

    def append(self, piece: bytes) -> None:
        """Raises OSError when the disk is full."""
        if piece.count(0, 0, 64) == min(64, len(piece)) and piece == _ZEROS[: len(piece)]:
            self._file.seek(len(piece), os.SEEK_CUR)  # a hole: a bomb of zeros does not wear the disk
        else:
            self._file.write(piece)
        self.size += len(piece)

    def finish(self) -> Self:
        """From now on it is read. Raises OSError: a full disk may show only here."""
        self._file.truncate(self.size)  # also makes room for a hole at the end
        self._file.flush()
        self._descriptor = Descriptor(os.dup(self._file.fileno()))
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
        self._descriptor = None
        with contextlib.suppress(OSError):  # what could not be written is thrown away with the rest
            self._file.close()


def spool(
    source: ByteSource, compression: Compression, limits: Limits, token: CancelToken, sink: ProgressSink
) -> SpooledSource:
    """`source` inflated. A damaged or cut stream gives what came before the damage, and `error` says why.

    Raises `CompressionError` if nothing at all came out, `LimitReached` ("spool_bytes", "inflate_ratio", "zstd_window"),
    `ArchiveUnreadable` when the disk is full, `Cancelled`, `SourceChanged`. Nothing is left behind then.
    """
    folder = _folder_with_room(source.size)
    try:
        spooled = SpooledSource(folder)
    except OSError as error:
        raise _no_room(folder, error) from error
    stamp = stamp_of(source)
    spooled.stamp = (*stamp, _INFLATED) if stamp is not None else None
    try:
        try:
            _fill(spooled, source, compression, limits, token, sink)
        except CompressionError as error:
            if not spooled.size:
                raise
            spooled.error = error
        return spooled.finish()
    except OSError as error:
        spooled.close()
        raise _no_room(folder, error) from error
    except BaseException:
        spooled.close()
        raise


def _fill(
    spooled: SpooledSource,
    source: ByteSource,
    compression: Compression,
    limits: Limits,
    token: CancelToken,
    sink: ProgressSink,
) -> None:
    state = InflateState()
    stage = say("Inflating the %s archive", compression)
    checked = 0
    for piece in inflate(
        chunks(source, size=INPUT_SLICE, token=token),
        compression,
        zstd_window=limits.zstd_window,
        state=state,
        token=token,
    ):
        token.check()
        if state.produced > limits.spool_bytes:
            raise LimitReached(
                "spool_bytes",
                limits.spool_bytes,
                say("Inflated, the archive has more than %s bytes.", f"{limits.spool_bytes:,}"),
            )
        if state.produced > max(limits.inflate_free_bytes, limits.inflate_ratio * state.consumed):
            raise LimitReached(
                "inflate_ratio",
                limits.inflate_ratio,
                say(
                    "The archive inflates to more than %(inflate_ratio)s times its size: %(produced)s bytes so far. It may be made to fill the disk.",
                    inflate_ratio=limits.inflate_ratio,
                    produced=f"{state.produced:,}",
                ),
            )
        spooled.append(piece)
        if spooled.size - checked >= _CHECK_EVERY:
            checked = spooled.size
            if _free(spooled.folder) < _KEEP_FREE:
                raise _no_room(spooled.folder, None)
        sink(Progress(stage, state.consumed, source.size))
    spooled.trailing_garbage = state.trailing_garbage


def _folder_with_room(size: int) -> str:
    """Where the inflated archive, which has at least `size` bytes, may fit. The folder that TMPDIR names is never left."""
    folder = tempfile.gettempdir()
    if _free(folder) - _KEEP_FREE >= size:
        return folder
    if "TMPDIR" not in os.environ:
        for other in _FOLDERS_WITH_ROOM:
            if os.path.isdir(other) and os.access(other, os.W_OK) and _free(other) - _KEEP_FREE >= size:
                return other
    raise _no_room(folder, None)


def _free(folder: str) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 1 << 62  # not known: writing will tell


def _no_room(folder: str, error: OSError | None) -> ArchiveUnreadable:
    reason = f" ({error.strerror or error})" if error is not None else ""
    return ArchiveUnreadable(
        "No room for the inflated archive",
        say(
            "A compressed archive is inflated in %(folder)s first, and that does not take it%(reason)s. Free some space there, set TMPDIR to a larger disk, or unpack the file yourself and open the tar.",
            folder=folder,
            reason=reason,
        ),
        subject=folder,
    )
