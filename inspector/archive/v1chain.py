"""Docker's first image format: one JSON per layer, each naming its parent (formats.md A1).

Also the key to what is left of a docker save whose manifest.json is cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.oci.config import HistoryEntry
from inspector.oci.docker import V1Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.archive.blobstore import Blob
    from inspector.archive.opening import Opening
    from inspector.oci.document import Document

_LAYER_JSON = re.compile(r"([0-9a-f]{64})/json")


@dataclass(frozen=True, slots=True, eq=False)
class V1Layer:
    """One `<id>/` folder. `layer` is None if its `layer.tar` is absent."""

    id: str
    image: V1Image
    document: Document
    blob: Blob
    layer: Blob | None


def read_v1_layers(opening: Opening) -> dict[str, V1Layer]:
    """Every `<id>/json` that can be read, by id (the folder's name: that is what chains go by)."""
    found: dict[str, V1Layer] = {}
    for name in opening.members.names():
        match = _LAYER_JSON.fullmatch(name)
        if match is None or match[1] in found:
            continue
        blob = opening.file_blob(name)
        document = opening.document(blob, "COMPAT-8") if blob is not None and blob.member.complete else None
        if blob is None or document is None or not isinstance(document.value, dict):
            continue
        image, findings = V1Image.parse(document)
        opening.note(*findings)
        found[match[1]] = V1Layer(match[1], image, document, blob, opening.file_blob(f"{match[1]}/layer.tar"))
    return found


def chain_of(layers: Mapping[str, V1Layer], top: str) -> tuple[list[V1Layer], str | None]:
    """From the base to `top`; and the id that is missing (or that closes a circle), if the chain is broken."""
    chain: list[V1Layer] = []
    seen: set[str] = set()
    wanted: str | None = top
    while wanted:
        layer = layers.get(wanted)
        if layer is None or wanted in seen:
            return chain[::-1], wanted
        seen.add(wanted)
        chain.append(layer)
        wanted = layer.image.parent or None
    return chain[::-1], None


def tops_of(layers: Mapping[str, V1Layer]) -> list[str]:
    """Ids that are nobody's parent, in stored order."""
    parents = {layer.image.parent for layer in layers.values()}
    return [v1_id for v1_id in layers if v1_id not in parents]


def history_entry(image: V1Image) -> HistoryEntry:
    """The step that a v1 JSON tells of, as Docker's own migration words it (image.HistoryFromConfig).

    Each has its layer here, be it an empty one.
    """
    command = image.container_config.get("Cmd")
    words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
    return HistoryEntry(
        created=image.created,
        created_by=" ".join(words),
        author=image.author,
        comment=image.comment,
    )
