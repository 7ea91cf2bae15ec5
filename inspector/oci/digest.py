"""Digests: `<algorithm>:<encoded>`, validated before anything else looks at them (descriptor.md#digests)."""

from __future__ import annotations

import hashlib
import re
from typing import Final, Protocol

from inspector.language import say

# descriptor.md#digests; fullmatch is used, since `$` would let a newline through.
_GRAMMAR: Final = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_LOWER_HEX: Final = re.compile(r"[0-9a-f]+")
# blake3 is registered in the text after v1.1.1; we know its shape but cannot compute it.
_HEX_LENGTH: Final = {"sha256": 64, "sha384": 96, "sha512": 128, "blake3": 64}
# Beyond any algorithm in use; a longer text in a document is an attack on whoever prints it.
_LONGEST: Final = 1024


class Hasher(Protocol):
    """What we use of a `hashlib` object."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


_HASHERS: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


def hasher(algorithm: str) -> Hasher:
    """A new hash object for `algorithm`: sha256, sha384 or sha512. `ValueError` for any other."""
    try:
        return _HASHERS[algorithm]()
    except KeyError:
        raise ValueError(say("Digests of the algorithm %s cannot be computed here.", _shown(algorithm))) from None


class Digest(str):
    """A valid digest; equal to, and usable as, its text `sha256:<hex>`.

    Made by the class methods only, so that holding one means: the grammar was checked, and for the algorithms
    with a known length, length and lower-case hex too. It says nothing about any bytes.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: object) -> Digest:
        """The digest that `text` spells, or `ValueError` with a sentence that says what is wrong with it."""
        if isinstance(text, Digest):
            return text
        if not isinstance(text, str):
            raise ValueError(  # noqa: TRY004 - one exception for whatever stands in the place of a digest
                say("A digest is a text such as sha256:2c26…, not %s.", _kind(text))
            )
        if not text:
            raise ValueError(say("The digest is empty."))
        if len(text) > _LONGEST:
            raise ValueError(
                say(
                    "The digest is %(text)s characters long; none is longer than %(longest)s.",
                    text=len(text),
                    longest=_LONGEST,
                )
            )
        if _GRAMMAR.fullmatch(text) is None:
            raise ValueError(
                say("%s is no digest: it must read algorithm:encoded, such as sha256:2c26….", _shown(text))
            )
        algorithm, _, encoded = text.partition(":")
        length = _HEX_LENGTH.get(algorithm)
        if length is not None:
            if len(encoded) != length:
                raise ValueError(
                    say(
                        "%(shown)s is no %(algorithm)s digest: %(length)s hexadecimal digits are needed, it has %(encoded)s.",
                        shown=_shown(text),
                        algorithm=algorithm,
                        length=length,
                        encoded=len(encoded),
                    )
                )
            if _LOWER_HEX.fullmatch(encoded) is None:
                raise ValueError(
                    say(
                        "%(shown)s is no %(algorithm)s digest: only the digits 0-9 and a-f are allowed.",
                        shown=_shown(text),
                        algorithm=algorithm,
                    )
                )
        return str.__new__(cls, text)

    @classmethod
    def try_parse(cls, text: object) -> Digest | None:
        """As `parse`, with None for what is no digest; never raises."""
        try:
            return cls.parse(text)
        except ValueError:
            return None

    @classmethod
    def of(cls, data: bytes, algorithm: str = "sha256") -> Digest:
        """The digest of `data`."""
        state = hasher(algorithm)
        state.update(data)
        return str.__new__(cls, f"{algorithm}:{state.hexdigest()}")

    @classmethod
    def from_hex(cls, hexadecimal: str) -> Digest:
        """The sha256 digest with these 64 lower-case hex digits; `ValueError` otherwise."""
        return cls.parse(f"sha256:{hexadecimal}")

    @property
    def algorithm(self) -> str:
        return self.partition(":")[0]

    @property
    def encoded(self) -> str:
        return self.partition(":")[2]

    @property
    def short(self) -> str:
        """The first 12 characters after the colon, as docker prints ids."""
        return self.encoded[:12]

    @property
    def checkable(self) -> bool:
        """Whether `hasher` can compute this algorithm."""
        return self.algorithm in _HASHERS

    def __repr__(self) -> str:
        return f"Digest({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)


def _shown(text: str) -> str:
    cut = text if len(text) <= 100 else text[:100] + "…"
    return repr(cut)


def _kind(value: object) -> str:
    if value is None:
        return say("nothing")
    if isinstance(value, bool):
        return say("true or false")
    if isinstance(value, int | float):
        return say("a number")
    if isinstance(value, dict):
        return say("an object")
    return say("a list") if isinstance(value, list | tuple) else say("something else")


EMPTY_JSON: Final = Digest.of(b"{}")
"""Of the empty descriptor's content `{}`, 2 bytes (manifest.md#guidance-for-an-empty-descriptor)."""
