"""A listing as bytes and back: columns as they lie in memory, behind a version and a checksum.

Only for files that this program writes for itself (`inspector.layers.cache`): the order of bytes is the machine's. Nothing
in it is executed or looked up by name; whatever does not fit is a ValueError.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final

from inspector.archive.compression import Compression
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import Said, say, say_n
from inspector.layers.seekable import Checkpoints
from inspector.layers.table import TYPES, Listing
from inspector.oci.digest import Digest

FORMAT: Final = b"image-inspector listing 2 " + sys.byteorder[:1].encode() + b"\n"
"""The number is raised whenever the content of a listing changes, also when the tar reader finds something else."""
_CHECKSUM = 32
_LENGTH = struct.Struct("=Q")
_NONE: Final = (1 << 64) - 1
_DEEPEST: Final = 8
"""Sentences within sentences."""
_COLUMNS: Final = ("modes", "uids", "gids", "sizes", "mtimes", "offsets")


def to_bytes(listing: Listing) -> bytes:
    """A complete listing with both digests, and its findings; checkpoints as far as they need no decoder.

    ValueError if it is not complete.
    """
    if not listing.complete or listing.digest is None or listing.diff_id is None:
        raise ValueError("only a complete listing can be kept")
    out = _Writer()
    out.texts([listing.compression.value.encode(), listing.digest.encode(), listing.diff_id.encode()])
    out.numbers([len(listing), listing.stored_size, listing.uncompressed_size])
    out.texts(listing.paths)
    out.section(bytes(listing.types))
    for column in _COLUMNS:
        out.section(getattr(listing, column).tobytes())
    for texts in (listing.stored_names, listing.links, listing.typeflags):
        out.numbers(texts)
        out.texts(texts.values())
    out.numbers(sorted(listing.absolute_links))
    out.numbers(listing.devices)
    out.numbers(number for device in listing.devices.values() for number in device)
    _write_xattrs(out, listing.xattrs)
    out.numbers(listing.sparse)
    out.numbers(map(len, listing.sparse.values()))
    out.numbers(number for extents in listing.sparse.values() for extent in extents for number in extent)
    starts = listing.checkpoints.stream_starts() if listing.checkpoints is not None else []
    out.numbers(number for start in starts for number in start)
    out.numbers([len(listing.findings)])
    for finding in listing.findings:
        _write_finding(out, finding)
    body = b"".join(out.pieces)
    return FORMAT + hashlib.sha256(body).digest() + body


def from_bytes(data: bytes) -> Listing:
    """What `to_bytes` was given; ValueError for everything else."""
    start = len(FORMAT) + _CHECKSUM
    body = memoryview(data)[start:]
    if not data.startswith(FORMAT) or hashlib.sha256(body).digest() != data[len(FORMAT) : start]:
        raise ValueError("not a kept listing")
    try:
        return _read(_Reader(body))
    except (struct.error, LookupError, TypeError, OverflowError) as error:
        raise ValueError(f"a kept listing does not fit: {error}") from error


def _read(body: _Reader) -> Listing:
    compression, digest, diff_id = body.texts()
    rows, stored_size, uncompressed_size = body.numbers()
    listing = Listing(compression=Compression(compression.decode()), stored_size=stored_size)
    listing.digest, listing.diff_id = Digest.parse(digest.decode()), Digest.parse(diff_id.decode())
    listing.uncompressed_size = uncompressed_size
    paths = body.texts()
    listing.types = bytearray(body.section())
    for name in _COLUMNS:
        column: array[int] = getattr(listing, name)
        column.frombytes(body.section())
        if len(column) != rows:
            raise ValueError(f"{name} has another length")
    if len(paths) != rows or len(listing.types) != rows or max(listing.types, default=0) >= len(TYPES):
        raise ValueError("rows do not fit")
    for texts in (listing.stored_names, listing.links, listing.typeflags):
        texts.update(zip(body.rows(rows), body.texts(), strict=True))
    listing.absolute_links.update(body.rows(rows))
    places, numbers = body.rows(rows), body.numbers()
    listing.devices.update(zip(places, _pairs(numbers), strict=True))
    listing.xattrs = _read_xattrs(body, rows)
    places, lengths, extents = body.rows(rows), body.numbers(), _pairs(body.numbers())
    ends = [0, *accumulate(lengths)]
    if ends[-1] != len(extents):
        raise ValueError("extents do not fit")
    listing.sparse.update(zip(places, (tuple(extents[at:end]) for at, end in pairwise(ends)), strict=True))
    starts = _pairs(body.numbers())
    if listing.compression is not Compression.NONE:
        listing.checkpoints = Checkpoints.from_stream_starts(starts)
    (count,) = body.numbers()
    listing.findings = tuple(_read_finding(body) for _ in range(count))
    listing.complete = True
    listing.paths = paths
    return listing


def _pairs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _write_xattrs(out: _Writer, xattrs: Mapping[int, Mapping[str, bytes]]) -> None:
    """Rows share their attributes: each set is written once."""
    places: dict[int, int] = {}
    shared: list[Mapping[str, bytes]] = []
    for found in xattrs.values():
        if places.setdefault(id(found), len(shared)) == len(shared):
            shared.append(found)
    out.numbers(xattrs)
    out.numbers(places[id(found)] for found in xattrs.values())
    out.numbers(map(len, shared))
    out.texts(key.encode("utf-8", "surrogatepass") for found in shared for key in found)
    out.texts(value for found in shared for value in found.values())


def _read_xattrs(body: _Reader, rows: int) -> dict[int, Mapping[str, bytes]]:
    places, numbers, lengths = body.rows(rows), body.numbers(), body.numbers()
    keys = [key.decode("utf-8", "surrogatepass") for key in body.texts()]
    values = body.texts()
    ends = [0, *accumulate(lengths)]
    shared = [dict(zip(keys[at:end], values[at:end], strict=True)) for at, end in pairwise(ends)]
    if min(numbers, default=0) < 0:
        raise ValueError("attributes do not fit")
    return dict(zip(places, map(shared.__getitem__, numbers), strict=True))


def _write_finding(out: _Writer, finding: Finding) -> None:
    where = finding.where
    out.numbers([] if where.offset is None else [where.offset])
    for text in (
        finding.code, finding.severity.name, where.object, where.pointer, where.digest, finding.fix.name, finding.spec
    ):  # fmt: skip
        out.text(text)
    for words in (finding.title, finding.explanation, finding.expected, finding.found):
        _write_words(out, words)


def _read_finding(body: _Reader) -> Finding:
    offset = next(iter(body.numbers()), None)
    code, severity, member, pointer, digest, fix, spec = (body.text() for _ in range(7))
    title, explanation, expected, found = (_read_words(body) for _ in range(4))
    if code is None or severity is None or title is None or explanation is None or member is None or fix is None:
        raise ValueError("a finding lacks something")
    where = Where(member, pointer, offset, digest)
    return Finding(code, Severity[severity], title, explanation, where, expected, found, Fix[fix], spec)


def _write_words(out: _Writer, words: str | None) -> None:
    """A text, or what a sentence was made of: the window may speak another language the next time."""
    if not isinstance(words, Said):
        out.numbers([])
        out.text(words)
        return
    is_named = isinstance(words.values, dict)
    out.numbers([words.number, is_named, len(words.values)])
    out.text(words.template)
    out.text(words.plural)
    for name in words.values if isinstance(words.values, dict) else ():
        out.text(name)
    for value in words.values.values() if isinstance(words.values, dict) else words.values:
        _write_words(out, value if isinstance(value, str) else str(value))


def _read_words(body: _Reader, depth: int = 0) -> str | None:
    how = body.numbers()
    if not how:
        return body.text()
    number, is_named, count = how
    template, plural = body.text(), body.text()
    if template is None or plural is None or depth > _DEEPEST:
        raise ValueError("a sentence does not fit")
    names = [body.text() or "" for _ in range(count)] if is_named else []
    values = [_read_words(body, depth + 1) for _ in range(count)]
    named = dict(zip(names, values, strict=True)) if is_named else {}
    given = () if is_named else values
    return say_n(template, plural, number, *given, **named) if plural else say(template, *given, **named)


class _Writer:
    """Sections, each with its length before it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def section(self, data: bytes) -> None:
        self.pieces += (_LENGTH.pack(len(data)), data)

    def numbers(self, numbers: Iterable[int]) -> None:
        self.section(array("q", numbers).tobytes())

    def texts(self, texts: Iterable[bytes]) -> None:
        """Joined by NUL, which no name has; where one has, by their lengths."""
        held = list(texts)
        joined = b"\0".join(held)
        if held and joined.count(0) == len(held) - 1:
            self.section(b"\0" + joined)
        else:
            self.section(b"\1" + b"".join(held))
            self.numbers(map(len, held))

    def text(self, text: str | None) -> None:
        if text is None:
            self.pieces.append(_LENGTH.pack(_NONE))
        else:
            self.section(text.encode("utf-8", "surrogatepass"))


class _Reader:
    """The sections again; ValueError or struct.error where the bytes end too early."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    def _next(self) -> bytes | None:
        (length,) = _LENGTH.unpack_from(self._body, self._at)
        self._at += _LENGTH.size
        if length == _NONE:
            return None
        if length > len(self._body) - self._at:
            raise ValueError("it ends too early")
        self._at += length
        return bytes(self._body[self._at - length : self._at])

    def section(self) -> bytes:
        found = self._next()
        if found is None:
            raise ValueError("a section is missing")
        return found

    def numbers(self) -> array[int]:
        made = array("q")
        made.frombytes(self.section())
        return made

    def rows(self, count: int) -> array[int]:
        """Numbers of rows."""
        found = self.numbers()
        if found and not 0 <= min(found) <= max(found) < count:
            raise ValueError("a row that is not there")
        return found

    def texts(self) -> list[bytes]:
        data = self.section()
        if data[:1] == b"\0":
            return data[1:].split(b"\0")
        ends = list(accumulate(self.numbers(), initial=1))
        if ends[-1] != len(data) or min(ends) < 1:
            raise ValueError("texts do not fit")
        return [data[at:end] for at, end in pairwise(ends)]

    def text(self) -> str | None:
        found = self._next()
        return None if found is None else found.decode("utf-8", "surrogatepass")
