"""What Go's JSON decoder refuses: a value of another type than the field has, a byte order mark, NaN, a date that is none.

All loaders are written in Go. Of two names that differ in case only it takes the last one. A missing or null field is no trouble to the decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.conformance.forecast import Trouble, refuses, wrong
from inspector.conformance.grammar import is_date
from inspector.language import say
from inspector.oci.node import CASE_TWINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case
    from inspector.oci.config import ImageConfig

_TYPES: Final = frozenset(
    ("a text", "a whole number", "true or false", "an array", "an object", "an array of texts", "an object of texts",
     "a descriptor", "an image", "a platform object", "an object whose names count", "base64", "a step of the history")
)  # fmt: skip
"""What `oci.node.Node` expected where a value has the wrong type."""
_REPLACED: Final = frozenset(("The document is not valid UTF-8", "Half a character"))
"""What the decoder reads as U+FFFD, without a word."""


def undecodable(case: Case, document: str, *, by_docker: bool = False, streams: bool = False) -> Iterator[Trouble]:
    """Why the decoder refuses the document of that name, or reads it otherwise, by what reading it brought up.

    Docker itself (`by_docker`) takes a single text for a list of words. A loader that `streams` stops behind the first value
    (Go's json.Decoder); the others refuse what follows it (json.Unmarshal).
    """
    for finding in case.archive.findings:
        if finding.where.object != document:
            continue
        is_type = finding.expected in _TYPES and finding.found not in ("nothing", "null", None)
        is_words = finding.code == "CONFIG-7" and finding.expected == "an array of texts"
        if is_type and not (by_docker and is_words and str(finding.found).startswith('"')):
            yield refuses(
                finding.code,
                say("%(title)s in %(document)s, so it cannot be decoded.", title=say(finding.title), document=document),
            )
        elif finding.code == "JSON-4" and not streams:
            yield refuses("JSON-4", say("%s cannot be decoded: something follows the document.", document))
        elif finding.code == "JSON-5" and finding.title == CASE_TWINS:
            yield wrong(
                "JSON-5",
                say(
                    "%(document)s has both %(expected)s and %(found)s: it takes the latter.",
                    document=document,
                    expected=finding.expected,
                    found=finding.found,
                ),
            )
        elif finding.code == "JSON-3" or (finding.code == "JSON-1" and finding.title not in _REPLACED):
            yield refuses(
                finding.code,
                say("%(document)s cannot be decoded: %(title)s.", document=document, title=say(finding.title)),
            )


def dates(config: ImageConfig) -> Iterator[Trouble]:
    """CONFIG-6: a date that Go's time.Time does not take: its T and Z are capital letters, other than in RFC 3339."""
    stated = [config.created, *(entry.created for entry in config.history)]
    wrong = next((text for text in stated if text is not None and not (is_date(text) and text == text.upper())), None)
    if wrong is not None:
        yield refuses("CONFIG-6", say("The date %s in a config cannot be decoded.", wrong))
