"""The structure of an archive as the window's tree: archive, indexes, images, config and layers.

Plain nodes that know their parent, row and depth. States are held by the tree and re-read by `refresh`, on one thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from inspector.language import tr
from inspector.viewmodel import display, states
from inspector.viewmodel.states import Check, State

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image, Layer, TreeNode
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document


class NodeType(StrEnum):
    """What a node is; the value names its icon."""

    ARCHIVE = "archive"
    DOCUMENT = "document"
    INDEX = "index"
    IMAGE = "image"
    ATTESTATION = "attestation"
    ARTIFACT = "artifact"
    CONFIG = "config"
    LAYER = "layer"
    BLOB = "blob"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class TreeColumn(IntEnum):
    NAME = 0
    SIZE = 1
    STATE = 2


TREE_HEADERS = ("Contents", "Size", "State")

_NEED_ALL = frozenset({NodeType.IMAGE, NodeType.ATTESTATION, NodeType.ARTIFACT})


class Crumb(NamedTuple):
    """One part of the breadcrumb."""

    label: str
    node: StructureNode


class StructureNode:
    """One row of the tree. Compared by identity; `children` is final once the tree is built.

    `digest` is of the stored bytes, None where nothing states it; `size` is their size in bytes. `content_size` is what
    an image or index holds: config and layers as stored, shared ones once.
    `short` is the label in a breadcrumb. `source`, `image`, `layer`, `document`, `blob` are what it stands for
    in the opened archive: for view-models, not for widgets.
    """

    __slots__ = (
        "_state", "blob", "children", "content_size", "depth", "descriptor", "digest", "document", "image", "label", "layer", "parent",
        "row", "short", "size", "source", "tooltip", "type",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - one keyword for each thing that a node may stand for
        self,
        node_type: NodeType,
        label: str,
        *,
        short: str = "",
        tooltip: str = "",
        digest: Digest | None = None,
        size: int | None = None,
        blob: Blob | None = None,
        document: Document | None = None,
        image: Image | None = None,
        layer: Layer | None = None,
        descriptor: Descriptor | None = None,
        source: TreeNode | None = None,
    ) -> None:
        self.type = node_type
        self.label = label
        self.short = short or label
        self.tooltip = tooltip
        self.digest = digest
        self.size = size
        self.content_size: int | None = None
        self.blob = blob
        self.document = document
        self.image = image
        self.layer = layer
        self.descriptor = descriptor
        self.source = source
        self.parent: StructureNode | None = None
        self.row = 0
        self.depth = 0
        self.children: list[StructureNode] = []
        self._state = states.NONE

    def __repr__(self) -> str:
        return f"<{self.type.value} {self.label!r}>"

    def add(self, child: StructureNode) -> StructureNode:
        """Append a child; only while the tree is built, parents first."""
        child.parent = self
        child.row = len(self.children)
        child.depth = self.depth + 1
        self.children.append(child)
        return child

    @property
    def icon(self) -> str:
        return self.type.value

    @property
    def size_text(self) -> str:
        """Of the content, where there is any: that is what a person asks for."""
        size = self.size if self.content_size is None else self.content_size
        return "" if size is None else display.size(size)

    @property
    def size_tooltip(self) -> str:
        own = "" if self.size is None else display.size_exact(self.size)
        if self.content_size is None:
            return own
        content = tr("%s: configs and layers as stored, shared ones once") % display.size_exact(self.content_size)
        return tr("%s\nthe document itself: %s") % (content, own) if own else content

    def state(self) -> State:
        """Of the node and what is below, as of the tree's last `refresh`."""
        return self._state

    def text(self, column: int) -> str:
        """Of the cell in a `TreeColumn`."""
        if column == TreeColumn.NAME:
            return self.label
        return self.size_text if column == TreeColumn.SIZE else self._state.text

    def tip(self, column: int) -> str:
        """The tooltip of the cell."""
        if column == TreeColumn.NAME:
            return self.tooltip
        return self.size_tooltip if column == TreeColumn.SIZE else tr(self._state.tooltip)

    def path(self) -> tuple[StructureNode, ...]:
        """From the archive's node to this one."""
        found: list[StructureNode] = []
        node: StructureNode | None = self
        while node is not None:
            found.append(node)
            node = node.parent
        return tuple(reversed(found))

    @property
    def key(self) -> tuple[str, ...]:
        """The same for the same node after the archive is opened again, in any language; for restoring a selection."""
        return tuple(_parts(above)[node.row] for above, node in pairwise(self.path()))

    def walk(self) -> Iterator[StructureNode]:
        """This node and all below it, in the order of the rows; iterative."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def _parts(node: StructureNode) -> list[str]:
    """What tells the children of `node` apart: digests and names of documents, else their places; no words of a language."""
    own = [str(child.digest or (child.document.name if child.document is not None else "")) for child in node.children]
    seen = Counter(own)
    return [name if name and seen[name] == 1 else f"#{place}" for place, name in enumerate(own)]


def _lacks_layers(node: StructureNode) -> bool:
    """Whether the manifest of an image lists other layers than its config: then the tree does not show them all."""
    config = node.image.parsed_config if node.image is not None and node.type is NodeType.IMAGE else None
    return config is not None and node.image is not None and len(config.diff_ids) != len(node.image.layers)


class StructureTree:
    """The finished tree. `root` is the archive's own node, the only row of the top level."""

    def __init__(self, root: StructureNode, *, is_whole: bool = True) -> None:
        self.root = root
        self._is_whole = is_whole
        self.nodes: tuple[StructureNode, ...] = tuple(root.walk())
        self.wrong_diff_ids: set[Blob] = set()
        """Layers whose uncompressed bytes were found to hash to something else than their diffID."""
        self._by_digest: dict[str, list[StructureNode]] = {}
        self._by_diff_id: dict[str, list[StructureNode]] = {}
        for node in self.nodes:
            if node.digest is not None:
                self._by_digest.setdefault(str(node.digest), []).append(node)
            if node.layer is not None and node.layer.diff_id is not None:
                self._by_diff_id.setdefault(str(node.layer.diff_id), []).append(node)
        self._twins = dict(self._find_twins())
        for node, twin in self._twins.items():
            node.content_size = twin.content_size
        self.refresh()

    def _find_twins(self) -> Iterator[tuple[StructureNode, StructureNode]]:
        """Indexes that are listed again: what they hold is shown once, so they have nothing below to tell of."""
        indexes = [node for node in self.nodes if node.type is NodeType.INDEX and node.digest is not None]
        full = {str(node.digest): node for node in reversed(indexes) if node.children}
        for node in indexes:
            twin = full.get(str(node.digest))
            if twin is not None and not node.children:
                yield node, twin

    @property
    def initial(self) -> StructureNode:
        """What to select first."""
        return self.root

    @property
    def initially_expanded(self) -> tuple[StructureNode, ...]:
        """The archive, its documents and indexes; the image too if it is the only one."""
        images = [node for node in self.nodes if node.type is NodeType.IMAGE]
        opened = {NodeType.ARCHIVE, NodeType.DOCUMENT, NodeType.INDEX}
        few = [node for node in self.nodes if node.type in opened and node.children][:200]
        return (*few, *images) if len(images) == 1 else tuple(few)

    def refresh(self) -> list[StructureNode]:
        """Re-read the states of all blobs; the nodes whose state changed. Call it on one thread only."""
        changed: list[StructureNode] = []
        below: dict[int, set[Check]] = {}
        for node in reversed(self.nodes):  # children stand behind their parents
            own = self._own_state(node)
            checks = below.pop(id(node), set())
            state = states.with_below(own, checks, needs_all=node.type in _NEED_ALL)
            if node not in self._twins and state is not node._state:  # noqa: SLF001 - the tree keeps its nodes' states
                node._state = state  # noqa: SLF001
                changed.append(node)
            if node.parent is not None:
                mine = below.setdefault(id(node.parent), set())
                # what an image lacks is its own matter, and other platforms or referrers may be absent by right
                missing_part = own.check is Check.ABSENT and node.type is not NodeType.ABSENT
                mine |= {own.check, state.check, *checks} - {Check.ABSENT}
                mine |= {Check.ABSENT} if missing_part else set()
        for node, twin in self._twins.items():
            if node._state is not twin._state:  # noqa: SLF001
                node._state = twin._state  # noqa: SLF001
                changed.append(node)
        changed.reverse()
        return changed

    def _own_state(self, node: StructureNode) -> State:
        if node.type is NodeType.UNREADABLE:
            return states.UNREADABLE
        if node.type is NodeType.ARCHIVE and not self._is_whole:
            return states.NOT_WHOLE
        blob = node.blob
        if blob is None:
            if node.type is NodeType.ABSENT:
                return states.ABSENT
            if node.layer is not None:
                foreign = node.descriptor is not None and bool(node.descriptor.urls)
                return states.FOREIGN if foreign else states.ABSENT
            return (
                states.ABSENT
                if node.type in (NodeType.CONFIG, NodeType.BLOB) and node.document is None
                else states.NONE
            )
        if not blob.member.complete:
            return states.CUT
        if blob in self.wrong_diff_ids:
            return states.WRONG_DIFF_ID
        # a blob may be stored under one digest and be referred to by another: the reference is what is judged
        computed, stated = blob.computed, node.digest
        if stated is not None and computed is not None and stated.algorithm == computed.algorithm:
            found = states.VERIFIED if stated == computed else states.WRONG
        else:
            unchecked = states.UNCHECKED if stated is not None else states.UNNAMED
            found = {"verified": states.VERIFIED, "wrong": states.WRONG}.get(blob.state.value, unchecked)
        return states.FEWER_LAYERS if found is not states.WRONG and _lacks_layers(node) else found

    def find_by_digest(self, digest: Digest | str, near: StructureNode | None = None) -> StructureNode | None:
        """The node of that digest (of stored bytes, else diffID) that is nearest to `near`; None if there is none."""
        found = self._by_digest.get(str(digest)) or self._by_diff_id.get(str(digest))
        if not found:
            return None
        if near is None or len(found) == 1:
            return found[0]
        around = {id(node): place for place, node in enumerate(near.path())}
        return max(found, key=lambda node: max((around.get(id(above), -1) for above in node.path()), default=-1))

    def find_by_key(self, key: tuple[str, ...]) -> StructureNode | None:
        """The node that had that key, or the nearest one above it that is still there; None for an unknown key."""
        node = self.root
        for part in key:
            parts = _parts(node)
            if part not in parts:
                break
            node = node.children[parts.index(part)]
        return node if node is not self.root or not key else None

    def breadcrumb(self, node: StructureNode) -> tuple[Crumb, ...]:
        """The path of descriptors that leads to the node."""
        return tuple(Crumb(above.short, above) for above in node.path())
