"""What can be shown when the documents that list the images are cut off or gone: configs that are whole, and their layers.

Nothing is guessed: a layer is taken for a config only if its name states the diffID, or the v1 chain says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.assemble import align_history, history_of_layers
from inspector.archive.compression import Compression
from inspector.archive.dockersave import node_of, stated_digest
from inspector.archive.found import Found
from inspector.archive.image import Image, Layer, NodeKind
from inspector.archive.opening import finding
from inspector.archive.v1chain import V1Layer, chain_of, read_v1_layers, tops_of
from inspector.findings import Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.archive.blobstore import Blob
    from inspector.archive.opening import Opening
    from inspector.oci.config import ImageConfig
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document

_CONFIG_NAME = re.compile(r"[0-9a-f]{64}\.json|sha256:[0-9a-f]{64}|config\.json")


def salvage_docker_save(opening: Opening) -> Found | None:
    """The images of a docker-archive without manifest.json; None if no config is whole."""
    images: list[Image] = []
    v1_layers: Mapping[str, V1Layer] | None = None
    for name in opening.members.names():
        if not _CONFIG_NAME.fullmatch(name):
            continue
        blob = opening.file_blob(name, stated_digest(name))
        if blob is None or not blob.member.complete:
            continue
        document, config = opening.config(blob)
        if document is None or config is None or not config.rootfs_type:
            continue
        if v1_layers is None:
            v1_layers = read_v1_layers(opening)
        images.append(image_of_config(opening, blob, document, config, _layers(opening, config, v1_layers)))
    if not images:
        return None
    opening.note(
        finding(
            "COMPAT-1",
            Severity.ERROR,
            "The file manifest.json is missing",
            "The archive is cut off or incomplete. The images of the configs that are left are shown, without names.",
            at="manifest.json",
            fix=Fix.AUTOMATIC,
        )
    )
    return Found("docker-save", (), tuple(node_of(image) for image in images), tuple(images), is_salvage=True)


def _layers(opening: Opening, config: ImageConfig, v1_layers: Mapping[str, V1Layer]) -> list[Blob | None]:
    named = [
        opening.file_blob(f"{diff_id.encoded}.tar", diff_id) if diff_id is not None else None
        for diff_id in config.diff_ids
    ]
    if any(named):
        return named
    fitting: list[list[V1Layer]] = []
    for top in tops_of(v1_layers):
        chain, _ = chain_of(v1_layers, top)
        if chain and len(chain) == len(config.diff_ids) and chain[-1].image.created == config.created:
            fitting.append(chain)
    return [v1.layer for v1 in fitting[0]] if len(fitting) == 1 else [None] * len(config.diff_ids)


def image_of_config(
    opening: Opening, blob: Blob, document: Document, config: ImageConfig, blobs: list[Blob | None]
) -> Image:
    """An image known by its config alone; `blobs`: one per diffID, None where the layer was not found."""
    histories = history_of_layers(config, len(config.diff_ids))
    layers: list[Layer] = []
    for number, (diff_id, layer) in enumerate(zip(config.diff_ids, blobs, strict=True), 1):
        digest: Digest | None = None
        if layer is not None and layer.compression is Compression.NONE and diff_id is not None:
            digest = diff_id
            opening.add_blob(layer.member, diff_id)
        size = layer.size if layer is not None else None
        layers.append(Layer(number, None, layer, digest, diff_id, None, size, histories[number - 1]))
    return Image(
        kind=NodeKind.IMAGE,
        platform=config.platform,
        config=document,
        parsed_config=config,
        config_blob=blob,
        config_digest=document.digest,
        layers=tuple(layers),
        source="blobs",
        complete=all(layer.present for layer in layers),
        key=str(document.digest),
        history=align_history(config, layers),
    )
