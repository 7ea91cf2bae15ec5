"""A layer's file list compared with the layers below it; what comes of it is a `FileChanges`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.archive.image import NodeKind
from inspector.errors import BlobError, LayerError
from inspector.language import tr
from inspector.layers.changes import Aspect, ChangeKind, Changes, Place
from inspector.layers.content import content_digests
from inspector.layers.merged import merge
from inspector.progress import Progress
from inspector.viewmodel import display
from inspector.viewmodel.filechanges import ADDED, MODIFIED, PERHAPS, REMOVED, SAME, VOID, FileChanges

if TYPE_CHECKING:
    from inspector.archive.image import Image
    from inspector.layers.table import Listing
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.filerows import FileRows
    from inspector.viewmodel.files import FileList
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

_OF_KIND = {ChangeKind.SAME: SAME, ChangeKind.ADDED: ADDED, ChangeKind.REMOVED: REMOVED}
_NODES_PER_CHECK = 8192


def changes_by_node(rows: FileRows, changes: Changes, note: str = "", token: CancelToken | None = None) -> FileChanges:
    """`changes` laid over the nodes of the layer's own listing. Takes a moment for a large layer."""
    tree = rows.tree
    found = dict(zip(changes.paths, range(len(changes)), strict=True))
    codes, aspects = bytearray(len(tree)), bytearray(len(tree))
    removed: dict[int, int] = {}
    for node in range(1, len(tree)):
        if token is not None and node % _NODES_PER_CHECK == 0:
            token.check()
        if rows.is_implied(node):
            continue
        kind = rows.kind(node)
        path = tree.path(node)
        if kind in ("whiteout", "opaque"):
            codes[node] = REMOVED
            target = path.rpartition(b"/")[0] if kind == "opaque" else path
            removed[node] = _removed(changes.before.paths, target, itself=kind == "whiteout")
            continue
        at = found.get(path)
        if at is None:
            codes[node] = VOID
            continue
        change = changes[at]
        aspects[node] = change.aspects
        if change.kind is ChangeKind.MODIFIED:
            codes[node] = PERHAPS if change.aspects == Aspect.UNCOMPARED else MODIFIED
        else:
            codes[node] = _OF_KIND[change.kind]
            if change.kind is ChangeKind.REMOVED:
                removed[node] = 1
    return FileChanges(bytes(codes), bytes(aspects), removed, note)


def _removed(paths: list[bytes], target: bytes, *, itself: bool) -> int:
    """How many of the sorted paths are below `target`, or are it."""
    if not target:
        return len(paths)
    at = bisect_left(paths, target)
    own = itself and at < len(paths) and paths[at] == target
    return bisect_left(paths, target + b"0") - bisect_left(paths, target + b"/") + own


def can_compare(node: StructureNode) -> bool:
    """Whether something lies below: a layer of an image, but not its first."""
    return (
        node.layer is not None
        and node.image is not None
        and node.image.kind is NodeKind.IMAGE
        and node.layer.number > 1
        and node.layer.blob is not None
    )


def is_ready(session: ArchiveSession, node: StructureNode) -> bool:
    """Whether the layer and all below it were listed already, so that comparing reads nothing."""
    if not can_compare(node) or node.image is None or node.layer is None:
        return False
    known = session.listings.known()
    return all(layer.blob in known for layer in node.image.layers[: node.layer.number])


def compare_layer(
    session: ArchiveSession,
    node: StructureNode,
    files: FileList,
    token: CancelToken,
    sink: ProgressSink,
    *,
    read_contents: bool = False,
    on_partial: Callable[[FileChanges], None] | None = None,
) -> FileChanges:
    """What the layer `node`, whose list is `files`, changed. Lists the layers below that were not listed yet.

    `read_contents`: files of the same size are read and compared, too; `on_partial` gets the answer without that.
    Raises `LimitReached`, `Cancelled`, `SourceChanged`.
    """
    image, layer = node.image, node.layer
    if image is None or layer is None or not can_compare(node):
        raise LookupError(f"nothing lies below {node!r}")
    found = session.list_image(image, token, sink, up_to=layer.number)
    sink(Progress("Comparing with the layers below"))
    changes = Changes(merge(found.listings[:-1]), merge(found.listings))
    token.check()
    bad = found.unread
    note = tr("Compared without what could not be read of layer %s.") % display.some(bad) if bad else ""
    first = changes_by_node(files.rows, changes, note, token)
    pairs = changes.uncompared() if read_contents else []
    if not pairs:
        return first
    if on_partial is not None:
        on_partial(first)
    changes.settle(_digests(image, found.listings, pairs, token, sink))
    return changes_by_node(files.rows, changes, note, token)


def _digests(
    image: Image,
    listings: tuple[Listing, ...],
    pairs: list[tuple[Place, Place]],
    token: CancelToken,
    sink: ProgressSink,
) -> dict[Place, bytes]:
    """The digests of all contents of `pairs`, one pass over each layer; those of a damaged layer are missing."""
    wanted: dict[int, set[int]] = {}
    for pair in pairs:
        for layer, entry in pair:
            wanted.setdefault(layer, set()).add(entry)
    digests: dict[Place, bytes] = {}
    for done, layer in enumerate(sorted(wanted)):
        sink(Progress(tr("Comparing contents"), done, len(wanted), tr("layer %d") % (layer + 1)))
        blob = image.layers[layer].blob
        if blob is None:
            continue
        try:
            found = content_digests(blob, listings[layer], wanted[layer], token)
        except (BlobError, LayerError):
            continue
        digests |= {(layer, entry): digest for entry, digest in found.items()}
    return digests
