"""The Summary page of an image: one screen with what a person asks first, and a bar of its layers by size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.language import mark, tr, trn
from inspector.oci import annotations as keys
from inspector.oci import mediatype
from inspector.viewmodel import display, labels
from inspector.viewmodel.configsummary import config_sections, labels_section, origin_rows
from inspector.viewmodel.pages import Row, Section, Share
from inspector.viewmodel.summary import MOST_NAMES, digest_row, limited, manifest_annotations, name_rows, stored_size
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image, Layer
    from inspector.layers.table import Listing
    from inspector.viewmodel.tree import StructureNode

RELEASE = mark("OS release")


def image_sections(
    image: Image, node: StructureNode, known: Mapping[Blob, Listing], release: Row | None = None
) -> tuple[Section, ...]:
    """Names, identity, origin, sizes, how it runs, its layers. `known`: the layers that were listed so far.

    Without `release`, the row for it is `pending`.
    """
    notes = manifest_annotations(image)
    rows = _name_rows(image)
    rows.append(Row(tr("Platform"), labels.platform(image.platform) or tr("not stated")))
    rows.append(release or Row(tr(RELEASE), "…", pending=True))
    rows += origin_rows(image.parsed_config) if image.parsed_config is not None else []
    base = notes.get(keys.BASE_NAME)
    if base:
        rows.append(Row(tr("Base image"), labels.familiar(base), display.safe(notes.get(keys.BASE_DIGEST, ""))))
    rows += digest_row(
        tr("Image ID"), image.config_digest, tr("The digest of the config; what docker images shows."), link=True
    )
    rows += _manifest_rows(image, node)
    rows += _missing_rows(image)
    sections = [Section(tr("Image"), tuple(rows)), _size_section(image, node, known)]
    if image.parsed_config is not None:
        sections += config_sections(image.parsed_config)
    layer_nodes = [child for child in node.children if child.layer is not None]
    whole = sum(child.layer.size or 0 for child in layer_nodes if child.layer is not None)
    sections.append(limited(tr("Layers"), (_layer_row(child, whole, known) for child in layer_nodes), len(layer_nodes)))
    sections.append(labels_section(notes, tr("Annotations")))
    if len(image.names) > MOST_NAMES:
        all_names = (Row(str(number), labels.familiar(name), name) for number, name in enumerate(image.names, 1))
        sections.append(limited(tr("Names"), all_names, len(image.names)))
    return tuple(section for section in sections if section.rows)


def _name_rows(image: Image) -> list[Row]:
    rows = name_rows(image.names)
    if not rows:
        bare = ", ".join(map(display.safe, image.ref_names[:20]))
        rows.append(
            Row(tr("Name"), tr("none, marked “%s”") % bare if bare else tr("none"), tr("Loaders give it no name."))
        )
    return rows


def _manifest_rows(image: Image, node: StructureNode) -> list[Row]:
    if image.manifest_digest is None:
        missing = tr("docker save did not before version 25; an export adds one.")
        return [Row(tr("Manifest"), tr("the archive stores none"), missing)]
    words = tr(mediatype.in_words(image.manifest_media_type)) if image.manifest_media_type else ""
    kind = f"{display.safe(words)} ({display.safe(image.manifest_media_type or '')}). " if words else ""
    return digest_row(
        tr("Manifest"), node.digest or image.manifest_digest, kind + tr("What docker pull NAME@DIGEST takes.")
    )


def _missing_rows(image: Image) -> list[Row]:
    missing = [layer.number for layer in image.layers if not layer.present]
    if missing:
        shown = display.some(missing, 20)
        several = len(missing) > 1
        return [
            Row(
                tr("Incomplete"),
                (tr("layers %s are not in the archive") if several else tr("layer %s is not in the archive")) % shown,
            )
        ]
    return [] if image.complete else [Row(tr("Incomplete"), tr("the config is not in the archive, or cannot be read"))]


# sizes --------------------------------------------------------------------------------------------------


def unpacked_size(layer: Layer, known: Mapping[Blob, Listing]) -> int | None:
    """Bytes of the layer's tar: known if it is stored as it is, or was listed; else None."""
    if layer.blob is None:
        return None
    listing = known.get(layer.blob)
    if listing is not None:
        return listing.uncompressed_size
    return layer.size if layer.compression is Compression.NONE else None


def _size_section(image: Image, node: StructureNode, known: Mapping[Blob, Listing]) -> Section:
    stored = stored_size(image)
    rows = [Row(tr("Stored"), display.size(stored), tr("%s: config and layers as stored") % display.size_exact(stored))]
    layers = [layer for layer in image.layers if layer.blob is not None]
    sizes = [unpacked_size(layer, known) for layer in layers]
    found = [size for size in sizes if size is not None]
    unknown = len(image.layers) - len(found)
    if not unknown:
        whole = sum(found)
        rows.append(
            Row(tr("Unpacked"), display.size(whole), tr("%s: the tars of all layers") % display.size_exact(whole))
        )
    elif layers:
        words = tr("not known before all layers were read")
        if found:
            words = tr("%(size)s so far; %(count)s") % {
                "size": display.size(sum(found)),
                "count": trn("%d layer was not read yet", "%d layers were not read yet", unknown) % unknown,
            }
        rows.append(Row(tr("Unpacked"), words, tr("The page Files reads all layers.")))
    nodes = [child for child in node.children if child.type is NodeType.LAYER and child.layer is not None]
    whole = sum(child.layer.size or 0 for child in nodes if child.layer is not None)
    return Section(
        tr("Size"), tuple(rows), bar=tuple(_share(child, whole) for child in nodes) if len(nodes) > 1 else ()
    )


def _share(child: StructureNode, whole: int) -> Share:
    layer = child.layer
    assert layer is not None
    step = labels.step(layer.history.created_by, 120) if layer.history is not None else ""
    parts = [tr("layer %d") % layer.number, display.size(layer.size), display.percent(layer.size or 0, whole), step]
    return Share(layer.size or 0, str(layer.number), " · ".join(part for part in parts if part), child)


def _layer_row(child: StructureNode, whole: int, known: Mapping[Blob, Listing]) -> Row:
    layer = child.layer
    assert layer is not None
    is_layer = child.type is NodeType.LAYER
    step = labels.step(layer.history.created_by, 120) if layer.history is not None else ""
    parts = [display.size(layer.size)]
    if not layer.present:
        parts = [tr("%s, absent") % parts[0]]
    elif is_layer and whole and layer.size is not None:
        parts.append(display.percent(layer.size, whole))
        unpacked = unpacked_size(layer, known)
        if unpacked is not None and layer.compression is not Compression.NONE:
            parts.append(tr("%s unpacked") % display.size(unpacked))
    parts.append(step or ("" if is_layer else child.label))
    label = (tr("layer %d") if is_layer else tr("part %d")) % layer.number
    return Row(label, " · ".join(part for part in parts if part), child.tooltip, node=child)
