"""What a shape module hands back to `detect`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.archive.image import Image, TreeNode
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.document import Document


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The structure of an archive of one shape; `layout` is the word of cli.md."""

    layout: str
    documents: tuple[Document, ...] = ()
    roots: tuple[TreeNode, ...] = ()
    images: tuple[Image, ...] = ()
    entries: tuple[DockerManifestEntry, ...] = ()
    is_salvage: bool = False
    """The documents that should list the images are missing; what is here was found by looking at the rest."""
