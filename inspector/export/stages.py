"""One progress from the first layer that is compressed to the last byte that is read back."""

from __future__ import annotations

from inspector.export import fill, pack, recoding, verify
from inspector.export.options import Form
from inspector.export.planned import ExportPlan, ToRecode
from inspector.progress import Progress, ProgressSink


class Overall:
    """A sink that turns the bytes of each stage into bytes of the whole export.

    Reports keep their stage and subject (the file that is worked on); `done` never falls, and `total` is the bytes to
    be compressed, written, packed and read back together. Stages that are not known pass as they are.
    """

    def __init__(self, plan: ExportPlan, sink: ProgressSink) -> None:
        weights = [
            (recoding.STAGE, sum(one.origin.blob.size for one in plan.blobs if isinstance(one.origin, ToRecode))),
            (fill.WRITING, plan.tar_size),
        ]
        if plan.form in (Form.TAR_GZ, Form.TAR_ZST):
            weights.append((pack.STAGE, plan.tar_size))
        weights.append((verify.STAGE, plan.tar_size))
        self._spans: dict[str, tuple[int, int]] = {}
        self._total = 0
        for stage, weight in weights:
            self._spans[stage] = (self._total, weight)
            self._total += weight
        self._done = 0
        self._sink = sink

    def __call__(self, progress: Progress, /) -> None:
        span = self._spans.get(progress.stage)
        if span is None:
            self._sink(progress)
            return
        before, weight = span
        here = min(progress.done, progress.total)
        done = before + (weight * here // progress.total if progress.total > 0 else 0)
        self._done = max(self._done, done)
        self._sink(Progress(progress.stage, self._done, self._total, progress.subject))
