"""What may be said of a node: verified, not checked, wrong, absent; a sign and a word, never a colour alone."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from inspector.language import tr


class Check(Enum):
    """Ordered by how much it matters to the nodes above: the last of those below wins."""

    NONE = 0
    """Nothing that could be checked, such as index.json."""
    VERIFIED = 1
    UNCHECKED = 2
    ABSENT = 3
    INCOMPLETE = 4
    """An image whose config or a layer is absent."""
    WRONG = 5


class State(NamedTuple):
    """`✓ verified`; the tooltip says what that rests on."""

    check: Check
    sign: str
    word: str
    tooltip: str = ""

    @property
    def text(self) -> str:
        return f"{self.sign} {tr(self.word)}".strip()


NONE = State(Check.NONE, "", "")
VERIFIED = State(
    Check.VERIFIED, "✓", "verified", "Its digest was computed since the archive was opened, and is the stated one."
)
UNCHECKED = State(Check.UNCHECKED, "○", "not checked", "Its digest was not computed yet.")
UNNAMED = State(Check.UNCHECKED, "○", "not checked", "Nothing states a digest that it could be compared with.")
WRONG = State(Check.WRONG, "✗", "wrong", "Its bytes are not what the digest says.")
CUT = State(Check.WRONG, "✗", "cut off", "The archive ends within it.")
WRONG_DIFF_ID = State(Check.WRONG, "✗", "wrong", "Its uncompressed tar is not what the config's diffID says.")
ABSENT = State(Check.ABSENT, "–", "absent", "The archive does not hold it.")
FOREIGN = State(
    Check.ABSENT, "–", "absent", "The archive does not hold it: it is to be fetched from elsewhere (non-distributable)."
)
UNREADABLE = State(Check.WRONG, "✗", "unreadable", "It is there, but cannot be understood.")

_ABOVE_VERIFIED = State(Check.VERIFIED, "✓", "verified", "Everything below that the archive holds is verified.")
_ABOVE_UNCHECKED = State(Check.UNCHECKED, "○", "not checked", "Something below was not checked yet.")
_ABOVE_WRONG = State(Check.WRONG, "✗", "wrong below", "Something below is wrong.")
_INCOMPLETE = State(Check.INCOMPLETE, "–", "incomplete", "The archive lacks its config or one of its layers.")
_ABOVE_INCOMPLETE = State(
    Check.INCOMPLETE, "–", "incomplete", "What is there below is verified, but not all of an image is there."
)
FEWER_LAYERS = State(
    Check.INCOMPLETE, "–", "incomplete", "Its manifest lists another number of layers than its config has diffIDs."
)
NOT_WHOLE = State(Check.WRONG, "✗", "not whole", "The archive ends too early or lacks its index: see Findings.")


def with_below(own: State, below: set[Check], *, needs_all: bool) -> State:
    """The state to show for a node whose own state is `own`; `needs_all`: what is absent below makes it incomplete."""
    if own.check in (Check.WRONG, Check.ABSENT):
        return own
    if Check.WRONG in below:
        return _ABOVE_WRONG
    if own.check is Check.INCOMPLETE:
        return own
    if needs_all and Check.ABSENT in below:
        return _INCOMPLETE
    if Check.UNCHECKED in below or own.check is Check.UNCHECKED:
        return _ABOVE_UNCHECKED if own.check is not Check.UNCHECKED else own
    if Check.INCOMPLETE in below:
        return _ABOVE_INCOMPLETE
    if Check.VERIFIED in below:
        return _ABOVE_VERIFIED
    return own
