r"""How untrusted text, sizes and times are shown: plain text in which nothing is hidden and nothing moves.

Names come from archives that anybody may have made. `safe` is the one way from such a name to a text for people:
control, bidi and zero-width characters become visible marks, bytes that are not UTF-8 show as `\\xHH` (Qt would drop
them, and two files would look the same), and what is longer than a screen is cut in the middle.
The result is plain text: escaping it for a rich text widget is `ui/text.py`'s business.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from types import ModuleType

from inspector.language import spoken, tr, trn
from inspector.oci.digest import Digest

NAME_LIMIT = 1000
"""Characters of a name that are shown; more is cut in the middle."""

NOTHING = "–"
"""Shown where there is no value."""


# Everything that draws nothing, or changes the place of what is drawn around it: C0, DEL, C1, soft hyphen, bidi
# controls, zero-width, line and paragraph separators, invisible operators, fillers, byte order mark, interlinear
# annotation, tags, variation selectors, and surrogates.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)

_NO_BREAKS = str.maketrans("", "", "\n\t")


def _mark(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02X}"
    return f"⟨U+{code:04X}⟩"


def safe(text: str | bytes, limit: int = NAME_LIMIT) -> str:
    r"""One line of plain text that shows every character of `text`, at most `limit` characters long.

    Bytes are read as UTF-8; those that are not show as `\\xHH`, as do the lone surrogates of surrogateescape.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if len(text) > limit:
        text = _cut(text, limit)
    if text.isascii() and text.isprintable():
        return text
    shown = _HIDDEN.sub(_mark, text)
    if unicodedata.combining(shown[0]) if shown else False:
        shown = "◌" + shown  # a leading combining mark would be drawn onto whatever stands before it
    return _cut(shown, limit) if len(shown) > limit else shown


def _cut(text: str, limit: int) -> str:
    head = limit // 2
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


def safe_lines(text: str, limit: int = 100_000) -> str:
    """Like `safe`, but line breaks and tabs stay: for details that are shown in a text field."""
    if len(text) > limit:
        text = _cut(text, limit)
    if text.isascii() and text.translate(_NO_BREAKS).isprintable():
        return text
    return _HIDDEN.sub(lambda match: match.group() if match.group() in "\n\t" else _mark(match), text)


def count(number: int, singular: str, plural: str) -> str:
    """`1 file`, `12,345 files`."""
    return f"{number:,} {trn(singular, plural, number)}"


def some(numbers: Sequence[int], most: int = 5) -> str:
    """`1, 2, 3`; of more than `most` the first, and `…`."""
    return ", ".join(map(str, numbers[:most])) + (" …" if len(numbers) > most else "")


_BEYOND = 10**30
"""humanize divides as floats, and Python writes out no number of more than 4300 digits; nothing real comes near."""


_binary = False


def use_binary_units(*, on: bool) -> bool:
    """A preference of the window: KiB instead of kB from now on, in the whole process. True if that is a change."""
    global _binary  # noqa: PLW0603 - one person looks at this process
    changed = _binary is not on
    _binary = on
    if changed:
        _natural_size.cache_clear()
    return changed


def size(number: int | None) -> str:
    """In decimal units unless the person wants binary ones, as `humanize.naturalsize` words it; `–` for None."""
    if number is None:
        return NOTHING
    return tr("over 10³⁰ B") if abs(number) >= _BEYOND else _natural_size(number)


@lru_cache(maxsize=4096)
def _natural_size(number: int) -> str:
    import humanize  # not at the start: `show --json` needs none of it

    return humanize.naturalsize(number, binary=_binary) if number >= 0 else f"{number:,} B"


def size_exact(number: int | None) -> str:
    """`12,345,678 bytes (11.8 MiB)`."""
    if number is None:
        return tr("size not known")
    if abs(number) >= _BEYOND:
        return tr("over 10³⁰ bytes")
    import humanize

    exact = count(number, "byte", "bytes")
    if number < 1024:
        return exact
    return f"{exact} ({humanize.naturalsize(number, binary=True)})"


def percent(part: int, whole: int) -> str:
    """`12.3 %`; what rounds to nothing but is something is `< 0.1 %`."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    return "< 0.1 %" if share < 0.05 else f"{share:.1f} %"


_MIN_TIME = int(dt.datetime(1, 1, 2, tzinfo=dt.UTC).timestamp())
_MAX_TIME = int(dt.datetime(9999, 12, 30, tzinfo=dt.UTC).timestamp())


def time(seconds: int) -> str:
    """`2024-05-01 10:00`, UTC; `0` is the epoch that build tools write and shows as such. Takes any integer."""
    if not _MIN_TIME <= seconds <= _MAX_TIME:
        return tr("before year 1") if seconds < 0 else tr("after year 9999")
    return _day_and_time(seconds)


@lru_cache(maxsize=4096)
def _day_and_time(seconds: int) -> str:
    moment_ = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment_.year:04}-{moment_:%m-%d %H:%M}"


def time_exact(seconds: int, *, now: dt.datetime | None = None) -> str:
    """`2024-05-01 10:00:00 UTC, 2 years ago (1714557600)`; never fails, whatever the integer."""
    if not _MIN_TIME <= seconds <= _MAX_TIME:
        return tr("%s seconds since 1970: no date") % f"{seconds:,}" if abs(seconds) < _BEYOND else tr("no date")
    moment_ = dt.datetime.fromtimestamp(seconds, dt.UTC)
    stated = f"{moment_.year:04}-{moment_:%m-%d %H:%M:%S} UTC"
    return f"{stated}, {ago(moment_, now)} ({seconds})" if seconds else tr("%s, the epoch (0)") % stated


def ago(moment_: dt.datetime, now: dt.datetime | None = None) -> str:
    """In words: `2 years ago`, `yesterday` is `a day ago`."""
    return str(_humanize().naturaltime(moment_, when=now or dt.datetime.now(dt.UTC)))


def lasting(seconds: float) -> str:
    """A time span in words: `3 minutes`."""
    return str(_humanize().naturaldelta(seconds))


def _humanize() -> ModuleType:
    """humanize in the person's language. It keeps one for each thread, and most words are made in workers."""
    import humanize

    if getattr(_spoken, "code", "") != spoken():
        _spoken.code = spoken()
        humanize.deactivate()
        if spoken():
            with suppress(FileNotFoundError):  # a language that it does not know keeps English
                humanize.activate(spoken())
    return humanize


_spoken = threading.local()

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


def moment(stated: str, *, now: dt.datetime | None = None) -> tuple[str, str]:
    """An RFC 3339 time as (in words, exact); a text that is none comes back as itself, made safe."""
    match = _RFC3339.fullmatch(stated)
    if match is not None:
        day, clock, fraction, zone = match.groups()
        try:
            parsed = dt.datetime.fromisoformat(
                f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone.upper().replace('Z', '+00:00')}"
            )
            parsed = parsed.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return safe(stated), safe(stated)
        if parsed.year <= 1:
            return tr("not stated"), safe(stated)
        if parsed.timestamp() == 0:
            return tr("1970-01-01 (the epoch, for reproducible builds)"), safe(stated)
        return f"{parsed.year:04}-{parsed:%m-%d %H:%M} · {ago(parsed, now)}", safe(stated)
    return safe(stated), safe(stated)


_KIND_LETTERS = {"dir": "d", "symlink": "l", "char": "c", "block": "b", "fifo": "p"}


@lru_cache(maxsize=1024)
def mode_string(kind: str, mode: int) -> str:
    """As `ls -l` writes it: `drwxr-xr-x`, with s, S, t, T for the special bits. `kind` is a word of cli.md."""
    letters = [_KIND_LETTERS.get(kind, "-")]
    for shift, special, mark in ((6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")):
        bits = mode >> shift
        execute = "x" if bits & 1 else "-"
        if mode & special:
            execute = mark if bits & 1 else mark.upper()
        letters.append(("r" if bits & 4 else "-") + ("w" if bits & 2 else "-") + execute)
    return "".join(letters)


def short(digest: Digest | str) -> str:
    """`sha256:1f2e3d4c5b6a…`: enough to tell digests apart by eye."""
    algorithm, _, encoded = str(digest).partition(":")
    return f"{safe(algorithm, 40)}:{safe(encoded[:12])}…" if len(encoded) > 12 else safe(str(digest))


def elided(text: str, limit: int) -> str:
    """Made safe and cut at the end, for a label in which the beginning tells most."""
    shown = safe(text, 4 * limit)
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"
