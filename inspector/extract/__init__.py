"""The one safe path to disk: files of a layer or of the merged file system, written below one chosen folder.

Nothing is ever made, changed or opened outside of it (security.md 30–36): each path is walked component by component
relative to an open folder, no link is followed, nothing that exists is overwritten. Names in an archive are never joined
to a path of this machine. Devices, pipes and sockets are not made, setuid, setgid and sticky bits, owners and extended
attributes are not kept; hard links become files of their own, symbolic links are made last and only if they stay inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from inspector.archive.blobstore import Blob
from inspector.archive.image import Image, Layer
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, MemorySource
from inspector.errors import ExtractError
from inspector.extract.extraction import Extraction
from inspector.extract.folders import Ground
from inspector.extract.plan import EVERYTHING, Plan, Selection, select
from inspector.extract.report import ExtractReport, LeftOut, Renamed, Written
from inspector.extract.trust import warnings_about
from inspector.language import say
from inspector.layers.content import open_layer, watched
from inspector.layers.merged import Merged, merge
from inspector.layers.path import ROOT, normalise
from inspector.layers.stack import list_image, list_image_layer
from inspector.layers.table import Listing
from inspector.layers.whiteout import WhiteoutKind, parse
from inspector.progress import CancelToken, ProgressSink, ignore_progress

__all__ = [
    "EVERYTHING", "ExtractReport", "LeftOut", "Renamed", "Selection", "Written", "extract_layer", "extract_merged",
]  # fmt: skip


def extract_merged(
    image: Image,
    target: Path,
    selection: Selection = EVERYTHING,
    *,
    known: Mapping[Blob, Listing] | None = None,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
) -> ExtractReport:
    """Write files of the merged file system below the folder `target`, which is made if it is absent.

    `known` are listings made before. Each layer is read once, forwards, for the entries that survive in it (and once
    before that, with its digests, if it is not listed yet).

    What cannot be written is left out and reported. Raises `ExtractError` if nothing of the selection is there, if `target` does
    not do, or if the disk fails; `Cancelled`, `SourceChanged` and what `list_image` raises. After any of them the folder
    is as it was before.
    """
    found = list_image(image, known=known, token=token, sink=sink, limits=limits)
    warnings = [
        warning
        for layer, listing in zip(image.layers, found.listings, strict=True)
        for warning in warnings_about(layer, listing, found.errors.get(layer.number))
    ]
    merged = merge(found.listings)
    report = _extract(merged, image.layers, target, selection, [], limits, token, sink)
    return replace(report, warnings=tuple(warnings))


def extract_layer(
    image: Image,
    layer: Layer,
    target: Path,
    selection: Selection = EVERYTHING,
    *,
    listing: Listing | None = None,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
) -> ExtractReport:
    """Write files of one layer, as `extract_merged` does; its whiteouts are reported as left out.

    Raises `BlobMissing` or `LayerError` if the layer cannot be read, and as `extract_merged`.
    """
    if listing is None:
        listing = list_image_layer(layer, image, token=token, sink=sink, limits=limits)
    whiteouts = _whiteouts(listing, selection.paths)
    report = _extract(merge([listing]), (layer,), target, selection, whiteouts, limits, token, sink)
    return replace(report, warnings=tuple(warnings_about(layer, listing, None)))


def _extract(
    merged: Merged,
    layers: Sequence[Layer],
    target: Path,
    selection: Selection,
    left_out: Sequence[LeftOut],
    limits: Limits,
    token: CancelToken | None,
    sink: ProgressSink,
) -> ExtractReport:
    rows, absent = select(merged, selection.paths)
    said = {whiteout.target for gone in left_out if (whiteout := parse(gone.path)) is not None}
    said |= {gone.path for gone in left_out}
    absent = [path for path in absent if normalise(path) not in said]
    if absent and not rows and not left_out:
        shown = ", ".join(path.decode("utf-8", "surrogateescape") for path in absent)
        raise ExtractError("No such file in the image", say("%s is not there. `files` lists what is.", shown))
    plan = Plan(merged, normalise(selection.base), programs=selection.programs)
    plan.add(rows)
    plan.left_out += [*left_out, *(LeftOut(path, say("nothing has that name")) for path in absent)]

    def tar_of(number: int) -> ByteSource:
        blob = layers[number].blob
        if blob is None:
            return MemorySource(b"")
        tar = open_layer(blob, merged.listings[number], limits)
        return watched(tar, token) if token is not None else tar

    with Ground(target) as ground:
        report = Extraction(plan, ground, tar_of, limits, token or CancelToken(), sink).run()
        if not report.written:
            ground.remove_target()
    return report


def _whiteouts(listing: Listing, paths: Sequence[bytes]) -> list[LeftOut]:
    """The entries of the layer that stand for a removal and not for a file."""
    asked = {normalise(path) for path in paths} - {ROOT}
    everything = not asked or any(normalise(path) == ROOT for path in paths)
    found: list[LeftOut] = []
    for entry, path in enumerate(listing.paths):
        whiteout = listing.whiteout(entry)
        if whiteout is None or not (everything or _is_below(path, asked) or whiteout.target in asked):
            continue
        removed = whiteout.target.decode("utf-8", "surrogateescape")
        reason = {
            WhiteoutKind.REMOVED: say("a whiteout: it removes %s of the layers below", removed),
            WhiteoutKind.OPAQUE: say("an opaque marker: it hides what the layers below have in %s", removed),
            WhiteoutKind.AUFS: say("metadata of the AUFS driver"),
            WhiteoutKind.INVALID: say("a whiteout without a name: it removes nothing"),
        }[whiteout.kind]
        found.append(LeftOut(path, reason))
    return found


def _is_below(path: bytes, asked: AbstractSet[bytes]) -> bool:
    while path and path not in asked:
        path = path.rpartition(b"/")[0]
    return bool(path)
