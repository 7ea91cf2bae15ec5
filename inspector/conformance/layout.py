"""LAYOUT-*: the three things at the top of an OCI image layout (image-layout.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.members import MemberKind
from inspector.conformance.rules import Check, Rule
from inspector.findings import Finding, Fix, Severity
from inspector.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case

_CONTENT: Final = "image-layout.md#content"
_FILES: Final = ("index.json", "oci-layout", "blobs")

LAYOUT_6: Final = Rule(
    "LAYOUT-6",
    "The folder blobs exists",
    "It may be empty, but it must be there; image-tools also wants an entry of its own for it in a tar.",
    _CONTENT,
    Fix.AUTOMATIC,
)
LAYOUT_7: Final = Rule("LAYOUT-7", "blobs is a folder", "No blob can lie below a file.", _CONTENT)
LAYOUT_8: Final = Rule(
    "LAYOUT-8",
    "The names at the top are written exactly as specified",
    "All loaders but image-tools compare them letter by letter.",
    _CONTENT,
    Fix.AUTOMATIC,
)

RULES: Final = (
    Rule(
        "LAYOUT-1",
        "The file oci-layout exists",
        "It marks the archive as an OCI layout; containerd, oras and umoci do not take it for one without.",
        "image-layout.md#oci-layout-file",
        Fix.AUTOMATIC,
    ),
    Rule(
        "LAYOUT-2",
        "oci-layout is a JSON object with imageLayoutVersion",
        "Loaders read the version before anything else.",
        "image-layout.md#oci-layout-file",
        Fix.AUTOMATIC,
    ),
    Rule(
        "LAYOUT-3",
        "The layout version is 1.0.0",
        "It is the version of the layout, not of the specification; loaders refuse every other text.",
        "image-layout.md#oci-layout-file",
        Fix.AUTOMATIC,
    ),
    Rule(
        "LAYOUT-4",
        "The file index.json exists",
        "It is the only way to the images; without it nothing in the layout is found.",
        "image-layout.md#indexjson-file",
        Fix.AUTOMATIC,
    ),
    Rule(
        "LAYOUT-5",
        "index.json is an image index",
        "It must be a JSON object with a list of manifests.",
        "image-layout.md#indexjson-file",
        Fix.CHOICE,
    ),
    LAYOUT_6,
    LAYOUT_7,
    LAYOUT_8,
)


def has_blobs(case: Case) -> Iterator[Finding]:
    """LAYOUT-6: an error if nothing lies below blobs/ and there is no such folder."""
    if not case.is_layout or any(True for _ in case.archive.members.below("blobs/")):
        return
    member = case.archive.members.find("blobs")
    if member is None:
        yield LAYOUT_6.broken(
            Severity.ERROR, "The folder blobs is missing", at="blobs", found=say("nothing below blobs/")
        )


def blobs_is_a_folder(case: Case) -> Iterator[Finding]:
    """LAYOUT-7."""
    member = case.archive.members.find("blobs") if case.is_layout else None
    if member is not None and member.kind is not MemberKind.DIRECTORY:
        yield LAYOUT_7.broken(
            Severity.ERROR,
            "blobs is no folder",
            at="blobs",
            offset=member.header_offset,
            expected="a folder",
            found=member.kind.value,
        )


def names_in_their_case(case: Case) -> Iterator[Finding]:
    """LAYOUT-8."""
    if not case.is_layout:
        return
    tops = dict.fromkeys(name.partition("/")[0] for name in case.archive.members.names())
    for name in tops:
        meant = name.casefold()
        if meant in _FILES and name != meant:
            yield LAYOUT_8.broken(Severity.WARNING, "A name in the wrong case", at=name, expected=meant, found=name)


QUICK: Final[tuple[Check, ...]] = (has_blobs, blobs_is_a_folder, names_in_their_case)
