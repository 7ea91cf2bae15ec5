"""DER as far as certificates need it (X.690): elements with their place, never more than the bytes that are there."""

from __future__ import annotations

from typing import Final, NamedTuple

MOST_CHILDREN: Final = 2000
BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
_CODECS: Final = {
    0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii", 0x1B: "latin-1",
    0x1C: "utf-32-be", 0x1E: "utf-16-be",
}  # fmt: skip


class DerError(ValueError):
    """The bytes are no DER, or not what was expected."""


class Element(NamedTuple):
    """One element: `tag` as its first byte says, its content, and the whole with its header."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Element]:
        """The elements that the content is made of; DerError if it is not, or of too many."""
        found: list[Element] = []
        at = 0
        while at < len(self.content):
            if len(found) == MOST_CHILDREN:
                raise DerError("too many elements")
            element = read(self.content, at)
            at += len(element.whole)
            found.append(element)
        return found

    def expect(self, tag: int) -> Element:
        """Itself if it has that tag, else DerError."""
        if self.tag != tag:
            raise DerError(f"an element of kind {self.tag:#04x} where {tag:#04x} should be")
        return self

    def text(self) -> str:
        """A string of any kind; "" for other elements. What cannot be decoded is replaced."""
        codec = _CODECS.get(self.tag)
        return self.content.decode(codec, "replace") if codec else ""

    def oid(self) -> str:
        """`1.2.840.113549.1.1.1`; DerError if it is no object identifier."""
        self.expect(OID)
        numbers: list[int] = []
        value = 0
        for byte in self.content[:128]:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(value)
                value = 0
        if not numbers or value or len(self.content) > 128:
            raise DerError("a broken object identifier")
        top = min(numbers[0] // 40, 2)
        return ".".join(map(str, (top, numbers[0] - 40 * top, *numbers[1:])))


def read(data: bytes, at: int = 0) -> Element:
    """The element at `at`; DerError if it does not lie within `data`, has an indefinite length or a tag of two bytes."""
    if at + 2 > len(data):
        raise DerError("it ends within an element")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & 0x1F == 0x1F:
        raise DerError("a tag of several bytes")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            raise DerError("a length that makes no sense")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise DerError("it ends within an element")
    return Element(tag, data[start : start + length], data[at : start + length])
