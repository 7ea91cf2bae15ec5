"""What the rest of the program works on: an opened archive, its tree, its images and their layers.

Everything here is immutable after opening. Bytes of layers are never read here, except the few
bytes of magic that `Layer.compression` looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from inspector.archive.compression import Compression
from inspector.oci.mediatype import declared_compression

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspector.archive.blobstore import Blob, BlobStore
    from inspector.archive.members import MemberTable
    from inspector.archive.source import ByteSource, FileSource
    from inspector.findings import Finding
    from inspector.oci.config import HistoryEntry, ImageConfig
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.document import Document
    from inspector.oci.index import ImageIndex
    from inspector.oci.manifest import ImageManifest
    from inspector.oci.platform import Platform


class NodeKind(StrEnum):
    """What a node of the tree is."""

    INDEX = "index"
    IMAGE = "image"
    ATTESTATION = "attestation"
    ARTIFACT = "artifact"
    ABSENT = "absent"
    """A descriptor whose blob the archive does not hold."""
    UNREADABLE = "unreadable"
    """A blob that is there but is no document of a known kind, or is damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer of one image; `number` counts from 1, base first.

    `digest` is of the stored bytes: stated by a descriptor, a file name or (for plain layers) the diffID;
    None if nothing states it. `diff_id` is what the config states. `size` is the stored size in bytes.
    """

    number: int
    descriptor: Descriptor | None
    blob: Blob | None
    digest: Digest | None
    diff_id: Digest | None
    media_type: str | None
    size: int | None
    history: HistoryEntry | None

    @property
    def present(self) -> bool:
        """Whether the archive holds all bytes of the layer."""
        return self.blob is not None and self.blob.member.complete

    @property
    def compression(self) -> Compression:
        """How the stored bytes are compressed: by their magic, else by the declared media type."""
        if self.blob is not None:
            return self.blob.compression
        declared = declared_compression(self.media_type) if self.media_type else None
        return Compression(declared) if declared else Compression.NONE


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Image:
    """One image, attestation or artifact: one manifest (or `manifest.json` entry, or v1 chain) of the archive.

    `names` are fully qualified references, each once, in the order in which they were found.
    `path` leads from the outermost index blob to the manifest (`index.json` itself is not in it).
    `complete`: config and every layer are there, with all their bytes.
    What a shape of archive does not know of its images keeps its default.
    """

    names: tuple[str, ...] = ()
    ref_names: tuple[str, ...] = ()
    repo_tags: tuple[str, ...] = ()
    kind: NodeKind
    platform: Platform | None = None
    manifest: Document | None = None
    parsed_manifest: ImageManifest | None = None
    manifest_descriptor: Descriptor | None = None
    config: Document | None = None
    parsed_config: ImageConfig | None = None
    config_descriptor: Descriptor | None = None
    config_blob: Blob | None = None
    config_digest: Digest | None = None
    layers: tuple[Layer, ...]
    path: tuple[Digest, ...] = ()
    source: str
    """Where it was found: `index.json`, `manifest.json`, `repositories`, `dir`, or `blobs` (nothing refers to it)."""
    subject: Digest | None = None
    artifact_type: str | None = None
    complete: bool
    key: str
    """Unique within the archive: manifest digest, else config digest, else v1 id (`v1:<hex>`)."""
    history: tuple[tuple[HistoryEntry, Layer | None], ...] = ()
    """Each step of the config's history with the layer that it made; empty steps have None."""
    manifest_media_type: str | None = None
    v1_ids: tuple[str, ...] = ()
    """Docker up to 1.9 only: the v1 ids of the chain, base first (see `legacy.synthesise_config`)."""

    @property
    def manifest_digest(self) -> Digest | None:
        """The digest under which the stored manifest is referred to; None if there is none (docker save before 25).

        What its bytes really hash to is `manifest.digest`; BLOB-1 is found where the two differ.
        """
        if self.manifest is None:
            return None
        return self.path[-1] if self.path else self.manifest.digest


@dataclass(frozen=True, slots=True, eq=False)
class TreeNode:
    """One document of the tree, with those below it.

    `referrers` are attestations, signatures and other manifests that describe this one.
    `names` are fit for a person: qualified names first, then bare ref names.
    """

    kind: NodeKind
    descriptor: Descriptor | None = None
    document: Document | None = None
    index: ImageIndex | None = None
    image: Image | None = None
    names: tuple[str, ...] = ()
    children: tuple[TreeNode, ...] = ()
    referrers: tuple[TreeNode, ...] = ()
    digest: Digest | None = None
    blob: Blob | None = None

    def walk(self) -> Iterator[TreeNode]:
        """This node and all below it, referrers last; iterative, so depth costs no stack."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.referrers))
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Writer:
    """Which tool wrote the archive, as far as evidence goes; `evidence` says why, one sentence each."""

    text: str
    evidence: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class ImageArchive:
    """An opened archive. It owns open files: close it, or use it as a context manager.

    `layout` is a word of cli.md: docker-save, docker-save-v1, oci-layout, oci-layout+docker, docker-dir.
    `images` is flat: every manifest once, in the order of the tree, docker-only entries after them.
    `roots` is the tree. `root_documents` are index.json, manifest.json, oci-layout, repositories as stored.
    """

    path: Path
    size: int
    compression: Compression
    layout: str
    writer: Writer
    members: MemberTable
    blobs: BlobStore
    root_documents: tuple[Document, ...] = ()
    roots: tuple[TreeNode, ...] = ()
    images: tuple[Image, ...] = ()
    docker_entries: tuple[DockerManifestEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    source: FileSource | None = None
    spooled: ByteSource | None = None
    """The private temporary copy of a compressed outer file, inflated; None for plain files and folders."""
    _closed: bool = field(default=False, repr=False)

    @property
    def spooled_bytes(self) -> int:
        """Size of the temporary copy in bytes; 0 if there is none."""
        return self.spooled.size if self.spooled is not None else 0

    def root_document(self, name: str) -> Document | None:
        """The root document of that member name, if the archive has it."""
        return next((document for document in self.root_documents if document.name == name), None)

    def check_source(self) -> None:
        """Raise `SourceChanged` if the file on disk is no longer the one that was opened."""
        if self.source is not None:
            self.source.check()

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.members.close()
        closer = getattr(self.spooled, "close", None)
        if closer is not None:
            closer()
        if self.source is not None:
            self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
