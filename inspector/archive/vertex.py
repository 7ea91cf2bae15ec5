"""One digest of the descriptor graph while it is being read, and what there may be to tell about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.archive.image import Image, NodeKind
from inspector.archive.opening import finding
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.oci import mediatype

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document
    from inspector.oci.index import ImageIndex
    from inspector.oci.manifest import ImageManifest


@dataclass(slots=True, eq=False)
class Vertex:
    """A document (or its absence). `image_names` and `ref_names` end up holding inherited ones too, own ones first."""

    digest: Digest
    descriptor: Descriptor | None
    path: tuple[Digest, ...]
    source: str
    blob: Blob | None = None
    document: Document | None = None
    kind: NodeKind = NodeKind.ABSENT
    index: ImageIndex | None = None
    manifest: ImageManifest | None = None
    children: list[Digest] = field(default_factory=list)
    image_names: dict[str, None] = field(default_factory=dict)
    ref_names: dict[str, None] = field(default_factory=dict)
    named_here: bool = False
    """A top-level descriptor of its own gives it a name."""
    image: Image | None = None

    @property
    def pointer(self) -> str | None:
        return self.descriptor.pointer if self.descriptor is not None else None

    @property
    def stored_as(self) -> str:
        return self.blob.member.name if self.blob is not None else ""


def absent(vertex: Vertex, origin: str) -> Finding:
    """BLOB-6: `origin` lists a document that the archive does not hold, or holds in the descriptor's `data` only."""
    descriptor = vertex.descriptor
    nested = len(vertex.path) > 1
    platform = descriptor.platform if descriptor is not None else None
    what = mediatype.in_words(descriptor.media_type) if descriptor is not None else say("manifest")
    of = say(" for %s", platform) if platform is not None and not platform.is_unknown else ""
    embedded = vertex.blob is not None
    title = say("The %(what)s%(of)s is not in the archive", what=what, of=of)
    if embedded:
        title = say("The %(what)s%(of)s is only in its descriptor's data", what=what, of=of)
    return finding(
        "BLOB-6",
        Severity.INFO if nested else Severity.ERROR,
        title,
        "It is read here; loaders look for the blob and do not find it. An export writes the blob."
        if embedded
        else "An index may list what the archive does not hold, as after pulling one platform only; "
        "loaders that want all platforms refuse it."
        if nested
        else say("%s lists it, so loaders look for it and fail.", origin),
        at=origin,
        pointer=vertex.pointer,
        digest=vertex.digest,
        fix=Fix.AUTOMATIC if embedded else Fix.CHOICE,
        spec="image-layout.md#blobs",
    )


def contains_itself(vertex: Vertex, child: Descriptor) -> Finding:
    """INDEX-12: a circle, which right digests make impossible."""
    return finding(
        "INDEX-12",
        Severity.ERROR,
        "An index that contains itself",
        "This is only possible with wrong digests. The second mention is left out.",
        at=vertex.stored_as,
        pointer=child.pointer,
        digest=child.digest,
    )


def too_deep(vertex: Vertex, allowed: int) -> Finding:
    """INDEX-12: nesting beyond the limit."""
    return finding(
        "INDEX-12",
        Severity.ERROR,
        "Indexes are nested too deeply",
        say("What lies below %s levels is not shown (limit index_depth).", allowed),
        at=vertex.stored_as,
        digest=vertex.digest,
        expected=say("at most %s", allowed),
        found=len(vertex.path),
    )


def no_document(vertex: Vertex, origin: str) -> Finding:
    """INDEX-5: what a descriptor of an index leads to is no index and no manifest."""
    return finding(
        "INDEX-5",
        Severity.WARNING,
        "A descriptor leads to no manifest",
        "What it names is neither an index nor a manifest, so there is nothing to run or list.",
        at=vertex.stored_as or origin,
        pointer=vertex.pointer,
        digest=vertex.digest,
        found=vertex.descriptor.media_type if vertex.descriptor is not None else None,
    )


def other_media_type(vertex: Vertex, own: str) -> Finding:
    """DESC-11: the document names another type than the descriptor that leads to it."""
    return finding(
        "DESC-11",
        Severity.ERROR,
        "A document contradicts its descriptor",
        "Its own mediaType is not the one of the descriptor that leads to it.",
        at=vertex.stored_as,
        pointer="$.mediaType",
        digest=vertex.digest,
        expected=vertex.descriptor.media_type if vertex.descriptor is not None else None,
        found=own,
        spec="media-types.md#media-type-conflicts",
    )
