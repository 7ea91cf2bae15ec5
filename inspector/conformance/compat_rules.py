"""The texts of the rules COMPAT-*: not OCI, but what decides whether `docker load` works (formats.md C10)."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

COMPAT_1: Final = Rule(
    "COMPAT-1",
    "manifest.json is an array of images",
    "Docker without containerd, podman, skopeo docker-archive and crane read nothing else.",
    None,
    Fix.AUTOMATIC,
)
COMPAT_2: Final = Rule(
    "COMPAT-2",
    "Config names a file that is the config it says",
    "Without it no loader of manifest.json can read the image.",
    None,
    Fix.AUTOMATIC,
)
COMPAT_3: Final = Rule(
    "COMPAT-3",
    "There are as many Layers as diffIDs",
    "Docker refuses to load it (layers length mismatch).",
    None,
    Fix.AUTOMATIC,
)
COMPAT_4: Final = Rule(
    "COMPAT-4",
    "Each of Layers is a tar that unpacks to its diffID",
    "Docker computes it while loading and refuses the image if it differs (invalid diffID for layer).",
    None,
    Fix.CHOICE,
)
COMPAT_5: Final = Rule(
    "COMPAT-5",
    "RepoTags are tagged references, each for one image",
    "Docker stops at one that it cannot read; of two images with one tag the later takes it.",
    None,
    Fix.AUTOMATIC,
)
COMPAT_6: Final = Rule(
    "COMPAT-6",
    "index.json and manifest.json give the same names to the same images",
    "Which names and images a person gets depends on the loader.",
    None,
    Fix.AUTOMATIC,
)
COMPAT_7: Final = Rule(
    "COMPAT-7",
    "LayerSources fit the layers",
    "crane trusts them more than the layers: a digest that the archive does not hold breaks pushing (ggcr#1870).",
    None,
    Fix.AUTOMATIC,
)
COMPAT_8: Final = Rule(
    "COMPAT-8",
    "repositories fits manifest.json, or is absent",
    "Only Docker before 1.10 reads it.",
    None,
    Fix.AUTOMATIC,
)
COMPAT_9: Final = Rule(
    "COMPAT-9", "manifest.json has at most 1 MiB, a config at most 4 MiB", "podman and skopeo read no more.", None
)
COMPAT_10: Final = Rule(
    "COMPAT-10", "The os is one that Docker runs", "Docker loads Linux and Windows images only.", None
)
COMPAT_11: Final = Rule(
    "COMPAT-11",
    "manifest.json has room for one platform of an image",
    "Loaders that read it get that one, the others all or the one that fits.",
    None,
    Fix.CHOICE,
)

RULES: Final = (
    COMPAT_1,
    COMPAT_2,
    COMPAT_3,
    COMPAT_4,
    COMPAT_5,
    COMPAT_6,
    COMPAT_7,
    COMPAT_8,
    COMPAT_9,
    COMPAT_10,
    COMPAT_11,
)
