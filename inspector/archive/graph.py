"""The graph of descriptors: from the outermost ones to indexes, manifests, and what describes them.

A digest is read once, wherever it is mentioned. The walk is iterative and bounded: depth by `limits.index_depth`,
descriptors by `limits.descriptors`; a blob that contains itself (possible only if its digest is wrong) is told.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from inspector.archive import naming, vertex
from inspector.archive.assemble import check_size, image_from_manifest, kind_of, stated_subject, subject_of
from inspector.archive.blobstore import EmbeddedBlob
from inspector.archive.image import Image, NodeKind, TreeNode
from inspector.archive.placement import Placement
from inspector.archive.vertex import Vertex
from inspector.errors import LimitReached
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.annotations import IMAGE_NAME, REF_NAME
from inspector.oci.index import ImageIndex
from inspector.oci.manifest import ImageManifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from inspector.archive.blobstore import Blob
    from inspector.archive.opening import Opening
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document


class Graph:
    """Collects what is reachable; `build` makes the tree. `source` is the word for `Image.source`."""

    def __init__(self, opening: Opening, source: str) -> None:
        self._opening = opening
        self._source = source
        self._vertices: dict[Digest, Vertex] = {}
        self._tops: dict[Digest, None] = {}
        self._descriptors = 0

    def __contains__(self, digest: Digest) -> bool:
        return digest in self._vertices

    def __len__(self) -> int:
        return len(self._vertices)

    @property
    def manifests(self) -> Iterator[tuple[Digest, ImageManifest]]:
        """Every manifest that was read."""
        return ((v.digest, v.manifest) for v in self._vertices.values() if v.manifest is not None)

    def referenced(self) -> set[Digest]:
        """Every digest that a descriptor of the graph names: documents, configs, layers."""
        found = set(self._vertices)
        for _, manifest in self.manifests:
            found.update(layer.digest for layer in manifest.layers if layer.digest is not None)
            if manifest.config is not None and manifest.config.digest is not None:
                found.add(manifest.config.digest)
        for v in self._vertices.values():
            if v.image is not None and v.manifest is None:
                found.update(layer.digest for layer in v.image.layers if layer.digest is not None)
        return found

    # collecting ----------------------------------------------------------------------------------------

    def add_top(self, descriptor: Descriptor, *, origin: str) -> None:
        """An entry of index.json. `origin` names the document in findings."""
        self._count(1)
        digest = descriptor.digest
        if digest is None:
            return  # Descriptor.parse has noted DESC-2: there is nothing to look up
        found = self._vertices.get(digest) or self._walk(descriptor, digest, origin)
        self._tops.setdefault(digest)
        image_name, ref_name = descriptor.annotations.get(IMAGE_NAME), descriptor.annotations.get(REF_NAME)
        for name, kept in ((image_name, found.image_names), (ref_name, found.ref_names)):
            if name and len(kept) < naming.MAX_NAMES:
                kept.setdefault(name)
                found.named_here = True

    def add_document(self, blob: Blob, *, origin: str, source: str | None = None) -> Digest | None:
        """A manifest or index that no descriptor leads to: an orphan, or manifest.json of `dir:`."""
        digest = blob.claimed or blob.computed
        if digest is not None:
            if digest not in self._vertices:
                self._walk(None, digest, origin, blob, source)
            self._tops.setdefault(digest)
        return digest

    def _count(self, more: int) -> None:
        self._descriptors += more
        allowed = self._opening.limits.descriptors
        if self._descriptors > allowed:
            raise LimitReached(
                "descriptors",
                allowed,
                say(
                    "The indexes of this archive list more than %s descriptors. If you trust the archive, open it again with a higher limit.",
                    f"{allowed:,}",
                ),
            )

    def _walk(
        self,
        descriptor: Descriptor | None,
        digest: Digest,
        origin: str,
        blob: Blob | None = None,
        source: str | None = None,
    ) -> Vertex:
        """Read a document and all below it, depth first and in order."""
        first = Vertex(digest, descriptor, (digest,), source or self._source, blob)
        self._read(first, origin)
        waiting = [(first, iter(first.index.manifests if first.index is not None else ()))]
        above = {digest}
        while waiting:
            here, children = waiting[-1]
            child = next(children, None)
            if child is None:
                waiting.pop()
                above.discard(here.digest)
                continue
            self._count(1)
            if child.digest is None:
                continue
            if child.digest in above:
                self._opening.note(vertex.contains_itself(here, child))
                continue
            here.children.append(child.digest)
            if child.digest in self._vertices:
                continue
            found = Vertex(child.digest, child, (*here.path, child.digest), here.source)
            self._read(found, here.stored_as)
            if found.index is not None:
                if len(found.path) > self._opening.limits.index_depth:
                    self._opening.note(vertex.too_deep(found, self._opening.limits.index_depth))
                    continue
                above.add(found.digest)
                waiting.append((found, iter(found.index.manifests)))
        return first

    def _read(self, here: Vertex, origin: str) -> None:
        opening = self._opening
        opening.token.check()
        self._vertices[here.digest] = here
        descriptor = here.descriptor
        if here.blob is None:
            here.blob = opening.blob_of(descriptor) if descriptor is not None else opening.find_blob(here.digest)
        if here.blob is None or isinstance(here.blob, EmbeddedBlob):
            opening.note(vertex.absent(here, origin))
        if here.blob is None:
            return
        here.kind = NodeKind.UNREADABLE
        if descriptor is not None:
            check_size(opening, descriptor, here.blob)
            if not _may_be_document(descriptor, here.blob, opening):
                opening.note(vertex.no_document(here, origin))
                return
        here.document = opening.document(here.blob, "DESC-11")
        if here.document is not None:
            opening.check_digest(here.blob)
            self._understand(here, here.document, origin)

    def _understand(self, here: Vertex, document: Document, origin: str) -> None:
        value = document.value
        opening = self._opening
        media_type = here.descriptor.media_type if here.descriptor is not None else ""
        if not isinstance(value, dict):
            opening.note(vertex.no_document(here, origin))
            return
        # Go's readers take names in any letter case; the parsers tell it (JSON-5).
        names = {name.lower() for name in value}
        looks_index, looks_manifest = "manifests" in names, not names.isdisjoint(("config", "layers"))
        if value.get("schemaVersion") == 1 and isinstance(value.get("fsLayers"), list):
            here.kind = NodeKind.IMAGE
        elif looks_index and (not looks_manifest or mediatype.is_index(media_type)):
            here.kind = NodeKind.INDEX
            here.index, findings = ImageIndex.parse(document, most=opening.limits.descriptors)
            opening.note(*findings)
        elif looks_manifest:
            here.kind = NodeKind.IMAGE
            here.manifest, findings = ImageManifest.parse(document, most=opening.limits.descriptors)
            opening.note(*findings)
        else:
            opening.note(vertex.no_document(here, origin))
            return
        own = value.get("mediaType")
        if media_type and isinstance(own, str) and own and own != media_type:
            opening.note(vertex.other_media_type(here, own))

    # building ------------------------------------------------------------------------------------------

    def build(self, repo_tags: Mapping[Digest, Iterable[str]]) -> tuple[tuple[TreeNode, ...], tuple[Image, ...]]:
        """The tree and the flat list of images. `repo_tags`: from manifest.json entries, by config digest."""
        self._inherit_names()
        for here in self._vertices.values():
            self._make_image(here, repo_tags)
        placement = Placement(
            {here.digest: (here.children, _subject(here)) for here in self._vertices.values()},
            [(digest, self._vertices[digest].named_here) for digest in self._tops],
            depth=2 * self._opening.limits.index_depth,
        )
        images = tuple(here.image for here in self._vertices.values() if here.image is not None)
        return placement.build(self._node), images

    def _inherit_names(self) -> None:
        """Names go down from indexes to what they contain, each vertex after all that list it."""
        above = dict.fromkeys(self._vertices, 0)
        for here in self._vertices.values():
            for digest in here.children:
                above[digest] += 1
        waiting = deque(here for here in self._vertices.values() if not above[here.digest])
        while waiting:
            here = waiting.popleft()
            for digest in here.children:
                child = self._vertices[digest]
                for own, theirs in ((here.image_names, child.image_names), (here.ref_names, child.ref_names)):
                    for name in own if len(theirs) < naming.MAX_NAMES else ():
                        theirs.setdefault(name)
                above[digest] -= 1
                if not above[digest]:
                    waiting.append(child)

    def _make_image(self, here: Vertex, repo_tags: Mapping[Digest, Iterable[str]]) -> None:
        if here.document is None or here.kind is not NodeKind.IMAGE:
            return
        if here.manifest is None:
            from inspector.archive.schema1 import image_from_schema1

            here.image = image_from_schema1(
                self._opening, here.document, here.descriptor, path=here.path, source=here.source
            )
            return
        here.kind = kind_of(here.manifest, here.descriptor)
        # An attestation listed in an index is not what the index's name means.
        named = here.kind is not NodeKind.ATTESTATION or here.named_here
        config = here.manifest.config
        tags: tuple[str, ...] = ()
        if here.kind is NodeKind.IMAGE and config is not None and config.digest is not None:
            tags = tuple(repo_tags.get(config.digest, ()))
        ref_names = tuple(here.ref_names) if named else ()
        here.image = image_from_manifest(
            self._opening,
            here.document,
            here.manifest,
            here.descriptor,
            named=naming.Names(naming.names_of(here.image_names, ref_names, tags) if named else (), ref_names, tags),
            path=here.path,
            source=here.source,
        )

    def _node(self, digest: Digest, children: tuple[TreeNode, ...], referrers: tuple[TreeNode, ...]) -> TreeNode:
        here = self._vertices[digest]
        names, ref_names = naming.names_of(here.image_names, here.ref_names), tuple(here.ref_names)
        if here.image is not None:
            names, ref_names = here.image.names, here.image.ref_names
        elif here.kind is not NodeKind.INDEX:
            names, ref_names = (), ()
        return TreeNode(
            kind=here.kind,
            descriptor=here.descriptor,
            document=here.document,
            index=here.index,
            image=here.image,
            names=naming.for_people(names, ref_names),
            children=children,
            referrers=referrers,
            digest=digest,
            blob=here.blob,
        )


def _subject(here: Vertex) -> Digest | None:
    if here.manifest is not None:
        return subject_of(here.manifest, here.descriptor)
    if here.index is not None:
        return here.index.subject.digest if here.index.subject is not None else None
    if here.descriptor is not None:
        return stated_subject(here.descriptor)
    return None


def _may_be_document(descriptor: Descriptor, blob: Blob, opening: Opening) -> bool:
    """Whether it is worth reading: of a known type, or a small thing that begins like JSON."""
    if mediatype.is_index(descriptor.media_type) or mediatype.is_manifest(descriptor.media_type):
        return True
    return blob.size <= opening.limits.json_bytes and opening.peek(blob, 64).lstrip()[:1] == b"{"
