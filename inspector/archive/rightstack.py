"""The layers that an image should have, where its manifest lists others and the archive itself tells better.

Export writes them in this order, the check says whether they can be had, and whoever shows a merged file system of the
stored order can tell that it is not the right one (formats.md section E).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import Compression
from inspector.archive.image import Image, NodeKind
from inspector.oci import mediatype

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.oci.digest import Digest
    from inspector.oci.docker import DockerManifestEntry


def right_stack(archive: ImageArchive, image: Image) -> tuple[list[Blob], str] | None:
    """The layers that the config asks for, base first, and the finding's code, if the manifest lists others.

    None if the manifest is right, or nothing in the archive tells better. Of compressed layers only those tell that were
    inflated since the archive was opened (`Blob.diff_id`). Docker before 25.0.0 rc.2 listed none
    (moby#47065), 25.0.0 shuffled them and left out repeated ones (moby#47150).
    """
    config, manifest = image.parsed_config, image.parsed_manifest
    if image.kind is not NodeKind.IMAGE or config is None or manifest is None or not config.diff_ids:
        return None
    if manifest.config is None or not mediatype.is_config(manifest.config.media_type):
        return None
    count_is_wrong = len(manifest.layers) != len(config.diff_ids)
    plain = _plain_digests(image)
    if not count_is_wrong and (plain is None or plain == list(config.diff_ids)):
        return None
    code = "MANIF-4" if not manifest.layers else "MANIF-6" if count_is_wrong else "MANIF-5"
    for stack in (_by_diff_id(archive, image), _by_manifest_json(archive, image)):
        if stack is not None and stack != [layer.blob for layer in image.layers]:
            return stack, code
    return None


def _plain_digests(image: Image) -> list[Digest] | None:
    """What each layer is uncompressed, None if that is not known of all of them."""
    found = []
    for layer in image.layers:
        if layer.blob is None or layer.media_type is None or mediatype.is_encrypted(layer.media_type):
            return None
        plain = layer.digest if layer.blob.compression is Compression.NONE else layer.blob.diff_id
        if plain is None:
            return None
        found.append(plain)
    return found


def _by_diff_id(archive: ImageArchive, image: Image) -> list[Blob] | None:
    config = image.parsed_config
    own = {layer.blob.diff_id: layer.blob for layer in image.layers if layer.blob is not None}
    found: list[Blob] = []
    for diff_id in config.diff_ids if config is not None else ():
        blob = own.get(diff_id) or archive.blobs.find(diff_id) if diff_id is not None else None
        if blob is None:
            return None
        found.append(blob)
    return found


def _by_manifest_json(archive: ImageArchive, image: Image) -> list[Blob] | None:
    entry, config = _docker_entry(archive, image), image.parsed_config
    if entry is None or config is None or len(entry.layers) != len(config.diff_ids):
        return None
    found = [archive.blobs.by_member(path) if path else None for path in entry.layers]
    whole = [blob for blob in found if blob is not None]
    return whole if len(whole) == len(found) else None


def _docker_entry(archive: ImageArchive, image: Image) -> DockerManifestEntry | None:
    """The entry of manifest.json with the same config, if there is one."""
    if image.config_blob is None:
        return None
    found = (entry for entry in archive.docker_entries if entry.config)
    return next((entry for entry in found if archive.blobs.by_member(entry.config) is image.config_blob), None)
