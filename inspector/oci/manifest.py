"""Image manifests: one config and its layers, or an artifact (manifest.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from inspector.findings import Severity
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.descriptor import MOST_DESCRIPTORS, Descriptor, parse_descriptors
from inspector.oci.index import schema_version
from inspector.oci.node import Node

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.oci.document import Document, Json

_NAMES: Final = ("schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations")


@dataclass(frozen=True, slots=True)
class ImageManifest:
    """What a manifest states; `layers` stand base first, one for each entry, duplicates kept (manifest.md).

    `media_type` is "" when absent, `raw` holds all fields, unknown ones included.
    """

    schema_version: int | None = None
    media_type: str = ""
    artifact_type: str | None = None
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, document: Document, *, most: int = MOST_DESCRIPTORS) -> tuple[Self, tuple[Finding, ...]]:
        """What can be had, and what reading it brought up: MANIF-1 to MANIF-4, MANIF-10, INDEX-4, DESC-*, ANNOT-1, JSON-5.

        Raises `LimitReached("descriptors")` when more than `most` layers are listed, nothing else.
        """
        top = Node.of(document)
        if not isinstance(top.value, dict):
            top.wrong(say("an image manifest"), code="MANIF-3")
            return cls(), top.problems.findings()
        raw = top.value
        node = top.spelled(_NAMES)
        if "manifests" in raw:
            node.problems.record(
                "INDEX-4",
                "A manifest that also looks like an index",
                "Readers that go by this field see other images (CVE-2021-41190). It is read as a manifest here.",
                pointer=node["manifests"].pointer,
                expected=say("no manifests"),
                found=node["manifests"].shown,
            )
        config = node["config"]
        if not isinstance(config.value, dict):
            config.wrong(say("a descriptor"), code="MANIF-3")
        manifest = cls(
            schema_version=schema_version(node["schemaVersion"], "MANIF-1"),
            media_type=node["mediaType"].as_str("", code="MANIF-2"),
            artifact_type=node["artifactType"].as_str(code="MANIF-10"),
            config=Descriptor.parse(config) if isinstance(config.value, dict) else None,
            layers=parse_descriptors(node["layers"], code="MANIF-4", most=most),
            subject=None if node.get("subject") is None else Descriptor.parse(node["subject"]),
            annotations=node["annotations"].as_str_map(code="ANNOT-1"),
            raw=raw,
        )
        if manifest.media_type and not mediatype.is_manifest(manifest.media_type):
            node["mediaType"].wrong(say("the media type of a manifest"), code="MANIF-2")
        if manifest.config is not None and manifest.config.platform is not None:
            node.problems.record(
                "DESC-13",
                "A platform in the config's descriptor",
                "Docker 25.0.0 to 25.0.5 and 26.0.0 wrote it; some registries refuse such a manifest.",
                severity=Severity.WARNING,
                pointer=config["platform"].pointer,
                expected=say("no platform"),
                found=str(manifest.config.platform),
            )
        return manifest, node.problems.findings()
