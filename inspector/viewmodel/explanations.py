"""A sentence for each page of each kind of node, for a person who does not know OCI words: *What am I looking at?* in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import mark, tr
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.viewmodel.tree import StructureNode

LAYOUTS = {
    "docker-save": "docker save (manifest.json)",
    "docker-save-v1": "docker save before Docker 1.10 (repositories)",
    "oci-layout": mark("OCI image layout (index.json)"),
    "oci-layout+docker": "OCI image layout with docker save's manifest.json beside it",
    "docker-dir": "folder of containers/image (dir:)",
}
"""The layout words of cli.md, for people."""

_SENTENCES = {
    NodeType.ARCHIVE: mark(
        "The archive that you opened. Below are its entry documents and, through them, the images it holds."
    ),
    NodeType.DOCUMENT: mark("A document at the top of the archive, as stored."),
    NodeType.INDEX: mark(
        "An image index: one name for several manifests, usually the same image for several platforms."
    ),
    NodeType.IMAGE: mark(
        "An image: its manifest names one config (how to run it) and the layers that make its files, base first."
    ),
    NodeType.ATTESTATION: mark(
        "A statement about an image, made when it was built: how it was built, or what is in it. It cannot be run."
    ),
    NodeType.ARTIFACT: mark(
        "An artifact: content that is stored like an image but is none, such as a signature, a chart or a file."
    ),
    NodeType.CONFIG: mark(
        "The config: how the image is run, and which layers belong to it. Its digest is Docker's image ID."
    ),
    NodeType.LAYER: mark("A layer: a tar of the files that one build step added, changed or removed."),
    NodeType.BLOB: mark("Stored content that belongs to the entry above."),
    NodeType.ABSENT: mark(
        "The archive refers to this but does not hold it. This is usual for platforms that were not saved."
    ),
    NodeType.UNREADABLE: mark("The archive holds this, but it is no document that could be understood."),
}
_DOCUMENTS = {
    "index.json": mark("The entry point of an OCI layout: which images the archive holds, and under which names."),
    "manifest.json": mark("What docker load reads: for each image its config, its tags and its layers in order."),
    "repositories": mark("Names and tags as Docker before 1.10 reads them."),
    "oci-layout": mark("Says that this is an OCI image layout, and of which version."),
}


_PAGES = {
    (Page.FILES, NodeType.IMAGE): mark(
        "The files that a container of this image sees: all its layers, one on top of the other."
    ),
    (Page.FILES, NodeType.LAYER): mark(
        "The files that this layer alone adds, changes or removes. Lower layers may hold others."
    ),
    (Page.SIZE_MAP, None): mark(
        "What takes the space: each area is as large as what it holds. Enter goes into a folder, Backspace out of it."
    ),
    (Page.HISTORY, None): mark("The steps that built the image, oldest first, each with the layer that it made."),
    (Page.NOTABLE, None): mark(
        "Files with special rights, devices, and what may be a secret, in any layer: hints, not verdicts."
    ),
    (Page.FINDINGS, None): mark(
        "What is odd or wrong here, and where. Notes and warnings seldom keep an archive from being used."
    ),
}
_JSON = mark("The document as it is stored. What is underlined leads on; pause over a line to learn what it means.")


def what_is(node: StructureNode, page: Page = Page.SUMMARY) -> str:
    """A sentence or two about the node, or about what a page shows of it."""
    on_page = _PAGES.get((page, node.type)) or _PAGES.get((page, None))
    if on_page is not None:
        return tr(on_page)
    if page is Page.JSON:
        return f"{_node_is(node)} {tr(_JSON)}"
    return _node_is(node)


def _node_is(node: StructureNode) -> str:
    if node.type is NodeType.DOCUMENT and node.document is not None:
        return tr(_DOCUMENTS.get(node.document.name, _SENTENCES[NodeType.DOCUMENT]))
    if node.type is NodeType.IMAGE and node.image is not None and node.image.manifest is None:
        return tr("An image: one config (how to run it) and layers, base first. The archive stores no manifest for it.")
    return tr(_SENTENCES[node.type])
