"""What must be found in a new archive, and the errors for one that is different."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.errors import ExportError
from inspector.language import say
from inspector.oci.digest import Digest

_TITLE = "The written file is not what was meant"


@dataclass(frozen=True, slots=True)
class Expected:
    """One file of the new archive: its name, its size in bytes, its digest (None: of a kind that nobody can compute)."""

    name: str
    size: int
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the files in their order, the size in bytes, and the digest of the frame, that is of all bytes that
    are no content: headers, padding, end.
    """

    expected: tuple[Expected, ...]
    size: int
    frame: Digest


class WrongContent(ExportError):
    """A file of the new archive has not the digest that was meant for it; `expected` says which."""

    def __init__(self, expected: Expected, found: Digest) -> None:
        super().__init__(_TITLE, _differs(expected.name), subject=expected.name)
        self.expected = expected
        self.found = found


def unlike(what: str) -> ExportError:
    """The error for a new archive that is not what was written; `what` differs."""
    return ExportError(_TITLE, _differs(what))


def _differs(what: str) -> str:
    return say("Read back, %s differs: the disk or the memory of this machine changed bytes. Nothing was kept.", what)
