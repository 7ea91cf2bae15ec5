"""The texts of the rules LAYER-*."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

_WHITEOUTS: Final = "layer.md#whiteouts"
_ENTRIES: Final = "layer.md#change-types"

LAYER_1: Final = Rule(
    "LAYER-1",
    "A layer is a tar, whole to its end",
    "Loaders stop where it breaks and refuse the image.",
    "layer.md#distributable-format",
)
LAYER_2: Final = Rule(
    "LAYER-2",
    "No path stands twice in a layer",
    "The last entry counts when it is unpacked; crane validate and oci-image-tool refuse the layer.",
    "layer.md#distributable-format",
)
LAYER_3: Final = Rule(
    "LAYER-3",
    "Entries are files, folders, links, devices and pipes",
    "Unpackers stop at an entry of another type (unhandled tar header).",
    "layer.md#file-types",
)
LAYER_4: Final = Rule("LAYER-4", "A whiteout is an empty regular file", "Its name is all that counts.", _WHITEOUTS)
LAYER_5: Final = Rule(
    "LAYER-5",
    "A whiteout names what it removes",
    "`.wh.`, `.wh..` and `.wh...` name nothing, or the folder itself or the one above; containerd refuses them.",
    _WHITEOUTS,
)
LAYER_7: Final = Rule(
    "LAYER-7",
    "No leftovers of the AUFS driver",
    "`.wh..wh.aufs`, `.wh..wh.plnk` and `.wh..wh.orph` mean nothing today; unpackers leave them out.",
    _WHITEOUTS,
)
LAYER_8: Final = Rule(
    "LAYER-8",
    "What a layer removes and adds again is there",
    "Allowed: a whiteout hides lower layers only.",
    _WHITEOUTS,
)
LAYER_10: Final = Rule(
    "LAYER-10",
    "A hard link leads to an earlier entry of the same layer",
    "Where the target is in a lower layer, or begins with a slash (kaniko), some unpackers fail: Docker 29.7.0 says "
    "invalid hardlink target.",
    _ENTRIES,
)
LAYER_11: Final = Rule(
    "LAYER-11",
    "Names stay inside of the root",
    "Unpackers refuse names with `..` that lead out, and a root that is no folder.",
    "layer.md#distributable-format",
)
LAYER_12: Final = Rule(
    "LAYER-12",
    "Nothing lies below what is no folder",
    "Unpackers differ: some make a folder of it, others fail.",
    _ENTRIES,
)
LAYER_14: Final = Rule("LAYER-14", "Security attributes are kept", "Capabilities and labels of files; shown.", _ENTRIES)
LAYER_15: Final = Rule(
    "LAYER-15",
    "No sparse files",
    "They should not be used; docker load refuses GNU's type S.",
    "layer.md#file-types",
)
LAYER_16: Final = Rule("LAYER-16", "Windows layers have Files and Hives", "Shown.", "layer.md")
LAYER_17: Final = Rule(
    "LAYER-17",
    "Removal is told by whiteouts, not as overlayfs does it",
    "A device 0:0 or the attribute trusted.overlay.opaque comes from a raw copy of an overlay folder: unpacked, nothing is "
    "removed.",
    _WHITEOUTS,
)
LAYER_18: Final = Rule(
    "LAYER-18", "What gives power is shown", "Set-user-ID programs and device nodes; no fault.", None
)
LAYER_20: Final = Rule(
    "LAYER-20",
    "No new foreign or non-distributable layers",
    "The types are deprecated. Such a layer is mostly not in the archive, and must be fetched from its address.",
    "layer.md#non-distributable-layers",
    Fix.CHOICE,
)

RULES: Final = (
    LAYER_1,
    LAYER_2,
    LAYER_3,
    LAYER_4,
    LAYER_5,
    Rule("LAYER-6", "An opaque whiteout hides all below its folder", "In whatever order it stands.", _WHITEOUTS),
    LAYER_7,
    LAYER_8,
    Rule("LAYER-9", "Whiteouts should stand before what lies beside them", "The order changes nothing.", _WHITEOUTS),
    LAYER_10,
    LAYER_11,
    LAYER_12,
    Rule(
        "LAYER-13",
        "Attributes are kept",
        "Times, owners, modes, extended attributes; names of owners are not.",
        _ENTRIES,
    ),
    LAYER_14,
    LAYER_15,
    LAYER_16,
    LAYER_17,
    LAYER_18,
    Rule(
        "LAYER-19",
        "Nothing follows the compressed stream",
        "Readers pass it over; it counts for the digest all the same.",
        "layer.md",
        Fix.CHOICE,
    ),
    LAYER_20,
)
