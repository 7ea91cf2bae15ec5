"""Image indexes and Docker manifest lists: descriptors of manifests (image-index.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.descriptor import MOST_DESCRIPTORS, Descriptor, parse_descriptors
from inspector.oci.node import Node

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.oci.document import Document, Json

_NAMES: Final = ("schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations")
_NAMES_OF_MANIFESTS: Final = ("config", "layers", "fsLayers")


@dataclass(frozen=True, slots=True)
class ImageIndex:
    """What an index states. `media_type` is "" when absent, `raw` holds all fields, unknown ones included.

    `has_null_manifests` is Docker 25.0.0 to 25.0.2 saving an untagged image.
    """

    schema_version: int | None = None
    media_type: str = ""
    artifact_type: str | None = None
    manifests: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    has_null_manifests: bool = False
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, document: Document, *, most: int = MOST_DESCRIPTORS) -> tuple[Self, tuple[Finding, ...]]:
        """What can be had, and what reading it brought up: INDEX-1 to INDEX-4, INDEX-9, DESC-*, ANNOT-1, JSON-5.

        Raises `LimitReached("descriptors")` when more than `most` are listed, nothing else.
        """
        top = Node.of(document)
        if not isinstance(top.value, dict):
            top.wrong(say("an image index"), code="INDEX-3")
            return cls(), top.problems.findings()
        raw = top.value
        node = top.spelled(_NAMES)
        manifests = node["manifests"]
        for name in _NAMES_OF_MANIFESTS:
            if name in raw:
                node[name].problems.record(
                    "INDEX-4",
                    "An index that also looks like a manifest",
                    "Readers that go by these fields see another image (CVE-2021-41190). It is read as an index here.",
                    pointer=node[name].pointer,
                    expected=say("no %s", name),
                    found=node[name].shown,
                )
        index = cls(
            schema_version=schema_version(node["schemaVersion"], "INDEX-1"),
            media_type=node["mediaType"].as_str("", code="INDEX-2"),
            artifact_type=node["artifactType"].as_str(code="DESC-9"),
            manifests=parse_descriptors(manifests, code="INDEX-3", most=most),
            subject=None if node.get("subject") is None else Descriptor.parse(node["subject"]),
            annotations=node["annotations"].as_str_map(code="ANNOT-1"),
            has_null_manifests=manifests.present and manifests.value is None,
            raw=raw,
        )
        if index.media_type and not mediatype.is_index(index.media_type):
            node["mediaType"].wrong(say("the media type of an index"), code="INDEX-2")
        return index, node.problems.findings()


def schema_version(node: Node, code: str) -> int | None:
    """The number at `node`, told under `code` unless it is 2; None if it is no whole number."""
    version = node.as_int(code=code, required=True)
    if version is not None and version != 2:
        node.wrong("2", code=code)
    return version
