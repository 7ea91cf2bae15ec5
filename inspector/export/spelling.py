"""Fields of a document that is written anew: the specification's names, in the order that Go's structs have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.oci.document import Json

DESCRIPTOR = ("mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType")
INDEX = ("schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations")
MANIFEST = ("schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations")


def respelled(raw: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """`raw` with names that differ from the specification's in case only put right; a rightly spelled twin wins.

    A document that is rewritten may not keep both: readers in Go would see the old field, others the new one.
    """
    right = {name.casefold(): name for name in names}
    fields: dict[str, Json] = {}
    for name, value in raw.items():
        meant = right.get(name.casefold(), name)
        if meant == name or (meant not in raw and meant not in fields):
            fields[meant] = value
    return fields


def in_order(fields: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """Known names first, in the order given, then the rest as stored."""
    known = {name: fields[name] for name in names if name in fields}
    return known | {name: value for name, value in fields.items() if name not in known}


def sorted_map(annotations: Mapping[str, str]) -> dict[str, Json]:
    """As Go writes a map: by name."""
    return {key: annotations[key] for key in sorted(annotations)}
