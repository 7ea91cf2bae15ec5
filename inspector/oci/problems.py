"""Where the readers of one document put what they notice: a bounded list of findings.

Codes are those of the rule families DESC, INDEX, MANIF, CONFIG, LAYOUT, ANNOT, JSON and COMPAT. Reading records
only what it stumbles over (a wrong type, a missing required field, a text that is no digest); all other rules
belong to the conformance check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import say, say_all

LIMIT_PER_CODE: Final = 100
"""Findings kept of one code in one document; a list of a million wrong entries is told once, with the number."""

_SPEC_AND_FIX: Final[dict[str, tuple[str | None, Fix]]] = {
    "LAYOUT-2": ("image-layout.md#oci-layout-file", Fix.AUTOMATIC),
    "DESC-1": ("descriptor.md#properties", Fix.AUTOMATIC),
    "DESC-2": ("descriptor.md#digests", Fix.AUTOMATIC),
    "DESC-3": ("descriptor.md#properties", Fix.AUTOMATIC),
    "DESC-6": ("descriptor.md#properties", Fix.CHOICE),
    "DESC-8": ("descriptor.md#embedded-content", Fix.AUTOMATIC),
    "DESC-9": ("descriptor.md#properties", Fix.AUTOMATIC),
    "DESC-13": ("descriptor.md#properties", Fix.AUTOMATIC),
    "INDEX-1": ("image-index.md#image-index-property-descriptions", Fix.AUTOMATIC),
    "INDEX-2": ("image-index.md#image-index-property-descriptions", Fix.AUTOMATIC),
    "INDEX-3": ("image-index.md#image-index-property-descriptions", Fix.AUTOMATIC),
    "INDEX-4": ("image-index.md", Fix.NONE),
    "INDEX-6": ("image-index.md#image-index-property-descriptions", Fix.AUTOMATIC),
    "INDEX-9": ("image-index.md#image-index-property-descriptions", Fix.NONE),
    "MANIF-1": ("manifest.md#image-manifest-property-descriptions", Fix.AUTOMATIC),
    "MANIF-2": ("manifest.md#image-manifest-property-descriptions", Fix.AUTOMATIC),
    "MANIF-3": ("manifest.md#image-manifest-property-descriptions", Fix.NONE),
    "MANIF-4": ("manifest.md#image-manifest-property-descriptions", Fix.AUTOMATIC),
    "MANIF-10": ("manifest.md#image-manifest-property-descriptions", Fix.CHOICE),
    "MANIF-13": ("manifest.md#image-manifest-property-descriptions", Fix.NONE),
    "CONFIG-1": ("config.md#properties", Fix.NONE),
    "CONFIG-2": ("config.md#properties", Fix.NONE),
    "CONFIG-3": ("config.md#properties", Fix.NONE),
    "CONFIG-5": ("config.md#properties", Fix.NONE),
    "CONFIG-6": ("config.md#properties", Fix.NONE),
    "CONFIG-7": ("config.md#properties", Fix.NONE),
    "CONFIG-9": ("annotations.md#rules", Fix.NONE),
    "ANNOT-1": ("annotations.md#rules", Fix.AUTOMATIC),
    "JSON-1": ("considerations.md#json", Fix.AUTOMATIC),
    "JSON-2": ("considerations.md#json", Fix.NONE),
    "JSON-3": ("considerations.md#json", Fix.NONE),
    "JSON-4": ("considerations.md#json", Fix.AUTOMATIC),
    "JSON-5": ("considerations.md#json", Fix.NONE),
    "COMPAT-1": (None, Fix.AUTOMATIC),
    "COMPAT-2": (None, Fix.AUTOMATIC),
    "COMPAT-3": (None, Fix.AUTOMATIC),
    "COMPAT-4": (None, Fix.CHOICE),
    "COMPAT-5": (None, Fix.AUTOMATIC),
    "COMPAT-7": (None, Fix.AUTOMATIC),
    "COMPAT-8": (None, Fix.AUTOMATIC),
}


class Problems:
    """Findings about one document, `LIMIT_PER_CODE` of each code at most; the last of them tells how many there were."""

    def __init__(self, document: str, digest: str | None = None) -> None:
        self.document = document
        self._digest = digest
        self._kept: list[Finding] = []
        self._seen: Counter[str] = Counter()

    def record(
        self,
        code: str,
        title: str,
        explanation: str = "",
        *,
        severity: Severity = Severity.ERROR,
        pointer: str | Callable[[], str] | None = None,
        offset: int | None = None,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        """Add one finding; `code` must be known here, so that specification and fix come with it.

        A `pointer` that costs something to spell is given as a function, called only when the finding is kept.
        """
        spec, fix = _SPEC_AND_FIX[code]
        self._seen[code] += 1
        if self._seen[code] > LIMIT_PER_CODE:
            return
        where = Where(self.document, pointer() if callable(pointer) else pointer, offset, self._digest)
        self._kept.append(Finding(code, severity, title, explanation, where, expected, found, fix, spec))

    def findings(self) -> tuple[Finding, ...]:
        """All that was kept, in the order of the document."""
        last = {finding.code: position for position, finding in enumerate(self._kept)}
        kept = list(self._kept)
        for code, count in self._seen.items():
            if count > LIMIT_PER_CODE:
                finding = kept[last[code]]
                more = say("%s more places of this kind are not listed.", count - LIMIT_PER_CODE)
                kept[last[code]] = replace(
                    finding, explanation=say_all([*([say(finding.explanation)] if finding.explanation else []), more])
                )
        return tuple(kept)
