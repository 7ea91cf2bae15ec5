"""Whether an export mends a finding, where the rule alone cannot say: it depends on the document that breaks it.

An export always writes index.json, manifest.json and oci-layout anew, so what is wrong with them goes by itself. Manifests and
nested indexes are kept byte for byte unless a person chooses otherwise, since their digests change.
`tests/unit/conformance/test_mending.py` exports an archive for each rule and compares.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.archive.rightstack import right_stack
from inspector.findings import Finding, Fix, Severity
from inspector.oci import mediatype

if TYPE_CHECKING:
    from inspector.archive.image import Image, ImageArchive
    from inspector.oci.document import Document

_WRITTEN_ANEW: Final = frozenset(("index.json", "manifest.json", "oci-layout"))
_GONE_WITH_THEM: Final = frozenset(
    ("ANNOT-1", "DESC-8", "DESC-9", "DESC-10", "DESC-13", "INDEX-1", "INDEX-2", "INDEX-4", "JSON-1", "JSON-2", "JSON-4", "COMPAT-5")
)  # fmt: skip
_CHOSEN_IN_MANIFESTS: Final = frozenset(
    ("ANNOT-1", "DESC-6", "DESC-8", "DESC-9", "DESC-10", "DESC-13", "INDEX-2", "INDEX-6", "INDEX-7", "MANIF-2")
)  # fmt: skip
"""What the repair of documents' fields puts right in manifests and nested indexes."""
_REFUSED_BY_ALL: Final = frozenset(("MANIF-1", "INDEX-1"))
"""No loader takes such a document, so no digest is kept for its sake."""
_END_OF_THE_TAR: Final = frozenset(("Something follows the end of the tar", "The tar has no end mark"))


def with_fix(finding: Finding, archive: ImageArchive) -> Finding:
    """The finding with what an export of this archive would do about it."""
    fix = _fix(finding, archive)
    return finding if fix is finding.fix else replace(finding, fix=fix)


def _fix(finding: Finding, archive: ImageArchive) -> Fix:
    code, document = finding.code, finding.where.object
    if not archive.images:
        return Fix.NONE  # there is nothing to export
    if code == "ARC-1":
        return Fix.AUTOMATIC if finding.title in _END_OF_THE_TAR else Fix.NONE
    if code == "INDEX-6" and finding.title.startswith("An unknown "):
        return Fix.NONE  # nobody can tell what was meant
    if document in _WRITTEN_ANEW:
        if code in ("DESC-11", "LAYOUT-5"):
            return Fix.AUTOMATIC
        return Fix.AUTOMATIC if code in _GONE_WITH_THEM else finding.fix
    return _in_other_documents(finding, archive)


def _in_other_documents(finding: Finding, archive: ImageArchive) -> Fix:
    """For manifests, nested indexes and configs, and for whatever is no document."""
    code = finding.code
    if code in _REFUSED_BY_ALL or (code in ("MANIF-2", "INDEX-2") and finding.severity is Severity.ERROR):
        return Fix.AUTOMATIC
    if code in _CHOSEN_IN_MANIFESTS:
        return Fix.CHOICE
    if code in ("MANIF-4", "MANIF-5", "MANIF-6"):
        return _of_layers(finding, archive)
    if code in ("BLOB-6", "DESC-1", "DESC-2") and finding.fix is not Fix.CHOICE and _is_here_plain(finding, archive):
        return Fix.AUTOMATIC
    if code in ("DESC-1", "DESC-2", "COMPAT-2") or (
        code == "MEDIA-1" and finding.where.pointer == "$.subject.mediaType"
    ):
        return Fix.NONE  # nothing tells what was meant; what is about another document stays about it
    if code == "DESC-11" and finding.where.pointer == "$.mediaType":
        return Fix.AUTOMATIC
    if code == "DESC-11" and archive.layout.startswith("oci-layout"):
        return Fix.AUTOMATIC if _is_an_entry(finding, archive) else Fix.NONE
    return finding.fix


def _of_layers(finding: Finding, archive: ImageArchive) -> Fix:
    """A list of layers is put right where the archive tells what it should be; that of manifest.json is written anew."""
    if not archive.layout.startswith("oci-layout") or finding.fix is Fix.NONE:
        return finding.fix
    name, is_order = finding.where.object, finding.code == "MANIF-5"
    for image in archive.images:
        if name in (_name(image.manifest), _name(image.config)):
            if right_stack(archive, image) is None:
                return Fix.NONE
            # What compressed layers are, export knows only if it is told to read them, or they were read before.
            return Fix.CHOICE if is_order and _has_compressed(image) else Fix.AUTOMATIC
    return finding.fix


def _has_compressed(image: Image) -> bool:
    return any(layer.blob is not None and layer.blob.compression is not Compression.NONE for layer in image.layers)


def _is_here_plain(finding: Finding, archive: ImageArchive) -> bool:
    """Whether the layer that a manifest refers to in vain lies here by its diffID."""
    for image in archive.images:
        for layer in image.layers if _name(image.manifest) == finding.where.object else ():
            pointer = layer.descriptor.pointer if layer.descriptor is not None else None
            is_meant = pointer is not None and f"{finding.where.pointer}.".startswith(f"{pointer}.")
            is_layer = not layer.media_type or mediatype.is_layer(layer.media_type)
            if is_meant and is_layer and layer.blob is None and layer.diff_id is not None:
                return archive.blobs.find(layer.diff_id) is not None
    return False


def _name(document: Document | None) -> str | None:
    return document.name if document is not None else None


def _is_an_entry(finding: Finding, archive: ImageArchive) -> bool:
    """Whether index.json itself refers to the document."""
    return any(
        root.blob is not None and root.blob.member.name == finding.where.object for root in archive.roots
    )  # what is below a root keeps the descriptor that it has
