"""Fields of manifests, indexes and descriptors that are wrong in themselves, and the same put right (formats.md C4 to C9).

Nothing here reads a blob. What is not wrong comes back as it was, unknown fields included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from inspector.archive.image import Image, NodeKind
from inspector.export.spelling import DESCRIPTOR, respelled
from inspector.oci import mediatype
from inspector.oci.descriptor import Descriptor
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.oci.document import Json
    from inspector.oci.manifest import ImageManifest
    from inspector.oci.platform import Platform

_URI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20\x7f]+", re.IGNORECASE)
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


def top_fields(fields: Mapping[str, Json], media_type: str, *, is_index: bool) -> tuple[dict[str, Json], list[str]]:
    """A manifest or a nested index without what is wrong at its top, and the codes of what was. `media_type`: what it is."""
    found, codes = dict(fields), []
    if found.get("schemaVersion") != 2 or isinstance(found.get("schemaVersion"), bool):
        found["schemaVersion"] = 2
        codes.append("INDEX-1" if is_index else "MANIF-1")
    if media_type and not found.get("mediaType"):
        found["mediaType"] = media_type
        codes.append("INDEX-2" if is_index else "MANIF-2")
    elif media_type and found["mediaType"] != media_type and not _is_right(found["mediaType"], is_index=is_index):
        found["mediaType"] = media_type
        codes.append("DESC-11")
    return found, [*codes, *_annotations(found)]


def _is_right(stated: Json, *, is_index: bool) -> bool:
    fits = mediatype.is_index if is_index else mediatype.is_manifest
    return isinstance(stated, str) and fits(stated)


def manifest_fields(
    fields: Mapping[str, Json], manifest: ImageManifest, media_type: str
) -> tuple[dict[str, Json], list[str]]:
    """A manifest, its config and layers (already mended otherwise) and its subject included, put right; and the codes."""
    found, codes = top_fields(fields, media_type, is_index=False)
    for name, stated in (("config", manifest.config), ("subject", manifest.subject)):
        value = found.get(name)
        if stated is not None and isinstance(value, dict):
            found[name], more = descriptor_fields(value, stated, is_entry=name == "config")  # its platform: DESC-13
            codes += more
    layers = found.get("layers")
    if isinstance(layers, list) and len(layers) == len(manifest.layers):
        right: list[Json] = []
        for value, stated in zip(layers, manifest.layers, strict=True):
            layer, more = descriptor_fields(value if isinstance(value, dict) else {}, stated, is_entry=False)
            right.append(layer)
            codes += more
        found["layers"] = right
    return found, codes


def descriptor_fields(
    fields: Mapping[str, Json], stated: Descriptor, *, is_entry: bool, image: Image | None = None
) -> tuple[dict[str, Json], list[str]]:
    """A descriptor without what is wrong in it, and the codes. `is_entry`: of an index, where a platform may stand;
    `image`: what the entry leads to, which knows its artifact type.
    """
    found = respelled(fields, DESCRIPTOR)
    codes = [*_annotations(found), *_urls(found), *_data(found, stated), *_artifact_type(found, image)]
    if not is_entry and "platform" in found:
        del found["platform"]
        codes.append("DESC-13")
    return found, codes


def _annotations(found: dict[str, Json]) -> list[str]:
    """ANNOT-1: a map from text to text, or nothing."""
    if "annotations" not in found:
        return []
    stated = found["annotations"]
    right = {key: value for key, value in stated.items() if isinstance(value, str)} if isinstance(stated, dict) else {}
    if right == stated:
        return []
    del found["annotations"]
    if right:
        found["annotations"] = dict(right)
    return ["ANNOT-1"]


def _urls(found: dict[str, Json]) -> list[str]:
    """DESC-6: addresses with http or https."""
    if "urls" not in found:
        return []
    stated = found["urls"]
    right = [url for url in stated if isinstance(url, str) and _URI.fullmatch(url)] if isinstance(stated, list) else []
    if right == stated:
        return []
    del found["urls"]
    if right:
        found["urls"] = list(right)
    return ["DESC-6"] if stated is not None else []


def _data(found: dict[str, Json], stated: Descriptor) -> list[str]:
    """DESC-8: embedded content that is not what the descriptor states."""
    if found.get("data") is None:
        return []
    data, digest = stated.data, stated.digest
    fits = data is not None and (stated.size is None or len(data) == stated.size)
    if fits and data is not None and digest is not None and digest.checkable:
        fits = Digest.of(data, digest.algorithm) == digest
    if fits:
        return []
    del found["data"]
    return ["DESC-8"]


def _artifact_type(found: dict[str, Json], image: Image | None) -> list[str]:
    """DESC-9: a media type, and the one that the manifest states."""
    stated = found.get("artifactType")
    if stated is None or stated == "":
        return []
    manifest = image.parsed_manifest if image is not None else None
    own = manifest.artifact_type if manifest is not None else None
    if not own and manifest is not None and manifest.config is not None:
        own = manifest.config.media_type
    if isinstance(stated, str) and _MEDIA_TYPE.fullmatch(stated) and own in (None, "", stated):
        return []
    del found["artifactType"]
    if own and _MEDIA_TYPE.fullmatch(own):
        found["artifactType"] = own
    return ["DESC-9"]


def platform_fault(image: Image | None, stated: Platform | None, *, is_alone: bool) -> str:
    """What is wrong with the platform that an entry of an index states, as a code; "" if nothing, or nothing is known.

    `is_alone`: no other platform stands in the index, so that leaving it out is no fault.
    """
    own = image.platform if image is not None and image.kind is NodeKind.IMAGE else None
    if own is None or not own.os or not own.architecture:
        return ""
    if stated is None:
        return "" if is_alone else "DESC-10"
    if not stated.os or not stated.architecture:
        return "INDEX-6"
    if stated.os_version and own.os_version and stated.os_version != own.os_version:
        return "INDEX-7"
    agrees = own.matches(stated) if not stated.variant else stated.matches(own)
    return "" if agrees else "INDEX-7"


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
