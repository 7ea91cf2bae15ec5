"""Layers on their way through a compressor into the new archive: what was stored is checked, what comes out gets its name."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.export.blobbag import blob_name, mismatch
from inspector.export.expected import Expected
from inspector.export.fill import Output
from inspector.export.layerreader import LayerReader
from inspector.export.plan import plan_export
from inspector.export.planned import ExportPlan, Recoded, ToRecode
from inspector.export.recompress import Encoder
from inspector.language import mark
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink

STAGE = mark("Compressing")
_FOLDERS = ("blobs", "blobs/sha256")


def recode_into(out: Output, plan: ExportPlan, token: CancelToken, sink: ProgressSink) -> ExportPlan:
    """Write every layer that waits to be compressed anew into `out`; the plan in which all digests are known.

    They come before everything else, in the order of the plan, each once. Raises `BlobMismatch` for a layer whose bytes
    are not what its digests say: a wrong layer never gets a new digest.
    """
    waiting = plan.waiting
    if not waiting:
        return plan
    for folder in _FOLDERS:
        out.folder(folder)
    total = sum(item.blob.size for item in waiting)
    done = 0
    recoded: dict[Digest, Recoded] = dict(plan.recoded)
    encoder = Encoder(token)
    for item in waiting:
        recoded[item.stand_in] = _recode_one(out, plan, item, encoder, token, _Told(sink, done, total))
        done += item.blob.size
    return plan_export(plan.archive, plan.options, others=plan.others, token=token, recoded=recoded)


class _Told:
    """Tells of one layer, `before` bytes of `total` being done."""

    def __init__(self, sink: ProgressSink, before: int, total: int) -> None:
        self._sink, self._before, self._total = sink, before, total

    def __call__(self, reader: LayerReader) -> None:
        self._sink(Progress(STAGE, self._before + reader.read, self._total, reader.blob.member.name))


def _recode_one(
    out: Output, plan: ExportPlan, item: ToRecode, encoder: Encoder, token: CancelToken, told: _Told
) -> Recoded:
    reader = LayerReader(item.blob, token, plan.options.limits)
    running = hasher("sha256")
    result: list[Recoded] = []

    def pieces() -> Iterator[bytes]:
        for piece in encoder.encode(reader.plain(), item.encoding):
            running.update(piece)
            yield piece
            told(reader)

    def finish(size: int) -> Expected | None:
        reader.check(plan)
        if item.diff_id is not None and item.diff_id != reader.diff_id:
            plan.check_sources()
            raise mismatch(f"{item.blob.member.name}, uncompressed,", item.diff_id, reader.diff_id)
        digest = Digest.from_hex(running.hexdigest())
        result.append(Recoded(digest, size, reader.diff_id))
        name = blob_name(digest)
        return Expected(name, size, digest) if name not in out.names else None

    out.stream(pieces(), finish)
    return result[0]
