"""Descriptors: a typed, sized reference to content (descriptor.md)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from inspector.errors import LimitReached
from inspector.language import said_by, say
from inspector.oci.digest import Digest
from inspector.oci.json_reader import Json
from inspector.oci.node import Node
from inspector.oci.platform import Platform

MOST_DESCRIPTORS: Final = 100_000
"""Default of the limit `descriptors`: entries of one index or layers of one manifest."""

_NAMES: Final = ("mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform")


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One descriptor as stated; nothing says that the content is there or fits.

    `digest` is None when `stated_digest` is no valid digest; `size` (bytes stored) is None when absent, negative or
    no whole number. `data` is the decoded embedded content. `pointer` is the place in its document, `raw` all its
    fields, unknown ones included.
    """

    media_type: str
    digest: Digest | None
    stated_digest: str = ""
    size: int | None = None
    urls: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    data: bytes | None = None
    artifact_type: str | None = None
    platform: Platform | None = None
    pointer: str = "$"
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, node: Node) -> Descriptor:
        """The descriptor at `node`; an empty one if it is no object. Findings: DESC-*, ANNOT-1, INDEX-6, JSON-5."""
        if not isinstance(node.value, dict):
            node.wrong(say("a descriptor"), code="DESC-2")
            return cls("", None, pointer=node.pointer)
        raw = node.value
        node = node.spelled(_NAMES)
        stated = node["digest"].as_str(code="DESC-2", required=True)
        return cls(
            media_type=node["mediaType"].as_str("", code="DESC-1", required=True),
            digest=None if stated is None else _digest(node["digest"], stated),
            stated_digest=stated or "",
            size=_size(node["size"]),
            urls=node["urls"].as_str_list(code="DESC-6") or (),
            annotations=node["annotations"].as_str_map(code="ANNOT-1"),
            data=_data(node["data"]),
            artifact_type=node["artifactType"].as_str(code="DESC-9"),
            platform=Platform.parse(node["platform"]),
            pointer=node.pointer,
            raw=raw,
        )


def parse_descriptors(node: Node, *, code: str, most: int = MOST_DESCRIPTORS) -> tuple[Descriptor, ...]:
    """All descriptors of the array at `node`, one for each entry, so that positions stay right.

    An array that is missing, null or none is told under `code`. `LimitReached("descriptors")` beyond `most`.
    """
    if isinstance(node.value, list) and len(node.value) > most:
        raise LimitReached(
            "descriptors",
            most,
            say(
                "%(label)s of %(document)s lists %(count)s descriptors; up to %(most)s are read.",
                label=node.label,
                document=node.problems.document,
                count=f"{len(node.value):,}",
                most=f"{most:,}",
            ),
            subject=node.problems.document,
        )
    return tuple(Descriptor.parse(entry) for entry in node.as_list(code=code, required=True))


def _digest(node: Node, stated: str) -> Digest | None:
    try:
        return Digest.parse(stated)
    except ValueError as error:
        node.wrong(say("a valid digest"), code="DESC-2", explanation=said_by(error))
        return None


def _size(node: Node) -> int | None:
    size = node.as_int(code="DESC-3", required=True)
    if size is not None and size < 0:
        node.wrong(say("a size of 0 or more bytes"), code="DESC-3")
        return None
    return size


def _data(node: Node) -> bytes | None:
    text = node.as_str(code="DESC-8")
    if text is None:
        return None
    try:
        # Strict: validate=True refuses blanks and the URL alphabet, as the specification does.
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        node.wrong(say("base64"), code="DESC-8")
        return None
