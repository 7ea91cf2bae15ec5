"""What `evidence.collect` computed for a report, and what its sections are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.archive.image import ImageArchive
    from inspector.conformance.check import Report
    from inspector.oci.digest import Digest


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What was computed for a report.

    `file_digest` is the sha256 of the archive file as it lies on the disk, None of a folder and of a huge file. `files` are blobs first met
    by a reader, then what nothing refers to; `more_files` were left out.
    """

    archive: ImageArchive
    report: Report
    file_digest: Digest | None
    files: tuple[Blob, ...]
    more_files: int
