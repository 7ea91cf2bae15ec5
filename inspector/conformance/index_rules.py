"""The texts of the rules INDEX-*."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

_SPEC: Final = "image-index.md#image-index-property-descriptions"

INDEX_2: Final = Rule(
    "INDEX-2",
    "mediaType is that of an image index",
    "It should be there: readers that find none must guess whether this is an index or a manifest.",
    _SPEC,
    Fix.AUTOMATIC,
)
INDEX_6: Final = Rule(
    "INDEX-6",
    "A platform has architecture and os, in the words of Go",
    "Loaders compare them with the machine; a word that they do not know fits none.",
    _SPEC,
    Fix.AUTOMATIC,
)
INDEX_7: Final = Rule(
    "INDEX-7",
    "The platform of an entry is that of the image's config",
    "The entry decides which image is chosen, the config what runs; if they differ, a wrong one is started.",
    _SPEC,
    Fix.AUTOMATIC,
)
INDEX_8: Final = Rule(
    "INDEX-8",
    "If several entries fit a platform, the first is used",
    "Allowed; who looks at the index should know that the later ones are not reached.",
    _SPEC,
)
INDEX_9: Final = Rule(
    "INDEX-9",
    "subject is a descriptor of a manifest",
    "It says what this describes. Its target may be elsewhere.",
    _SPEC,
)
INDEX_10: Final = Rule(
    "INDEX-10",
    "A ref name stands for one thing",
    "Tools that find images by ref.name alone (skopeo, umoci, oras) refuse, or take any of them.",
    "annotations.md#pre-defined-annotation-keys",
    Fix.CHOICE,
)
INDEX_13: Final = Rule(
    "INDEX-13",
    "An attestation names an entry of the same index",
    "BuildKit's annotation vnd.docker.reference.digest says which image it is about.",
    "image-index.md",
)
INDEX_14: Final = Rule(
    "INDEX-14",
    "ref.name counts on entries of index.json only",
    "In a nested index it is to be ignored; some tools show it all the same.",
    "annotations.md#pre-defined-annotation-keys",
)

RULES: Final = (
    Rule("INDEX-1", "schemaVersion is 2", "Loaders refuse every other number.", _SPEC, Fix.AUTOMATIC),
    INDEX_2,
    Rule(
        "INDEX-3",
        "manifests is an array",
        "It may be empty, but not null or absent. Docker 25.0.0 to 25.0.2 wrote null for an untagged image (moby#47210).",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    Rule(
        "INDEX-4",
        "A document is an index or a manifest, not both",
        "Readers that go by other fields see another image (CVE-2021-41190).",
        "image-index.md",
    ),
    Rule(
        "INDEX-5",
        "Entries lead to manifests and indexes",
        "Other types are allowed, but portable indexes have none, and loaders pass them over.",
        _SPEC,
    ),
    INDEX_6,
    INDEX_7,
    INDEX_8,
    INDEX_9,
    INDEX_10,
    Rule(
        "INDEX-11",
        "index.json and manifest.json list the same images",
        "Docker without containerd reads manifest.json, all others read index.json: an image that only one of them lists "
        "is lost for the others (moby#51389).",
        None,
        Fix.AUTOMATIC,
    ),
    Rule(
        "INDEX-12",
        "Indexes are nested a few levels deep, and in no circle",
        "Readers that follow without a limit hang or crash.",
        "image-index.md",
    ),
    INDEX_13,
    INDEX_14,
)
