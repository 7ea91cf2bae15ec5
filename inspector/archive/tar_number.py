"""The number fields of a tar header: octal text or base-256 (POSIX.1-2017 pax, "ustar"; GNU tar's extension)."""

from __future__ import annotations

import re

HIGHEST = (1 << 63) - 1
LOWEST = -(1 << 63)
_OCTAL = re.compile(rb"[0-7]*")


def clamp(number: int) -> int:
    """Into a signed 64-bit integer."""
    return max(LOWEST, min(HIGHEST, number))


def parse_number(field: bytes) -> int | None:
    """The number, clamped to 64 bits; None if the field is neither octal nor base-256. Blank reads as 0.

    As GNU tar does, what follows the first blank or NUL behind the digits is not looked at.
    """
    first = field[0]
    if first & 0x80:
        number = int.from_bytes(field, "big")
        bits = 8 * len(field)
        # The first bit only marks the form; the second one is the sign.
        number &= (1 << (bits - 1)) - 1
        if first & 0x40:
            number -= 1 << (bits - 1)
        return clamp(number)
    digits = field.lstrip(b" \0")
    for stop in (b"\0", b" "):
        digits = digits.partition(stop)[0]
    return clamp(int(digits or b"0", 8)) if _OCTAL.fullmatch(digits) else None
