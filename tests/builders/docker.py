"""docker save, as its versions wrote it (formats.md A1 to A4)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.builders.bundle import NOW, Bundle, Entry, folder, symlink
from tests.builders.images import (
    IMAGE_NAME,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REF_NAME,
    ImageSpec,
    compact,
    descriptor,
    digest,
    familiar,
    repo_of,
    sha256,
    tag_of,
)

_CREATED = 1_714_557_600


def _repositories(images: Sequence[ImageSpec], top: dict[str, str]) -> bytes | None:
    tree: dict[str, dict[str, str]] = {}
    for spec in images:
        for name in spec.names:
            tree.setdefault(repo_of(familiar(name)), {})[tag_of(name)] = top[spec.config_hex]
    return compact(tree) + b"\n" if tree else None


def docker_19(images: Sequence[ImageSpec]) -> Bundle:
    """Docker up to 1.9: `repositories` and a folder per layer, no manifest.json."""
    entries: list[Entry] = []
    folders: dict[str, list[Entry]] = {}
    for spec in images:
        for number, v1_id in enumerate(spec.v1_ids):
            folders[v1_id] = [
                folder(v1_id, mtime=_CREATED),
                Entry(f"{v1_id}/VERSION", b"1.0", mtime=_CREATED),
                Entry(f"{v1_id}/json", spec.v1_json(number), mtime=_CREATED),
                Entry(f"{v1_id}/layer.tar", spec.tars[number], mtime=_CREATED),
            ]
    for v1_id in sorted(folders):
        entries += folders[v1_id]
    repositories = _repositories(images, {spec.config_hex: spec.v1_ids[-1] for spec in images})
    if repositories is not None:
        entries.append(Entry("repositories", repositories))
    return Bundle(tuple(entries))


def docker_24(images: Sequence[ImageSpec]) -> Bundle:
    """Docker 1.10 to 24, graph driver: `<config>.json`, `<v1 id>/layer.tar`, equal layers as symbolic links."""
    parts: dict[str, list[Entry]] = {}
    stored: dict[str, str] = {}
    manifest: list[dict[str, object]] = []
    for spec in images:
        parts[f"{spec.config_hex}.json"] = [Entry(f"{spec.config_hex}.json", spec.config, mtime=_CREATED)]
        for number, v1_id in enumerate(spec.v1_ids):
            diff_id = spec.diff_ids[number]
            layer = Entry(f"{v1_id}/layer.tar", spec.tars[number], mtime=_CREATED)
            if stored.setdefault(diff_id, v1_id) != v1_id:
                layer = symlink(f"{v1_id}/layer.tar", f"../{stored[diff_id]}/layer.tar")
            parts[v1_id] = [
                folder(v1_id, mtime=_CREATED),
                Entry(f"{v1_id}/VERSION", b"1.0", mtime=_CREATED),
                Entry(f"{v1_id}/json", spec.v1_json(number), mtime=_CREATED),
                layer,
            ]
        manifest.append(
            {
                "Config": f"{spec.config_hex}.json",
                "RepoTags": [familiar(name) for name in spec.names] or None,
                "Layers": [f"{v1_id}/layer.tar" for v1_id in spec.v1_ids],
            }
        )
    entries = [entry for key in sorted(parts) for entry in parts[key]]
    entries.append(Entry("manifest.json", compact(manifest) + b"\n"))
    repositories = _repositories(images, {spec.config_hex: spec.v1_ids[-1] for spec in images})
    if repositories is not None:
        entries.append(Entry("repositories", repositories))
    return Bundle(tuple(entries))


VERSIONS = (
    "25.0.0-beta.1", "25.0.0-rc.1", "25.0.0-rc.2", "25.0.0", "25.0.1", "25.0.2", "25.0.3", "25.0.5", "25.0.6",
    "26.0.0", "26.0.1", "26.1.5", "27.5.1", "28.5.2", "29.0.0",
)  # fmt: skip
"""The versions that `docker_25` knows faults of, in time order within a line."""


def docker_25(images: Sequence[ImageSpec], version: str = "28.5.2") -> Bundle:
    """Docker 25 and later, graph driver: both trees, with the faults that `version` had (formats.md A3)."""
    assert version in VERSIONS, version
    beta = version in ("25.0.0-beta.1", "25.0.0-rc.1")
    major = int(version.partition(".")[0])
    with_platform = beta or version in (
        "25.0.0-rc.2", "25.0.0", "25.0.1", "25.0.2", "25.0.3", "25.0.5", "26.0.0",
    )  # fmt: skip
    nulls = beta or version in ("25.0.0-rc.2", "25.0.0", "25.0.1", "25.0.2")
    blobs: dict[str, Entry] = {}
    index: list[dict[str, object]] = []
    docker: list[dict[str, object]] = []
    untagged_done = False

    def put(data: bytes, mtime: int) -> None:
        blobs[sha256(data)] = Entry(f"blobs/sha256/{sha256(data)}", data, mtime=mtime)

    for spec in images:
        put(spec.config, _CREATED)
        for number, tar in enumerate(spec.tars):
            put(tar, _CREATED)
            put(spec.v1_json(number), _CREATED)
        sizes = {tar: len(tar) for tar in spec.tars}
        tars = list(spec.tars)
        if beta:
            tars = []
        elif version == "25.0.0-rc.2":
            sizes = dict.fromkeys(spec.tars, 7)
        elif version == "25.0.0":
            tars = list(reversed(dict.fromkeys(spec.tars)))
        config: dict[str, object] = descriptor(spec.config, OCI_CONFIG)
        if with_platform:
            config["platform"] = spec.platform
        layers = [{"mediaType": OCI_LAYER, "digest": digest(tar), "size": sizes[tar]} for tar in tars]
        manifest = compact({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers})
        put(manifest, 0)
        more: dict[str, object] = {"platform": spec.platform} if with_platform else {}
        for name in spec.names:
            annotations = {IMAGE_NAME: name, REF_NAME: tag_of(name)}
            index.append(descriptor(manifest, OCI_MANIFEST, annotations=annotations, **more))
        if not spec.names and not nulls and not untagged_done and not index:
            index.append(descriptor(manifest, OCI_MANIFEST, **more))
            untagged_done = True
        docker.append(
            {
                "Config": f"blobs/sha256/{spec.config_hex}",
                "RepoTags": [familiar(name) for name in spec.names] or None,
                "Layers": [f"blobs/sha256/{sha256(tar)}" for tar in spec.tars],
                "LayerSources": {
                    digest(tar): {"mediaType": OCI_LAYER, "size": len(tar), "digest": digest(tar)} for tar in spec.tars
                },
            }
        )
    index_json = compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": index or None})
    entries = [folder("blobs"), folder("blobs/sha256", mtime=NOW if major < 29 else 0)]
    entries += [blobs[key] for key in sorted(blobs)]
    entries += [
        Entry("index.json", index_json, mtime=NOW if major < 28 else 0),
        Entry("manifest.json", compact(docker) + b"\n"),
        Entry("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'),
    ]
    repositories = _repositories(images, {spec.config_hex: sha256(spec.tars[-1]) for spec in images if spec.tars})
    if repositories is not None:
        entries.append(Entry("repositories", repositories))
    return Bundle(tuple(entries))
