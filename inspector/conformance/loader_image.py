"""What is wrong with one image, whichever way a loader reached it: missing or damaged parts, wrong order, odd layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.blobstore import BlobState, EmbeddedBlob
from inspector.archive.compression import Compression
from inspector.archive.faults import is_shuffled
from inspector.conformance.forecast import Trouble, refuses, warns
from inspector.conformance.loader_json import dates, undecodable
from inspector.conformance.manifest import compression_of
from inspector.language import say
from inspector.oci import mediatype

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image
    from inspector.conformance.case import Case
    from inspector.conformance.dockerview import DockerImage


def missing_parts(image: Image, *, foreign_may_be_absent: bool = True) -> Iterator[Trouble]:
    """Config and layers that the archive does not hold, or only in part."""
    config = image.config_blob
    if config is None or isinstance(config, EmbeddedBlob) or not config.member.complete:
        yield refuses("BLOB-6", "The config of an image is not in the archive.")
    for layer in image.layers:
        if layer.present and not isinstance(layer.blob, EmbeddedBlob):
            continue
        if foreign_may_be_absent and mediatype.is_foreign(layer.media_type):
            yield warns(
                "LAYER-20", "A foreign layer is not in the archive; it is fetched from its address, or left out."
            )
        else:
            code = "LAYER-20" if mediatype.is_foreign(layer.media_type) else "BLOB-6"
            yield refuses(code, say("Layer %s of an image is not in the archive.", layer.number))


def damaged_parts(case: Case, image: Image) -> Iterator[Trouble]:
    """Blobs of the image, its manifest included, that are not what their digests say."""
    node = case.by_digest.get(image.path[-1]) if image.path else None
    blobs = [node.blob if node is not None else None, image.config_blob, *(layer.blob for layer in image.layers)]
    for blob in blobs:
        if blob is not None and blob.claimed is not None and blob.state is BlobState.WRONG:
            yield refuses("BLOB-1", say("%s is not what its digest says.", blob.member.name))


def not_at_its_path(case: Case, image: Image) -> Iterator[Trouble]:
    """For loaders that open `blobs/<algorithm>/<encoded>`: blobs of the image that lie under another name."""
    digests = [*image.path, image.config_digest, *(layer.digest for layer in image.layers if layer.present)]
    for digest in digests:
        if digest is None:
            continue
        blob = case.archive.blobs.find(digest)
        is_linked = case.archive.members.find(f"blobs/{digest.algorithm}/{digest.encoded}") is not None
        if blob is not None and not is_linked and blob.member.name.rpartition("/")[2] != digest.encoded:
            yield refuses("BLOB-3", say("%s is not called by its digest, and so not found.", blob.member.name))


def only_sha256(image: Image) -> Iterator[Trouble]:
    """For loaders that know no other algorithm."""
    digests = [*image.path, image.config_digest, *(layer.digest for layer in image.layers)]
    other = next((digest for digest in digests if digest is not None and digest.algorithm != "sha256"), None)
    if other is not None:
        yield refuses("BLOB-4", say("It knows sha256 only, and a blob is named by %s.", other.algorithm))


def unpacking(case: Case, image: Image, *, streams: bool = False) -> Iterator[Trouble]:
    """What goes wrong where the layers of a manifest are unpacked and compared with the config's diffIDs."""
    config = image.parsed_config
    if config is None:
        if image.config_blob is not None:
            yield refuses("CONFIG-1", "The config of an image cannot be read.")
        return
    if len(config.stated_diff_ids) != len(image.layers):
        code = "MANIF-6" if image.layers else "MANIF-4"
        yield refuses(
            code,
            say(
                "The manifest has %(layers)s layers, the config %(stated_diff_ids)s diffIDs.",
                layers=len(image.layers),
                stated_diff_ids=len(config.stated_diff_ids),
            ),
        )
        return
    if image.config is not None:
        yield from undecodable(case, image.config.name, streams=streams)
    yield from dates(config)
    if any(diff_id is None for diff_id in config.diff_ids):
        yield refuses("CONFIG-3", "A diffID of the config is no digest.")
    if config.rootfs_type not in ("", "layers"):
        yield refuses("CONFIG-2", say("The root file system is of the unknown kind %s.", config.rootfs_type))
    if any(mediatype.is_encrypted(layer.media_type) for layer in image.layers):
        yield warns("", "Layers are encrypted: without the key they cannot be unpacked.")
    if is_shuffled(image):
        yield refuses("MANIF-5", "The layers stand in the wrong order: each unpacks to another diffID.")
        return
    for layer in image.layers:
        if layer.blob is not None and not mediatype.is_encrypted(layer.media_type):
            yield from _layer(case, layer.blob, str(layer.diff_id), "CONFIG-4")


def _layer(case: Case, blob: Blob, stated: str, code: str, *, unpacks: bool = True) -> Iterator[Trouble]:
    contents = case.contents
    name = blob.member.name
    found = contents.diff_ids.get(blob)
    # Who only copies needs the bytes that the config names, whatever they hold.
    is_copied = not unpacks and (found is not None or str(blob.computed) == stated)
    if not is_copied:
        yield from no_layer(case, blob)
    if found is not None and stated and stated.startswith("sha256:") and str(found) != stated:
        yield refuses(code, say("%s unpacks to another diffID than the config states.", name))
    if blob in contents.trailing:
        yield refuses("LAYER-19", say("Bytes follow the compressed stream of %s.", name))
    if not unpacks:
        return
    if blob in contents.unusable:
        yield refuses(contents.unusable[blob], say("%s has an entry that unpackers refuse.", name))
    if blob in contents.lost_links:
        yield refuses("LAYER-10", say("%s has hard links to what neither it nor a layer below it has.", name))
    elif blob in contents.dangling_links:
        yield warns(
            "LAYER-10",
            say("%s has hard links to files of lower layers, which fail where each layer is unpacked alone.", name),
        )
    if blob in contents.absolute_links:
        yield warns("LAYER-10", say("%s has hard links with absolute targets, which Docker 29.7.0 refuses.", name))


def no_layer(case: Case, blob: Blob | None) -> Iterator[Trouble]:
    """LAYER-1: what is no tar, or breaks off."""
    if blob is None:
        return
    name, damaged = blob.member.name, case.contents.damaged
    if blob in case.contents.no_tar:
        yield refuses("LAYER-1", say("%s is no tar.", name))
    elif blob in damaged:
        yield refuses("LAYER-1", say("%(name)s is damaged: %(damaged)s.", name=name, damaged=damaged[blob]))


def repeats(case: Case, blob: Blob | None) -> Iterator[Trouble]:
    """LAYER-2, for engines that note how a layer's tar was made (tar-split: Docker's graph driver, podman)."""
    if blob in case.contents.repeated:
        yield refuses(
            "LAYER-2", say("%s states a path twice (duplicates of file paths not supported).", blob.member.name)
        )


def labels(image: Image) -> Iterator[Trouble]:
    """For readers that trust the media type: layers that are compressed otherwise."""
    for layer in image.layers:
        stated, found = mediatype.declared_compression(layer.media_type), compression_of(layer)
        if stated is None or found is None or mediatype.is_encrypted(layer.media_type) or found == stated:
            continue
        yield refuses("MANIF-9", say("Layer %s is not compressed as its media type says.", layer.number))


def of_docker_image(
    case: Case, view: DockerImage, *, thin_is_fine: bool = False, streams: bool = False, unpacks: bool = True
) -> Iterator[Trouble]:
    """What goes wrong with an entry of manifest.json, for every loader that reads it, and for those that unpack layers."""
    if view.config_blob is None or not view.config_blob.member.complete or view.config is None:
        yield refuses("COMPAT-2", "The config of an image is missing or cannot be read.")
        return
    config = view.config
    yield from undecodable(case, view.config_blob.member.name, by_docker=True, streams=streams)
    yield from dates(config)
    if len(config.stated_diff_ids) != len(view.entry.layers):
        yield refuses(
            "COMPAT-3",
            say(
                "manifest.json lists %(layers)s layers, the config %(diff_ids)s diffIDs.",
                layers=len(view.entry.layers),
                diff_ids=len(config.diff_ids),
            ),
        )
        return
    if any(diff_id is None for diff_id in config.diff_ids):
        yield refuses("CONFIG-3", "A diffID of the config is no digest.")
    if config.rootfs_type not in ("", "layers"):
        yield refuses("CONFIG-2", say("The root file system is of the unknown kind %s.", config.rootfs_type))
    for number, (path, blob) in enumerate(zip(view.entry.layers, view.layers, strict=True)):
        if thin_is_fine and (not path or (blob is not None and not blob.size)):
            yield warns("COMPAT-4", "Layers are left out: it loads only where they are there already.")
        elif blob is None or not blob.size or not blob.member.complete:
            yield refuses("COMPAT-4", say("Layer %s of an image is not in the archive.", number + 1))
        elif blob.compression in (Compression.LZ4, Compression.LZMA):
            yield refuses(
                "COMPAT-4",
                say(
                    "Layer %(number)s is compressed with %(compression)s.",
                    number=number + 1,
                    compression=blob.compression,
                ),
            )
        else:
            code = "CONFIG-4" if view.has_manifest else "COMPAT-4"
            yield from _layer(case, blob, str(view.diff_id(number) or ""), code, unpacks=unpacks)
