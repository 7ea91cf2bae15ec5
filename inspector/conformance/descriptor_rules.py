"""The texts of the rules DESC-* and MEDIA-*."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

_PROPERTIES: Final = "descriptor.md#properties"

DESC_1: Final = Rule(
    "DESC-1",
    "Every descriptor has a media type, spelled as RFC 6838 says",
    "Loaders decide by it what the content is; a parameter or a blank makes it another type.",
    _PROPERTIES,
    Fix.AUTOMATIC,
)
DESC_6: Final = Rule(
    "DESC-6",
    "urls are URIs, http or https",
    "They tell where the content can be fetched, too. They are never fetched here.",
    _PROPERTIES,
    Fix.CHOICE,
)
DESC_8: Final = Rule(
    "DESC-8",
    "Embedded data is base64 of exactly the content",
    "A reader may take it instead of the blob; if they differ, two readers see two contents.",
    "descriptor.md#embedded-content",
    Fix.AUTOMATIC,
)
DESC_9: Final = Rule(
    "DESC-9",
    "artifactType is a media type, and the one that the manifest has",
    "Registries and tools sort artifacts by it without opening the manifest.",
    _PROPERTIES,
    Fix.AUTOMATIC,
)
DESC_10: Final = Rule(
    "DESC-10",
    "An entry for an image says its platform",
    "Where several platforms stand in one index, loaders choose by it; without it they take the first or all.",
    "image-index.md#image-index-property-descriptions",
    Fix.AUTOMATIC,
)
DESC_11: Final = Rule(
    "DESC-11",
    "Descriptor and content agree what the content is",
    "A document that can be read as two kinds shows different images to different tools (CVE-2021-41190).",
    "media-types.md#media-type-conflicts",
    Fix.AUTOMATIC,
)
DESC_13: Final = Rule(
    "DESC-13",
    "platform stands on entries of an index only",
    "Docker 25.0.0 to 25.0.5 and 26.0.0 put it into the config's descriptor; some registries refuse such a manifest.",
    _PROPERTIES,
    Fix.AUTOMATIC,
)
MEDIA_1: Final = Rule(
    "MEDIA-1",
    "An OCI layout uses OCI media types",
    "containerd, podman and skopeo take Docker's types, umoci and oci-image-tool refuse them.",
    "media-types.md#compatibility-matrix",
    Fix.AUTOMATIC,
)

RULES: Final = (
    DESC_1,
    Rule(
        "DESC-2",
        "Every descriptor has a digest that obeys the grammar",
        "It is the only way to the content.",
        "descriptor.md#digests",
        Fix.AUTOMATIC,
    ),
    Rule(
        "DESC-3",
        "Every descriptor has a size: a whole number, not negative",
        "Readers stop there, and refuse what is longer or shorter.",
        _PROPERTIES,
        Fix.AUTOMATIC,
    ),
    Rule(
        "DESC-4",
        "The stated size is that of the stored content",
        "Readers check it before the digest. Docker 25.0.0-rc.2 wrote the size of the files instead (moby#47072).",
        _PROPERTIES,
        Fix.AUTOMATIC,
    ),
    Rule(
        "DESC-5",
        "The content has the stated digest",
        "Told once for the blob itself, as BLOB-1.",
        "descriptor.md#verification",
    ),
    DESC_6,
    Rule(
        "DESC-7",
        "Annotations of a descriptor obey the rules for annotations",
        "Told as ANNOT-1 to ANNOT-6.",
        "annotations.md#rules",
        Fix.AUTOMATIC,
    ),
    DESC_8,
    DESC_9,
    DESC_10,
    DESC_11,
    Rule("DESC-12", "Unknown fields are allowed", "They are kept, and never a fault.", _PROPERTIES),
    DESC_13,
    MEDIA_1,
    Rule(
        "MEDIA-2",
        "Docker's gzip layer and OCI's are the same thing",
        "Their bytes can be exchanged; configs and manifests are only alike.",
        "media-types.md#compatibility-matrix",
    ),
)
