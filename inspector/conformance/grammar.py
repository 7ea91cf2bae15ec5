"""Texts with a grammar: media types, dates, URIs, ref names. Each answers yes or no, in time that grows with the length."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

# RFC 6838 section 4.2, as the schema of image-spec writes it.
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# RFC 3986: what may stand in a URI at all, percent signs followed by two digits.
_URI: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_DATE: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_REF_NAME: Final = re.compile(
    r"[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*"
)
_LONGEST: Final = 4096


def is_media_type(text: str) -> bool:
    """A type and a subtype, no parameters (RFC 6838)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_uri(text: str) -> bool:
    """An absolute URI (RFC 3986), by the characters that it may have."""
    return _SCHEME.match(text) is not None and _URI.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """A date and time of RFC 3339; a leap second is one."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    time = found[2].replace(":60", ":59") if found[2].endswith(":60") else found[2]
    try:
        # The year 0 is none for Python; Go writes 0001-01-01 for "no date".
        datetime.fromisoformat(f"{found[1]}T{time}")
    except ValueError:
        return False
    return True


def is_ref_name(text: str) -> bool:
    """The grammar that annotations.md recommends for org.opencontainers.image.ref.name."""
    return len(text) <= _LONGEST and _REF_NAME.fullmatch(text) is not None
