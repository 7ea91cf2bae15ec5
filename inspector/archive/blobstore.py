"""The blobs of an archive: stored bytes with what is claimed about them and what we found out ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from inspector.archive.compression import SNIFF_BYTES, Compression, sniff
from inspector.archive.limits import Limits
from inspector.archive.members import Member, MemberKind, MemberTable
from inspector.archive.source import ByteSource, MemorySource, chunks
from inspector.errors import SourceChanged
from inspector.language import say
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink


class BlobState(Enum):
    """What may be said of a blob. *Verified* only of bytes whose digest was computed since the archive was opened."""

    UNCHECKED = "unchecked"
    VERIFIED = "verified"
    WRONG = "wrong"
    ABSENT = "absent"


class Blob:
    """Stored bytes of one member. Compared by identity.

    `claimed` is what its name, or whatever refers to it, says of the stored bytes; `computed` is the digest that
    we computed over all of them, or None, `diff_id` the sha256 of what a layer inflates to, if we computed it.
    Reading needs no lock; `record` may be called from a worker.
    """

    __slots__ = ("__weakref__", "_compression", "_computed", "_found", "_table", "claimed", "diff_id", "member")

    def __init__(
        self,
        member: Member,
        table: MemberTable,
        claimed: Digest | None = None,
        found: dict[Digest, Blob] | None = None,
    ) -> None:
        self.member = member
        self.claimed = claimed
        self._table = table
        self._found = found if found is not None else {}
        self._computed: dict[str, Digest] = {}
        self._compression: Compression | None = None
        self.diff_id: Digest | None = None

    def __repr__(self) -> str:
        return f"Blob({self.member.name!r}, {self.claimed})"

    @property
    def size(self) -> int:
        """Stored bytes. Of a member that was cut off: what its header promised."""
        return self.member.size

    @property
    def computed(self) -> Digest | None:
        """The sha256 computed by us over all stored bytes, or None."""
        return self._computed.get("sha256")

    @property
    def compression(self) -> Compression:
        """From the first bytes, never from a name or media type; read once."""
        if self._compression is None:
            source = self.open()
            self._compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
        return self._compression

    @property
    def state(self) -> BlobState:
        """WRONG also if the archive ends within the blob."""
        if not self.member.complete:
            return BlobState.WRONG
        if self.claimed is None:
            return BlobState.UNCHECKED
        found = self._computed.get(self.claimed.algorithm)
        if found is None:
            return BlobState.UNCHECKED
        return BlobState.VERIFIED if found == self.claimed else BlobState.WRONG

    def open(self) -> ByteSource:
        """The stored bytes (those that are there). Raises as `MemberTable.open`."""
        return self._table.open(self.member)

    def record(self, digest: Digest) -> None:
        """A full pass over the stored bytes computed this."""
        self._computed[digest.algorithm] = digest
        self._found.setdefault(digest, self)

    def forget(self) -> None:
        """The file changed: nothing is verified any more."""
        for digest in self._computed.values():
            if self._found.get(digest) is self:
                del self._found[digest]
        self._computed = {}
        self.diff_id = None


class EmbeddedBlob(Blob):
    """Content that only the `data` of its descriptor holds (descriptor.md#properties): no member, no place in the tar.

    `data` must have been found to be what `claimed` says.
    """

    __slots__ = ("data",)

    def __init__(self, data: bytes, claimed: Digest, table: MemberTable, found: dict[Digest, Blob]) -> None:
        name = f"data of {claimed}"
        super().__init__(Member(name, name.encode(), MemberKind.FILE, len(data)), table, claimed, found)
        self.data = data
        self.record(claimed)

    def open(self) -> ByteSource:
        """The bytes, from memory."""
        return MemorySource(self.data)


class BlobStore:
    """Blobs by member and by digest. A claimed digest is a key to look up by, never a proof."""

    def __init__(self, table: MemberTable) -> None:
        self._table = table
        self._blobs: dict[Member, Blob] = {}
        self._claimed: dict[Digest, Blob] = {}
        self._found: dict[Digest, Blob] = {}

    def add(self, member: Member, claimed: Digest | None = None) -> Blob:
        """The blob of `member`; the same object for the same member.

        A second claim finds it too; the first one that was made is kept in `claimed`.
        """
        blob = self._blobs.get(member)
        if blob is None:
            blob = self._blobs[member] = Blob(member, self._table, claimed, self._found)
        elif blob.claimed is None:
            blob.claimed = claimed
        if claimed is not None:
            self._claimed.setdefault(claimed, blob)
        return blob

    def embed(self, data: bytes, digest: Digest) -> Blob:
        """Make `data`, which must have been found to be `digest`, known by it; a blob of that digest stays what it is."""
        return self.find(digest) or EmbeddedBlob(data, digest, self._table, self._found)

    def find(self, digest: Digest) -> Blob | None:
        """The blob that claims to be `digest`, else one that was computed to be it."""
        return self._claimed.get(digest) or self._found.get(digest)

    def by_member(self, name: str) -> Blob | None:
        """The blob of the member that `name` leads to, links followed; None if it was not added."""
        member = self._table.find(name)
        return self._blobs.get(member) if member is not None else None

    def all(self) -> Iterable[Blob]:
        """Every blob once, in the order in which they were added."""
        return self._blobs.values()

    def __len__(self) -> int:
        return len(self._blobs)


def compute_digest(
    blob: Blob,
    token: CancelToken,
    sink: ProgressSink,
    algorithm: str = "sha256",
    *,
    stage: str = "Verifying",
    limits: Limits | None = None,
) -> Digest:
    """The digest of all stored bytes: one full read, recorded in the blob. ValueError for an unknown algorithm.

    With `limits`, `LimitReached` ("blob_bytes") for a blob that is too large to be read unasked. Raises `Cancelled`, `SourceChanged`, `ArchiveUnreadable`.
    """
    running = hasher(algorithm)
    source = blob.open()
    if limits is not None:
        limits.refuse_blob(blob.member.name, source.size)
    done = 0
    for piece in chunks(source, token=token):
        running.update(piece)
        done += len(piece)
        sink(Progress(stage, done, source.size, blob.member.name))
    if done != source.size:
        raise SourceChanged(
            "The file changed",
            say("%(name)s: read %(done)s of %(size)s bytes.", name=blob.member.name, done=done, size=source.size),
        )
    digest = Digest.parse(f"{algorithm}:{running.hexdigest()}")
    if blob.member.complete:
        blob.record(digest)
    return digest
