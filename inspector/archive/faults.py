"""Faults of one image that opening sees without reading a layer: they tell the writer, and what export must mend."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.archive.blobstore import EmbeddedBlob
from inspector.archive.image import Image, Layer, NodeKind
from inspector.archive.opening import finding
from inspector.findings import Finding, Fix, Severity
from inspector.language import say, say_all
from inspector.oci import mediatype

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.archive.opening import Opening
    from inspector.oci.descriptor import Descriptor


_AS_STORED = say("Files and merged file systems are shown as the manifest has them; an export puts it right.")


def note_faults(opening: Opening, image: Image) -> None:
    """Note what is wrong with an image that has a stored manifest."""
    opening.note(*_absent(image))
    if image.kind is NodeKind.IMAGE:
        opening.note(*_counts(image), *_order(image))


def _where(image: Image) -> str:
    return image.manifest.name if image.manifest is not None else "manifest.json"


def _absent(image: Image) -> Iterator[Finding]:
    """BLOB-6 for the config and for each layer."""
    is_image = image.kind is NodeKind.IMAGE
    config = image.config_descriptor
    if config is not None and isinstance(image.config_blob, EmbeddedBlob) and is_image:
        yield _embedded(image, config)
    elif config is not None and image.config_blob is None:
        yield finding(
            "BLOB-6",
            Severity.ERROR if is_image else Severity.WARNING,
            "The config of an image is not in the archive" if is_image else "A config is not in the archive",
            "No loader can read the image without it." if is_image else "",
            at=_where(image),
            pointer="$.config",
            digest=config.digest,
            spec="image-layout.md#blobs",
        )
    for layer in image.layers:
        if layer.blob is None:
            yield _absent_layer(image, layer)
        elif isinstance(layer.blob, EmbeddedBlob) and is_image and layer.descriptor is not None:
            yield _embedded(image, layer.descriptor)


def _embedded(image: Image, descriptor: Descriptor) -> Finding:
    return finding(
        "BLOB-6",
        Severity.ERROR,
        "A part of an image is only in its descriptor's data",
        "It is read here; loaders look for the blob and do not find it. An export writes the blob.",
        at=_where(image),
        pointer=descriptor.pointer,
        digest=descriptor.digest,
        fix=Fix.AUTOMATIC,
        spec="descriptor.md#properties",
    )


def _absent_layer(image: Image, layer: Layer) -> Finding:
    foreign = layer.media_type is not None and mediatype.is_foreign(layer.media_type)
    title = say("A foreign layer is kept elsewhere") if foreign else "A layer is not in the archive"
    return finding(
        "BLOB-6",
        Severity.INFO if foreign else Severity.ERROR,
        title,
        "Its descriptor gives addresses to fetch it from; they are never fetched here."
        if foreign
        else "Loaders that do not have it already refuse the image.",
        at=_where(image),
        pointer=layer.descriptor.pointer if layer.descriptor is not None else None,
        digest=layer.digest,
        spec="image-layout.md#blobs",
    )


def _counts(image: Image) -> Iterator[Finding]:
    """MANIF-4 and MANIF-6: layers and diffIDs must pair up (moby#47065)."""
    config = image.parsed_config
    if config is None or image.parsed_manifest is None:
        return
    layers, diff_ids = len(image.parsed_manifest.layers), len(config.stated_diff_ids)
    if layers == diff_ids:
        return
    if layers == 0:
        yield finding(
            "MANIF-4",
            Severity.ERROR,
            "The manifest lists no layers",
            say_all(
                (
                    say(
                        "The config has diffIDs, so layers belong to it. Docker 25.0.0 before rc.2 wrote this (moby#47065)."
                    ),
                    _AS_STORED,
                )
            ),
            at=_where(image),
            pointer="$.layers",
            expected=diff_ids,
            found=0,
            fix=Fix.AUTOMATIC,
            spec="manifest.md#image-manifest-property-descriptions",
        )
    yield finding(
        "MANIF-6",
        Severity.ERROR,
        "Layers and diffIDs differ in number",
        "Each layer of the manifest has its diffID in the config, in the same order.",
        at=_where(image),
        pointer="$.layers",
        expected=diff_ids,
        found=layers,
        fix=Fix.AUTOMATIC,
    )


def is_shuffled(image: Image) -> bool:
    """Whether plain layers stand in another order than their diffIDs; their digests must be the diffIDs."""
    config, manifest = image.parsed_config, image.parsed_manifest
    if config is None or manifest is None or not manifest.layers:
        return False
    if any(mediatype.declared_compression(layer.media_type) != "none" for layer in manifest.layers):
        return False
    digests = [layer.digest for layer in manifest.layers]
    return digests != list(config.diff_ids) and set(digests) == set(config.diff_ids)


def _order(image: Image) -> Iterator[Finding]:
    """MANIF-5: the right layers in the wrong order, as Docker 25.0.0 wrote them (moby#47150)."""
    config, manifest = image.parsed_config, image.parsed_manifest
    if config is None or manifest is None or not is_shuffled(image):
        return
    yield finding(
        "MANIF-5",
        Severity.ERROR,
        "The layers stand in the wrong order",
        say_all(
            (
                say(
                    "They are the layers of the config, in another order. Docker 25.0.0 wrote this (moby#47150); "
                    "loaders that read index.json unpack a wrong file system or refuse it."
                ),
                _AS_STORED,
            )
        ),
        at=_where(image),
        pointer="$.layers",
        expected=_short(config.stated_diff_ids),
        found=_short([layer.stated_digest for layer in manifest.layers]),
        fix=Fix.AUTOMATIC,
        spec="manifest.md#image-manifest-property-descriptions",
    )


def _short(digests: Sequence[str]) -> str:
    return ", ".join(digest.partition(":")[2][:12] for digest in digests)


def same_layers_other_order(left: Sequence[object], right: Sequence[object]) -> bool:
    """Whether two lists hold the same things in different orders."""
    return left != right and Counter(left) == Counter(right)
