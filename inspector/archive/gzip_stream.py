"""One gzip member (RFC 1952), in slices.

Header and trailer are read here and not by the library, so that all content comes out before a wrong checksum
is told: libraries drop the last slice together with the error, and a small layer has no other slice.
"""

from __future__ import annotations

from isal import igzip_lib, isal_zlib

from inspector.errors import CompressionError
from inspector.language import say

# The stub takes the class for an instance.
_DeflateError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]
_HEADER_LIMIT = 1 << 20
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 2, 4, 8, 16


class GzipDecoder:
    """Has the interface of `bz2.BZ2Decompressor`; raises `CompressionError`."""

    __slots__ = ("_crc", "_header", "_inner", "_length", "_trailer", "eof", "needs_input", "unused_data")

    def __init__(self) -> None:
        self._header = b""
        self._trailer: bytes | None = None
        self._inner: igzip_lib.IgzipDecompressor | None = None
        self._crc = 0
        self._length = 0
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next at most `max_length` bytes; give b"" while `needs_input` is False."""
        if self._trailer is not None:
            self._take_trailer(data)
            return b""
        if self._inner is None:
            self._header += data
            start = _header_length(self._header)
            if start is None:
                return b""
            data = self._header[start:]
            self._header = b""
            self._inner = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
        inner = self._inner
        try:
            produced: bytes = inner.decompress(data, max_length)
        except _DeflateError as error:
            raise CompressionError("A gzip stream is damaged", say("its deflate data is wrong (%s).", error)) from error
        self._crc = isal_zlib.crc32(produced, self._crc)
        self._length += len(produced)
        if inner.eof:
            self._trailer = b""
            self._take_trailer(inner.unused_data)
        else:
            self.needs_input = inner.needs_input
        return produced

    def _take_trailer(self, data: bytes) -> None:
        trailer = (self._trailer or b"") + data
        self._trailer = trailer[:8]
        self.needs_input = len(trailer) < 8
        if not self.needs_input:
            self.eof = True
            self.unused_data = trailer[8:]

    def verify(self) -> None:
        """Raise `CompressionError` if checksum or length of the finished member differ from its trailer."""
        trailer = self._trailer or b""
        if int.from_bytes(trailer[:4], "little") != self._crc:
            raise CompressionError("A gzip stream is damaged", "its content does not match its CRC-32.")
        if int.from_bytes(trailer[4:8], "little") != self._length & 0xFFFFFFFF:
            raise CompressionError("A gzip stream is damaged", "its content has another length than its trailer says.")


def _header_length(header: bytes) -> int | None:
    """Length of the member header at the start of `header`, None if it is not whole yet."""
    if len(header) < 10:
        return None
    if header[2] != 8:
        raise CompressionError("Unsupported gzip stream", say("its method is %s; only 8 (deflate) exists.", header[2]))
    flags = header[3]
    at: int | None = 10
    if flags & _FEXTRA:
        at = 12 + int.from_bytes(header[10:12], "little") if len(header) >= 12 else None
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag and at is not None:
            end = header.find(b"\0", at)
            at = end + 1 if end >= 0 else None
    if at is not None and flags & _FHCRC:
        at += 2
    if at is None or at > len(header):
        if len(header) > _HEADER_LIMIT:
            raise CompressionError("A gzip stream is damaged", "its header does not end within 1 MiB.")
        return None
    return at
