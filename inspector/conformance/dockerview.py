"""An entry of manifest.json with the files that it names: what every loader of manifest.json starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.archive.members import MemberKind
from inspector.errors import InspectorError, ReadFailed, SourceChanged
from inspector.oci.config import ImageConfig
from inspector.oci.document import JsonLimits, parse_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image, ImageArchive
    from inspector.archive.limits import Limits
    from inspector.oci.digest import Digest
    from inspector.oci.docker import DockerManifestEntry


@dataclass(frozen=True, slots=True, eq=False)
class DockerImage:
    """`config` is None if there is no readable one; `layers` has one blob or None per path of the entry."""

    entry: DockerManifestEntry
    config_blob: Blob | None
    config: ImageConfig | None
    config_digest: Digest | None
    layers: tuple[Blob | None, ...]
    has_manifest: bool
    """A stored manifest leads to the same config."""

    def diff_id(self, number: int) -> Digest | None:
        """What the config says of layer `number` (from 0)."""
        if self.config is None or len(self.config.diff_ids) != len(self.entry.layers):
            return None
        return self.config.diff_ids[number]


def view_of(
    archive: ImageArchive, entry: DockerManifestEntry, known: Mapping[Blob, Image], limits: Limits
) -> DockerImage:
    """The entry with its files. `known`: images by config blob, whose configs opening has read."""
    blob = blob_at(archive, entry.config)
    image = known.get(blob) if blob is not None else None
    digest, config = blob.computed if blob is not None else None, None
    if image is not None and image.config is not None:
        digest, config = image.config.digest, image.parsed_config
    elif blob is not None:
        digest, config = _read(archive, blob, limits)
    layers = tuple(blob_at(archive, path) for path in entry.layers)
    has_manifest = image is not None and image.manifest is not None
    return DockerImage(entry, blob, config, digest, layers, has_manifest)


def blob_at(archive: ImageArchive, name: str) -> Blob | None:
    """The blob of the regular file that `name` leads to, links followed."""
    member = archive.members.find(name) if name else None
    if member is None or member.kind is not MemberKind.FILE:
        return None
    return archive.blobs.add(member)


def _read(archive: ImageArchive, blob: Blob, limits: Limits) -> tuple[Digest | None, ImageConfig | None]:
    name = blob.member.name
    bounds = JsonLimits(limits.config_bytes, limits.json_depth, limits.json_values, "config_bytes")
    try:
        document = parse_document(archive.members.read(blob.member, "config_bytes"), name, limits=bounds)
    except (ReadFailed, SourceChanged):
        raise
    except InspectorError:
        return blob.computed, None
    return document.digest, ImageConfig.parse(document)[0] if isinstance(document.value, dict) else None
