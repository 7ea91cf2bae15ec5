"""How an export went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """How it went: one line for the message bar, sentences, and what its buttons need.

    `digest` is what *Copy digest* copies: of the only image or index, else of the file.
    """

    line: str
    notes: tuple[str, ...]
    path: Path
    size: int
    file_sha256: str
    digest: str
    verified: bool
    details: str
