"""MANIF-*: manifests and their layers (manifest.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.archive.image import NodeKind
from inspector.conformance.case import Role
from inspector.conformance.manifest_rules import (
    MANIF_2,
    MANIF_4,
    MANIF_5,
    MANIF_7,
    MANIF_8,
    MANIF_9,
    MANIF_10,
    MANIF_12,
    MANIF_13,
    MANIF_14,
)
from inspector.conformance.rules import Check
from inspector.errors import InspectorError, ReadFailed, SourceChanged
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.digest import EMPTY_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import Image, Layer
    from inspector.conformance.case import Case
    from inspector.oci.document import Document
    from inspector.oci.manifest import ImageManifest

_MOST_BYTES: Final = 4 << 20


def manifests(case: Case) -> Iterator[tuple[Image, Document, ImageManifest]]:
    """Every stored manifest: of images, attestations and artifacts."""
    for image in case.archive.images:
        if image.manifest is not None and image.parsed_manifest is not None:
            yield image, image.manifest, image.parsed_manifest


def media_types(case: Case) -> Iterator[Finding]:
    """MANIF-2: absent (another type: found when reading; Docker's: MEDIA-1)."""
    for image, document, manifest in manifests(case):
        if not manifest.media_type:
            yield MANIF_2.broken(
                Severity.WARNING,
                "A manifest without mediaType",
                at=document.name,
                pointer="$.mediaType",
                digest=image.manifest_digest,
                expected=mediatype.OCI_MANIFEST,
                found="nothing",
            )


def some_layers(case: Case) -> Iterator[Finding]:
    """MANIF-4: no layers at all (null, absent, or lost ones: found when opening)."""
    for image, document, manifest in manifests(case):
        if isinstance(manifest.raw.get("layers"), list) and not manifest.layers:
            if image.parsed_config is not None and image.parsed_config.stated_diff_ids:
                continue
            yield MANIF_4.broken(
                Severity.WARNING,
                "A manifest without layers",
                at=document.name,
                pointer="$.layers",
                digest=image.manifest_digest,
                expected=say("at least 1"),
                found=0,
                fix=Fix.NONE,
            )


def config_types(case: Case) -> Iterator[Finding]:
    """MANIF-7: file system layers under a config of another type."""
    for image, document, manifest in manifests(case):
        config = manifest.config
        if config is None or not config.media_type or mediatype.is_config(config.media_type):
            continue
        if image.kind is NodeKind.ARTIFACT and any(mediatype.is_layer(layer.media_type) for layer in manifest.layers):
            yield MANIF_7.broken(
                Severity.INFO,
                "Layers under a config that is none of an image",
                at=document.name,
                pointer="$.config.mediaType",
                digest=config.digest,
                expected=mediatype.OCI_CONFIG,
                found=config.media_type,
            )


def layer_types(case: Case) -> Iterator[Finding]:
    """MANIF-8: types that no loader knows as a layer (Docker's: MEDIA-1; foreign ones: LAYER-20)."""
    for pointed in case.pointed:
        media_type = pointed.descriptor.media_type
        if pointed.role is not Role.LAYER or pointed.image is None or pointed.image.kind is not NodeKind.IMAGE:
            continue
        if media_type and not mediatype.is_layer(media_type):
            yield MANIF_8.broken(
                Severity.WARNING,
                "A layer of an unknown type",
                at=pointed.document,
                pointer=f"{pointed.descriptor.pointer}.mediaType",
                digest=pointed.descriptor.digest,
                expected=say("a tar, gzip or zstd layer"),
                found=media_type,
                fix=Fix.NONE,
            )


def compressions(case: Case) -> Iterator[Finding]:
    """MANIF-9: the label against the first bytes. Docker's plain type says nothing about compression (formats.md D3)."""
    for image, document, _ in manifests(case):
        for layer in image.layers:
            stated = mediatype.declared_compression(layer.media_type)
            if stated is None or layer.blob is None or mediatype.is_encrypted(layer.media_type):
                continue
            found = compression_of(layer)
            if found is None or found == stated:
                continue
            if layer.media_type in (mediatype.DOCKER_LAYER, mediatype.DOCKER_FOREIGN):
                continue
            yield MANIF_9.broken(
                Severity.ERROR if found == Compression.NONE else Severity.WARNING,
                "A layer is not compressed as its type says",
                at=document.name,
                pointer=f"{layer.descriptor.pointer}.mediaType" if layer.descriptor is not None else None,
                digest=layer.digest,
                expected=stated,
                found=found,
            )


def compression_of(layer: Layer) -> Compression | None:
    """How the stored bytes are compressed; None if they cannot be had or there are none."""
    try:
        return layer.blob.compression if layer.blob is not None and layer.blob.size else None
    except (ReadFailed, SourceChanged):
        raise
    except InspectorError:
        return None


def artifact_types(case: Case) -> Iterator[Finding]:
    """MANIF-10 (that it is a media type: DESC-9's grammar)."""
    for image, document, manifest in manifests(case):
        config = manifest.config
        if config is not None and config.media_type == mediatype.OCI_EMPTY and not manifest.artifact_type:
            yield MANIF_10.broken(
                Severity.ERROR,
                "An artifact that does not say what it is",
                at=document.name,
                pointer="$.artifactType",
                digest=image.manifest_digest,
                expected=say("a media type"),
                found="nothing",
            )


def empty_descriptors(case: Case) -> Iterator[Finding]:
    """MANIF-12."""
    for pointed in case.pointed:
        descriptor = pointed.descriptor
        if descriptor.media_type != mediatype.OCI_EMPTY:
            continue
        wrong = descriptor.digest != EMPTY_JSON or descriptor.size not in (2, None)
        if wrong or descriptor.data not in (None, b"{}"):
            yield MANIF_12.broken(
                Severity.WARNING,
                "An empty descriptor that is not empty",
                at=pointed.document,
                pointer=descriptor.pointer,
                digest=descriptor.digest,
                expected=say("%s, 2 bytes", EMPTY_JSON),
                found=say(
                    "%(stated_digest)s, %(size)s bytes", stated_digest=descriptor.stated_digest, size=descriptor.size
                ),
            )


def subjects(case: Case) -> Iterator[Finding]:
    """MANIF-13: a subject may be elsewhere; that it is, is told."""
    for image, document, manifest in manifests(case):
        subject = manifest.subject
        if subject is not None and subject.digest is not None and case.archive.blobs.find(subject.digest) is None:
            yield MANIF_13.broken(
                Severity.INFO,
                "What a manifest describes is not in the archive",
                at=document.name,
                pointer="$.subject",
                digest=subject.digest,
                found=image.manifest_digest,
            )


def sizes(case: Case) -> Iterator[Finding]:
    """MANIF-14: manifests and indexes."""
    documents = [(image.manifest_digest, document) for image, document, _ in manifests(case)]
    documents += [(stored.document.digest, stored.document) for stored in case.indexes]
    for digest, document in documents:
        if len(document.raw) > _MOST_BYTES:
            yield MANIF_14.broken(
                Severity.WARNING,
                "A very large document",
                at=document.name,
                digest=digest,
                expected=say("at most %s bytes", f"{_MOST_BYTES:,}"),
                found=say("%s bytes", f"{len(document.raw):,}"),
            )


def order(case: Case) -> Iterator[Finding]:
    """MANIF-5: the computed diffIDs are those of the config, in another order."""
    for image in case.images:
        config = image.parsed_config
        if config is None or image.manifest is None or len(config.diff_ids) != len(image.layers):
            continue
        found = [case.contents.diff_ids.get(layer.blob) if layer.blob is not None else None for layer in image.layers]
        if (
            None in found
            or found == list(config.diff_ids)
            or sorted(map(str, found)) != sorted(map(str, config.diff_ids))
        ):
            continue
        yield MANIF_5.broken(
            Severity.ERROR,
            "The layers stand in the wrong order",
            "Unpacked, they are those of the config in another order.",
            at=image.manifest.name,
            pointer="$.layers",
            expected=", ".join(digest.short for digest in config.diff_ids if digest is not None),
            found=", ".join(digest.short for digest in found if digest is not None),
        )


QUICK: Final[tuple[Check, ...]] = (
    media_types,
    some_layers,
    config_types,
    layer_types,
    compressions,
    artifact_types,
    empty_descriptors,
    subjects,
    sizes,
)
DEEP: Final[tuple[Check, ...]] = (order,)
