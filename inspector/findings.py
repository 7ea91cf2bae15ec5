"""The vocabulary of findings: what is odd or wrong, where, and whether export mends it. No rules live here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad; ordered, so that `max()` finds the worst."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """As in `check --json`: info, warning, error."""
        return self.name.lower()


class Fix(StrEnum):
    """Whether export mends it: by itself, after a choice, or not at all."""

    AUTOMATIC = "automatic"
    CHOICE = "choice"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Where:
    """The place: a member or document name, a JSON pointer (`$.layers[2].size`), a byte offset, a digest."""

    object: str = ""
    pointer: str | None = None
    offset: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation. `code` is stable (`INDEX-3`) and is looked up by others: never reused, never renamed."""

    code: str
    severity: Severity
    title: str
    explanation: str = ""
    where: Where = field(default_factory=Where)
    expected: str | None = None
    found: str | None = None
    fix: Fix = Fix.NONE
    spec: str | None = None

    def to_json(self) -> dict[str, object]:
        """The shape promised by `check --json` and `show --json`."""
        return {
            "code": self.code,
            "severity": self.severity.word,
            "title": self.title,
            "explanation": self.explanation,
            "where": {
                "object": self.where.object,
                "pointer": self.where.pointer,
                "offset": self.where.offset,
                "digest": self.where.digest,
            },
            "expected": self.expected,
            "found": self.found,
            "fix": self.fix.value,
            "spec": self.spec,
        }
