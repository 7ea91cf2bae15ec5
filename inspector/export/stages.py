"""One progress from the first layer that is compressed to the last byte that is read back."""

from __future__ import annotations

import threading

from inspector.export import fill, pack, recoding, verify
from inspector.export.options import Form
from inspector.export.planned import ExportPlan, ToRecode
from inspector.progress import Progress, ProgressSink


class Overall:
    """A sink that turns the bytes of each stage into bytes of the whole export; called from several threads.

    Reports have the stage and subject (the file) that is worked on; `done` never falls, and `total` is the bytes to be
    compressed, written, packed and read back together. What is read back while the writing goes on counts, but only when
    nothing else is left is it the stage. Stages that are not known pass as they are.
    """

    def __init__(self, plan: ExportPlan, sink: ProgressSink) -> None:
        waiting = sum(one.origin.blob.size for one in plan.blobs if isinstance(one.origin, ToRecode))
        rest = max(0, plan.tar_size - waiting)
        packed = plan.tar_size if plan.form in (Form.TAR_GZ, Form.TAR_ZST) else 0
        self._weights = {recoding.STAGE: waiting, fill.WRITING: rest, pack.STAGE: packed, verify.STAGE: plan.tar_size}
        self._done = dict.fromkeys(self._weights, 0)
        self._total = sum(self._weights.values())
        self._before: Progress | None = None
        self._lock = threading.Lock()
        self._sink = sink

    def __call__(self, progress: Progress, /) -> None:
        weight = self._weights.get(progress.stage)
        if weight is None:
            self._sink(progress)
            return
        with self._lock:
            share = weight * min(progress.done, progress.total) // progress.total if progress.total > 0 else 0
            self._done[progress.stage] = max(self._done[progress.stage], share)
            shown = progress
            if progress.stage == verify.STAGE:
                written = self._done[fill.WRITING] >= self._weights[fill.WRITING]
                shown = progress if written or self._before is None else self._before
            else:
                self._before = progress
            self._sink(Progress(shown.stage, sum(self._done.values()), self._total, shown.subject))
