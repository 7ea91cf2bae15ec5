"""Computing the digest of every blob, once each, in the background; the states in the tree follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob, BlobState, compute_digest
from inspector.findings import Severity
from inspector.language import tr
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.viewmodel.session import ArchiveSession


@dataclass(frozen=True, slots=True)
class VerificationOutcome:
    """How many blobs are what; `unknown` ones have no digest to compare with."""

    verified: int
    wrong: int
    absent: int
    unknown: int

    @property
    def severity(self) -> Severity:
        return Severity.ERROR if self.wrong else Severity.WARNING if self.absent else Severity.INFO

    @property
    def line(self) -> str:
        """`12 blobs verified, 1 wrong, 2 absent`."""
        parts = [tr("%s verified") % display.count(self.verified, "blob", "blobs")]
        parts += [tr("%s wrong") % f"{self.wrong:,}"] if self.wrong else []
        parts += [tr("%s absent") % f"{self.absent:,}"] if self.absent else []
        parts += [tr("%s without a stated digest") % f"{self.unknown:,}"] if self.unknown else []
        return ", ".join(parts)


def verify_all(
    session: ArchiveSession, token: CancelToken, sink: ProgressSink, on_checked: Callable[[], None] | None = None
) -> VerificationOutcome:
    """Every blob that was not checked yet, small ones first, so that documents are known soon.

    `on_checked` is called from the worker after each; the tree's `refresh` is then due on the window's thread.
    Raises `Cancelled`, `SourceChanged`, `LimitReached` ("blob_bytes"); what was checked until then stays.
    """
    blobs: dict[Blob, str] = {}
    absent: set[str] = set()
    for node in session.tree.nodes:
        if node.blob is not None:
            blobs.setdefault(node.blob, node.short)
        elif node.state().check.name == "ABSENT":
            absent.add(str(node.digest))
    waiting = sorted((blob for blob in blobs if _needs_check(blob)), key=lambda blob: blob.size)
    total = sum(blob.size for blob in waiting)
    done = 0
    for blob in waiting:
        token.check()
        before, name = done, blobs[blob]

        def report(progress: Progress, /, before: int = before, name: str = name) -> None:
            sink(Progress("Verifying", before + progress.done, total, name))

        compute_digest(blob, token, report, _algorithm(blob), limits=session.limits)
        done += blob.size
        if on_checked is not None:
            on_checked()
    outcome = _count(blobs, session, len(absent))
    if outcome.wrong:
        session.check(token, again=True)  # what is wrong becomes a finding, and changes what loaders make of it
    return outcome


def _needs_check(blob: Blob) -> bool:
    if not blob.member.complete or not _can_check(blob):
        return False
    return blob.state is BlobState.UNCHECKED and (blob.claimed is not None or blob.computed is None)


def _can_check(blob: Blob) -> bool:
    return blob.claimed is None or blob.claimed.checkable


def _algorithm(blob: Blob) -> str:
    return blob.claimed.algorithm if blob.claimed is not None else "sha256"


def _count(blobs: Iterable[Blob], session: ArchiveSession, absent: int) -> VerificationOutcome:
    verified = wrong = unknown = 0
    for blob in blobs:
        if blob.state is BlobState.WRONG or blob in session.tree.wrong_diff_ids:
            wrong += 1
        elif blob.state is BlobState.VERIFIED:
            verified += 1
        else:
            unknown += 1
    return VerificationOutcome(verified, wrong, absent, unknown)
