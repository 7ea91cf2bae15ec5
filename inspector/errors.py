"""Every error this program raises on purpose.

    InspectorError                      title, message and the object concerned
    ├── Cancelled                       the person stopped the work: never shown
    ├── UsageError                      a command line or an option that makes no sense
    ├── LimitReached                    a named limit stopped us; it may be raised and tried again
    ├── ArchiveError                    the file or folder cannot be read as an image archive
    │   ├── ArchiveUnreadable           the operating system refused
    │   │   └── ReadFailed              the disk failed while an open file was read
    │   ├── NotAnArchive                it is something else; the message says what
    │   ├── ArchiveDamaged              it is an image archive, but what is needed is broken
    │   └── SourceChanged               the file changed while it was open
    ├── DocumentError                   a JSON document that cannot be understood at all
    ├── BlobError                       a blob that cannot be used
    │   ├── BlobMissing
    │   ├── BlobMismatch                its bytes are not what the digest or size says
    │   └── CompressionError            its compressed stream is broken or not supported
    ├── LayerError                      a layer whose tar cannot be walked at all
    ├── ExportError                     nothing was written; source and old target are as before
    │   ├── TargetExists
    │   ├── TargetIsSource
    │   └── TargetUnwritable            no room, no right, name too long …
    └── ExtractError                    no file was extracted; the folder is as before

Raise when we cannot go on; record a `inspector.findings.Finding` when we can.
"""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = (re.compile("'.*'", re.DOTALL), re.compile('".*"', re.DOTALL))
_LONGEST: Final = 300


class InspectorError(Exception):
    """An error that a person can act on.

    `title` says what went wrong in a few words, `message` where and what to do,
    `subject` names the object concerned (a path, a digest, a member name) or is "".
    """

    def __init__(self, title: str, message: str = "", *, subject: str = "") -> None:
        super().__init__(title, message)
        self.title = title
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.title}: {self.message}" if self.message else self.title


class Cancelled(InspectorError):
    """The work was stopped on request."""

    def __init__(self) -> None:
        super().__init__("Cancelled")


class UsageError(InspectorError):
    """An option or argument that cannot be followed."""


class LimitReached(InspectorError):
    """A named limit of `inspector.archive.limits.Limits` was reached.

    `limit` is the field's name, `allowed` its value, so that the caller can offer to go on with more.
    """

    def __init__(self, limit: str, allowed: int, message: str, *, subject: str = "") -> None:
        super().__init__("A safety limit was reached", message, subject=subject)
        self.limit = limit
        self.allowed = allowed


class ArchiveError(InspectorError):
    """The archive cannot be read."""


class ArchiveUnreadable(ArchiveError):
    """The operating system did not let us read it."""


class ReadFailed(ArchiveUnreadable):
    """The disk or the share failed in the middle of a file: nothing that is said of the archive after this can be trusted."""


class NotAnArchive(ArchiveError):
    """A readable file that is no image archive; the message says what it is and what to do."""


class ArchiveDamaged(ArchiveError):
    """An image archive whose needed parts are missing or broken."""


class SourceChanged(ArchiveError):
    """The file became shorter or was rewritten while it was open."""


class DocumentError(InspectorError):
    """A JSON document that cannot be parsed, or is of no usable shape."""


class BlobError(InspectorError):
    """A blob cannot be used."""


class BlobMissing(BlobError):
    """The archive does not hold it."""


class BlobMismatch(BlobError):
    """Digest or size of the stored bytes differ from what refers to them; both are in the message."""


class CompressionError(BlobError):
    """A compressed stream that is damaged, cut, or of an unsupported kind."""


class LayerError(InspectorError):
    """A layer's tar that cannot be walked at all."""


class ExportError(InspectorError):
    """The export did not happen; the source and an existing target are as they were."""


class TargetExists(ExportError):
    """The target exists and overwriting was not asked for."""


class TargetIsSource(ExportError):
    """Source and target are the same file, directly or through a link."""


class TargetUnwritable(ExportError):
    """The target's folder or disk does not take the file."""


class ExtractError(InspectorError):
    """Nothing was extracted: the folder chosen does not do, or failed on the way; what had been written is gone again."""


def without_quotes(error: BaseException) -> str:
    """What an unexpected exception says, for a report: what it quotes may be content of an archive, and is left out."""
    text = str(error)
    for quoted in _QUOTED:
        text = quoted.sub("'…'", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
