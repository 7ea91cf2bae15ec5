"""Docker's manifest schema 1, met in `dir:` folders: shown, never converted (formats.md D3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.image import Image, Layer, NodeKind
from inspector.archive.v1chain import history_entry
from inspector.errors import DocumentError, LimitReached
from inspector.oci import mediatype
from inspector.oci.digest import Digest
from inspector.oci.docker import V1Image
from inspector.oci.document import parse_document
from inspector.oci.platform import Platform

if TYPE_CHECKING:
    from inspector.archive.opening import Opening
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.document import Document, Json


def image_from_schema1(
    opening: Opening, document: Document, descriptor: Descriptor | None, *, path: tuple[Digest, ...], source: str
) -> Image:
    """The image of a schema 1 manifest: it lists the newest layer first, and has no config and no diffIDs."""
    value = document.value
    assert isinstance(value, dict)
    sums = [_text(entry, "blobSum") for entry in reversed(_list(value, "fsLayers"))]
    steps = [_v1(_text(entry, "v1Compatibility"), document.name) for entry in reversed(_list(value, "history"))]
    aligned = len(steps) == len(sums)
    layers: list[Layer] = []
    for number, text in enumerate(sums, 1):
        step = steps[number - 1] if aligned else None
        digest = Digest.try_parse(text)
        blob = opening.find_blob(digest)
        layers.append(
            Layer(
                number,
                None,
                blob,
                digest,
                None,
                None,
                blob.size if blob is not None else None,
                history_entry(step) if step is not None else None,
            )
        )
    top = next((step for step in reversed(steps) if step is not None), None)
    architecture = value.get("architecture")
    platform = Platform(
        (top.os if top is not None else "") or "linux",
        architecture if isinstance(architecture, str) else (top.architecture if top is not None else ""),
    )
    return Image(
        kind=NodeKind.IMAGE,
        platform=platform,
        manifest=document,
        manifest_descriptor=descriptor,
        layers=tuple(layers),
        path=path,
        source=source,
        complete=all(layer.present for layer in layers),
        key=str(path[-1] if path else document.digest),
        history=tuple((layer.history, layer) for layer in layers if layer.history is not None),
        manifest_media_type=_media_type(value),
    )


def _media_type(value: dict[str, Json]) -> str:
    stated = value.get("mediaType")
    if isinstance(stated, str) and stated:
        return stated
    return mediatype.DOCKER_SCHEMA1_SIGNED if "signatures" in value else mediatype.DOCKER_SCHEMA1


def _list(value: dict[str, Json], key: str) -> list[Json]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _text(entry: Json, key: str) -> str:
    found = entry.get(key) if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""


def _v1(text: str, name: str) -> V1Image | None:
    """A JSON document that schema 1 keeps as a string inside JSON."""
    try:
        document = parse_document(text.encode("utf-8", "surrogatepass"), f"{name} (v1Compatibility)")
    except (DocumentError, LimitReached):
        return None
    return V1Image.parse(document)[0] if isinstance(document.value, dict) else None
