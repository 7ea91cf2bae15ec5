"""What was odd in a tar, as findings with offsets; of each kind only so many are kept.

Codes, the same for the outer archive and for layers (`detect` calls the first four ARC-1 for an outer archive):

TAR-1  a header that is none: the walk stops there
TAR-2  the tar is cut off
TAR-3  no end mark
TAR-4  something stands behind the end mark
TAR-5  a malformed, doubled or lost extension header
TAR-6  two sizes for one entry
TAR-7  a field that is no number, or an unknown magic
TAR-8  an entry of an unknown type
TAR-9  a size on an entry that has no content
TAR-10 a sparse file whose map is broken
TAR-11 an entry without a name, with a NUL in it, or a file called like a folder
TAR-12 a global header that would change every entry
TAR-13 two names for one entry, or two extension headers of one kind
TAR-14 a checksum that was summed over signed bytes
"""

from __future__ import annotations

from inspector.findings import Finding, Severity, Where
from inspector.language import say


class Oddities:
    """Findings in the order in which they were met; beyond `kept` of one code they are only counted."""

    __slots__ = ("_counts", "_findings", "_kept")

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._counts: dict[str, int] = {}
        self._findings: list[Finding] = []

    def note(
        self,
        code: str,
        severity: Severity,
        title: str,
        explanation: str,
        offset: int,
        *,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        """Keep one finding about the bytes at `offset`."""
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= self._kept:
            self._findings.append(Finding(code, severity, title, explanation, Where(offset=offset), expected, found))

    def findings(self) -> list[Finding]:
        """All of them, and one more for each code of which some were only counted."""
        rest = [
            Finding(code, Severity.INFO, "More of the same", say("%s more are not listed.", f"{count - self._kept:,}"))
            for code, count in self._counts.items()
            if count > self._kept
        ]
        return self._findings + rest
