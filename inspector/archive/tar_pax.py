"""PAX extended headers: records of length, key and value (POSIX.1-2017 pax, "pax Extended Header")."""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.archive.tar_number import HIGHEST, clamp
from inspector.language import say

_SECONDS = re.compile(rb"(-?)([0-9]{1,400})(?:\.([0-9]*))?")
_WHOLE = re.compile(rb"-?[0-9]{1,400}")
_LONGEST_LENGTH = 10
_SURE_DIGITS = 18
"""Numbers of so many digits fit in 64 bits."""

_KEYS = {
    key.encode(): key
    for key in (
        "path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime", "comment",
        "SCHILY.xattr.security.capability", "SCHILY.xattr.security.selinux", "LIBARCHIVE.creationtime",
    )
}  # fmt: skip
"""The common ones, decoded: each file of a PAX tar names some of them."""
_SIMPLE_KEYS = {raw: key for raw, key in _KEYS.items() if key not in ("size", "uid", "gid")}
_LONGEST_SIMPLE = 512
_ONE_TIME = {b"%d mtime=" % length: length for length in range(21, 40)}
_heads: dict[bytes, tuple[int, str]] = {}
"""Memo of `_simple_head`."""


class PaxHeader(NamedTuple):
    """The records by key (the last of equal ones); whether they tell of a sparse file; the pairs of a 0.0 sparse map; a key
    that stood twice; the first fault.
    """

    records: dict[str, bytes]
    is_sparse: bool
    sparse_pairs: tuple[tuple[int, int], ...]
    repeated: str | None
    fault: str | None


def parse_pax(data: bytes) -> PaxHeader:
    """Read until the first record that makes no sense; what stood before it is kept. NULs at the end are padding."""
    records: dict[str, bytes] = {}
    pairs: list[tuple[int, int]] = []
    sparse_offset = -1
    repeated = fault = None
    is_sparse = False
    position = 0
    total = len(data)
    while position < total:
        blank = data.find(b" ", position, position + _LONGEST_LENGTH + 1)
        digits = data[position:blank] if blank > 0 else b""
        if not digits.isdigit():
            if data[position:].strip(b"\0"):
                fault = say("A record does not begin with its length")
            break
        end = position + int(digits)
        equals = data.find(b"=", blank, end)
        if end > total or equals <= blank + 1 or data[end - 1] != 0x0A:
            fault = say("A record's length, key or line end is wrong")
            break
        raw = data[blank + 1 : equals]
        value = data[equals + 1 : end - 1]
        key = _KEYS.get(raw)
        if key is None:
            key = raw.decode("utf-8", "surrogateescape")
            if b"\0" in raw or b"\n" in raw:
                fault = fault or say("A key holds a NUL or a line end")
            is_sparse = is_sparse or key.startswith("GNU.sparse.")
            # The one place where equal keys have a meaning: the 0.0 form of sparse files lists its map with them.
            if key == "GNU.sparse.offset":
                sparse_offset = _or_minus_one(whole(value))
            elif key == "GNU.sparse.numbytes":
                pairs.append((sparse_offset, _or_minus_one(whole(value))))
                sparse_offset = -1
            elif key in records:
                repeated = key
        elif key in records:
            repeated = key
        records[key] = value
        position = end
    return tuple.__new__(PaxHeader, (records, is_sparse, tuple(pairs), repeated, fault))


def parse_simple(data: bytes) -> dict[str, bytes] | None:
    """The records of nearly all PAX headers, in half the time that `parse_pax` takes; None if it has to look itself.

    Keys are common ones without numbers but times, each stands once; values are not empty and hold neither NUL nor line
    end; a "mtime" begins with ten digits and a point.
    """
    if _ONE_TIME.get(data[:9]) == len(data):
        # Nothing but a time with its fraction, as Python, BSD tar and Go write it.
        time = data[9:-1]
        if data[-1] == 0x0A and time[10:11] == b"." and time.replace(b".", b"0", 1).isdigit():
            return {"mtime": time}
    lines = data.split(b"\n")
    if lines.pop() or not lines or b"\0" in data:
        return None
    records: dict[str, bytes] = {}
    for line in lines:
        head, _, value = line.partition(b"=")
        try:
            length, key = _heads[head]
        except KeyError:
            length, key = _simple_head(head)
        # Lines that are as long as their records say they are, are the records.
        if length != len(line) or not value:
            return None
        records[key] = value
    stated = records.get("mtime")
    if stated is not None and (stated[10:11] != b"." or not stated.replace(b".", b"0", 1).isdigit()):
        return None
    return records if len(records) == len(lines) else None


def _simple_head(head: bytes) -> tuple[int, str]:
    """Of what stands before the `=` of a record: how long its line is without the end, and the key; -1 if not simple."""
    digits, _, raw = head.partition(b" ")
    key = _SIMPLE_KEYS.get(raw)
    if key is None or not digits.isdigit() or digits[0] == 0x30 or len(digits) > 3 or int(digits) > _LONGEST_SIMPLE:
        return -1, ""
    return _heads.setdefault(head, (int(digits) - 1, key))


def _or_minus_one(value: int | None) -> int:
    return -1 if value is None else value


def whole(value: bytes) -> int | None:
    """A whole number of 0 or more, clamped to 64 bits; None if it is none."""
    if not value.isdigit():
        return None
    if len(value) <= _SURE_DIGITS:
        return int(value)
    # int() refuses very long texts; how long they are does not matter beyond 64 bits.
    digits = value.lstrip(b"0")
    return HIGHEST if len(digits) > _SURE_DIGITS + 1 else clamp(int(digits or b"0"))


def signed(value: bytes) -> int | None:
    """A whole number that may be negative, clamped to 64 bits; None if it is none."""
    return clamp(int(value)) if _WHOLE.fullmatch(value) else None


def whole_seconds(value: bytes) -> int | None:
    """A time like `1700000000.25` or `-0.5`, rounded down and clamped to 64 bits; None if it is none."""
    head = value[:10]
    if head.isdigit() and value[10:11] in (b"", b".") and (value[11:].isdigit() or len(value) < 12):
        return int(head)  # nearly all of them
    match = _SECONDS.fullmatch(value)
    if match is None:
        return None
    seconds = int(match[2])
    if match[1]:
        seconds = -seconds - (1 if match[3] and match[3].strip(b"0") else 0)
    return clamp(seconds)
