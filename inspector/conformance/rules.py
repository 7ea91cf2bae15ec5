"""What a rule is: a stable code, its demand in words, and how a breach of it becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import Said, say

if TYPE_CHECKING:
    from inspector.conformance.case import Case

SHOWN = 200
"""Characters of a stored value that a finding repeats."""

Check = Callable[["Case"], Iterable[Finding]]
"""One rule put to one archive: all breaches, not the first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of reference/formats.md section C.

    `title` is what it demands, `explanation` why, both for people; `spec` is the file and section of image-spec 1.1.1,
    None for what only practice asks. `fix` is what export does about a breach, unless a finding says otherwise.
    """

    code: str
    title: str
    explanation: str
    spec: str | None = None
    fix: Fix = Fix.NONE

    def broken(  # noqa: PLR0913 - one keyword per field of Finding and Where
        self,
        severity: Severity,
        title: str,
        explanation: str = "",
        *,
        at: str = "",
        pointer: str | None = None,
        offset: int | None = None,
        digest: str | None = None,
        expected: object = None,
        found: object = None,
        fix: Fix | None = None,
    ) -> Finding:
        """A finding of this rule; without an explanation of its own it has that of the rule."""
        return Finding(
            self.code,
            severity,
            title,
            explanation or self.explanation,
            Where(at, pointer, offset, str(digest) if digest is not None else None),
            shown(expected),
            shown(found),
            self.fix if fix is None else fix,
            self.spec,
        )


def shown(value: object) -> str | None:
    """A value as a finding tells it: text, cut where it is long; None stays None."""
    if value is None:
        return None
    if isinstance(value, Said):
        return value
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def and_more(first: str, rest: int) -> str:
    """`first`, and how many more there are, if there are any."""
    return say("%(first)s and %(rest)s more", first=first, rest=f"{rest:,}") if rest > 0 else first
