"""Layers on their way through a compressor: what was stored is checked, what comes out waits in a private file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.archive.source import FileSource, Window
from inspector.export import disk
from inspector.export.blobbag import mismatch
from inspector.export.layerreader import LayerReader
from inspector.export.plan import plan_export
from inspector.export.planned import ExportPlan, Recoded, ToRecode
from inspector.export.recompress import encode
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink

STAGE = "Compressing"


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
        for item in waiting:
            reader = LayerReader(item.blob, token, plan.options.limits)

            def told(reader: LayerReader = reader, before: int = done) -> None:
                sink(Progress(STAGE, before + reader.read, total, reader.blob.member.name))

            recoded[item.stand_in] = _recode_one(item, reader, source, told, token)
            reader.check(plan)
            if item.diff_id is not None and item.diff_id != reader.diff_id:
                plan.check_sources()
                raise mismatch(f"{item.blob.member.name}, uncompressed,", item.diff_id, reader.diff_id)
            done += item.blob.size
        yield plan_export(plan.archive, plan.options, others=plan.others, token=token, recoded=recoded)


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
