"""Images of Docker up to 1.9 have no config and no diffIDs: both are made, once the layers were read (formats.md D4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import Compression
from inspector.archive.image import Image
from inspector.archive.legacy import synthesise_config
from inspector.archive.limits import Limits
from inspector.export.blobbag import whole
from inspector.export.layerreader import LayerReader
from inspector.export.storedlayers import missing
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive


def made(
    archive: ImageArchive, image: Image, limits: Limits, token: CancelToken, sink: ProgressSink
) -> tuple[bytes, Image]:
    """The config, and the image with what is known of its layers now. Reads every layer of the image once.

    Raises `BlobMissing`, `BlobMismatch`, `BlobError`, `Cancelled`.
    """
    layers = []
    diff_ids: list[Digest] = []
    for layer in image.layers:
        if layer.blob is None:
            raise missing(image, layer)
        stored, diff_id = _digests(whole(layer.blob), limits, token, sink)
        layers.append(replace(layer, digest=stored, diff_id=diff_id))
        diff_ids.append(diff_id)
    return synthesise_config(archive, image, diff_ids), replace(image, layers=tuple(layers))


def _digests(blob: Blob, limits: Limits, token: CancelToken, sink: ProgressSink) -> tuple[Digest, Digest]:
    known = blob.computed
    if known is not None and blob.compression is Compression.NONE:
        return known, known
    reader = LayerReader(blob, token, limits)
    for _ in reader.plain():
        sink(Progress("Computing diffIDs", reader.read, blob.size, blob.member.name))
    return reader.stored, reader.diff_id
