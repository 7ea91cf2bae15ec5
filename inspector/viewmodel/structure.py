"""From an opened archive to the window's tree: index.json › named images › platforms › config and layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector.archive.image import Image, ImageArchive, Layer, NodeKind, TreeNode
from inspector.findings import Severity
from inspector.language import tr
from inspector.oci import mediatype
from inspector.oci.digest import EMPTY_JSON
from inspector.viewmodel import display, labels
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree

if TYPE_CHECKING:
    from inspector.oci.document import Document
    from inspector.oci.platform import Platform

MAX_NODES = 200_000
"""Rows of the tree; an archive that asks for more gets its layers told in one row per image."""

_TYPES = {
    NodeKind.INDEX: NodeType.INDEX,
    NodeKind.IMAGE: NodeType.IMAGE,
    NodeKind.ATTESTATION: NodeType.ATTESTATION,
    NodeKind.ARTIFACT: NodeType.ARTIFACT,
    NodeKind.ABSENT: NodeType.ABSENT,
    NodeKind.UNREADABLE: NodeType.UNREADABLE,
}
_DOCUMENT_ORDER = ("index.json", "manifest.json", "repositories", "oci-layout")
_ABOUT = {
    "index.json": "The entry point of an OCI layout: the list of what the archive holds.",
    "manifest.json": "The entry point that docker load reads: configs, tags and layers of each image.",
    "repositories": "Names and tags for Docker before 1.10.",
    "oci-layout": "Says that this is an OCI image layout, and of which version.",
}


def build_tree(archive: ImageArchive) -> StructureTree:
    """The tree of an archive; reads nothing but what opening has read, and the sizes of blobs."""
    root = _Builder(archive).build()
    _add_content_sizes(root)
    lost = [f for f in archive.findings if f.code in ("ARC-1", "LAYOUT-4") and f.severity is Severity.ERROR]
    return StructureTree(root, is_whole=not lost)


def _add_content_sizes(root: StructureNode) -> None:
    parts: dict[int, dict[object, int]] = {}
    for node in reversed(tuple(root.walk())):
        mine = parts.pop(id(node), {})
        if node.type in (NodeType.IMAGE, NodeType.INDEX):
            node.content_size = sum(mine.values())
        if node.parent is None:
            continue
        if (
            node.type in (NodeType.CONFIG, NodeType.LAYER)
            and node.size is not None
            and (node.blob is not None or node.document is not None)
        ):
            mine = {node.blob or node.digest or id(node): node.size}
        if node.type in (NodeType.CONFIG, NodeType.LAYER, NodeType.IMAGE, NodeType.INDEX):
            parts.setdefault(id(node.parent), {}).update(mine)


class _Builder:
    def __init__(self, archive: ImageArchive) -> None:
        self._archive = archive
        self._left = MAX_NODES

    def build(self) -> StructureNode:
        archive = self._archive
        name = display.safe(archive.path.name or str(archive.path))
        root = StructureNode(NodeType.ARCHIVE, name, tooltip=display.safe(str(archive.path)), size=archive.size)
        # the document of a root that is a root document itself (manifest.json of `dir:`) is that root's node
        own = {id(node.document) for node in archive.roots} | {node.digest for node in archive.roots}
        documents = [d for d in archive.root_documents if id(d) not in own and d.digest not in own]
        documents.sort(
            key=lambda d: _DOCUMENT_ORDER.index(d.name) if d.name in _DOCUMENT_ORDER else len(_DOCUMENT_ORDER)
        )
        places = {document.name: root.add(self._document(document)) for document in documents}
        for node in archive.roots:
            self._add(places.get(_source_of(node), root), node)
        return root

    def _document(self, document: Document) -> StructureNode:
        self._left -= 1
        return StructureNode(
            NodeType.DOCUMENT,
            display.safe(document.name),
            tooltip=tr(_ABOUT.get(document.name, "")),
            size=len(document.raw),
            document=document,
        )

    def _add(self, parent: StructureNode, top: TreeNode) -> None:
        """Depth first and iterative; children before referrers, an image's own parts before both."""
        waiting = [(parent, top)]
        while waiting and self._left > 0:
            above, node = waiting.pop()
            made = above.add(self._node(node, above))
            self._left -= 1
            if node.image is not None:
                self._add_parts(made, node.image)
            waiting += [(made, below) for below in reversed((*node.children, *node.referrers))]
        if waiting:
            parent.add(
                StructureNode(
                    NodeType.BLOB,
                    tr("more than can be shown"),
                    tooltip=tr("Only %s rows are shown.") % f"{MAX_NODES:,}",
                )
            )

    def _node(self, node: TreeNode, above: StructureNode) -> StructureNode:
        label, short = _labels(node, above)
        if node.image is not None and node.image.manifest is None:
            # no document of its own: what it is known by is its config, which has a node below
            tooltip = _tooltip(node)
            return StructureNode(_TYPES[node.kind], label, short=short, tooltip=tooltip, image=node.image, source=node)
        descriptor, blob = node.descriptor, node.blob
        size = blob.size if blob is not None else descriptor.size if descriptor is not None else None
        if size is None and node.document is not None:
            size = len(node.document.raw)
        return StructureNode(
            _TYPES[node.kind],
            label,
            short=short,
            tooltip=_tooltip(node),
            digest=node.digest,
            size=size,
            blob=blob,
            document=node.document,
            image=node.image,
            descriptor=descriptor,
            source=node,
        )

    def _add_parts(self, made: StructureNode, image: Image) -> None:
        if image.config_descriptor is not None or image.config is not None or image.config_digest is not None:
            made.add(_config(image))
            self._left -= 1
        if len(image.layers) > self._left:
            made.add(StructureNode(NodeType.BLOB, tr("%s layers, too many to show") % f"{len(image.layers):,}"))
            return
        self._left -= len(image.layers)
        for layer in image.layers:
            made.add(_layer(image, layer))


def _source_of(node: TreeNode) -> str:
    image = next((below.image for below in node.walk() if below.image is not None), None)
    return image.source if image is not None else "index.json"


def _labels(node: TreeNode, above: StructureNode) -> tuple[str, str]:
    """The label and the short one for the breadcrumb."""
    # what an index is called, its children need not repeat
    known = set(above.source.names) if above.source is not None else set()
    shown = [name for name in node.names if name not in known]
    descriptor = node.descriptor
    stated = labels.platform(descriptor.platform) if descriptor is not None else ""
    if node.kind is NodeKind.INDEX:
        named = labels.names(shown)
        return (named, named) if named else ("index", "index")
    if node.kind is NodeKind.IMAGE and node.image is not None:
        label = labels.image(node.image, shown)
        if not node.names and label != labels.UNTAGGED:
            label = tr("untagged · %s") % label
        return label, labels.names(shown) or label
    if node.kind is NodeKind.ATTESTATION:
        target = labels.platform(_subject_platform(above))
        return (tr("attestation for %s") % target if target else tr("attestation")), tr("attestation")
    if node.kind is NodeKind.ARTIFACT and node.image is not None:
        words = labels.artifact(node.image.artifact_type)
        label = " · ".join(part for part in (labels.names(shown), words) if part)
        return label, words
    words = (
        "manifest" if descriptor is None else display.safe(tr(mediatype.in_words(descriptor.media_type))) or "manifest"
    )
    if (
        node.kind is NodeKind.ABSENT
        and descriptor is not None
        and descriptor.annotations.get("vnd.docker.reference.type")
    ):
        target = labels.platform(_subject_platform(above))
        return (tr("attestation for %s") % target if target else tr("attestation")), tr("attestation")
    label = " · ".join(part for part in (labels.names(shown), stated) if part) or words
    return label, label


def _subject_platform(above: StructureNode) -> Platform | None:
    return above.image.platform if above.image is not None else None


def _tooltip(node: TreeNode) -> str:
    lines = []
    if node.names:
        lines += [display.safe(name) for name in node.names[:20]]
        if len(node.names) > 20:
            lines.append(tr("and %s more names") % f"{len(node.names) - 20:,}")
    if node.descriptor is not None:
        lines.append(display.safe(tr(mediatype.in_words(node.descriptor.media_type))))
    elif node.image is not None and node.image.manifest is None:
        lines.append(tr("An image of which the archive stores no manifest, as docker save did before version 25."))
    if node.image is not None and node.image.source == "blobs":
        lines.append(tr("Nothing in the archive refers to it."))
    if node.digest is not None:
        lines.append(str(node.digest))
    return "\n".join(line for line in lines if line)


def _config(image: Image) -> StructureNode:
    descriptor = image.config_descriptor
    label = "config"
    if image.config_digest == EMPTY_JSON:
        label = tr("config (empty)")
    elif descriptor is not None and not mediatype.is_config(descriptor.media_type):
        label = tr("config · %s") % (display.safe(tr(mediatype.in_words(descriptor.media_type)), 100),)
    blob = image.config_blob
    size = blob.size if blob is not None else descriptor.size if descriptor is not None else None
    if size is None and image.config is not None:
        size = len(image.config.raw)
    return StructureNode(
        NodeType.CONFIG,
        label,
        short="config",
        tooltip="\n".join(
            _lines(tr(mediatype.in_words(descriptor.media_type)) if descriptor else "", image.config_digest)
        ),
        digest=image.config_digest,
        size=size,
        blob=blob,
        document=image.config,
        image=image,
        descriptor=descriptor,
    )


def _layer(image: Image, layer: Layer) -> StructureNode:
    is_image = image.kind is NodeKind.IMAGE
    label = labels.layer(layer) if is_image else labels.part(layer.descriptor, layer.number)
    step = labels.command(layer.history.created_by) if layer.history is not None else ""
    return StructureNode(
        NodeType.LAYER if is_image else NodeType.BLOB,
        label,
        short=tr("layer %s") % layer.number if is_image else label,
        tooltip="\n".join(
            _lines(step, tr(mediatype.in_words(layer.media_type)) if layer.media_type else "", layer.digest)
        ),
        digest=layer.digest,
        size=layer.size,
        blob=layer.blob,
        image=image,
        layer=layer,
        descriptor=layer.descriptor,
    )


def _lines(*texts: object) -> Iterable[str]:
    return (display.safe(str(text)) for text in texts if text)
