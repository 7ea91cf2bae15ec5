"""docker-archives: `manifest.json` with configs and layers as files, by docker, podman, crane, jib, nix, pack, Bazel.

Members are found by the paths that manifest.json gives, never by the look of their names (formats.md A2, A7, A10-A14).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.assemble import align_history, history_of_layers
from inspector.archive.compression import Compression
from inspector.archive.found import Found
from inspector.archive.image import Image, Layer, NodeKind, TreeNode
from inspector.archive.naming import for_people, qualified
from inspector.archive.opening import finding
from inspector.findings import Fix, Severity
from inspector.oci.digest import Digest
from inspector.oci.docker import parse_manifest_json
from inspector.oci.reference import qualify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.archive.blobstore import Blob
    from inspector.archive.opening import Opening
    from inspector.oci.config import ImageConfig
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.document import Document

_DIGEST_NAME = re.compile(r"(?:sha256:)?([0-9a-f]{64})(?:\.json|\.tar(?:\.[a-z0-9]+)?|\.tgz)?")


def read_docker_save(opening: Opening, manifest_json: Document) -> Found:
    """An archive whose only tree is manifest.json."""
    entries, findings = parse_manifest_json(manifest_json)
    opening.note(*findings)
    images = entry_images(opening, entries)
    documents = [manifest_json]
    if opening.members.find("repositories") is not None:
        repositories = opening.root_document("repositories", "COMPAT-8")
        documents += [repositories] if repositories is not None else []
    return Found("docker-save", tuple(documents), tuple(node_of(image) for image in images), images, entries)


def node_of(image: Image) -> TreeNode:
    """The tree node of an image that has no manifest: its config stands for it."""
    return TreeNode(
        kind=image.kind,
        document=image.config,
        image=image,
        names=for_people(image.names, image.ref_names),
        digest=image.config_digest,
        blob=image.config_blob,
    )


def stated_digest(path: str) -> Digest | None:
    """The sha256 that a file name states: `<hex>.json`, `sha256:<hex>`, `<hex>.tar.gz`, `blobs/sha256/<hex>`."""
    match = _DIGEST_NAME.fullmatch(path.rpartition("/")[2])
    return Digest.from_hex(match[1]) if match else None


def config_of(opening: Opening, entry: DockerManifestEntry) -> tuple[Blob | None, Document | None, ImageConfig | None]:
    """The config of a manifest.json entry, as far as it is there."""
    blob = opening.file_blob(entry.config, stated_digest(entry.config)) if entry.config else None
    if blob is None:
        return None, None, None
    return blob, *opening.config(blob)


def entry_images(opening: Opening, entries: Iterable[DockerManifestEntry]) -> tuple[Image, ...]:
    """One image per entry, in order."""
    keys: dict[str, int] = {}
    images: list[Image] = []
    for number, entry in enumerate(entries):
        opening.token.check()
        image = _entry_image(opening, entry, number)
        count = keys[image.key] = keys.get(image.key, 0) + 1
        images.append(image if count == 1 else _with_key(image, f"{image.key}#{count}"))
    return tuple(images)


def _with_key(image: Image, key: str) -> Image:
    from dataclasses import replace

    return replace(image, key=key)


def _entry_image(opening: Opening, entry: DockerManifestEntry, number: int) -> Image:
    pointer = f"$[{number}]"
    blob, document, config = config_of(opening, entry)
    stated = stated_digest(entry.config)
    config_digest = document.digest if document is not None else stated
    _note_config(opening, entry, pointer, blob, document, stated)
    names: list[str] = []
    for tag in entry.repo_tags:
        name = qualify(tag)
        names += [name] if name is not None else []
        if name is None:
            opening.note(
                finding(
                    "COMPAT-5",
                    Severity.WARNING,
                    "A tag that is no image reference",
                    "Docker refuses it when loading.",
                    at="manifest.json",
                    pointer=f"{pointer}.RepoTags",
                    found=tag,
                )
            )
    layers = entry_layers(opening, entry, config, pointer)
    complete = document is not None and all(layer.present for layer in layers)
    return Image(
        names=qualified(names),
        repo_tags=tuple(entry.repo_tags),
        kind=NodeKind.IMAGE,
        platform=config.platform if config is not None else None,
        config=document,
        parsed_config=config,
        config_blob=blob,
        config_digest=config_digest,
        layers=layers,
        source="manifest.json",
        complete=complete,
        key=str(config_digest) if config_digest is not None else f"manifest.json{pointer}",
        history=align_history(config, layers),
    )


def _note_config(
    opening: Opening,
    entry: DockerManifestEntry,
    pointer: str,
    blob: Blob | None,
    document: Document | None,
    stated: Digest | None,
) -> None:
    if blob is None:
        opening.note(
            finding(
                "COMPAT-2",
                Severity.ERROR,
                "The config of an image is not in the archive",
                "No loader can read the image without it.",
                at="manifest.json",
                pointer=f"{pointer}.Config",
                digest=stated,
                found=entry.config,
            )
        )
    elif document is not None and stated is not None and document.digest != stated:
        opening.note(
            finding(
                "COMPAT-2",
                Severity.ERROR,
                "A config is not what its name says",
                "Its bytes hash to another digest than its file name states.",
                at=blob.member.name,
                digest=document.digest,
                expected=stated,
                found=document.digest,
                fix=Fix.AUTOMATIC,
            )
        )


def entry_layers(
    opening: Opening, entry: DockerManifestEntry, config: ImageConfig | None, pointer: str
) -> tuple[Layer, ...]:
    """The layers of an entry, base first, with what is known of their digests without reading them."""
    diff_ids: Sequence[Digest | None] = config.diff_ids if config is not None else ()
    if config is not None and len(diff_ids) != len(entry.layers):
        opening.note(
            finding(
                "COMPAT-3",
                Severity.ERROR,
                "Layers and diffIDs differ in number",
                "Docker refuses to load it (layers length mismatch).",
                at="manifest.json",
                pointer=f"{pointer}.Layers",
                expected=len(diff_ids),
                found=len(entry.layers),
            )
        )
        diff_ids = ()
    histories = history_of_layers(config, len(entry.layers))
    layers: list[Layer] = []
    for at, path in enumerate(entry.layers):
        diff_id = diff_ids[at] if diff_ids else None
        blob = _layer_blob(opening, path, diff_id, f"{pointer}.Layers[{at}]")
        digest = _layer_digest(opening, path, blob, diff_id)
        layers.append(
            Layer(at + 1, None, blob, digest, diff_id, None, blob.size if blob is not None else None, histories[at])
        )
    return tuple(layers)


def _layer_blob(opening: Opening, path: str, diff_id: Digest | None, pointer: str) -> Blob | None:
    blob = opening.file_blob(path) if path else None
    if blob is not None and blob.size:
        return blob
    opening.note(
        finding(
            "COMPAT-4",
            Severity.WARNING if blob is not None or not path else Severity.ERROR,
            "A layer is left out on purpose" if blob is not None or not path else "A layer is not in the archive",
            "The file is empty: a thin archive (buildpacks) that only loads where the layer is there already."
            if blob is not None or not path
            else "Nothing of that name is in the archive.",
            at="manifest.json",
            pointer=pointer,
            digest=diff_id,
            found=path,
        )
    )
    return None


def _layer_digest(opening: Opening, path: str, blob: Blob | None, diff_id: Digest | None) -> Digest | None:
    """The digest of the stored bytes, if anything states it: for a plain tar the diffID, else the file's name."""
    if blob is None:
        return None
    stated = stated_digest(path)
    if stated is None and "/" not in blob.member.name:
        stated = stated_digest(blob.member.name)
    digest = diff_id
    if blob.compression is not Compression.NONE:
        digest = stated if stated != diff_id else None
    if digest is not None:
        opening.add_blob(blob.member, digest)
    return digest
