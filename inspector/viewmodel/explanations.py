"""One sentence per kind of node for a person who does not know OCI words: the "What am I looking at?" line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.viewmodel.tree import StructureNode

LAYOUTS = {
    "docker-save": "docker save (manifest.json)",
    "docker-save-v1": "docker save before Docker 1.10 (repositories)",
    "oci-layout": "OCI image layout (index.json)",
    "oci-layout+docker": "OCI image layout with docker save's manifest.json beside it",
    "docker-dir": "folder of containers/image (dir:)",
}
"""The layout words of cli.md, for people."""

_SENTENCES = {
    NodeType.ARCHIVE: "The archive that you opened. Below are its entry documents and, through them, the images it holds.",
    NodeType.DOCUMENT: "A document at the top of the archive, as stored.",
    NodeType.INDEX: "An image index: one name for several manifests, usually the same image for several platforms.",
    NodeType.IMAGE: "An image: its manifest names one config (how to run it) and the layers that make its files, base first.",
    NodeType.ATTESTATION: "A statement about an image, made when it was built: how it was built, or what is in it. It cannot be run.",
    NodeType.ARTIFACT: "An artifact: content that is stored like an image but is none, such as a signature, a chart or a file.",
    NodeType.CONFIG: "The config: how the image is run, and which layers belong to it. Its digest is Docker's image ID.",
    NodeType.LAYER: "A layer: a tar of the files that one build step added, changed or removed.",
    NodeType.BLOB: "Stored content that belongs to the entry above.",
    NodeType.ABSENT: "The archive refers to this but does not hold it. This is usual for platforms that were not saved.",
    NodeType.UNREADABLE: "The archive holds this, but it is no document that could be understood.",
}
_DOCUMENTS = {
    "index.json": "The entry point of an OCI layout: which images the archive holds, and under which names.",
    "manifest.json": "What docker load reads: for each image its config, its tags and its layers in order.",
    "repositories": "Names and tags as Docker before 1.10 reads them.",
    "oci-layout": "Says that this is an OCI image layout, and of which version.",
}


def what_is(node: StructureNode) -> str:
    """A sentence or two about the node."""
    if node.type is NodeType.DOCUMENT and node.document is not None:
        return _DOCUMENTS.get(node.document.name, _SENTENCES[NodeType.DOCUMENT])
    if node.type is NodeType.IMAGE and node.image is not None and node.image.manifest is None:
        return "An image: one config (how to run it) and layers, base first. The archive stores no manifest for it."
    return _SENTENCES[node.type]
