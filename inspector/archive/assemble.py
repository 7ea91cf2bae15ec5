"""Images and layers put together from a manifest, a config and the blobs that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.image import Image, Layer, NodeKind
from inspector.archive.opening import finding
from inspector.findings import Fix, Severity
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.annotations import CONTAINERD_SUBJECT, DOCKER_REFERENCE_DIGEST, DOCKER_REFERENCE_TYPE
from inspector.oci.digest import Digest
from inspector.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.archive.blobstore import Blob
    from inspector.archive.naming import Names
    from inspector.archive.opening import Opening
    from inspector.oci.config import HistoryEntry, ImageConfig
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.document import Document
    from inspector.oci.manifest import ImageManifest

_ATTESTATION_ARTIFACT = "application/vnd.docker.attestation.manifest.v1+json"


def kind_of(manifest: ImageManifest, descriptor: Descriptor | None) -> NodeKind:
    """IMAGE, ATTESTATION or ARTIFACT: by annotation, artifactType, config type, and the types of the layers."""
    annotations = descriptor.annotations if descriptor is not None else {}
    in_toto = bool(manifest.layers) and all(layer.media_type == mediatype.IN_TOTO for layer in manifest.layers)
    if annotations.get(DOCKER_REFERENCE_TYPE) == "attestation-manifest":
        return NodeKind.ATTESTATION
    if manifest.artifact_type == _ATTESTATION_ARTIFACT:
        return NodeKind.ATTESTATION
    config_type = manifest.config.media_type if manifest.config is not None else ""
    if in_toto and mediatype.is_config(config_type):
        return NodeKind.ATTESTATION
    if config_type and not mediatype.is_config(config_type):
        return NodeKind.ARTIFACT
    typed = [layer.media_type for layer in manifest.layers if layer.media_type]
    if manifest.artifact_type and not (config_type and typed and all(map(mediatype.is_layer, typed))):
        return NodeKind.ARTIFACT  # else engines run it all the same, whatever it calls itself
    if typed and not any(mediatype.is_layer(media_type) for media_type in typed):
        return NodeKind.ARTIFACT
    return NodeKind.IMAGE


def subject_of(manifest: ImageManifest, descriptor: Descriptor | None) -> Digest | None:
    """What the manifest describes: its `subject`, else BuildKit's annotation on the descriptor."""
    if manifest.subject is not None and manifest.subject.digest is not None:
        return manifest.subject.digest
    if descriptor is not None:
        return stated_subject(descriptor)
    return None


def stated_subject(descriptor: Descriptor) -> Digest | None:
    """What an index says of an entry: it belongs to that manifest (BuildKit; containerd since Docker 29.1)."""
    annotations = descriptor.annotations
    return Digest.try_parse(annotations.get(DOCKER_REFERENCE_DIGEST) or annotations.get(CONTAINERD_SUBJECT))


def align_history(config: ImageConfig | None, layers: Sequence[Layer]) -> tuple[tuple[HistoryEntry, Layer | None], ...]:
    """Each step with the layer that it made. If the counts differ no step gets one: a guess would shift them."""
    if config is None:
        return ()
    making = sum(1 for entry in config.history if not entry.empty_layer)
    if making != len(layers):
        return tuple((entry, None) for entry in config.history)
    waiting = iter(layers)
    return tuple((entry, None if entry.empty_layer else next(waiting)) for entry in config.history)


def history_of_layers(config: ImageConfig | None, count: int) -> list[HistoryEntry | None]:
    """The history entry of each layer, base first; None for all if the counts differ."""
    entries = [entry for entry in config.history if not entry.empty_layer] if config is not None else []
    return list(entries) if len(entries) == count else [None] * count


def manifest_layers(opening: Opening, manifest: ImageManifest, config: ImageConfig | None) -> tuple[Layer, ...]:
    """The layers of a manifest with their blobs; sizes that differ from the descriptor are findings."""
    diff_ids = config.diff_ids if config is not None and len(config.diff_ids) == len(manifest.layers) else ()
    histories = history_of_layers(config, len(manifest.layers))
    layers: list[Layer] = []
    for number, descriptor in enumerate(manifest.layers, 1):
        blob = opening.blob_of(descriptor)
        if blob is not None:
            check_size(opening, descriptor, blob)
        layers.append(
            Layer(
                number,
                descriptor,
                blob,
                descriptor.digest,
                diff_ids[number - 1] if diff_ids else None,
                descriptor.media_type or None,
                blob.size if blob is not None else descriptor.size,
                histories[number - 1],
            )
        )
    return tuple(layers)


def check_size(opening: Opening, descriptor: Descriptor, blob: Blob) -> None:
    """DESC-4: the length that a descriptor states and the stored one."""
    if descriptor.size is None or descriptor.size == blob.size:
        return
    opening.note(
        finding(
            "DESC-4",
            Severity.ERROR,
            "A stated size is wrong",
            say("The descriptor of %s gives another size than the stored bytes have.", blob.member.name),
            at=blob.member.name,
            pointer=descriptor.pointer,
            digest=descriptor.digest,
            expected=descriptor.size,
            found=blob.size,
            fix=Fix.AUTOMATIC if blob.member.complete else Fix.NONE,
            spec="descriptor.md#properties",
        )
    )


def is_encrypted(layers: Sequence[Layer]) -> bool:
    return any(layer.media_type is not None and mediatype.is_encrypted(layer.media_type) for layer in layers)


def image_from_manifest(
    opening: Opening,
    document: Document,
    manifest: ImageManifest,
    descriptor: Descriptor | None,
    *,
    named: Names,
    path: tuple[Digest, ...],
    source: str,
) -> Image:
    """The image, attestation or artifact that a stored manifest is."""
    kind = kind_of(manifest, descriptor)
    config_blob = opening.blob_of(manifest.config) if manifest.config is not None else None
    config_document, config = (None, None)
    if manifest.config is not None and config_blob is not None:
        check_size(opening, manifest.config, config_blob)
        if kind is NodeKind.IMAGE or mediatype.is_config(manifest.config.media_type):
            config_document, config = opening.config(config_blob)
            opening.check_digest(config_blob)
        elif opening.peek(config_blob) in (b"{", b"["):
            # MANIF-7: configs of other types are shown as they are, never understood as image configs.
            config_document = opening.document(config_blob, "MANIF-7")
    layers = manifest_layers(opening, manifest, config)
    complete = config_blob is not None and config_blob.member.complete and all(layer.present for layer in layers)
    return Image(
        names=named.names,
        ref_names=named.ref_names,
        repo_tags=named.repo_tags,
        kind=kind,
        platform=_platform(kind, config, descriptor),
        manifest=document,
        parsed_manifest=manifest,
        manifest_descriptor=descriptor,
        config=config_document,
        parsed_config=config,
        config_descriptor=manifest.config,
        config_blob=config_blob,
        config_digest=_config_digest(manifest, config_blob),
        layers=layers,
        path=path,
        source=source,
        subject=subject_of(manifest, descriptor),
        artifact_type=manifest.artifact_type or (_artifact_type(manifest) if kind is NodeKind.ARTIFACT else None),
        complete=complete and not is_encrypted(layers),
        key=str(path[-1] if path else document.digest),
        history=align_history(config, layers) if kind is NodeKind.IMAGE else (),
        manifest_media_type=manifest.media_type or (descriptor.media_type if descriptor is not None else None) or None,
    )


def _config_digest(manifest: ImageManifest, blob: Blob | None) -> Digest | None:
    stated = manifest.config.digest if manifest.config is not None else None
    return stated or (blob.computed if blob is not None else None)


def _artifact_type(manifest: ImageManifest) -> str | None:
    """The specification's rule: without artifactType the config's media type stands for it."""
    return manifest.config.media_type or None if manifest.config is not None else None


def _platform(kind: NodeKind, config: ImageConfig | None, descriptor: Descriptor | None) -> Platform | None:
    """The config decides, since it is what runs; the descriptor helps where the config is silent or absent."""
    if kind is not NodeKind.IMAGE:
        return None
    stated = descriptor.platform if descriptor is not None else None
    own = config.platform if config is not None else None
    if own is None or not (own.os or own.architecture):
        return stated if stated is not None and not stated.is_unknown else None
    return own
