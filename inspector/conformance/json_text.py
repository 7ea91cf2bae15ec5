"""JSON-*: what image-spec asks of JSON itself (considerations.md, RFC 7493). Reading a document finds these."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

_SPEC: Final = "considerations.md#json"

RULES: Final = (
    Rule(
        "JSON-1",
        "Documents are UTF-8 without a byte order mark",
        "Readers written in Go refuse other encodings; a mark makes some of them fail at the first byte.",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    Rule(
        "JSON-2",
        "No name stands twice in one object",
        "Some readers take the first value and others the last, so two tools can see two different images.",
        _SPEC,
    ),
    Rule(
        "JSON-3",
        "Numbers are real JSON numbers of ordinary size",
        "NaN, Infinity and numbers beyond 64 bits are read differently, or not at all.",
        _SPEC,
    ),
    Rule(
        "JSON-4",
        "A document is one value and nothing after it",
        "Streaming readers stop behind the first value and never see the rest; others refuse the document.",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    Rule(
        "JSON-5",
        "Names are written in the case of the specification",
        "Readers written in Go take `MediaType` for `mediaType`; all others do not see it.",
        _SPEC,
    ),
    Rule(
        "JSON-6",
        "White space is free, canonical form is optional",
        "Never a fault: the digest is that of the bytes as they are stored.",
        _SPEC,
    ),
)
