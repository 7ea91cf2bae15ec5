"""PAX extended headers: records of length, key and value (POSIX.1-2017 pax, "pax Header Block")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from inspector.archive.tar_number import clamp

_DECIMAL = re.compile(rb"-?[0-9]{1,30}(\.[0-9]*)?")
_COUNT = re.compile(rb"[0-9]{1,30}")
_LONGEST_LENGTH = 10


class PaxHeader(NamedTuple):
    """The records by key (the last of equal ones), the pairs of a 0.0 sparse map, and the first fault in words."""

    records: dict[str, bytes]
    sparse_pairs: tuple[tuple[int, int], ...]
    repeated: str | None
    fault: str | None


def parse_pax(data: bytes) -> PaxHeader:
    """Read until the first record that makes no sense; what stood before it is kept."""
    records: dict[str, bytes] = {}
    offsets: list[int] = []
    lengths: list[int] = []
    repeated = fault = None
    position = 0
    while position < len(data):
        blank = data.find(b" ", position, position + _LONGEST_LENGTH + 1)
        digits = data[position:blank] if blank > position else b""
        if not digits.isdigit():
            if data[position:].strip(b"\0"):
                fault = "a record does not begin with its length"
            break
        end = position + int(digits)
        equals = data.find(b"=", blank + 1, end)
        if end > len(data) or equals <= blank + 1 or data[end - 1] != 0x0A:
            fault = "a record's length, key or line end is wrong"
            break
        key = data[blank + 1 : equals].decode("utf-8", "surrogateescape")
        value = data[equals + 1 : end - 1]
        if key in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
            number = decimal(value)
            (offsets if key.endswith("offset") else lengths).append(number if number is not None else -1)
        elif key in records:
            repeated = key
        records[key] = value
        position = end
    return PaxHeader(records, tuple(zip(offsets, lengths, strict=False)), repeated, fault)


def decimal(value: bytes) -> int | None:
    """A whole number of 0 or more; None otherwise."""
    return clamp(int(value)) if _COUNT.fullmatch(value) else None


def whole_seconds(value: bytes) -> int | None:
    """A time like `1700000000.25` or `-0.5`, rounded down; None if it is none."""
    match = _DECIMAL.fullmatch(value)
    if match is None:
        return None
    whole, _, fraction = value.partition(b".")
    seconds = int(whole or b"0")
    if whole.startswith(b"-") and fraction.strip(b"0"):
        seconds -= 1
    return clamp(seconds)


def signed(value: bytes) -> int | None:
    """An owner's number; None if it is none."""
    return clamp(int(value)) if re.fullmatch(rb"-?[0-9]{1,30}", value) else None


def with_global(global_records: Mapping[str, bytes], own: Mapping[str, bytes] | None) -> dict[str, bytes]:
    """Global records under the entry's own; an empty value takes a record away (POSIX)."""
    merged = {**global_records, **(own or {})}
    return {
        key: value for key, value in merged.items() if value or key.startswith(("SCHILY.xattr.", "LIBARCHIVE.xattr."))
    }
