"""Manifests that are made here, for images that have none: those of docker save before 25."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.image import Image, Layer
from inspector.errors import BlobMissing, ExportError
from inspector.export import edits
from inspector.export.blobbag import ADDED, REWRITTEN, BlobBag, whole
from inspector.export.contents import Contents
from inspector.export.converted import Converted
from inspector.export.edits import Edits
from inspector.export.options import ON_MANIFESTS
from inspector.export.spelling import MANIFEST, in_order
from inspector.export.storedlayers import LayerStore
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.digest import Digest
from inspector.oci.document import compact_json, parse_document

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.oci.document import Json


def made_manifest(
    contents: Contents, bag: BlobBag, layers: LayerStore, changes: Edits, image: Image, made_config: bytes | None
) -> Converted:
    """Field by field what Docker 25.0.6 and later write for the same image (moby PR 44598 with its repairs).

    `made_config`: made for Docker up to 1.9. Raises `BlobMissing`, `BlobMismatch`, `ExportError`.
    """
    if made_config is not None:
        edited = changes.labelled(parse_document(made_config, "config"))
        data = made_config if edited is None else edited
        config_digest, config_size = bag.document(data, ADDED, say("the source has none")), len(data)
    else:
        edited = changes.config(image)
        config_digest, config_size = _stored_config(bag, image, edited)
    entry = contents.docker_entry(image)
    sources = entry.layer_sources if entry is not None else {}
    stored = []
    for layer in image.layers:
        source = sources.get(str(layer.diff_id)) if layer.diff_id is not None else None
        stored.append(layers.of_files(image, layer, source.raw if source is not None else None))
    _check_count(image)
    fields: dict[str, Json] = {
        "schemaVersion": 2,
        "mediaType": mediatype.OCI_MANIFEST,
        "config": {"mediaType": mediatype.OCI_CONFIG, "digest": str(config_digest), "size": config_size},
        "layers": [layer.descriptor for layer in stored],
    }
    changes.annotate(fields, ON_MANIFESTS)
    data = compact_json(in_order(fields, MANIFEST))
    digest = bag.document(data, ADDED, say("the source has none"))
    return Converted(
        mediatype.OCI_MANIFEST,
        digest,
        len(data),
        ADDED,
        (say("the source has none"),),
        waiting=any(layer.waiting for layer in stored),
        image=image,
        config_digest=config_digest,
        layers=tuple(stored),
        is_edited=edited is not None,
    )


def _stored_config(bag: BlobBag, image: Image, edited: bytes | None) -> tuple[Digest, int]:
    document, blob = image.config, image.config_blob
    if document is None or blob is None:
        name = image.names[0] if image.names else image.key
        raise BlobMissing(
            "A config is missing",
            say(
                "The config of %s is not in the archive or cannot be read, so the image cannot be exported. Export the other images with --image, or get the archive again.",
                name,
            ),
            subject=name,
        )
    whole(blob)
    if edited is not None:
        return bag.document(edited, REWRITTEN, edits.LABELS, source=blob), len(edited)
    bag.keep(document.digest, blob)
    return document.digest, blob.size


def numbered(image: Image, number: int, blob: Blob) -> Layer:
    """A layer that the manifest forgot or misplaced."""
    config = image.parsed_config
    diff_id = config.diff_ids[number] if config is not None else None
    known = next((layer for layer in image.layers if layer.blob is blob), None)
    media_type = known.media_type if known is not None else None
    return Layer(number + 1, None, blob, blob.claimed, diff_id, media_type, blob.size, None)


def _check_count(image: Image) -> None:
    config = image.parsed_config
    if config is not None and len(config.diff_ids) != len(image.layers):
        name = image.names[0] if image.names else image.key
        raise ExportError(
            "Layers and config do not fit together",
            say(
                "The config of %(name)s has %(diff_ids)s diffIDs, manifest.json lists %(layers)s layers: no loader takes such an image. Get the archive again.",
                name=name,
                diff_ids=len(config.diff_ids),
                layers=len(image.layers),
            ),
            subject=name,
        )
