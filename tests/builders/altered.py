"""A small archive that is in order in every way, with one thing changed: for tests that break one rule at a time.

    altered(index=lambda index: index.pop("mediaType"))

Changes are made from the inside out: a changed config gets its own digest in the manifest, a changed manifest in index.json.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.builders.bundle import Bundle, Entry, compress, folder
from tests.builders.images import (
    IMAGE_NAME,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REF_NAME,
    compact,
    descriptor,
    digest,
    layer_tar,
    sha256,
)

Json = dict[str, Any]
Hook = Callable[[Any], Any]
"""Changes a document in place, or gives another value."""

PLATFORM = {"architecture": "amd64", "os": "linux"}
LAYERS = (layer_tar({"etc/": b"", "etc/one": b"1\n"}), layer_tar({"etc/": b"", "etc/two": b"2\n"}))
_TYPES = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}


def _changed(value: Any, hook: Hook | None) -> Any:
    found = hook(value) if hook is not None else None
    return value if found is None or not isinstance(found, (dict, list, bytes)) else found


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else compact(value)


def config_of(tars: tuple[bytes, ...]) -> Json:
    return {
        **PLATFORM,
        "created": "2024-05-01T10:00:00Z",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]},
        "history": [{"created": "2024-05-01T10:00:00Z", "created_by": f"COPY {n} /"} for n in range(len(tars))],
    }


def blob(data: bytes, *, algorithm: str = "sha256", name: str = "") -> Entry:
    return Entry(f"blobs/{algorithm}/{name or sha256(data)}", data)


def altered(
    *,
    tars: tuple[bytes, ...] = LAYERS,
    compression: str = "none",
    config: Hook | None = None,
    manifest: Hook | None = None,
    index: Hook | None = None,
    docker: Hook | None = None,
    with_docker: bool = False,
    oci_layout: bytes = b'{"imageLayoutVersion":"1.0.0"}',
    more: tuple[bytes, ...] = (),
) -> Bundle:
    """A layout of one image `docker.io/library/app:1`; with `docker` or `with_docker` a manifest.json beside it.

    `more`: blobs besides.
    """
    stored = [compress(tar, compression) for tar in tars]
    config_raw = _raw(_changed(config_of(tars), config))
    made_manifest: Json = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(config_raw, OCI_CONFIG),
        "layers": [descriptor(data, OCI_LAYER + _TYPES[compression]) for data in stored],
    }
    manifest_raw = _raw(_changed(made_manifest, manifest))
    made_index: Json = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            descriptor(
                manifest_raw,
                OCI_MANIFEST,
                platform=dict(PLATFORM),
                annotations={IMAGE_NAME: "docker.io/library/app:1", REF_NAME: "1"},
            )
        ],
    }
    index_raw = _raw(_changed(made_index, index))
    entries = {f"blobs/sha256/{sha256(data)}": data for data in (config_raw, *stored, manifest_raw, *more)}
    entries["index.json"] = index_raw
    if docker is not None or with_docker:
        made_docker = [
            {
                "Config": f"blobs/sha256/{sha256(config_raw)}",
                "RepoTags": ["app:1"],
                "Layers": [f"blobs/sha256/{sha256(data)}" for data in stored],
            }
        ]
        entries["manifest.json"] = _raw(_changed(made_docker, docker))
    entries["oci-layout"] = oci_layout
    members = (Entry(name, data) for name, data in sorted(entries.items()))
    return Bundle((folder("blobs"), folder("blobs/sha256"), *members))


def put(*keys: str | int, value: Any) -> Hook:
    """A hook that sets one nested value."""

    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


def drop(*keys: str | int) -> Hook:
    """A hook that removes one nested value."""

    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return change
