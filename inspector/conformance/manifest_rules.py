"""The texts of the rules MANIF-*."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

_SPEC: Final = "manifest.md#image-manifest-property-descriptions"

MANIF_2: Final = Rule(
    "MANIF-2",
    "mediaType is that of an image manifest",
    "It should be there: readers that find none must guess whether this is an index or a manifest.",
    _SPEC,
    Fix.AUTOMATIC,
)
MANIF_4: Final = Rule(
    "MANIF-4",
    "layers is an array with at least one entry",
    "An image without layers is allowed by the words of the specification and refused by its schema.",
    _SPEC,
    Fix.AUTOMATIC,
)
MANIF_5: Final = Rule(
    "MANIF-5",
    "Layers stand in the order of the diffIDs, base first",
    "In another order another file system comes out. Docker 25.0.0 wrote them at random (moby#47150).",
    _SPEC,
    Fix.AUTOMATIC,
)
MANIF_7: Final = Rule(
    "MANIF-7",
    "The config of an image has the type of an image config",
    "Other types are artifacts to loaders: they store them and cannot run them.",
    _SPEC,
)
MANIF_8: Final = Rule(
    "MANIF-8",
    "The layers of an image have types that loaders know",
    "Plain, gzip and zstd tars; whoever meets another type refuses the image or leaves the layer out.",
    "layer.md",
    Fix.AUTOMATIC,
)
MANIF_9: Final = Rule(
    "MANIF-9",
    "A layer is compressed as its media type says",
    'Some readers trust the type and stop at the first byte ("gzip: invalid header"), others look at the bytes.',
    "media-types.md",
    Fix.AUTOMATIC,
)
MANIF_10: Final = Rule(
    "MANIF-10",
    "An artifact with the empty config says its artifactType",
    "Without it nobody knows what the artifact is.",
    _SPEC,
    Fix.NONE,
)
MANIF_12: Final = Rule(
    "MANIF-12",
    "The empty descriptor is `{}`: two bytes of a known digest",
    "Tools compare the digest and need not look at the content.",
    "manifest.md#guidance-for-an-empty-descriptor",
)
MANIF_13: Final = Rule(
    "MANIF-13",
    "subject is a descriptor of a manifest",
    "It says what this manifest describes. Its target may be elsewhere.",
    _SPEC,
)
MANIF_14: Final = Rule(
    "MANIF-14",
    "A manifest has at most 4 MiB",
    "Registries and containers/image read no more.",
    "manifest.md",
)

RULES: Final = (
    Rule("MANIF-1", "schemaVersion is 2", "1 is Docker's schema 1, which has no config and is read by few.", _SPEC),
    MANIF_2,
    Rule("MANIF-3", "config is a descriptor", "Without a config nobody knows how the image runs.", _SPEC),
    MANIF_4,
    MANIF_5,
    Rule(
        "MANIF-6",
        "There are as many layers as diffIDs",
        "Each layer has its diffID in the config, in the same order; loaders check the number first.",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    MANIF_7,
    MANIF_8,
    MANIF_9,
    MANIF_10,
    Rule(
        "MANIF-11",
        "An artifact without content lists one empty layer",
        "Many tools cannot take a manifest without layers.",
        "manifest.md#guidance-for-an-empty-descriptor",
    ),
    MANIF_12,
    MANIF_13,
    MANIF_14,
    Rule(
        "MANIF-15",
        "A layer may stand several times",
        "Allowed and meaningful: the repeated entries must not be dropped.",
        _SPEC,
    ),
)
