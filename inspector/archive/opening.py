"""What the shape modules share while one archive is being opened: members, blobs, documents, findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.archive.blobstore import BlobState, EmbeddedBlob
from inspector.archive.members import MemberKind
from inspector.errors import ArchiveUnreadable, DocumentError, InspectorError, LimitReached, ReadFailed
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import Said, say
from inspector.oci.config import ImageConfig
from inspector.oci.digest import Digest
from inspector.oci.document import JsonLimits, parse_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.archive.blobstore import Blob, BlobStore
    from inspector.archive.limits import Limits
    from inspector.archive.members import Member, MemberTable
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.document import Document
    from inspector.progress import CancelToken

MAX_FINDINGS_PER_CODE = 200
"""How many findings of one code opening keeps; the rest is counted in one last finding."""


class Opening:
    """The state of one opening. Documents are read once; every finding goes through `note`."""

    def __init__(self, members: MemberTable, blobs: BlobStore, limits: Limits, token: CancelToken) -> None:
        self.members = members
        self.blobs = blobs
        self.limits = limits
        self.token = token
        self._findings: list[Finding] = []
        self._counts: dict[str, int] = {}
        self._documents: dict[Blob, Document | None] = {}
        self._quiet: dict[Blob, list[Finding]] = {}
        self._failures: dict[Blob, InspectorError] = {}
        self._configs: dict[Blob, ImageConfig | None] = {}
        self._by_digest: dict[Digest, Blob] = {}

    # findings ------------------------------------------------------------------------------------------

    def note(self, *findings: Finding) -> None:
        """Keep them; beyond `MAX_FINDINGS_PER_CODE` of a code they are only counted."""
        for finding in findings:
            count = self._counts[finding.code] = self._counts.get(finding.code, 0) + 1
            if count <= MAX_FINDINGS_PER_CODE:
                self._findings.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """All that was noted, each equal one once, in order."""
        more = [
            Finding(
                code,
                Severity.INFO,
                say("%s more findings of this kind", f"{count - MAX_FINDINGS_PER_CODE:,}"),
                say(
                    "Only the first %(kept)s of %(count)s are listed.",
                    kept=MAX_FINDINGS_PER_CODE,
                    count=f"{count:,}",
                ),
            )
            for code, count in self._counts.items()
            if count > MAX_FINDINGS_PER_CODE
        ]
        return tuple(dict.fromkeys([*self._findings, *more]))

    # blobs ---------------------------------------------------------------------------------------------

    def add_blob(self, member: Member, claimed: Digest | None = None) -> Blob:
        """The one blob of a member, found by `claimed` from now on."""
        blob = self.blobs.add(member, claimed)
        if claimed is not None:
            self._by_digest.setdefault(claimed, blob)
        return blob

    def find_blob(self, digest: Digest | None) -> Blob | None:
        """The blob stored under that digest; one dictionary look-up, so absent ones cost nothing."""
        return self._by_digest.get(digest) if digest is not None else None

    def blob_of(self, descriptor: Descriptor) -> Blob | None:
        """The blob stored under the descriptor's digest, else what its `data` holds if that is what the digest says."""
        digest, data = descriptor.digest, descriptor.data
        blob = self.find_blob(digest)
        if blob is not None or digest is None or data is None or not digest.checkable:
            return blob
        if descriptor.size not in (None, len(data)) or Digest.of(data, digest.algorithm) != digest:
            return None  # DESC-8 tells it
        blob = self._by_digest[digest] = self.blobs.embed(data, digest)
        return blob

    def file_blob(self, name: str, claimed: Digest | None = None) -> Blob | None:
        """The blob of the regular file that `name` leads to, links followed."""
        member = self.members.find(name)
        if member is None or member.kind is not MemberKind.FILE:
            return None
        return self.add_blob(member, claimed)

    # documents -----------------------------------------------------------------------------------------

    def root_document(self, name: str, code: str) -> Document | None:
        """index.json, manifest.json and the like; None if it is not there, or (with a finding) of no use.

        Raises `LimitReached` if it is too large: without it the archive would look empty.
        """
        blob = self.file_blob(name)
        return self.document(blob, code, name=name, is_root=True) if blob is not None else None

    def document(
        self, blob: Blob, code: str | None, *, name: str = "", limit: str = "json_bytes", is_root: bool = False
    ) -> Document | None:
        """The JSON in a blob, its digest computed and recorded; None with a finding `code` if it is of no use.

        With `code` None nothing is noted (it may be no document at all) until somebody asks again with a code.
        """
        if blob not in self._documents:
            self.token.check()
            self._quiet[blob] = []
            self._documents[blob] = self._parse(blob, name or blob.member.name, limit, is_root=is_root)
        if code is not None:
            self.note(*(replace(found, code=found.code or code) for found in self._quiet.pop(blob, ())))
        return self._documents[blob]

    def _parse(self, blob: Blob, shown: str, limit: str, *, is_root: bool) -> Document | None:
        try:
            if not blob.member.complete:
                raise DocumentError(
                    "A document that is cut off", say("The archive ends within %s.", shown), subject=shown
                )
            raw = blob.data if isinstance(blob, EmbeddedBlob) else self.members.read(blob.member, limit)
            blob.record(Digest.of(raw))
            claimed = blob.claimed
            if claimed is not None and claimed.checkable and claimed.algorithm != "sha256":
                blob.record(Digest.of(raw, claimed.algorithm))
            document = parse_document(raw, shown, limits=self._json_limits(limit))
        except ReadFailed:
            raise  # a finding about the archive would be a lie: it is the disk
        except (DocumentError, LimitReached, ArchiveUnreadable) as error:
            if is_root and isinstance(error, LimitReached):
                raise
            self._failures[blob] = error
            where = Where(shown, digest=str(blob.claimed) if blob.claimed else None)
            self._quiet[blob].append(Finding("", Severity.ERROR, error.title, error.message, where))
            return None
        self._quiet[blob].extend(document.findings)
        return document

    def failure(self, blob: Blob) -> InspectorError | None:
        """Why `document` gave None for this blob."""
        return self._failures.get(blob)

    def _json_limits(self, limit: str) -> JsonLimits:
        limits = self.limits
        return JsonLimits(
            json_bytes=getattr(limits, limit),
            json_depth=limits.json_depth,
            json_values=limits.json_values,
            size_limit=limit,
        )

    def config(self, blob: Blob) -> tuple[Document | None, ImageConfig | None]:
        """An image config and what it says; parsed once, findings noted once."""
        document = self.document(blob, "CONFIG-1", limit="config_bytes")
        if document is None:
            return None, None
        if blob not in self._configs:
            config: ImageConfig | None = None
            if isinstance(document.value, dict):
                config, findings = ImageConfig.parse(document)
                self.note(*findings)
            self._configs[blob] = config
        return document, self._configs[blob]

    def peek(self, blob: Blob, length: int = 1) -> bytes:
        """The first stored bytes, b"" if the file cannot be opened. Raises `ReadFailed`."""
        try:
            source = blob.open()
            return source.read_at(0, min(length, source.size))
        except ReadFailed:
            raise
        except ArchiveUnreadable:
            return b""

    def check_digest(self, blob: Blob) -> None:
        """BLOB-1 if a document that was read is not what its digest says."""
        claimed, computed = blob.claimed, blob.computed
        if claimed is None or computed is None or blob.state is not BlobState.WRONG or not blob.member.complete:
            return
        self.note(
            finding(
                "BLOB-1",
                Severity.ERROR,
                "A document is not what its digest says",
                "Its bytes hash to another digest: it was changed or damaged. It is shown all the same.",
                at=blob.member.name,
                digest=claimed,
                expected=claimed,
                found=computed,
                spec="descriptor.md#verification",
            )
        )


def finding(  # noqa: PLR0913 - one keyword per field of Finding and Where
    code: str,
    severity: Severity,
    title: str,
    explanation: str = "",
    *,
    at: str = "",
    pointer: str | None = None,
    offset: int | None = None,
    digest: Digest | str | None = None,
    expected: object = None,
    found: object = None,
    fix: Fix = Fix.NONE,
    spec: str | None = None,
) -> Finding:
    """A `Finding` with its place spelled in one line."""
    return Finding(
        code,
        severity,
        title,
        explanation,
        Where(at, pointer, offset, str(digest) if digest is not None else None),
        _as_text(expected),
        _as_text(found),
        fix,
        spec,
    )


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, Said) else str(value)


def some(values: Iterable[object], most: int = 3) -> str:
    """`a, b, c and 4 more`, for sentences."""
    listed = [str(value) for value in values]
    first, rest = ", ".join(listed[:most]), len(listed) - most
    return say("%(first)s and %(rest)s more", first=first, rest=f"{rest:,}") if rest > 0 else first
