"""index.json of the new archive: one descriptor per name, with both name annotations and the platform (formats.md D5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.export.convert import Converted
from inspector.export.entries import Entry
from inspector.export.spelling import DESCRIPTOR, INDEX, in_order, respelled, sorted_map
from inspector.oci import mediatype
from inspector.oci.annotations import DOCKER_REFERENCE_DIGEST, IMAGE_NAME, REF_NAME
from inspector.oci.descriptor import Descriptor
from inspector.oci.digest import Digest
from inspector.oci.document import Document, compact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.oci.document import Json
    from inspector.oci.platform import Platform

_NOT_IN_AN_INDEX = ("config", "layers", "fsLayers")


def index_json(
    source: Document | None, rows: Sequence[tuple[Entry, Converted]], moved: Callable[[Digest], Digest]
) -> bytes:
    """The bytes of index.json; those of `source` if there is nothing to change in it.

    `moved` gives the new digest of a document of the source.
    """
    manifests: list[Json] = [_descriptor(entry, done, moved) for entry, done in rows]
    stored = source.value if source is not None and isinstance(source.value, dict) else {}
    fields = respelled(stored, INDEX)
    for name in _NOT_IN_AN_INDEX:
        fields.pop(name, None)
    if not isinstance(fields.get("annotations", {}), dict):
        del fields["annotations"]
    fields |= {"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": manifests}
    if source is not None and fields == stored and not source.findings:
        return source.raw
    return compact_json(in_order(fields, INDEX))


def _descriptor(entry: Entry, done: Converted, moved: Callable[[Digest], Digest]) -> Json:
    stated = entry.descriptor
    fields = respelled(stated.raw, DESCRIPTOR) if stated is not None else {}
    fields |= {"mediaType": done.media_type, "digest": str(done.digest)}
    if done.size is not None:
        if fields.get("size") != done.size or done.old != done.digest:
            fields.pop("data", None)
        fields["size"] = done.size
    fields.setdefault("size", 0)
    annotations = _annotations(entry, stated, moved)
    fields.pop("annotations", None)
    if annotations:
        fields["annotations"] = annotations
    platform = _platform(done)
    if platform is not None and not _states_platform(stated):
        fields["platform"] = platform
    for name in ("urls", "platform", "artifactType", "data"):
        if fields.get(name, "") is None:
            del fields[name]  # null is no value of these
    return in_order(fields, DESCRIPTOR)


def _annotations(entry: Entry, stated: Descriptor | None, moved: Callable[[Digest], Digest]) -> dict[str, Json]:
    found = dict(stated.annotations) if stated is not None else {}
    for key, value in ((IMAGE_NAME, entry.name), (REF_NAME, entry.ref_name)):
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    subject = Digest.try_parse(found.get(DOCKER_REFERENCE_DIGEST))
    if subject is not None:
        found[DOCKER_REFERENCE_DIGEST] = str(moved(subject))
    if stated is not None and found == dict(stated.annotations):
        return dict(found)
    return sorted_map(found)


def _states_platform(stated: Descriptor | None) -> bool:
    platform = stated.platform if stated is not None else None
    return platform is not None and bool(platform.os) and bool(platform.architecture)


def _platform(done: Converted) -> dict[str, Json] | None:
    """From the config, copied exactly: containerd hides an image whose variant differs (formats.md D5)."""
    image = done.image
    if image is None or not mediatype.is_manifest(done.media_type) or image.platform is None:
        return None
    return platform_fields(image.platform)


def platform_fields(platform: Platform) -> dict[str, Json] | None:
    """In the order of Go's struct; None unless both required fields are stated."""
    if not platform.os or not platform.architecture:
        return None
    fields: dict[str, Json] = {"architecture": platform.architecture, "os": platform.os}
    if platform.os_version:
        fields["os.version"] = platform.os_version
    if platform.os_features:
        fields["os.features"] = list(platform.os_features)
    if platform.variant:
        fields["variant"] = platform.variant
    return fields
