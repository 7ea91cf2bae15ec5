"""index.json of the new archive: one descriptor per name, with both name annotations and the platform (formats.md D5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.archive.image import NodeKind
from inspector.export.converted import Converted
from inspector.export.edits import Edits
from inspector.export.entries import Entry
from inspector.export.fields import descriptor_fields, platform_fault, platform_fields
from inspector.export.mending import Mending
from inspector.export.options import ON_INDEXES
from inspector.export.spelling import DESCRIPTOR, INDEX, in_order, respelled, sorted_map
from inspector.oci import mediatype
from inspector.oci.annotations import DOCKER_REFERENCE_DIGEST, IMAGE_NAME, REF_NAME
from inspector.oci.descriptor import Descriptor
from inspector.oci.digest import Digest
from inspector.oci.document import Document, compact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.oci.document import Json

_NOT_IN_AN_INDEX = ("config", "layers", "fsLayers")
_NAME = "index.json"


def index_json(
    source: Document | None,
    rows: Sequence[tuple[Entry, Converted]],
    moved: Callable[[Digest], Digest],
    mending: Mending,
    edits: Edits,
) -> bytes:
    """The bytes of index.json; those of `source` if there is nothing to change in it.

    `moved` gives the new digest of a document of the source.
    """
    is_alone = len({str(done.image.platform) for _, done in rows if _is_runnable(done) and done.image}) < 2
    manifests: list[Json] = [_descriptor(entry, done, moved, mending, is_alone=is_alone) for entry, done in rows]
    stored = source.value if source is not None and isinstance(source.value, dict) else {}
    fields = respelled(stored, INDEX)
    for name in _NOT_IN_AN_INDEX:
        fields.pop(name, None)
    if not isinstance(fields.get("annotations", {}), dict):
        del fields["annotations"]
    fields |= {"schemaVersion": 2, "manifests": manifests}
    stated = fields.get("mediaType")
    if stated != mediatype.OCI_INDEX and (
        source is None
        or mending.wants("index-media-type", _NAME, "INDEX-2")
        or not isinstance(stated, (str, type(None)))
    ):
        fields["mediaType"] = mediatype.OCI_INDEX
    edits.annotate(fields, ON_INDEXES)
    if source is not None and fields == stored and not source.findings:
        return source.raw
    return compact_json(in_order(fields, INDEX))


def _descriptor(
    entry: Entry, done: Converted, moved: Callable[[Digest], Digest], mending: Mending, *, is_alone: bool
) -> Json:
    stated = entry.descriptor
    where = entry.name or entry.word or str(done.old or done.digest)
    fields = respelled(stated.raw, DESCRIPTOR) if stated is not None else {}
    if stated is not None:
        right, codes = descriptor_fields(stated.raw, stated, is_entry=True, image=done.image)
        if codes and _wants_all(mending, where, codes):
            fields = right
    fields |= {"mediaType": done.media_type, "digest": str(done.digest)}
    _state_size(fields, stated, done, where, mending)
    annotations = _annotations(entry, stated, moved, where, mending)
    fields.pop("annotations", None)
    if annotations:
        fields["annotations"] = annotations
    _state_platform(fields, stated, done, where, mending, is_alone=is_alone)
    for name in ("urls", "platform", "artifactType", "data"):
        if fields.get(name, "") is None:
            del fields[name]  # null is no value of these
    return in_order(fields, DESCRIPTOR)


def _wants_all(mending: Mending, where: str, codes: Sequence[str]) -> bool:
    """Annotations that are no map cannot be written at all; the rest may be left."""
    others = [code for code in codes if code != "ANNOT-1"]
    return not others or mending.wants("index-fields", where, *others)


def _state_size(
    fields: dict[str, Json], stated: Descriptor | None, done: Converted, where: str, mending: Mending
) -> None:
    if done.size is not None and fields.get("size") != done.size:
        is_same = stated is not None and done.old == done.digest and stated.size is not None
        if not is_same or mending.wants("sizes", where, "DESC-4"):
            fields["size"] = done.size
            fields.pop("data", None)
    if done.old != done.digest:
        fields.pop("data", None)
    fields.setdefault("size", 0)


def _annotations(
    entry: Entry, stated: Descriptor | None, moved: Callable[[Digest], Digest], where: str, mending: Mending
) -> dict[str, Json]:
    before = dict(stated.annotations) if stated is not None else {}
    found = dict(before)
    for key, value in ((IMAGE_NAME, entry.name), (REF_NAME, entry.ref_name)):
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    if stated is not None and found != before and not entry.why and not mending.wants("names", where, "ANNOT-6"):
        found = before
    subject = Digest.try_parse(found.get(DOCKER_REFERENCE_DIGEST))
    if subject is not None:
        found[DOCKER_REFERENCE_DIGEST] = str(moved(subject))
    return dict(found) if found == before else sorted_map(found)


def _state_platform(
    fields: dict[str, Json], stated: Descriptor | None, done: Converted, where: str, mending: Mending, *, is_alone: bool
) -> None:
    """From the config, copied exactly: containerd hides an image whose variant differs (formats.md D5)."""
    image = done.image
    if image is None or not mediatype.is_manifest(done.media_type) or image.platform is None:
        return
    own, said = platform_fields(image.platform), stated.platform if stated is not None else None
    fault = platform_fault(image, said, is_alone=is_alone)
    is_silent = said is None or not said.os or not said.architecture
    if own is None or not (fault or is_silent):
        return
    if stated is None or mending.wants("platforms", where, fault or "DESC-10"):
        fields["platform"] = own


def _is_runnable(done: Converted) -> bool:
    return done.image is not None and done.image.kind is NodeKind.IMAGE
