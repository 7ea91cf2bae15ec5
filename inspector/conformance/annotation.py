"""ANNOT-*: annotations and the names that they carry (annotations.md, formats.md A19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.conformance.grammar import is_date, is_ref_name
from inspector.conformance.manifest import manifests
from inspector.conformance.rules import Check, Rule
from inspector.findings import Finding, Fix, Severity
from inspector.language import said_by, say
from inspector.oci.annotations import BASE_DIGEST, CREATED, IMAGE_NAME, REF_NAME, explain
from inspector.oci.digest import Digest
from inspector.oci.reference import Reference, is_full_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inspector.conformance.case import Case

_KEYS: Final = "annotations.md#pre-defined-annotation-keys"
_RESERVED: Final = "org.opencontainers."
_ENCRYPTION: Final = "org.opencontainers.image.enc."
"""Used by ocicrypt, and so by podman, skopeo and containerd, for the keys of encrypted layers."""

ANNOT_2: Final = Rule(
    "ANNOT-2",
    "Keys are not empty, and those below org.opencontainers. are specified ones",
    "The prefix is reserved: a key of one's own may get another meaning one day.",
    "annotations.md#rules",
    Fix.CHOICE,
)
ANNOT_3: Final = Rule(
    "ANNOT-3",
    "A ref name obeys its grammar",
    "Words of letters and digits, joined by - . _ : @ + or --, in parts divided by /. umoci refuses others. "
    "Some valid Docker tags are no ref names (`_x`, `v1_`, `a__b`).",
    _KEYS,
    Fix.CHOICE,
)
ANNOT_4: Final = Rule("ANNOT-4", "ref.name stands on entries of index.json", "Elsewhere it means nothing.", _KEYS)
ANNOT_5: Final = Rule(
    "ANNOT-5", "Values of specified keys have their form", "Dates as RFC 3339 says, digests as digests.", _KEYS
)
ANNOT_6: Final = Rule(
    "ANNOT-6",
    "io.containerd.image.name is a full reference, and fits ref.name",
    "containerd and Docker take the first, podman and skopeo the second: the image gets another name in each.",
    None,
    Fix.AUTOMATIC,
)

RULES: Final = (
    Rule(
        "ANNOT-1",
        "Annotations are an object of texts",
        "If there are none the field is absent or empty, not null.",
        "annotations.md#rules",
        Fix.AUTOMATIC,
    ),
    ANNOT_2,
    ANNOT_3,
    ANNOT_4,
    ANNOT_5,
    ANNOT_6,
)


def annotated(case: Case) -> Iterator[tuple[str, str, str | None, Mapping[str, str]]]:
    """Document, pointer, digest and annotations of everything that has some."""
    for stored in case.indexes:
        yield stored.document.name, "$.annotations", None, stored.index.annotations
    for image, document, manifest in manifests(case):
        yield document.name, "$.annotations", image.manifest_digest, manifest.annotations
    for pointed in case.pointed:
        descriptor = pointed.descriptor
        yield pointed.document, f"{descriptor.pointer}.annotations", descriptor.digest, descriptor.annotations


def keys(case: Case) -> Iterator[Finding]:
    """ANNOT-2."""
    for document, pointer, digest, notes in annotated(case):
        for key in notes:
            if key and not (key.startswith(_RESERVED) and explain(key) is None and not key.startswith(_ENCRYPTION)):
                continue
            yield ANNOT_2.broken(
                Severity.WARNING,
                "A key in the reserved name space" if key else "An annotation without a key",
                at=document,
                pointer=pointer,
                digest=digest,
                found=key or '""',
            )


def ref_names(case: Case) -> Iterator[Finding]:
    """ANNOT-3, on the entries of index.json."""
    for descriptor in case.top.index.manifests if case.top is not None else ():
        name = descriptor.annotations.get(REF_NAME)
        if name is not None and not is_ref_name(name):
            yield ANNOT_3.broken(
                Severity.WARNING,
                "A ref name outside of its grammar",
                at="index.json",
                pointer=f"{descriptor.pointer}.annotations",
                digest=descriptor.digest,
                found=name or '""',
            )


def ref_names_elsewhere(case: Case) -> Iterator[Finding]:
    """ANNOT-4, on manifests and the descriptors in them (nested indexes: INDEX-14)."""
    nested = {stored.document.name for stored in case.indexes}
    for document, pointer, digest, notes in annotated(case):
        if REF_NAME in notes and (document not in nested or pointer == "$.annotations"):
            yield ANNOT_4.broken(
                Severity.INFO,
                "A ref name where it means nothing",
                at=document,
                pointer=pointer,
                digest=digest,
                found=notes[REF_NAME],
            )


def values(case: Case) -> Iterator[Finding]:
    """ANNOT-5."""
    for document, pointer, digest, notes in annotated(case):
        created, base = notes.get(CREATED), notes.get(BASE_DIGEST)
        if created is not None and not is_date(created):
            yield ANNOT_5.broken(
                Severity.WARNING,
                "A date that is none",
                at=document,
                pointer=f"{pointer}['{CREATED}']",
                digest=digest,
                expected=say("a date like 2024-05-01T10:00:00Z"),
                found=created,
            )
        if base and Digest.try_parse(base) is None:
            yield ANNOT_5.broken(
                Severity.WARNING,
                "A digest that is none",
                at=document,
                pointer=f"{pointer}['{BASE_DIGEST}']",
                digest=digest,
                expected="a digest",
                found=base,
            )


def full_names(case: Case) -> Iterator[Finding]:
    """ANNOT-6."""
    for descriptor in case.top.index.manifests if case.top is not None else ():
        name, ref_name = descriptor.annotations.get(IMAGE_NAME), descriptor.annotations.get(REF_NAME)
        if name is None:
            continue
        title, expected = "", ""
        try:
            reference = Reference.parse(name)
        except ValueError as error:
            title, expected = say("A full name that is no reference"), said_by(error)
        else:
            if ref_name and not _fits(reference, ref_name):
                title, expected = say("Two names that do not fit each other"), ref_name
        if title:
            yield ANNOT_6.broken(
                Severity.WARNING,
                title,
                at="index.json",
                pointer=f"{descriptor.pointer}.annotations",
                digest=descriptor.digest,
                expected=expected,
                found=name,
            )


def _fits(reference: Reference, ref_name: str) -> bool:
    """The tag, the object part of the name (`tag@digest`), or the same full name."""
    if reference.digest is not None and ref_name.endswith(str(reference.digest)):
        return True
    if is_full_reference(ref_name):
        try:
            return str(Reference.parse(ref_name)) == str(reference)
        except ValueError:
            return False
    return reference.tag is None or ref_name == reference.tag


QUICK: Final[tuple[Check, ...]] = (keys, ref_names, ref_names_elsewhere, values, full_names)
