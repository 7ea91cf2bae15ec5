"""Layers on their way through a compressor: what was stored is checked, what comes out waits in a private file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import inflate
from inspector.archive.source import FileSource, Window, chunks
from inspector.errors import BlobMismatch, CompressionError
from inspector.export import disk
from inspector.export.blobbag import mismatch
from inspector.export.plan import plan_export
from inspector.export.planned import ExportPlan, Recoded, ToRecode
from inspector.export.recompress import encode
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive

_STAGE = "Compressing"


class LayerReader:
    """One layer, inflated in one pass that also computes its stored digest and its diffID."""

    def __init__(self, blob: Blob, token: CancelToken) -> None:
        self.blob = blob
        self._token = token
        self._stored = hasher(self._algorithm)
        self._plain = hasher("sha256")
        self.read = 0
        """Stored bytes read so far."""

    @property
    def _algorithm(self) -> str:
        claimed = self.blob.claimed
        return claimed.algorithm if claimed is not None and claimed.checkable else "sha256"

    def _pieces(self) -> Iterator[bytes]:
        for piece in chunks(self.blob.open(), token=self._token):
            self._stored.update(piece)
            self.read += len(piece)
            yield piece

    def plain(self) -> Iterator[bytes]:
        """The uncompressed bytes; `BlobMismatch` for a stream that is damaged."""
        try:
            for piece in inflate(self._pieces(), self.blob.compression):
                self._plain.update(piece)
                yield piece
        except CompressionError as error:
            raise BlobMismatch(
                "A layer is damaged",
                f"{self.blob.member.name}: {error.message} Nothing was written. Get the archive again.",
                subject=self.blob.member.name,
            ) from error

    @property
    def diff_id(self) -> Digest:
        """The digest of what `plain` gave out."""
        return Digest.from_hex(self._plain.hexdigest())

    def check(self, archive: ImageArchive) -> None:
        """`BlobMismatch` unless the stored bytes are what they are claimed to be; call it when all were read."""
        found = Digest.parse(f"{self._algorithm}:{self._stored.hexdigest()}")
        self.blob.record(found)
        claimed = self.blob.claimed
        if claimed is not None and claimed.checkable and claimed != found:
            archive.check_source()
            raise mismatch(self.blob.member.name, claimed, found)


@contextmanager
def recode(plan: ExportPlan, folder: Path, token: CancelToken, sink: ProgressSink) -> Iterator[ExportPlan]:
    """The plan with every layer that waited for it compressed anew, their bytes in an unlinked file in `folder`.

    Raises `BlobMismatch` for a layer whose bytes are not what its digests say: a wrong layer never gets a new digest.
    """
    waiting = plan.waiting
    if not waiting:
        yield plan
        return
    with tempfile.TemporaryFile(prefix=".", suffix=".part", dir=folder, buffering=0) as file:
        source = _Spool(file.fileno(), folder)
        total = sum(item.blob.size for item in waiting)
        done = 0
        recoded: dict[Digest, Recoded] = dict(plan.recoded)
        diff_ids = _diff_ids(plan.archive)
        for item in waiting:
            reader = LayerReader(item.blob, token)

            def told(reader: LayerReader = reader, before: int = done) -> None:
                sink(Progress(_STAGE, before + reader.read, total, reader.blob.member.name))

            recoded[item.stand_in] = _recode_one(item, reader, source, told, token)
            reader.check(plan.archive)
            wanted = diff_ids.get(item.blob)
            if wanted is not None and wanted != reader.diff_id:
                plan.archive.check_source()
                raise mismatch(f"{item.blob.member.name}, uncompressed,", wanted, reader.diff_id)
            done += item.blob.size
        yield plan_export(plan.archive, plan.options, token=token, recoded=recoded)


class _Spool:
    """Appends layers to one file and gives out windows of it."""

    def __init__(self, descriptor: int, folder: Path) -> None:
        self.descriptor = descriptor
        self._folder = folder
        self.size = 0

    def append(self, data: bytes) -> None:
        disk.write(self.descriptor, data)
        self.size += len(data)

    def since(self, start: int) -> Window:
        whole = FileSource.of_descriptor(os.dup(self.descriptor), self._folder)
        return Window(whole, start, self.size - start)


def _recode_one(
    item: ToRecode, reader: LayerReader, spool: _Spool, told: Callable[[], None], token: CancelToken
) -> Recoded:
    running = hasher("sha256")
    start = spool.size
    for piece in encode(reader.plain(), item.encoding, token):
        running.update(piece)
        spool.append(piece)
        told()
    digest = Digest.from_hex(running.hexdigest())
    return Recoded(spool.since(start), digest, spool.size - start, reader.diff_id)


def _diff_ids(archive: ImageArchive) -> dict[Blob, Digest]:
    """What configs say of each layer, uncompressed."""
    return {
        layer.blob: layer.diff_id
        for image in archive.images
        for layer in image.layers
        if layer.blob is not None and layer.diff_id is not None
    }
