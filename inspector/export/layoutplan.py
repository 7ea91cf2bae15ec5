"""The plan of an OCI layout, with or without Docker's manifest.json beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inspector.export.blobbag import blob_name
from inspector.export.diffids import compared
from inspector.export.dockerhalf import docker_images, manifest_json
from inspector.export.edits import Edits
from inspector.export.indexjson import index_json
from inspector.export.layout import Layout
from inspector.export.options import ExportOptions, Preset
from inspector.export.planned import ADDED, KEPT, REWRITTEN, ExportPlan, PlannedBlob, Recoded
from inspector.export.report import changes_of, notes_of
from inspector.language import say
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive

OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def plan(
    archives: Sequence[ImageArchive],
    options: ExportOptions,
    token: CancelToken,
    sink: ProgressSink,
    recoded: Mapping[Digest, Recoded],
) -> ExportPlan:
    """See `inspector.export.plan.plan_export`."""
    archive = archives[0]
    layout = Layout(archives, options, token, sink, recoded)
    source = archive.root_document("index.json")
    listed = [row for row in layout.rows if row[0].is_listed]
    index = index_json(source, listed, layout.new_digest, layout.mending, Edits(options))
    docker = None
    if options.preset is Preset.DOCKER_COMPATIBLE:
        images = docker_images(layout.entries, layout.below, options.host(), layout.notes)
        docker = manifest_json(images, blob_name) if images else None
        if docker is None:
            layout.notes.setdefault(
                say("No manifest.json was made: the archive holds no image that Docker could load.")
            )
    roots = {"index.json": index, "oci-layout": OCI_LAYOUT} | ({"manifest.json": docker} if docker is not None else {})
    blobs = [*layout.bag, *(root_file(name, data, archive) for name, data in roots.items())]
    for name in roots:
        if archive.root_document(name) is None:
            layout.mending.note(name.replace(".", "-"), name)
    blobs.sort(key=lambda planned: planned.name.encode())
    return ExportPlan(
        archive=archive,
        options=options,
        blobs=tuple(blobs),
        folders=_folders(blobs),
        index_json=index,
        manifest_json=docker,
        images=layout.images(),
        changes=changes_of(layout, blobs),
        notes=notes_of(layout),
        recoded=recoded,
        repairs=layout.repairs(),
        others=tuple(archives[1:]),
        diff_ids=compared(layout.documents(), recoded),
    )


def root_file(name: str, data: bytes, archive: ImageArchive) -> PlannedBlob:
    """A file at the top of the new archive, and whether the source has the same one."""
    stored = archive.root_document(name)
    action = ADDED if stored is None else KEPT if stored.raw == data else REWRITTEN
    return PlannedBlob(name, Digest.of(data), len(data), data, action)


def _folders(blobs: list[PlannedBlob]) -> tuple[str, ...]:
    """Every folder of the tar, parents first."""
    found = {"blobs"}
    for planned in blobs:
        parts = planned.name.split("/")[:-1]
        found |= {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
    return tuple(sorted(found))
