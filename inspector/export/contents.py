"""The documents of an archive by digest, and what lies below each; the graph as stored, not as a tree for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.archive.image import Image, ImageArchive, NodeKind, TreeNode
from inspector.oci import mediatype
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.oci.docker import DockerManifestEntry


class Contents:
    """Looks up documents; reads nothing."""

    def __init__(self, archive: ImageArchive) -> None:
        self.archive = archive
        self.nodes: dict[Digest, TreeNode] = {}
        for root in archive.roots:
            for node in root.walk():
                if node.digest is not None and (node.image is None or node.image.manifest is not None):
                    self.nodes.setdefault(node.digest, node)
        self._entries = _docker_entries(archive)

    def below(self, digest: Digest) -> Iterator[TreeNode]:
        """The document called `digest` and all that indexes lead to from it, each once, in stored order."""
        seen = {digest}
        waiting = [digest]
        while waiting:
            node = self.nodes.get(waiting.pop())
            if node is None:
                continue
            yield node
            children = [child.digest for child in node.index.manifests] if node.index is not None else []
            fresh = [child for child in dict.fromkeys(children) if child is not None and child not in seen]
            seen.update(fresh)
            waiting.extend(reversed(fresh))

    def is_there(self, digest: Digest) -> bool:
        """Whether the archive holds the document called `digest`."""
        node = self.nodes.get(digest)
        return (node is not None and node.kind is not NodeKind.ABSENT) or self.archive.blobs.find(digest) is not None

    def has_gaps(self, digest: Digest) -> bool:
        """Whether something that the index called `digest` lists is absent, or an image below it lacks parts."""
        for node in self.below(digest):
            if node.digest is not None and not self.is_there(node.digest):
                return True
            children = node.index.manifests if node.index is not None else ()
            if any(child.digest is not None and not self.is_there(child.digest) for child in children):
                return True
            if node.image is not None and node.image.kind is NodeKind.IMAGE and not is_whole(node.image):
                return True
        return False

    def images_below(self, target: Digest | Image) -> list[Image]:
        """The runnable images that a top-level entry leads to."""
        if isinstance(target, Image):
            return [target]
        found = (node.image for node in self.below(target))
        return [image for image in found if image is not None and image.kind is NodeKind.IMAGE]

    def docker_entry(self, image: Image) -> DockerManifestEntry | None:
        """The entry of manifest.json with the same config, if there is one."""
        return self._entries.get(image.config_digest) if image.config_digest is not None else None


def _docker_entries(archive: ImageArchive) -> dict[Digest, DockerManifestEntry]:
    """By the digest of its config, the first entry of manifest.json that names the blob of that config."""
    by_blob: dict[Blob, DockerManifestEntry] = {}
    for entry in archive.docker_entries:
        blob = archive.blobs.by_member(entry.config) if entry.config else None
        if blob is not None:
            by_blob.setdefault(blob, entry)
    found: dict[Digest, DockerManifestEntry] = {}
    for image in archive.images:
        if image.config_blob in by_blob and image.config_digest is not None:
            found.setdefault(image.config_digest, by_blob[image.config_blob])
    return found


def is_whole(image: Image) -> bool:
    """Whether all parts are there, but for foreign layers, which may lie elsewhere."""
    return image.config_blob is not None and all(
        layer.present or (layer.media_type is not None and mediatype.is_foreign(layer.media_type))
        for layer in image.layers
    )
