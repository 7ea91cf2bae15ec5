"""Images described in a few lines: layers as tars, a config, names; and the JSON that Go's encoder would write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.builders.bundle import Bundle, Entry, compress, folder

CREATED = "2024-05-01T10:00:00Z"

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
IMAGE_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"


def compact(value: object) -> bytes:
    """As Go's json.Marshal writes it (the key order is the caller's)."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(character, escape)
    return text.encode()


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def digest(data: bytes) -> str:
    return f"sha256:{sha256(data)}"


def descriptor(data: bytes, media_type: str, **more: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def layer_tar(files: Mapping[str, bytes | str]) -> bytes:
    """A layer: a name with bytes is a file, ending in `/` a folder, with a string a symbolic link."""
    entries = []
    for name, content in files.items():
        if name.endswith("/"):
            entries.append(folder(name.rstrip("/")))
        elif isinstance(content, str):
            entries.append(Entry(name, kind="symlink", link=content, mode=0o777))
        else:
            entries.append(Entry(name, content))
    return Bundle(tuple(entries)).tar()


@dataclass(frozen=True)
class ImageSpec:
    """An image before it is stored anywhere. `names` are fully qualified; `tars` are uncompressed, base first."""

    tars: tuple[bytes, ...]
    names: tuple[str, ...] = ("docker.io/library/app:1",)
    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    more_config: dict[str, object] = field(default_factory=dict)
    empty_steps: int = 1

    @cached_property
    def diff_ids(self) -> list[str]:
        return [digest(tar) for tar in self.tars]

    @cached_property
    def config(self) -> bytes:
        history: list[dict[str, object]] = [
            {"created": CREATED, "created_by": f"COPY layer{number} / # buildkit"}
            for number, _ in enumerate(self.tars, 1)
        ]
        history += [
            {"created": CREATED, "created_by": f"ENV STEP={number}", "empty_layer": True}
            for number in range(1, self.empty_steps + 1)
        ]
        value: dict[str, object] = {"architecture": self.architecture, "os": self.os}
        if self.variant:
            value["variant"] = self.variant
        value |= {
            "created": CREATED,
            "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
            "history": history,
        }
        return compact(value | self.more_config)

    @property
    def config_hex(self) -> str:
        return sha256(self.config)

    @property
    def platform(self) -> dict[str, str]:
        value = {"architecture": self.architecture, "os": self.os}
        return value | ({"variant": self.variant} if self.variant else {})

    @cached_property
    def v1_ids(self) -> list[str]:
        """One 64-hex id per layer; digests of nothing stored, as with Docker."""
        ids: list[str] = []
        for number, diff_id in enumerate(self.diff_ids):
            seed = f"v1 {number} {diff_id} {ids[-1] if ids else ''} {self.config_hex if number + 1 == len(self.tars) else ''}"
            ids.append(sha256(seed.encode()))
        return ids

    def v1_json(self, number: int) -> bytes:
        """The v1 JSON of layer `number` (0 = base); the top one carries the config."""
        value: dict[str, object] = {"id": self.v1_ids[number]}
        if number:
            value["parent"] = self.v1_ids[number - 1]
        value |= {
            "created": CREATED,
            "container_config": {"Cmd": ["/bin/sh", "-c", f"#(nop) COPY layer{number + 1} /"]},
        }
        if number + 1 == len(self.tars):
            value |= {"config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]}, "architecture": self.architecture}
        return compact(value | {"os": self.os})

    def manifest(self, *, compression: str = "gzip", docker: bool = False, **more: object) -> bytes:
        suffix = {"none": "", "gzip": ".gzip" if docker else "+gzip", "zstd": ".zstd" if docker else "+zstd"}[
            compression
        ]
        layers = [
            descriptor(compress(tar, compression), (DOCKER_LAYER if docker else OCI_LAYER) + suffix)
            for tar in self.tars
        ]
        return compact(
            {
                "schemaVersion": 2,
                "mediaType": DOCKER_MANIFEST if docker else OCI_MANIFEST,
                "config": descriptor(self.config, DOCKER_CONFIG if docker else OCI_CONFIG),
                "layers": layers,
                **more,
            }
        )


def image(*names: str, layers: int = 2, seed: str = "", **more: object) -> ImageSpec:
    """An image with small layers. Another seed gives other layers; without names it is untagged."""
    tars = tuple(
        layer_tar({"etc/": b"", f"etc/layer{number}": f"{seed} {number}\n".encode()}) for number in range(1, layers + 1)
    )
    return ImageSpec(tars, names=names, **more)  # type: ignore[arg-type]


def familiar(name: str) -> str:
    """docker.io/library/alpine:3 → alpine:3, as Docker writes RepoTags."""
    return name.removeprefix("docker.io/library/").removeprefix("docker.io/")


def tag_of(name: str) -> str:
    return name.rpartition(":")[2]


def repo_of(name: str) -> str:
    return name.rpartition(":")[0]
