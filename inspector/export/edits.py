"""What a person edits on the way: annotations of manifests and indexes, labels of configs, what describes images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.archive.image import Image, NodeKind
from inspector.export.contents import Contents
from inspector.export.options import ON_INDEXES, ON_MANIFESTS, ExportOptions
from inspector.export.spelling import respelled
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.annotations import REF_NAME
from inspector.oci.digest import Digest
from inspector.oci.document import Document, compact_json

if TYPE_CHECKING:
    from inspector.archive.image import TreeNode
    from inspector.oci.document import Json

LABELS = "labels edited"
ANNOTATIONS = "annotations edited"
LEFT_OUT = say("attestations or signatures left out")
_STATEMENTS = (mediatype.IN_TOTO, mediatype.DSSE)
_ATTESTING = ("attest", "in-toto", "sbom", "spdx", "cyclonedx", "provenance", "dsse")
"""Parts of media types of statements about an image; every other referrer counts as a signature."""


class Edits:
    """The edits of one export, made on parsed documents; what was not edited comes back as it is."""

    def __init__(self, options: ExportOptions) -> None:
        self._labels = dict(options.labels)
        self._changes = {
            where: {one.key: one.value for one in options.annotations if one.where == where}
            for where in (ON_MANIFESTS, ON_INDEXES)
        }

    def annotate(self, fields: dict[str, Json], where: str) -> bool:
        """Edit `fields["annotations"]` of a manifest or an index; whether that changed anything."""
        stated = fields.get("annotations")
        before = stated if isinstance(stated, dict) else {}
        after = _edited(before, self._changes[where])
        if after == before:
            return False
        fields.pop("annotations", None)
        if after:
            fields["annotations"] = after
        return True

    def config(self, image: Image) -> bytes | None:
        """The image's config with the labels; None if it has them already, or is no config of a runnable image."""
        document = image.config
        if not self._labels or image.kind is not NodeKind.IMAGE or document is None:
            return None
        return self.labelled(document)

    def labelled(self, document: Document) -> bytes | None:
        """A config with the labels; None if it has them already. Fields stay in their order."""
        if not self._labels or not isinstance(document.value, dict):
            return None
        fields = respelled(document.value, ("config",))
        stated = fields.get("config")
        inner = respelled(stated, ("Labels",)) if isinstance(stated, dict) else {}
        labels = inner.get("Labels")
        before = labels if isinstance(labels, dict) else {}
        after = _edited(before, self._labels)
        if after == before:
            return None
        inner.pop("Labels", None)
        if after:
            inner["Labels"] = after
        fields["config"] = inner
        return compact_json(fields)


def _edited(before: Mapping[str, Json], changes: Mapping[str, str]) -> dict[str, Json]:
    """Sorted by key as Go writes maps; an empty value removes."""
    after = {key: value for key, value in before.items() if key not in changes}
    after |= {key: value for key, value in changes.items() if value}
    return dict(before) if after == before else {key: after[key] for key in sorted(after)}


def unwanted(contents: Contents, options: ExportOptions) -> frozenset[Digest]:
    """Documents that describe images and are to be left out."""
    if options.attestations and options.signatures:
        return frozenset()
    tagged = _cosign_tags(contents)
    found = set()
    for digest, node in contents.nodes.items():
        kind = _kind(node, tagged.get(digest, ""))
        if (kind == "attestation" and not options.attestations) or (kind == "signature" and not options.signatures):
            found.add(digest)
    return frozenset(found)


def _kind(node: TreeNode, tag: str) -> str:
    image = node.image
    if image is None or image.kind is NodeKind.IMAGE:
        return ""
    if image.kind is NodeKind.ATTESTATION or tag.endswith((".att", ".sbom")):
        return "attestation"
    if image.subject is None and not tag.endswith(".sig"):
        return ""
    types = [image.artifact_type or "", *(layer.media_type or "" for layer in image.layers)]
    return "attestation" if _is_statement(types) else "signature"


def _is_statement(types: Iterable[str]) -> bool:
    return any(kind in _STATEMENTS or any(word in kind.casefold() for word in _ATTESTING) for kind in types)


def _cosign_tags(contents: Contents) -> dict[Digest, str]:
    """cosign's names for what it stores beside an image: `sha256-HEX.sig`, `.att`, `.sbom`."""
    found: dict[Digest, str] = {}
    for root in contents.archive.roots:
        names = [*root.names]
        if root.descriptor is not None:
            names.append(root.descriptor.annotations.get(REF_NAME, ""))
        tags = [name.rpartition(":")[2] for name in names]
        tag = next((tag for tag in tags if tag.startswith("sha256-")), "")
        if tag and root.digest is not None:
            found[root.digest] = tag
    return found
