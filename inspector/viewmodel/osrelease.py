"""Which operating system an image's files are of, by its `os-release` (freedesktop.org, os-release(5))."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from inspector.errors import BlobError, LayerError
from inspector.language import tr
from inspector.layers.content import open_merged_file, watched
from inspector.layers.lookup import follow
from inspector.layers.merged import merge
from inspector.viewmodel import display
from inspector.viewmodel.imagesummary import RELEASE as LABEL
from inspector.viewmodel.pages import Row

if TYPE_CHECKING:
    from inspector.archive.image import Image
    from inspector.archive.source import ByteSource
    from inspector.layers.merged import Merged
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

MOST_STORED = 32 << 20
"""Bytes of layers, as stored, that are read only to know this. Larger images tell once their files were listed."""
_PLACES = (b"etc/os-release", b"usr/lib/os-release")
_MOST_BYTES = 64 << 10
_MOST_LINES = 500


def load_release(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> Row:
    """What the row of an image's system says, remembered once the layers were read. Raises as `release_row`."""
    row = release_row(session, node, token, sink)
    image = node.image
    known = session.listings.known()
    if image is not None and all(layer.blob is None or layer.blob in known for layer in image.layers):
        session.releases[image.key] = row
    return row


def release_row(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> Row:
    """The system's name, or why it is not known. Lists the layers if they were not and are small. In a worker.

    Raises `LimitReached`, `Cancelled`, `SourceChanged`.
    """
    image = node.image
    if image is None:
        raise LookupError(f"{node!r} is no image")
    known = session.listings.of(image.layers)
    blobs = {layer.blob for layer in image.layers if layer.blob is not None}
    if sum(blob.size for blob in blobs if blob not in known) > MOST_STORED:
        return Row(
            tr(LABEL), tr("not read yet"), tr("It stands in a file of a layer; the page Files reads all layers.")
        )
    if not blobs:
        return Row(tr(LABEL), tr("not known"), tr("The archive holds no layer."))
    try:
        found = session.list_image(image, token, sink)
        merged = merge(found.listings)
        token.check()
        content = _content(session, node, merged, token)
    except (BlobError, LayerError) as error:
        return Row(tr(LABEL), tr("not known"), f"{display.safe(tr(error.title))}. {display.safe(tr(error.message))}")
    if content is None:
        words = tr("The image has no /etc/os-release. This is usual for images of a single program.")
        return Row(tr(LABEL), tr("not stated"), words)
    return _row(content, image)


def _content(session: ArchiveSession, node: StructureNode, merged: Merged, token: CancelToken) -> bytes | None:
    def tar_of(layer: int) -> ByteSource:
        return watched(session.tar_of(node, layer, merged.listings[layer]), token)

    for place in _PLACES:
        row = merged.find(follow(merged, place))
        if row is None:
            continue
        source = open_merged_file(merged, row, tar_of)
        return source.read_at(0, min(source.size, _MOST_BYTES))
    return None


def _row(content: bytes, image: Image) -> Row:
    fields = parse(content)
    name = fields.get("PRETTY_NAME") or " ".join(
        part for part in (fields.get("NAME"), fields.get("VERSION") or fields.get("VERSION_ID")) if part
    )
    about = [f"{key}={fields[key]}" for key in ("ID", "VERSION_ID", "ID_LIKE", "HOME_URL") if key in fields]
    system = image.platform.os if image.platform is not None else ""
    return Row(tr(LABEL), display.safe(name, 200) or system or tr("not stated"), display.safe("  ".join(about), 400))


def parse(content: bytes) -> dict[str, str]:
    """The fields, quoting undone as a shell does; a line that is none is left out. The last of equal names counts."""
    fields: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").split("\n", _MOST_LINES)[:_MOST_LINES]:
        key, equals, value = line.strip().partition("=")
        if not equals or not key.replace("_", "").isalnum():
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        fields[key] = " ".join(words)
    return fields
