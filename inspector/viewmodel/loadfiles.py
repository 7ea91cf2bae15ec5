"""The files of a layer or of an image, read in a worker: what the page *Files* shows, also while it is still being read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.archive.rightstack import right_stack
from inspector.errors import InspectorError, LimitReached
from inspector.language import tr
from inspector.layers.merged import merge
from inspector.layers.stack import list_image, list_image_layer
from inspector.layers.table import Listing
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel import display, labels
from inspector.viewmodel.files import FileList

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

_PARTIAL_SECONDS = 0.3
_MOST_NOTES = 5


def load_files(
    session: ArchiveSession,
    node: StructureNode,
    token: CancelToken,
    sink: ProgressSink,
    on_partial: Callable[[FileList], None] | None = None,
) -> FileList:
    """The files of a layer, or the merged file system of an image.

    `on_partial` is called from the worker, now and then, with a new list of what was read so far. A plain layer that is
    too large to be hashed unasked is listed by its headers; `note` says that nothing was verified.
    Raises `LayerError`, `BlobError`, `LimitReached`, `Cancelled`, `SourceChanged`.
    """
    load = _layer_files if node.layer is not None else _image_files
    try:
        return load(session, node, token, sink, on_partial, with_digests=True)
    except LimitReached as error:
        if error.limit != "blob_bytes":
            raise
        files = load(session, node, token, sink, on_partial, with_digests=False)
        reason = tr("Nothing was verified: a layer is larger than %s (limit %s).")
        files.note = " ".join(filter(None, (reason % (display.size(error.allowed), error.limit), files.note)))
        return files


def confirm_files(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> bool:
    """Read the layers that are shown from the cache: their digests are then verified, and places to read from are known.

    False if something is not as it was shown. Raises what `load_files` raises.
    """
    image = node.image
    layers = [node.layer] if node.layer is not None else image.layers if image is not None else ()
    as_shown = True
    for layer in session.listings.unconfirmed(layers):
        fresh = list_image_layer(layer, image, token=token, sink=sink, limits=session.limits)
        as_shown = session.listings.confirm(layer, fresh) and as_shown
    return as_shown


def _image_files(
    session: ArchiveSession,
    node: StructureNode,
    token: CancelToken,
    sink: ProgressSink,
    on_partial: Callable[[FileList], None] | None,
    *,
    with_digests: bool,
) -> FileList:
    image = node.image
    if image is None:
        raise LookupError(f"{node!r} has no files")
    read = _Offset(sink, sum(layer.size or 0 for layer in image.layers))
    known = session.listings.of(image.layers)
    partial = _Partial(on_partial, after=_PARTIAL_SECONDS)
    so_far: list[Listing] = []

    def on_layer(number: int, listing: Listing) -> None:
        layer = image.layers[number - 1]
        read.next(layer, listing, session)
        so_far.extend(Listing() for _ in range(number - 1 - len(so_far)))  # those that could not be read
        so_far.append(listing)
        if number < len(image.layers) and layer.blob not in known:
            partial.take_layers(so_far, len(image.layers))

    found = list_image(
        image,
        known=known,
        token=token,
        sink=read.report,
        limits=session.limits,
        on_layer=on_layer,
        with_digests=with_digests,
    )
    merged = merge(found.listings)
    token.check()
    notes = [_about_order(session, image)]
    notes += [
        _about(image.layers[number - 1], found.errors.get(number), listing)
        for number, listing in enumerate(found.listings, 1)
    ]
    findings = [finding for listing in dict.fromkeys(found.listings) for finding in listing.findings]
    return FileList(
        merged,
        complete=found.complete,
        note=" ".join(list(filter(None, notes))[:_MOST_NOTES]),
        findings=session.findings_of(findings),
        steps=labels.steps_of_layers(image),
    )


def _about_order(session: ArchiveSession, image: Image) -> str:
    """That the manifest lists other layers than the archive shows to be right; "" if it does not."""
    better = right_stack(session.archive, image)
    if better is None:
        return ""
    reason = tr("The manifest does not list the layers of the config (%s): this is the file system that it gives.")
    return f"{reason % better[1]} {tr('An export puts it right.')}"


def _about(layer: Layer, error: InspectorError | None, listing: Listing) -> str:
    """What is to be known of a layer whose files are shown; "" if there is nothing."""
    if error is not None:
        # Some titles name the layer themselves.
        named = error.title.startswith(f"Layer {layer.number} ")
        return f"{tr(error.title)}." if named else tr("Layer %d: %s.") % (layer.number, tr(error.title))
    if not listing.complete:
        return tr("Layer %d is damaged: what could be read is shown.") % layer.number
    if any(finding.code == "BLOB-1" for finding in listing.findings):
        return tr("Layer %d is not what its digest says: these may be other files than the image had.") % layer.number
    if any(finding.code in ("CONFIG-4", "MANIF-5") for finding in listing.findings):
        return tr("Layer %d is not the one that the config names.") % layer.number
    return ""


class _Offset:
    """Progress over all layers of an image from the progress of each."""

    def __init__(self, sink: ProgressSink, total: int) -> None:
        self._sink = sink
        self._before = 0
        self._total = total

    def report(self, progress: Progress, /) -> None:
        self._sink(Progress(progress.stage, self._before + progress.done, self._total, progress.subject))

    def next(self, layer: Layer, listing: Listing, session: ArchiveSession) -> None:
        self._before += layer.size or 0
        session.listings.keep(layer, listing)


def _layer_files(
    session: ArchiveSession,
    node: StructureNode,
    token: CancelToken,
    sink: ProgressSink,
    on_partial: Callable[[FileList], None] | None,
    *,
    with_digests: bool,
) -> FileList:
    layer = node.layer
    assert layer is not None
    known = session.listings.of([layer]).get(layer.blob) if layer.blob is not None else None
    if known is None:
        partial = _Partial(on_partial)
        known = list_image_layer(
            layer,
            node.image,
            token=token,
            sink=sink,
            limits=session.limits,
            on_rows=partial.take if on_partial else None,
            with_digests=with_digests,
        )
        session.listings.keep(layer, known)
    token.check()
    note = _about(layer, None, known)
    return FileList(known, complete=known.complete, note=note, findings=session.findings_of(known.findings))


class _Partial:
    """Lists of what was read so far: only when there is twice as much as last time, so that all together cost little."""

    def __init__(self, give: Callable[[FileList], None] | None, *, after: float = 0.0) -> None:
        """`after`: seconds that pass before the first one."""
        self._give = give
        self._next_time = time.monotonic() + after
        self._next_length = 1

    def take(self, listing: Listing) -> None:
        """Of a layer."""
        if self._is_due(len(listing)) and self._give is not None:
            self._give(FileList(listing, complete=False, reading=True, note=tr("Still being read.")))
            self._given(len(listing))

    def take_layers(self, listings: list[Listing], total: int) -> None:
        """Of an image: its first layers, together."""
        count = sum(map(len, listings))
        if self._is_due(count) and self._give is not None:
            note = tr("Still being read: up to layer %d of %d.") % (len(listings), total)
            self._give(FileList(merge(tuple(listings)), complete=False, reading=True, note=note))
            self._given(count)

    def _is_due(self, count: int) -> bool:
        return count >= self._next_length and time.monotonic() >= self._next_time

    def _given(self, count: int) -> None:
        self._next_length = 2 * count
        self._next_time = time.monotonic() + _PARTIAL_SECONDS
