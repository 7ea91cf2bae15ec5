"""The texts of the rules ARC-* (the archive as a tar) and TAR-* (any tar: the archive's or a layer's)."""

from __future__ import annotations

from typing import Final

from inspector.conformance.rules import Rule
from inspector.findings import Fix

ARC_3: Final = Rule(
    "ARC-3",
    "Member names are relative, plain and valid everywhere",
    "Names with `..` or a leading slash are refused; a backslash, a colon or bytes that are not UTF-8 cannot be unpacked "
    "on every system.",
    None,
    Fix.AUTOMATIC,
)
ARC_4: Final = Rule(
    "ARC-4",
    "Members are regular files and folders",
    "containerd passes over links in an OCI layout, so what a link stands for is missing there.",
    None,
    Fix.AUTOMATIC,
)
ARC_5: Final = Rule(
    "ARC-5",
    "blobs/ and the folders in it have entries of their own, before what lies in them",
    "Allowed without; image-tools and some scanners fail.",
    None,
    Fix.AUTOMATIC,
)
ARC_6: Final = Rule(
    "ARC-6",
    "Owners and times do not depend on who saved it when",
    "Two archives of the same image otherwise differ, and names of users leak.",
    None,
    Fix.AUTOMATIC,
)
ARC_7: Final = Rule(
    "ARC-7",
    "The archive is not compressed as a whole",
    "All loaders take a plain tar; crane takes no other, containerd gzip and zstd only, nobody lz4.",
    None,
    Fix.AUTOMATIC,
)
ARC_8: Final = Rule(
    "ARC-8",
    "oci-layout, index.json and manifest.json stand early",
    "A reader of a stream must otherwise keep all blobs until it knows what they are. Docker, containerd and our own export "
    "write in plain order of names, which every loader takes.",
    None,
    Fix.NONE,
)
ARC_10: Final = Rule(
    "ARC-10",
    "Other files at the top are tolerated",
    "The specification allows them and loaders pass them over; export leaves them out.",
    "image-layout.md#content",
    Fix.CHOICE,
)

RULES: Final = (
    Rule(
        "ARC-1",
        "The archive is whole to its end",
        "Two blocks of zeros end a tar, and nothing but zeros follows. What is cut off was lost on the way.",
        None,
        Fix.AUTOMATIC,
    ),
    Rule(
        "ARC-2",
        "No name stands twice in the archive",
        "skopeo and crane read the first, containerd and everything that unpacks the last.",
        None,
        Fix.AUTOMATIC,
    ),
    ARC_3,
    ARC_4,
    ARC_5,
    ARC_6,
    ARC_7,
    ARC_8,
    Rule(
        "ARC-9",
        "Extension headers agree with what they extend",
        "Told as TAR-5, TAR-6, TAR-12 and TAR-13.",
        None,
        Fix.AUTOMATIC,
    ),
    ARC_10,
    Rule("TAR-1", "Headers are tar headers", "Nothing behind a damaged header can be read."),
    Rule("TAR-2", "The tar is whole", "It is cut off: bytes that a header promises are missing."),
    Rule("TAR-3", "Two blocks of zeros end the tar", "Most readers do not mind."),
    Rule("TAR-4", "Nothing follows the end", "Readers stop at the end mark; hidden data is not seen."),
    Rule("TAR-5", "Extension headers are well formed", "Readers differ in what they make of a broken one."),
    Rule("TAR-6", "An entry has one size", "Readers that take the other one see other entries (CVE-2025-62518)."),
    Rule("TAR-7", "Header fields are numbers", "What is none is read as 0."),
    Rule("TAR-8", "Entries are of a known type", "Readers skip or refuse others."),
    Rule("TAR-9", "Only files have content", "Readers differ in whether they step over it."),
    Rule("TAR-10", "The map of a sparse file is right", "Otherwise its content cannot be told."),
    Rule("TAR-11", "Entries have usable names", "Nobody finds an entry without one."),
    Rule("TAR-12", "No global headers that change entries", "Docker and containerd ignore them, GNU tar does not."),
    Rule("TAR-13", "An entry has one name", "Readers differ in which of two they take."),
    Rule("TAR-14", "Checksums are summed over unsigned bytes", "Very old tars did otherwise; all readers take it."),
)
