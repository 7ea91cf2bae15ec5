"""The story of one path through all layers of an image: who wrote it, who removed it, and what changed in between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.language import tr
from inspector.layers.content import open_file, watched
from inspector.layers.merged import merge
from inspector.layers.search import EventKind, time_line
from inspector.layers.table import HARDLINK
from inspector.layers.whiteout import WhiteoutKind
from inspector.viewmodel import display, labels
from inspector.viewmodel.filerows import kind_word
from inspector.viewmodel.textdiff import TextDiff, compare_contents

if TYPE_CHECKING:
    from inspector.archive.source import ByteSource
    from inspector.layers.table import FileEntry, Listing
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

_WITH_CONTENT = ("file", "hardlink")


@dataclass(frozen=True, slots=True)
class Version:
    """What one layer did to the path. `node` (the layer's) and `raw_path` lead there; `entry` is its row in the layer."""

    number: int
    layer: str
    step: str
    what: str
    kind: str
    size: str
    size_tooltip: str
    mode: str
    owner: str
    modified: str
    raw_path: bytes
    entry: int
    node: StructureNode | None
    has_content: bool


@dataclass(frozen=True, slots=True)
class TimeLine:
    """`text` sums up, and says which layers could not be read."""

    path: str
    versions: tuple[Version, ...]
    text: str


def load_time_line(
    session: ArchiveSession, node: StructureNode, path: bytes, token: CancelToken, sink: ProgressSink
) -> TimeLine:
    """What each layer of the image at `node` did to a path of its file system. Lists layers that were not listed yet."""
    listings, bad = _listings(session, node, token, sink)
    image = node.image
    assert image is not None
    steps = labels.steps_of_layers(image)
    versions: list[Version] = []
    before: FileEntry | None = None
    for event in time_line(listings, path):
        listing = listings[event.layer - 1]
        entry = listing.entry(event.entry)
        written = event.kind is EventKind.WRITTEN
        what = _written(before, entry) if written else _removed(path, entry)
        kind = listing.kind(event.entry)
        target = entry.path
        if entry.whiteout is not None and entry.whiteout.kind is WhiteoutKind.REMOVED:
            target = entry.whiteout.target
        versions.append(
            Version(
                number=event.layer,
                layer=tr("layer %s") % event.layer,
                step=steps[event.layer - 1],
                what=what,
                kind=kind_word(kind) if written else "",
                size=display.size(entry.size) if written and kind == "file" else "",
                size_tooltip=display.size_exact(entry.size) if written and kind == "file" else "",
                mode=display.mode_string(kind, entry.mode) if written else "",
                owner=f"{entry.uid}:{entry.gid}" if written else "",
                modified=display.time(entry.mtime) if written else "",
                raw_path=target,
                entry=event.entry,
                node=session.node_of_layer(image.layers[event.layer - 1]),
                has_content=written and kind in _WITH_CONTENT,
            )
        )
        before = entry if written else None
    text = tr("%s of %s did something to it.") % (display.count(len(versions), "layer", "layers"), f"{len(listings):,}")
    return TimeLine(display.safe(path, 4096), tuple(versions), f"{text} {bad}".strip())


def compare_versions(
    session: ArchiveSession,
    node: StructureNode,
    older: Version,
    newer: Version,
    token: CancelToken,
    sink: ProgressSink,
) -> TextDiff:
    """The contents of two versions of `load_time_line`, compared as text. Raises what reading raises."""
    if not (older.has_content and newer.has_content):
        return TextDiff("", tr("Only the contents of files can be compared."))
    listings, _ = _listings(session, node, token, sink)
    contents = [_content(session, node, listings, version, token) for version in (older, newer)]
    shown = display.safe(newer.raw_path, 1000)
    return compare_contents(
        contents[0],
        contents[1],
        (tr("%s (layer %s)") % (shown, older.number), tr("%s (layer %s)") % (shown, newer.number)),
        token,
    )


def _content(
    session: ArchiveSession, node: StructureNode, listings: tuple[Listing, ...], version: Version, token: CancelToken
) -> ByteSource:
    layer, entry = version.number - 1, version.entry
    if listings[layer].types[entry] == HARDLINK:
        merged = merge(listings[: version.number])
        row = merged.find(version.raw_path)
        if row is not None:
            layer, entry = merged.content_of(row)
    return open_file(watched(session.tar_of(node, layer, listings[layer]), token), listings[layer], entry)


def _listings(
    session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink
) -> tuple[tuple[Listing, ...], str]:
    image = node.image
    if image is None:
        raise UsageError(tr("No image is chosen"), tr("Choose an image, or something below it, and try again."))

    found = session.list_image(image, token, sink)
    missing = tr("What could not be read is missing: layer %s.") % display.some(found.unread) if found.unread else ""
    return found.listings, missing


def _written(before: FileEntry | None, entry: FileEntry) -> str:
    if before is None:
        return tr("added")
    differing = [
        name
        for name, differs in (
            (tr("type"), before.type != entry.type),
            (tr("size"), before.size != entry.size),
            (tr("link target"), before.link != entry.link),
            (tr("mode"), before.mode != entry.mode),
            (tr("owner"), (before.uid, before.gid) != (entry.uid, entry.gid)),
            (tr("time"), before.mtime != entry.mtime),
        )
        if differs
    ]
    return tr("written again: %s") % (", ".join(differing) or tr("the same but for the content, perhaps"),)


def _removed(path: bytes, entry: FileEntry) -> str:
    shown = partial(display.safe, limit=200)
    whiteout = entry.whiteout
    if whiteout is None:
        kind = str(entry.type.value)
        return tr("removed: /%s became a %s") % (shown(entry.path), kind_word(kind))
    folder = f"/{shown(whiteout.target)}" if whiteout.target != b"." else "/"
    if whiteout.kind is WhiteoutKind.OPAQUE:
        return tr("removed with all that was in %s") % folder
    return tr("removed") if whiteout.target == path else tr("removed with %s") % folder
