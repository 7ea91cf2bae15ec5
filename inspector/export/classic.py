"""docker save as Docker 1.10 to 24 wrote it: `<config>.json`, `<id>/layer.tar`, manifest.json, repositories.

For scripts and engines that know nothing else (image spec v1.2, formats.md A2). Layers are plain tars; `<id>` is the
hex of the diffID, so that equal layers are stored once without links. No VERSION and no v1 JSON: what reads them,
Docker up to 1.9, is not served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import Compression
from inspector.archive.image import Image
from inspector.errors import ExportError
from inspector.export.blobbag import whole
from inspector.export.converted import Converted
from inspector.export.dockerhalf import DockerImage, docker_images
from inspector.export.layout import Layout
from inspector.export.layoutplan import root_file
from inspector.export.options import ExportOptions
from inspector.export.planned import (
    DROPPED,
    KEPT,
    REWRITTEN,
    Change,
    DiffIds,
    ExportPlan,
    Inflated,
    PlannedBlob,
    PlannedImage,
    Recoded,
)
from inspector.export.report import new_ids
from inspector.language import say
from inspector.oci.digest import Digest
from inspector.oci.document import compact_json
from inspector.oci.reference import Reference
from inspector.progress import CancelToken, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.oci.document import Json


def plan(
    archives: Sequence[ImageArchive],
    options: ExportOptions,
    token: CancelToken,
    sink: ProgressSink,
    recoded: Mapping[Digest, Recoded],
) -> ExportPlan:
    """See `inspector.export.plan.plan_export`. Raises `ExportError` if no image can be written in this form."""
    archive = archives[0]
    layout = Layout(archives, options, token, sink, recoded)
    images = _by_config(docker_images(layout.entries, layout.below, options.host(), layout.notes, has_index=False))
    if not images:
        raise ExportError(
            "No image for docker save",
            say("%s holds no image that Docker could load. Choose another preset.", archive.path),
        )
    files: dict[str, PlannedBlob] = {}
    folders: set[str] = set()
    entries: list[Json] = []
    for image in images:
        paths = _layers(image.done, files, folders)
        config = _config(layout, image.done)
        files.setdefault(config.name, config)
        entries.append({"Config": config.name, "RepoTags": list(image.tags) or None, "Layers": list(paths)})
    manifest = compact_json(entries) + b"\n"
    files["manifest.json"] = root_file("manifest.json", manifest, archive)
    repositories = _repositories(images)
    if repositories:
        files["repositories"] = root_file("repositories", compact_json(repositories) + b"\n", archive)
    blobs = tuple(sorted(files.values(), key=lambda planned: planned.name.encode()))
    return ExportPlan(
        archive=archive,
        options=options,
        blobs=blobs,
        folders=tuple(sorted(folders)),
        index_json=b"",
        manifest_json=manifest,
        images=tuple(_planned(image) for image in images),
        changes=_changes(layout, blobs, images),
        notes=(*layout.notes, *_notes(layout)),
        repairs=layout.repairs(),
        others=tuple(archives[1:]),
        diff_ids=DiffIds(matching=sum(blob.name.endswith("/layer.tar") for blob in blobs)),
    )


def _by_config(images: list[DockerImage]) -> list[DockerImage]:
    """Manifests that differ in the compression of layers only are one image here, where layers are plain."""
    found: dict[Digest | None, DockerImage] = {}
    for image in images:
        first = found.setdefault(image.done.config_digest, image)
        first.tags += [tag for tag in image.tags if tag not in first.tags]
    return list(found.values())


def _layers(done: Converted, files: dict[str, PlannedBlob], folders: set[str]) -> list[str]:
    """The paths of an image's layers, base first; their files are added to `files`."""
    assert done.image is not None
    paths = []
    for stored, diff_id in zip(done.layers, _diff_ids(done), strict=True):
        if diff_id is None or stored.blob is None:
            raise ExportError(
                "A layer has no diffID", say("The config of %s states none for a layer.", _name(done.image))
            )
        folder = diff_id.encoded
        path = f"{folder}/layer.tar"
        blob = whole(stored.blob)
        plain = blob.compression is Compression.NONE
        folders.add(folder)
        files.setdefault(
            path,
            PlannedBlob(
                path,
                diff_id,
                blob.size if plain else None,
                blob if plain else Inflated(blob),
                KEPT if plain else REWRITTEN,
                "" if plain else say("uncompressed, as docker save has it"),
            ),
        )
        paths.append(path)
    return paths


def _diff_ids(done: Converted) -> list[Digest | None]:
    """Of its layers, base first: the config's, or, where the config was made here, those of the plain layers of v1."""
    config = done.image.parsed_config if done.image is not None else None
    return [layer.digest for layer in done.layers] if config is None else list(config.diff_ids)


def _config(layout: Layout, done: Converted) -> PlannedBlob:
    """The config, called by its image ID, whatever digest the source stores it under."""
    assert done.config_digest is not None
    planned = next(blob for blob in layout.bag if blob.digest == done.config_digest)
    document = done.image.config if done.image is not None else None
    image_id = document.digest if document is not None and not done.is_edited else done.config_digest
    return PlannedBlob(
        f"{image_id.encoded}.json", planned.digest, planned.size, planned.origin, planned.action, planned.why
    )


def _repositories(images: list[DockerImage]) -> dict[str, Json]:
    """Name → tag → folder of the top layer, as Docker wrote it; images without layers cannot stand here."""
    found: dict[str, dict[str, Json]] = {}
    for image in images:
        top = next(reversed(_diff_ids(image.done)), None)
        for tag in image.tags if top is not None else ():
            reference = Reference.parse(tag)
            name = reference.familiar.removesuffix(f":{reference.tag}")
            assert top is not None
            found.setdefault(name, {})[str(reference.tag)] = top.encoded
    return {name: dict(sorted(found[name].items())) for name in sorted(found)}


def _planned(image: DockerImage) -> PlannedImage:
    found = image.done.image
    assert found is not None
    return PlannedImage(
        names=tuple(str(Reference.parse(tag)) for tag in image.tags),
        platform=str(found.platform) if found.platform is not None else None,
        source_manifest_digest=image.done.old,
        manifest_digest=None,
        config_digest=image.done.config_digest,
        kept=image.done.old is None and not found.v1_ids,
        id_kept=not (found.v1_ids or image.done.is_edited),
        has_manifest=False,
    )


def _name(image: Image) -> str:
    return image.names[0] if image.names else image.key


def _changes(layout: Layout, blobs: tuple[PlannedBlob, ...], images: list[DockerImage]) -> tuple[Change, ...]:
    found = []
    for planned in blobs:
        digest = str(planned.digest)
        stored = layout.archive.root_document(planned.name)
        old = str(stored.digest) if stored is not None else None
        size = len(stored.raw) if stored is not None else None
        if isinstance(planned.origin, (Blob, Inflated)):
            blob = planned.origin.blob if isinstance(planned.origin, Inflated) else planned.origin
            old, size = str(blob.claimed or blob.computed or digest), blob.size
        found.append(Change(planned.name, planned.action, planned.why, old, digest, size, planned.size))
    for name in ("index.json", "oci-layout"):
        stored = layout.archive.root_document(name)
        if stored is not None:
            found.append(
                Change(name, DROPPED, say("not part of docker save"), str(stored.digest), None, len(stored.raw))
            )
    written = {image.done.digest for image in images}
    for done in layout.documents():
        if done.present and done.old is not None:
            why = say("docker save has no manifests") if done.digest in written else say("docker save cannot hold it")
            found.append(Change(f"manifest {done.old}", DROPPED, why, str(done.old), None, done.old_size))
    return tuple(found)


def _notes(layout: Layout) -> list[str]:
    notes = [*new_ids(layout)]
    if any(done.old is not None for done in layout.documents()):
        notes.append(
            say("Manifests, indexes, attestations and signatures have no place in docker save and are left out.")
        )
    if any(entry.word is not None for entry in layout.entries):
        notes.append(say("A bare ref.name without an image name has no place in docker save."))
    return notes
