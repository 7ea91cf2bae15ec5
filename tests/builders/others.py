"""docker-archives by other tools: podman/skopeo, crane/ko/kaniko, jib, nix, buildpacks, rules_oci (formats.md A7, A10 to A14)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.builders.bundle import Bundle, Entry, compress, folder, symlink
from tests.builders.images import ImageSpec, compact, familiar, repo_of, sha256, tag_of

_BAZEL_TIME = 1_672_560_000


def _entry(spec: ImageSpec, config: str, layers: list[str], tags: list[str] | None) -> dict[str, object]:
    return {"Config": config, "RepoTags": tags, "Layers": layers}


def podman_docker_archive(images: Sequence[ImageSpec]) -> Bundle:
    """podman save and skopeo `docker-archive:`: `<diff id>.tar`, the legacy trio with links, manifest.json at the end."""
    entries: dict[str, Entry] = {}
    manifest: list[dict[str, object]] = []
    repositories: dict[str, dict[str, str]] = {}
    for spec in images:
        for tar in spec.tars:
            entries[f"{sha256(tar)}.tar"] = Entry(f"{sha256(tar)}.tar", tar, mode=0o444)
        entries[f"{spec.config_hex}.json"] = Entry(f"{spec.config_hex}.json", spec.config, mode=0o444)
        for number, v1_id in enumerate(spec.v1_ids):
            trio = (
                symlink(f"{v1_id}/layer.tar", f"../{sha256(spec.tars[number])}.tar", mode=0),
                Entry(f"{v1_id}/VERSION", b"1.0", mode=0o444),
                Entry(f"{v1_id}/json", spec.v1_json(number), mode=0o444),
            )
            entries |= {entry.name: entry for entry in trio}
        layers = [f"{sha256(tar)}.tar" for tar in spec.tars]
        manifest.append(_entry(spec, f"{spec.config_hex}.json", layers, list(spec.names)))
        for name in spec.names:
            repositories.setdefault(repo_of(name), {})[tag_of(name)] = spec.v1_ids[-1]
    last = (
        Entry("manifest.json", compact(manifest), mode=0o444),
        Entry("repositories", compact(repositories), mode=0o444),
    )
    return Bundle((*entries.values(), *last))


def ggcr(images: Sequence[ImageSpec], *, compression: str = "gzip") -> Bundle:
    """crane pull, ko --tarball, kaniko --tar-path: `sha256:<hex>` configs, layers called .tar.gz whatever they are."""
    entries: dict[str, Entry] = {}
    manifest: list[dict[str, object]] = []
    for spec in images:
        config = f"sha256:{spec.config_hex}"
        entries[config] = Entry(config, spec.config)
        layers: list[str] = []
        for tar in spec.tars:
            stored = compress(tar, compression)
            layers.append(f"{sha256(stored)}.tar.gz")
            entries[layers[-1]] = Entry(layers[-1], stored)
        manifest.append(_entry(spec, config, layers, [familiar(name) for name in spec.names] or None))
    return Bundle((*entries.values(), Entry("manifest.json", compact(manifest))))


kaniko = ggcr


def jib(spec: ImageSpec) -> Bundle:
    """jib's docker format: `config.json` and `<digest>.tar.gz`."""
    stored = [compress(tar, "gzip") for tar in spec.tars]
    layers = [f"{sha256(data)}.tar.gz" for data in stored]
    manifest = [_entry(spec, "config.json", layers, [familiar(name) for name in spec.names])]
    entries = {name: Entry(name, data) for name, data in zip(layers, stored, strict=True)}
    return Bundle((*entries.values(), Entry("config.json", spec.config), Entry("manifest.json", compact(manifest))))


def nix(spec: ImageSpec, *, streamed: bool = False) -> Bundle:
    """dockerTools.buildImage (to be gzipped outside), or with `streamed` streamLayeredImage: no VERSION, indented JSON."""
    entries: list[Entry] = []
    layers = []
    for number, tar in enumerate(spec.tars):
        name = sha256(tar) if streamed else spec.v1_ids[number]
        layers.append(f"{name}/layer.tar")
        if not streamed:
            entries += [
                folder(name, mode=0o555, mtime=1),
                Entry(f"{name}/VERSION", b"1.0", mode=0o444, mtime=1),
                Entry(f"{name}/json", spec.v1_json(number), mode=0o444, mtime=1),
            ]
        entries.append(Entry(f"{name}/layer.tar", tar, mode=0o444, mtime=1))
    config = f"{spec.config_hex}.json"
    manifest = [_entry(spec, config, layers, [familiar(name) for name in spec.names])]
    text = json.dumps(manifest, indent=4).encode() if streamed else compact(manifest)
    entries += [Entry(config, spec.config, mode=0o444, mtime=1), Entry("manifest.json", text, mode=0o444, mtime=1)]
    if not streamed:
        top = {repo_of(familiar(n)): {tag_of(n): spec.v1_ids[-1]} for n in spec.names}
        entries.append(Entry("repositories", compact(top), mode=0o444, mtime=1))
    return Bundle(tuple(entries))


def pack(spec: ImageSpec, *, blanks: int = 1) -> Bundle:
    """buildpacks: `/sha256:<hex>.tar` layers; the first `blanks` layers are empty files, a thin archive."""
    entries: list[Entry] = [Entry(f"{spec.config_hex}.json", spec.config)]
    layers: list[str] = []
    for number, tar in enumerate(spec.tars):
        blank = number < blanks
        layers.append(f"blank_{number}" if blank else f"/sha256:{sha256(tar)}.tar")
        entries.append(Entry(layers[-1], b"" if blank else tar))
    manifest = [_entry(spec, f"{spec.config_hex}.json", layers, [familiar(name) for name in spec.names])]
    return Bundle((*entries, Entry("manifest.json", compact(manifest))))


def rules_oci(spec: ImageSpec, *, compression: str = "gzip") -> Bundle:
    """rules_oci oci_load, docker format: blobs/ with `.tar.gz` behind layer names, no oci-layout, mode 0755."""
    stored = [compress(tar, compression) for tar in spec.tars]
    layers = [f"blobs/sha256/{sha256(data)}.tar.gz" for data in stored]
    manifest = [_entry(spec, f"blobs/sha256/{spec.config_hex}", layers, [familiar(name) for name in spec.names])]
    files = {f"blobs/sha256/{spec.config_hex}": spec.config} | dict(zip(layers, stored, strict=True))
    entries = [Entry(name, data, mode=0o755, mtime=_BAZEL_TIME) for name, data in files.items()]
    return Bundle((*entries, Entry("manifest.json", compact(manifest), mode=0o755, mtime=_BAZEL_TIME)))
