"""containers/image `dir:`: a manifest called manifest.json, blobs under their bare hex digits (formats.md A9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.faults import note_faults
from inspector.archive.found import Found
from inspector.archive.graph import Graph
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.archive.opening import Opening
    from inspector.oci.document import Document

_BLOB = re.compile(r"([0-9a-f]{64})(?:\.manifest\.json)?")
_MANIFEST_KEYS = frozenset(("layers", "config", "manifests", "fsLayers"))


def is_manifest(document: Document | None) -> bool:
    """Whether manifest.json is a manifest or index itself, and no array as Docker writes it."""
    return document is not None and isinstance(document.value, dict) and not _MANIFEST_KEYS.isdisjoint(document.value)


def read_docker_dir(opening: Opening, manifest_json: Document) -> Found:
    """A `dir:` folder, or a tar of one. It has no names at all."""
    for name in opening.members.names():
        match = _BLOB.fullmatch(name)
        if match is not None:
            opening.file_blob(name, Digest.from_hex(match[1]))
    blob = opening.file_blob("manifest.json")
    graph = Graph(opening, "dir")
    if blob is not None:
        graph.add_document(blob, origin="manifest.json")
    roots, images = graph.build({})
    for image in images:
        note_faults(opening, image)
    return Found("docker-dir", (manifest_json,), roots, images)
