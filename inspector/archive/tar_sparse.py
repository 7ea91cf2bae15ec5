"""Maps of sparse files: old GNU headers and the PAX forms 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from inspector.archive.tar_number import parse_number
from inspector.archive.tar_pax import whole
from inspector.language import say

BLOCK = 512
_HEADER_EXTENTS = range(386, 386 + 4 * 24, 24)
_BLOCK_EXTENTS = range(0, 21 * 24, 24)
_LONGEST_LINE = 32
_BYTES_PER_EXTENT = 64
"""More than two numbers of a 1.0 map can take."""

Extents = tuple[tuple[int, int], ...]
Read = Callable[[int], bytes]


class SparseMap(NamedTuple):
    """(logical offset, length) in order; the logical size; bytes of map that stood before the content."""

    extents: Extents
    size: int
    map_bytes: int


class BrokenSparseMap(Exception):
    """The map cannot be read; the words say why. Never leaves the tar reader."""


class TooManyExtents(Exception):
    """More extents than allowed. Never leaves the tar reader."""


def old_gnu_map(header: bytes, read: Read, stored: int, room: int) -> SparseMap:
    """The map of a type `S` header, with its extension blocks drawn from `read`; `stored` bytes of content follow."""
    extents: list[tuple[int, int]] = []
    fault = _take(header, _HEADER_EXTENTS, extents, room)
    more = header[482]
    blocks = 0
    while more:
        block = read(BLOCK)
        if len(block) < BLOCK:
            raise BrokenSparseMap(say("The map is cut off"))
        blocks += 1
        fault = _take(block, _BLOCK_EXTENTS, extents, room) or fault
        more = block[504]
    if fault:
        # Told only now: the walk has to go on behind the extension blocks.
        raise BrokenSparseMap(say("The map holds something that is no number"))
    # A blank field is no size, whatever it counts as elsewhere.
    size = parse_number(header[483:495]) if header[483:495].strip(b"\0 ") else None
    return SparseMap(tuple(extents), _checked(extents, size, stored), blocks * BLOCK)


def _take(block: bytes, places: range, extents: list[tuple[int, int]], room: int) -> bool:
    for place in places:
        if not block[place + 12 : place + 24].strip(b"\0"):
            break
        offset, length = parse_number(block[place : place + 12]), parse_number(block[place + 12 : place + 24])
        if offset is None or length is None:
            return True
        if len(extents) >= room:
            raise TooManyExtents
        extents.append((offset, length))
    return False


def pax_map(
    records: Mapping[str, bytes], pairs: Sequence[tuple[int, int]], read: Read, stored: int, room: int
) -> SparseMap | None:
    """The map that PAX records describe, or None if they describe none.

    Form 1.0 reads its map from the first of the `stored` bytes of content.
    """
    if records.get("GNU.sparse.major") == b"1":
        extents, used = _map_in_content(read, stored, room)
        size = whole(records.get("GNU.sparse.realsize", b""))
        return SparseMap(tuple(extents), _checked(extents, size, stored - used), used)
    listed = records.get("GNU.sparse.map")
    promised = records.get("GNU.sparse.numblocks")
    if listed is not None:
        numbers = [whole(part) for part in listed.split(b",")] if listed else []
        if len(numbers) % 2 or None in numbers:
            raise BrokenSparseMap(say("The map is no list of pairs"))
        known = [number for number in numbers if number is not None]
        extents = list(zip(known[::2], known[1::2], strict=True))
    elif promised is not None or pairs:
        extents = list(pairs)
    else:
        return None
    if len(extents) > room:
        raise TooManyExtents
    if promised is not None and whole(promised) != len(extents):
        raise BrokenSparseMap(say("The number of extents is not what it says"))
    size = whole(records.get("GNU.sparse.size", records.get("GNU.sparse.realsize", b"")))
    return SparseMap(tuple(extents), _checked(extents, size, stored), 0)


def _map_in_content(read: Read, stored: int, room: int) -> tuple[list[tuple[int, int]], int]:
    """Decimal lines in whole blocks: the number of extents, then offset and length of each."""
    most = min(stored, BLOCK + _BYTES_PER_EXTENT * room)
    data = bytearray()
    numbers: list[int] = []
    wanted = 1
    start = 0
    while len(numbers) < wanted:
        end = data.find(b"\n", start)
        if end < 0:
            if len(data) - start > _LONGEST_LINE:
                raise BrokenSparseMap(say("A line of the map is too long"))
            if len(data) + BLOCK > most + BLOCK - 1:
                raise BrokenSparseMap(say("The map is longer than the entry or the limit"))
            block = read(BLOCK)
            if len(block) < BLOCK:
                raise BrokenSparseMap(say("The map is cut off"))
            data += block
            continue
        number = whole(bytes(data[start:end]))
        if number is None:
            raise BrokenSparseMap(say("The map holds something that is no number"))
        start = end + 1
        if not numbers:
            if number > room:
                raise TooManyExtents
            wanted = 1 + 2 * number
        numbers.append(number)
    return list(zip(numbers[1::2], numbers[2::2], strict=True)), len(data)


def _checked(extents: Sequence[tuple[int, int]], size: int | None, stored: int) -> int:
    """The logical size, if the extents lie in it, in order and apart, and the content has them all."""
    if size is None or size < 0:
        raise BrokenSparseMap(say("The real size is missing or no number"))
    reached = 0
    total = 0
    for offset, length in extents:
        if offset < reached or length < 0 or offset + length > size:
            raise BrokenSparseMap(say("The extents overlap, are out of order, or reach beyond the end"))
        reached = offset + length
        total += length
    if total > stored:
        raise BrokenSparseMap(say("The content is shorter than its map says"))
    return size
