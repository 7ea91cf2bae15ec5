"""Planning: what an export will write, known before anything is written.

Planning reads documents and, where nothing states a layer's digest, layers; it writes nothing. The same archive and
options give the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inspector.errors import BlobMismatch, BlobMissing
from inspector.export import classic, layoutplan
from inspector.export.options import ExportOptions, Preset
from inspector.export.planned import Change, ExportPlan, Inflated, PlannedBlob, PlannedImage, Recoded
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, ProgressSink, ignore_progress

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive

__all__ = ["Change", "ExportOptions", "ExportPlan", "Inflated", "PlannedBlob", "PlannedImage", "Preset", "plan_export"]


def plan_export(
    archive: ImageArchive,
    options: ExportOptions | None = None,
    *,
    others: Sequence[ImageArchive] = (),
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    recoded: Mapping[Digest, Recoded] | None = None,
) -> ExportPlan:
    """What exporting `archive` will write; `others` are merged into it, what they share is stored once.

    Raises `UsageError` (choices that do not fit, archives with different images of one name), `BlobMismatch` and `BlobMissing`
    (an image that cannot be exported whole), `SourceChanged` (a file that changed since it was opened), `ExportError` (nothing to
    export), `Cancelled`, and what reading raises.
    """
    options = options if options is not None else ExportOptions()
    options.check()
    token = token if token is not None else CancelToken()
    make = classic.plan if options.preset is Preset.CLASSIC_DOCKER else layoutplan.plan
    archives = (archive, *others)
    try:
        return make(archives, options, token, sink, recoded if recoded is not None else {})
    except (BlobMismatch, BlobMissing):
        for each in archives:
            each.check_source()  # a file that changed meanwhile explains it better
        raise
