"""Docker up to 1.9: `repositories`, a folder per layer, no manifest and no config (formats.md A1).

diffIDs stand nowhere; they are computed when somebody needs them, never at opening.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.dockersave import node_of
from inspector.archive.found import Found
from inspector.archive.image import Image, Layer, NodeKind
from inspector.archive.naming import names_of
from inspector.archive.opening import finding
from inspector.archive.v1chain import V1Layer, chain_of, history_entry, read_v1_layers, tops_of
from inspector.errors import BlobError
from inspector.findings import Fix, Severity
from inspector.language import say
from inspector.oci.docker import parse_repositories
from inspector.oci.document import compact_json, parse_document
from inspector.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.archive.blobstore import Blob
    from inspector.archive.image import ImageArchive
    from inspector.archive.opening import Opening
    from inspector.oci.digest import Digest
    from inspector.oci.document import Document, Json

_V1_ID = re.compile(r"[0-9a-f]{64}")
_NOT_IN_A_CONFIG = ("id", "parent", "Size", "parent_id", "layer_id", "throwaway")


def read_legacy(opening: Opening) -> Found | None:
    """The images of `repositories`, then the unnamed ones; None if no v1 layer is there."""
    layers = read_v1_layers(opening)
    repositories = opening.root_document("repositories", "COMPAT-8")
    tags: dict[str, list[str]] = {}
    if repositories is not None:
        for name, versions in parse_repositories(repositories)[0].items():
            for tag, v1_id in versions.items():
                tags.setdefault(v1_id, []).append(f"{name}:{tag}")
    if not layers:
        # Without a single JSON only the layers that `repositories` names by their ids are left to show.
        tags = {v1_id: names for v1_id, names in tags.items() if _lone_layer(opening, v1_id) is not None}
    tops = list(dict.fromkeys([*tags, *tops_of(layers)]))
    if not tops:
        return None
    images = tuple(_image(opening, layers, top, tags.get(top, [])) for top in tops)
    documents = (repositories,) if repositories is not None else ()
    return Found("docker-save-v1", documents, tuple(node_of(image) for image in images), images)


def _image(opening: Opening, known: Mapping[str, V1Layer], top: str, tags: Sequence[str]) -> Image:
    chain, missing = chain_of(known, top)
    if missing is not None:
        opening.note(
            finding(
                "COMPAT-4",
                Severity.ERROR,
                "A layer is not in the archive",
                "A parent of this image is missing, or names itself as an ancestor.",
                at=f"{top}/json",
                found=missing,
            )
        )
    layers = layers_of_chain(opening, chain)
    lone = _lone_layer(opening, top) if not chain else None
    if lone is not None:
        layers = (Layer(1, None, lone, None, None, None, lone.size, None),)
    return Image(
        names=names_of((), (), tags),
        repo_tags=tuple(tags),
        kind=NodeKind.IMAGE,
        platform=_platform(chain),
        layers=layers,
        source="repositories",
        complete=missing is None and all(layer.present for layer in layers),
        key=f"v1:{top}",
        history=tuple((layer.history, layer) for layer in layers if layer.history is not None),
        v1_ids=tuple(v1.id for v1 in chain),
    )


def _lone_layer(opening: Opening, v1_id: str) -> Blob | None:
    return opening.file_blob(f"{v1_id}/layer.tar") if _V1_ID.fullmatch(v1_id) else None


def layers_of_chain(opening: Opening, chain: Sequence[V1Layer]) -> tuple[Layer, ...]:
    """One layer per v1 JSON; those without layer.tar are told and stay absent."""
    layers: list[Layer] = []
    for number, v1 in enumerate(chain, 1):
        blob = v1.layer
        if blob is None:
            opening.note(
                finding(
                    "COMPAT-4",
                    Severity.ERROR,
                    "A layer is not in the archive",
                    "Its folder has no layer.tar.",
                    at=f"{v1.id}/layer.tar",
                    fix=Fix.NONE,
                )
            )
        size = blob.size if blob is not None else None
        layers.append(Layer(number, None, blob, None, None, None, size, history_entry(v1.image)))
    return tuple(layers)


def _platform(chain: Sequence[V1Layer]) -> Platform | None:
    """From the topmost JSON that says something; Docker ran on Linux only when it wrote this format."""
    for v1 in reversed(chain):
        if v1.image.architecture:
            return Platform(v1.image.os or "linux", v1.image.architecture)
    return None


def v1_documents(archive: ImageArchive, image: Image) -> tuple[Document, ...]:
    """The v1 JSONs of an image, base first. Raises `BlobError` if one is gone."""
    documents: list[Document] = []
    for v1_id in image.v1_ids:
        name = f"{v1_id}/json"
        member = archive.members.find(name)
        if member is None:
            raise BlobError("A layer's JSON is missing", say("%s is not in the archive.", name), subject=name)
        documents.append(parse_document(archive.members.read(member, "json_bytes"), name))
    return tuple(documents)


def synthesise_config(archive: ImageArchive, image: Image, diff_ids: Sequence[Digest]) -> bytes:
    """The image config that Docker's own migration makes of a v1 chain (image/v1 `MakeConfigFromV1Config`).

    `diff_ids`: one per layer, base first, computed by the caller. The top JSON without its v1 fields, with `history`
    and `rootfs`, keys sorted. The digest equals Docker's for archives of Docker 1.8.3 to 1.9; older ones it rewrites
    through its own structures first. Raises ValueError if the numbers differ, `BlobError` if a JSON is gone.
    """
    documents = v1_documents(archive, image)
    if len(diff_ids) != len(documents):
        raise ValueError(f"{len(documents)} layers need {len(documents)} diffIDs, not {len(diff_ids)}")
    top = documents[-1].value
    config: dict[str, Json] = dict(top) if isinstance(top, dict) else {}
    for key in _NOT_IN_A_CONFIG:
        config.pop(key, None)
    architecture = str(image.platform.architecture) if image.platform is not None else "amd64"
    for key, otherwise in (("os", "linux"), ("architecture", architecture)):
        if not isinstance(config.get(key), str) or not config[key]:
            config[key] = otherwise  # what is no text would make a config that nobody reads
    config["rootfs"] = {"type": "layers", "diff_ids": [str(diff_id) for diff_id in diff_ids]}
    config["history"] = [_history(document) for document in documents]
    return compact_json({key: config[key] for key in sorted(config)})


def _history(document: Document) -> dict[str, Json]:
    """Field order and omissions as in Go's struct `image.History`."""
    value = document.value if isinstance(document.value, dict) else {}
    container = value.get("container_config")
    command = container.get("Cmd") if isinstance(container, dict) else None
    created_by = " ".join(str(word) for word in command) if isinstance(command, list) else ""
    stated = value.get("created")
    created = stated if isinstance(stated, str) and stated else "0001-01-01T00:00:00Z"
    more = {"author": value.get("author"), "created_by": created_by, "comment": value.get("comment")}
    return {"created": created, **{key: text for key, text in more.items() if text and isinstance(text, str)}}
