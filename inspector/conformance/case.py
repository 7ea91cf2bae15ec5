"""What the rules look at: an opened archive, its descriptors by the document that states them, and what reading found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from inspector.archive.image import ImageArchive, NodeKind
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.conformance.dockerview import DockerImage, blob_at, view_of
from inspector.oci.index import ImageIndex
from inspector.progress import CancelToken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image, TreeNode
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document


class Role(StrEnum):
    """What a descriptor is for."""

    ENTRY = "entry of index.json"
    CHILD = "entry of a nested index"
    CONFIG = "config"
    LAYER = "layer"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, eq=False)
class Pointed:
    """A descriptor with the document that states it; `image` is set for configs and layers."""

    document: str
    descriptor: Descriptor
    role: Role
    image: Image | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StoredIndex:
    """An index: index.json itself (`is_top`) or a nested one."""

    document: Document
    index: ImageIndex
    is_top: bool


@dataclass(slots=True, eq=False)
class Contents:
    """What reading every blob found; empty in a quick check.

    `diff_ids`: of each layer that was read, the sha256 of its uncompressed tar, None if it cannot be had (damaged).
    `unread`: why a blob was not read to its end. `no_tar`: layers whose bytes are no tar at all.
    """

    done: bool = False
    diff_ids: dict[Blob, Digest | None] = field(default_factory=dict)
    damaged: dict[Blob, str] = field(default_factory=dict)
    no_tar: set[Blob] = field(default_factory=set)
    absolute_links: set[Blob] = field(default_factory=set)
    """Layers with hard links whose target begins with a slash (Docker 29.7.0 refuses them)."""
    dangling_links: dict[Blob, frozenset[bytes]] = field(default_factory=dict)
    """Layers with hard links to what the layer does not have before them, and to what."""
    lost_links: set[Blob] = field(default_factory=set)
    """Of these, the layers with a target that no layer below them has either."""
    trailing: set[Blob] = field(default_factory=set)
    """Layers with bytes behind their compressed stream."""
    repeated: set[Blob] = field(default_factory=set)
    """Layers in which a path stands twice, folders included."""
    unusable: dict[Blob, str] = field(default_factory=dict)
    """Layers that are read, and yet have an entry that unpackers refuse: the code of the rule."""


class Case:
    """One archive being checked. Everything here is made when it is first asked for, from what opening read."""

    def __init__(
        self, archive: ImageArchive, *, token: CancelToken | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.archive = archive
        self.limits = limits
        self.token = token or CancelToken()
        self.contents = Contents()

    @property
    def is_layout(self) -> bool:
        """Whether it is an OCI image layout, with or without Docker's manifest.json."""
        return self.archive.layout in ("oci-layout", "oci-layout+docker")

    @property
    def is_tar(self) -> bool:
        return self.archive.members.end is not None

    @cached_property
    def nodes(self) -> tuple[TreeNode, ...]:
        """Every node of the tree, those of one digest once."""
        found: dict[object, TreeNode] = {}
        for root in self.archive.roots:
            for node in root.walk():
                found.setdefault(node.digest or id(node), node)
        return tuple(found.values())

    @cached_property
    def by_digest(self) -> Mapping[Digest, TreeNode]:
        return {node.digest: node for node in self.nodes if node.digest is not None}

    @cached_property
    def top(self) -> StoredIndex | None:
        """index.json, if it can be understood."""
        document = self.archive.root_document("index.json") if self.is_layout else None
        if document is None or not isinstance(document.value, dict):
            return None
        index, _ = ImageIndex.parse(document, most=self.limits.descriptors)
        return StoredIndex(document, index, is_top=True)

    @cached_property
    def indexes(self) -> tuple[StoredIndex, ...]:
        """index.json first, then the nested indexes."""
        nested = (
            StoredIndex(node.document, node.index, is_top=False)
            for node in self.nodes
            if node.index is not None and node.document is not None
        )
        return (*((self.top,) if self.top is not None else ()), *nested)

    @cached_property
    def pointed(self) -> tuple[Pointed, ...]:
        """Every descriptor of every document that was read."""
        return tuple(self._pointed())

    def _pointed(self) -> Iterator[Pointed]:
        for stored in self.indexes:
            role = Role.ENTRY if stored.is_top else Role.CHILD
            for descriptor in stored.index.manifests:
                yield Pointed(stored.document.name, descriptor, role)
            if stored.index.subject is not None:
                yield Pointed(stored.document.name, stored.index.subject, Role.SUBJECT)
        for image in self.archive.images:
            manifest = image.parsed_manifest
            if manifest is None or image.manifest is None:
                continue
            name = image.manifest.name
            if manifest.config is not None:
                yield Pointed(name, manifest.config, Role.CONFIG, image)
            for layer in manifest.layers:
                yield Pointed(name, layer, Role.LAYER, image)
            if manifest.subject is not None:
                yield Pointed(name, manifest.subject, Role.SUBJECT, image)

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """Runnable images only: no attestations, no artifacts."""
        return tuple(image for image in self.archive.images if image.kind is NodeKind.IMAGE)

    @cached_property
    def by_key(self) -> Mapping[Digest, Image]:
        """Image, attestation or artifact by manifest digest."""
        return {image.manifest_digest: image for image in self.archive.images if image.manifest_digest is not None}

    @cached_property
    def by_config(self) -> Mapping[Digest, Image]:
        """Images by the digest of their config's bytes."""
        found: dict[Digest, Image] = {}
        for image in self.images:
            digest = image.config.digest if image.config is not None else image.config_digest
            if digest is not None:
                found.setdefault(digest, image)
        return found

    @cached_property
    def docker(self) -> tuple[DockerImage, ...]:
        """One per entry of manifest.json, in order."""
        known = {image.config_blob: image for image in self.images if image.config_blob is not None}
        return tuple(view_of(self.archive, entry, known, self.limits) for entry in self.archive.docker_entries)

    def blob_at(self, name: str) -> Blob | None:
        """The blob of the regular file that `name` leads to, links followed."""
        return blob_at(self.archive, name)
