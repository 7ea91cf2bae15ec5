"""Loaders of index.json: containerd (ctr, kind, Docker with containerd), skopeo oci-archive, umoci; podman's first try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.image import NodeKind
from inspector.conformance.forecast import HOST, Trouble, refuses, warns
from inspector.conformance.grammar import is_ref_name
from inspector.conformance.loader_image import (
    damaged_parts,
    labels,
    missing_parts,
    not_at_its_path,
    only_sha256,
    repeats,
    unpacking,
)
from inspector.conformance.loader_json import undecodable
from inspector.conformance.walk import Walk, node_of
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.annotations import IMAGE_NAME, REF_NAME
from inspector.oci.reference import qualify

_MOST_CONFIG = 4 << 20

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import Image, TreeNode
    from inspector.conformance.case import Case
    from inspector.oci.descriptor import Descriptor


def has_no_index(case: Case, *, streams: bool = False) -> Iterator[Trouble]:
    """LAYOUT-4, LAYOUT-5, INDEX-3, INDEX-4: nothing to start from. `streams`: what follows the first value is not read."""
    if case.top is None:
        yield refuses("LAYOUT-4", "It reads index.json, and there is none that is an image index.")
        return
    # Go's readers take names in any letter case (JSON-5).
    if not any(name.lower() == "manifests" and isinstance(value, list) for name, value in case.top.index.raw.items()):
        yield refuses("INDEX-3", "The list of manifests in index.json is null or missing: nothing is loaded.")
    elif not case.top.index.manifests:
        yield refuses("INDEX-11" if case.docker else "INDEX-3", "index.json lists nothing: nothing is loaded.")
    if case.top.index.schema_version != 2:
        yield warns("INDEX-1", "The schemaVersion of index.json is not 2; some tools refuse it.")
    yield from undecodable(case, "index.json", streams=streams)
    for entry in case.top.index.manifests:
        yield from _type_of(case, entry)


def _type_of(case: Case, entry: Descriptor) -> Iterator[Trouble]:
    """DESC-1 and DESC-11: all loaders go by the media type of the descriptor."""
    if entry.digest is None:
        yield refuses("DESC-2", say("%s of index.json has no valid digest.", entry.pointer))
    node = node_of(case, entry)
    if node is None or (node.image is None and node.index is None) or not entry.media_type:
        return
    of_index, of_manifest = mediatype.is_index(entry.media_type), mediatype.is_manifest(entry.media_type)
    if (of_index and node.index is None) or (of_manifest and node.image is None):
        yield refuses("DESC-11", say("index.json calls an entry %s, which it is not.", entry.media_type))
    elif not of_index and not of_manifest and not mediatype.is_schema1(entry.media_type):
        yield refuses("DESC-1", say("index.json gives an entry the type %s, which it does not know.", entry.media_type))


def ambiguous(case: Case) -> Iterator[Trouble]:
    """INDEX-4, for readers that check for it (containerd, umoci)."""
    raw = case.top.index.raw if case.top is not None else {}
    if any(value for name, value in raw.items() if name.lower() in ("config", "layers")):
        yield refuses("INDEX-4", "index.json also looks like a manifest.")


def entries(case: Case) -> tuple[Descriptor, ...]:
    return case.top.index.manifests if case.top is not None else ()


def is_named(descriptor: Descriptor) -> bool:
    return bool(descriptor.annotations.get(IMAGE_NAME) or descriptor.annotations.get(REF_NAME))


def image_troubles(
    case: Case, node: TreeNode, *, fetches_foreign: bool = False, streams: bool = False
) -> Iterator[Trouble]:
    """Parts of one manifest and, for images, whether it unpacks. `streams`: what follows a document is not read."""
    image = node.image
    if image is None:
        return
    yield from missing_parts(image, foreign_may_be_absent=fetches_foreign)
    yield from damaged_parts(case, image)
    manifest = image.parsed_manifest
    if manifest is not None and manifest.schema_version != 2:
        yield warns("MANIF-1", "The schemaVersion of a manifest is not 2; some tools refuse it.")
    if image.manifest is not None:
        yield from undecodable(case, image.manifest.name, streams=streams)
    if manifest is not None and "manifests" in manifest.raw:
        yield refuses("INDEX-4", "A manifest also looks like an index.")
    if image.kind is NodeKind.IMAGE and image.complete:
        yield from unpacking(case, image, streams=streams)
    elif image.kind is NodeKind.IMAGE and any(mediatype.is_encrypted(layer.media_type) for layer in image.layers):
        yield warns("", "Layers are encrypted: without the key they cannot be unpacked.")


def sizes(node: TreeNode) -> Iterator[Trouble]:
    """DESC-4, for readers that stop at the stated size."""
    image = node.image
    if image is None or image.parsed_manifest is None:
        return
    parts = [(image.parsed_manifest.config, image.config_blob)]
    parts += [(layer.descriptor, layer.blob) for layer in image.layers]
    parts += [(image.manifest_descriptor, node.blob)]
    for descriptor, blob in parts:
        if descriptor is not None and blob is not None and descriptor.size != blob.size:
            yield refuses(
                "DESC-4" if descriptor.size is not None else "DESC-3",
                say("The stated size of %s is wrong.", blob.member.name),
            )


def podman_first(case: Case) -> Iterator[Trouble]:
    """podman's try of oci-archive: one entry; of an index the instance for the host."""
    yield from has_no_index(case, streams=True)
    if len(entries(case)) > 1:
        yield refuses(
            "", say("index.json lists %s images, and podman loads an OCI archive of one.", len(entries(case)))
        )
        return
    for entry in entries(case):
        node = node_of(case, entry)
        if node is not None and node.index is not None:
            fitting = [d for d in node.index.manifests if d.platform is not None and d.platform.matches(HOST)]
            fitting = fitting or [d for d in node.index.manifests if d.platform is None]
            if not fitting:
                yield refuses("", say("No image in the index is for %s.", HOST))
                continue
            node = node_of(case, fitting[0])
        if node is None:
            yield refuses("BLOB-6", "A manifest that it needs is not in the archive.")
            continue
        if node.image is None or node.image.kind is not NodeKind.IMAGE:
            yield refuses("MANIF-7", "What index.json leads to is no image that can run.")
            continue
        if any(mediatype.is_encrypted(layer.media_type) for layer in node.image.layers):
            yield refuses("", "Layers are encrypted, and podman has no key.")
        yield from image_troubles(case, node, fetches_foreign=True)
        yield from _for_containers_image(case, node.image)
        for layer in node.image.layers:
            yield from repeats(case, layer.blob)
        name, ref_name = entries(case)[0].annotations.get(IMAGE_NAME), entries(case)[0].annotations.get(REF_NAME, "")
        if not name and ref_name and qualify(f"localhost/{ref_name}") is None and qualify(ref_name) is None:
            yield refuses("ANNOT-3", say("Its name %s is no image reference.", ref_name))
        elif not name and ref_name and "/" not in ref_name:
            yield warns(
                "ANNOT-6",
                say(
                    "The only name is %(name)s: podman makes localhost/%(name)s of it.",
                    name=ref_name,
                ),
            )


def skopeo(case: Case) -> Iterator[Trouble]:
    """`skopeo copy --all oci-archive:FILE`: one entry, all of its platforms; layers are copied, not unpacked."""
    yield from has_no_index(case, streams=True)
    if len(entries(case)) > 1:
        yield refuses(
            "",
            say(
                "index.json lists %s entries: skopeo takes one of them, by its ref name (FILE:NAME).",
                len(entries(case)),
            ),
        )
        return
    walk = Walk(case, every_platform=True)
    for entry in entries(case):
        walk.visit(entry)
    for descriptor, _ in walk.missing:
        platform = say(" for %s", descriptor.platform) if descriptor.platform is not None else ""
        yield refuses(
            "BLOB-6", say("The manifest%s is not in the archive, and it copies all platforms (--all).", platform)
        )
    for node in walk.unreadable:
        yield refuses(
            "INDEX-5", say("%s is no manifest.", node.blob.member.name if node.blob is not None else say("A blob"))
        )
    if walk.depth > 1:
        yield refuses("INDEX-12", "An index lists an index, and it takes nothing but manifests there.")
    for node in walk.images:
        if node.image is not None:
            if node.image.config_descriptor is not None:
                yield from missing_parts(node.image)
            yield from damaged_parts(case, node.image)
            yield from _for_containers_image(case, node.image)


def _for_containers_image(case: Case, image: Image) -> Iterator[Trouble]:
    """What podman and skopeo refuse when they copy; sizes are not compared."""
    if image.manifest is not None:
        yield from undecodable(case, image.manifest.name)
    if image.parsed_manifest is not None and "manifests" in image.parsed_manifest.raw:
        yield refuses("INDEX-4", "A manifest also looks like an index.")
    config, blob = image.config_descriptor, image.config_blob
    if config is not None and blob is not None and config.size not in (None, blob.size):
        yield refuses("DESC-4", say("The stated size of %s is wrong.", blob.member.name))
    if image.config_blob is not None and image.config_blob.size > _MOST_CONFIG:
        yield refuses("COMPAT-9", "A config is larger than the 4 MiB that it reads.")
    yield from not_at_its_path(case, image)
    yield from only_sha256(image)


def umoci(case: Case) -> Iterator[Trouble]:
    """`umoci unpack --image FOLDER:NAME` with the first ref name, of the unpacked archive."""
    broken = [*has_no_index(case), *wrong_layout(case), *undecodable(case, "oci-layout"), *ambiguous(case)]
    yield from broken
    if case.top is None:
        return
    named = [entry for entry in entries(case) if entry.annotations.get(REF_NAME)]
    if not named:
        yield refuses("ANNOT-3", "No entry of index.json has a ref name, and it finds images by nothing else.")
        return
    name = named[0].annotations[REF_NAME]
    if not is_ref_name(name):
        yield refuses("ANNOT-3", say("The ref name %s is none that it takes.", name))
    same = [entry for entry in named if entry.annotations[REF_NAME] == name]
    if len(same) > 1:
        yield refuses(
            "INDEX-10", say("The ref name %(name)s is ambiguous: %(same)s entries have it.", name=name, same=len(same))
        )
        return
    yield from _unpack(case, same[0], name)


def _unpack(case: Case, entry: Descriptor, name: str) -> Iterator[Trouble]:
    walk = Walk(case, every_platform=True)
    walk.visit(entry)
    # umoci follows OCI indexes only; what a Docker type leads to it does not unpack.
    if not entry.media_type:
        yield refuses("DESC-1", say("The ref name %s leads to something of no media type.", name))
    if mediatype.is_docker(entry.media_type):
        yield refuses(
            "MEDIA-1",
            say(
                "The ref name %(name)s is of a %(in_words)s, and it takes OCI types only.",
                name=name,
                in_words=mediatype.in_words(entry.media_type),
            ),
        )
        return
    if len(walk.images) + len(walk.missing) > 1:
        yield refuses(
            "",
            say(
                "The ref name %(name)s is ambiguous: it leads to %(images)s manifests.",
                name=name,
                images=len(walk.images) + len(walk.missing),
            ),
        )
        return
    for _ in walk.missing:
        yield refuses("BLOB-6", "A manifest that it needs is not in the archive.")
    if walk.unreadable or not (walk.images or walk.missing):
        yield refuses("INDEX-5", say("The ref name %s leads to no manifest.", name))
    for node in walk.images:
        image = node.image
        if image is None:
            continue
        types = [image.manifest_media_type, image.config_descriptor.media_type if image.config_descriptor else ""]
        if any(mediatype.is_docker(media_type) for media_type in types):
            yield refuses("MEDIA-1", say("The ref name %s is of a Docker image, and it takes OCI types only.", name))
        elif image.kind is NodeKind.ARTIFACT or types[1] != mediatype.OCI_CONFIG:
            yield refuses("MANIF-7", say("The ref name %s is of no image: it cannot be unpacked.", name))
        else:
            yield from image_troubles(case, node, streams=True)
            yield from sizes(node)
            yield from labels(image)
            yield from only_sha256(image)
            yield from not_at_its_path(case, image)
            yield from _bundle(image)


def _bundle(image: Image) -> Iterator[Trouble]:
    """What umoci needs beyond others: known layer types, and a config from which it can make one for runc."""
    for layer in image.layers:
        media_type = layer.media_type or ""
        if mediatype.is_encrypted(media_type) or not mediatype.is_layer(media_type) or mediatype.is_docker(media_type):
            yield refuses(
                "MANIF-8",
                say(
                    "Layer %(number)s has the type %(media_type)s, which it does not unpack.",
                    number=layer.number,
                    media_type=media_type,
                ),
            )
    config = image.parsed_config
    if config is None:
        return
    if config.rootfs_type != "layers":
        yield refuses("CONFIG-2", "The config does not say that its root file system is made of layers.")
    if config.os != "linux":
        yield refuses("CONFIG-1", say("The os is %s, and it unpacks for linux only.", config.os or say("not stated")))
    if any("=" not in variable for variable in config.execution.env):
        yield refuses("CONFIG-7", "A variable of the environment has no value.")


def wrong_layout(case: Case) -> Iterator[Trouble]:
    """LAYOUT-1 to LAYOUT-3: readers that want the file and its version."""
    codes = {finding.code for finding in case.archive.findings}
    if "LAYOUT-1" in codes or case.archive.root_document("oci-layout") is None:
        yield refuses("LAYOUT-1", "The file oci-layout is missing or cannot be read.")
    elif "LAYOUT-2" in codes or "LAYOUT-3" in codes:
        yield refuses("LAYOUT-3", "The layout version is not 1.0.0.")
