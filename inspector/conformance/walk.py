"""What lies below an entry of index.json, through nested indexes, for one platform or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.blobstore import EmbeddedBlob
from inspector.archive.image import NodeKind
from inspector.conformance.forecast import HOST

if TYPE_CHECKING:
    from inspector.archive.image import TreeNode
    from inspector.conformance.case import Case
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.index import ImageIndex


def node_of(case: Case, descriptor: Descriptor) -> TreeNode | None:
    """The document that a descriptor leads to, None if the archive does not hold it."""
    node = case.by_digest.get(descriptor.digest) if descriptor.digest is not None else None
    if node is None or node.kind is NodeKind.ABSENT:
        return None
    return None if isinstance(node.blob, EmbeddedBlob) else node  # no loader reads a descriptor's data


class Walk:
    """What lies below an entry of index.json, as a loader that visits some or all platforms meets it."""

    def __init__(self, case: Case, *, every_platform: bool) -> None:
        self._case = case
        self._every = every_platform
        self.missing: list[tuple[Descriptor, bool]] = []
        """Descriptors without a blob, and whether they are an entry of index.json itself."""
        self.images: list[TreeNode] = []
        self.unreadable: list[TreeNode] = []
        self.depth = 0
        """Indexes one within the other, index.json not counted."""
        self._seen: set[Digest] = set()

    def visit(self, entry: Descriptor) -> None:
        """Add what is below `entry`; each digest once."""
        waiting = [(entry, 0)]
        while waiting:
            descriptor, depth = waiting.pop()
            if descriptor.digest is None or descriptor.digest in self._seen:
                continue
            self._seen.add(descriptor.digest)
            node = node_of(self._case, descriptor)
            if node is None:
                self.missing.append((descriptor, not depth))
            elif node.index is not None:
                self.depth = max(self.depth, depth + 1)
                waiting += [(child, depth + 1) for child in self._chosen(node.index)]
            elif node.image is not None:
                self.images.append(node)
            else:
                self.unreadable.append(node)

    def _chosen(self, index: ImageIndex) -> list[Descriptor]:
        if self._every:
            return list(index.manifests)
        return [d for d in index.manifests if d.platform is None or d.platform.matches(HOST)]
