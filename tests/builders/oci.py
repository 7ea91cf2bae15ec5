"""OCI layouts and the writers that make them: containerd, buildx, skopeo, umoci, regctl (formats.md A4 to A8, A15, A16), and `dir:` (A9)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.builders.bundle import NOW, Bundle, Entry, compress, folder
from tests.builders.images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    IMAGE_NAME,
    OCI_CONFIG,
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    REF_NAME,
    ImageSpec,
    compact,
    descriptor,
    digest,
    familiar,
    sha256,
    tag_of,
)

LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
IN_TOTO = "application/vnd.in-toto+json"


class Blobs:
    """Collects blobs and writes them sorted, as every writer of layouts but jib and regclient does."""

    def __init__(self, *, mode: int = 0o644, mtime: int = 0) -> None:
        self._found: dict[str, bytes] = {}
        self._mode, self._mtime = mode, mtime

    def put(self, data: bytes) -> bytes:
        self._found[sha256(data)] = data
        return data

    def put_image(self, spec: ImageSpec, *, compression: str = "gzip", docker: bool = False, **more: object) -> bytes:
        """Config, layers and manifest; returns the manifest."""
        self.put(spec.config)
        for tar in spec.tars:
            self.put(compress(tar, compression))
        return self.put(spec.manifest(compression=compression, docker=docker, **more))

    def entries(self) -> list[Entry]:
        blobs = [
            Entry(f"blobs/sha256/{key}", self._found[key], mode=self._mode, mtime=self._mtime)
            for key in sorted(self._found)
        ]
        return [folder("blobs", mtime=self._mtime), folder("blobs/sha256", mtime=self._mtime), *blobs]


def index_json(manifests: Sequence[dict[str, object]] | None, *, media_type: bool = True, **more: object) -> bytes:
    head: dict[str, object] = {"schemaVersion": 2}
    if media_type:
        head["mediaType"] = OCI_INDEX
    return compact(head | {"manifests": list(manifests) if manifests is not None else None} | more)


def layout(
    blobs: Blobs, index: bytes, *, manifest_json: bytes | None = None, oci_layout: bytes = LAYOUT, mtime: int = 0
) -> Bundle:
    """A layout with the blobs first, then the root documents in lexical order."""
    entries = blobs.entries()
    entries.append(Entry("index.json", index, mtime=mtime))
    if manifest_json is not None:
        entries.append(Entry("manifest.json", manifest_json, mtime=mtime))
    entries.append(Entry("oci-layout", oci_layout, mode=0o444 if manifest_json is not None else 0o644, mtime=mtime))
    return Bundle(tuple(entries))


def attestation(blobs: Blobs, subject: bytes, *, artifact: bool = False) -> dict[str, object]:
    """BuildKit's attestation of a manifest, old form or (`artifact`) that of 0.31 and later; returns its descriptor."""
    statement = blobs.put(
        compact(
            {
                "_type": "https://in-toto.io/Statement/v0.1",
                "predicateType": "https://slsa.dev/provenance/v0.2",
                "subject": [{"name": "_", "digest": {"sha256": sha256(subject)}}],
            }
        )
    )
    layers = [
        descriptor(statement, IN_TOTO, annotations={"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"})
    ]
    unknown = {"architecture": "unknown", "os": "unknown"}
    if artifact:
        config = blobs.put(b"{}")
        value: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": "application/vnd.docker.attestation.manifest.v1+json",
            "config": descriptor(config, OCI_EMPTY),
            "layers": layers,
            "subject": descriptor(subject, OCI_MANIFEST),
        }
    else:
        config = blobs.put(compact(unknown | {"rootfs": {"type": "layers", "diff_ids": [digest(statement)]}}))
        value = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(config, OCI_CONFIG),
            "layers": layers,
        }
    annotations = {
        "vnd.docker.reference.digest": digest(subject),
        "vnd.docker.reference.type": "attestation-manifest",
    }
    return descriptor(blobs.put(compact(value)), OCI_MANIFEST, annotations=annotations, platform=unknown)


def referrer(blobs: Blobs, subject: bytes, artifact_type: str, content: bytes) -> dict[str, object]:
    """A manifest with a `subject`, as cosign 3 and oras write it; returns its descriptor."""
    config = blobs.put(b"{}")
    manifest = blobs.put(
        compact(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "artifactType": artifact_type,
                "config": descriptor(config, OCI_EMPTY),
                "layers": [descriptor(blobs.put(content), artifact_type)],
                "subject": descriptor(subject, OCI_MANIFEST),
            }
        )
    )
    return descriptor(manifest, OCI_MANIFEST, artifactType=artifact_type)


def multi_platform(
    blobs: Blobs,
    images: Sequence[ImageSpec],
    *,
    absent: Sequence[ImageSpec] = (),
    attested: bool = False,
    docker: bool = False,
    compression: str = "gzip",
) -> bytes:
    """A nested index of several platforms; `absent` ones are listed without being stored. Returns the index."""
    media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
    children: list[dict[str, object]] = []
    manifests: list[bytes] = []
    for spec in images:
        manifests.append(blobs.put_image(spec, compression=compression, docker=docker))
        children.append(descriptor(manifests[-1], media_type, platform=spec.platform))
    for spec in absent:
        gone = spec.manifest(compression=compression, docker=docker)
        children.append(descriptor(gone, media_type, platform=spec.platform))
    if attested:
        children += [attestation(blobs, manifest) for manifest in manifests]
    kind = DOCKER_LIST if docker else OCI_INDEX
    return blobs.put(compact({"schemaVersion": 2, "mediaType": kind, "manifests": children}))


def _named(document: bytes, media_type: str, names: Sequence[str], **more: object) -> list[dict[str, object]]:
    if not names:
        return [descriptor(document, media_type, **more)]
    return [
        descriptor(document, media_type, annotations={IMAGE_NAME: name, REF_NAME: tag_of(name)}, **more)
        for name in names
    ]


def containerd(
    images: Sequence[ImageSpec],
    *,
    absent: Sequence[ImageSpec] = (),
    attested: bool = False,
    docker: bool = False,
    manifest_json: bool = True,
    nested: bool = False,
) -> Bundle:
    """docker save from the containerd store, and ctr export: read-only blobs, gzip layers, no `repositories`.

    With `nested` all images are platforms of the first one's names, behind one index.
    """
    blobs = Blobs(mode=0o444)
    index: list[dict[str, object]] = []
    for spec in images[:1] if nested else images:
        if nested:
            document = multi_platform(blobs, images, absent=absent, attested=attested, docker=docker)
            index += _named(document, DOCKER_LIST if docker else OCI_INDEX, spec.names)
        else:
            document = blobs.put_image(spec, docker=docker)
            index += _named(document, DOCKER_MANIFEST if docker else OCI_MANIFEST, spec.names)
    entries = [
        {
            "Config": f"blobs/sha256/{spec.config_hex}",
            "RepoTags": [familiar(name) for name in spec.names] or None,
            "Layers": [f"blobs/sha256/{sha256(compress(tar, 'gzip'))}" for tar in spec.tars],
        }
        for spec in (images[:1] if nested else images)
    ]
    return layout(blobs, index_json(index), manifest_json=compact(entries) if manifest_json else None)


def buildx_oci(images: Sequence[ImageSpec], *, attested: bool = False, compression: str = "gzip") -> Bundle:
    """buildx -o type=oci: no manifest.json, a `created` annotation, one index if there is more than one manifest."""
    blobs = Blobs(mode=0o444)
    first = images[0]
    created = {"org.opencontainers.image.created": "2024-05-01T10:00:00Z"}
    if len(images) > 1 or attested:
        document = multi_platform(blobs, images, attested=attested, compression=compression)
        found = _named(document, OCI_INDEX, first.names)
    else:
        document = blobs.put_image(first, compression=compression)
        found = _named(document, OCI_MANIFEST, first.names, platform=first.platform)
    for entry in found:
        annotations = entry.get("annotations")
        entry["annotations"] = (annotations if isinstance(annotations, dict) else {}) | created
    return layout(blobs, index_json(found))


def skopeo_oci(spec: ImageSpec, ref_name: str | None = None, *, compression: str = "gzip") -> Bundle:
    """skopeo and podman `oci-archive:`: ref.name is whatever was typed, no media type at the top, clock times."""
    blobs = Blobs(mtime=NOW)
    manifest = blobs.put_image(spec, compression=compression)
    more: dict[str, object] = {"annotations": {REF_NAME: ref_name}} if ref_name is not None else {}
    return layout(blobs, index_json([descriptor(manifest, OCI_MANIFEST, **more)], media_type=False), mtime=NOW)


def umoci(tags: dict[str, ImageSpec]) -> Bundle:
    """A umoci layout: ref.name is a bare tag, JSON ends with a newline."""
    blobs = Blobs(mtime=NOW)
    found = [descriptor(blobs.put_image(spec), OCI_MANIFEST, annotations={REF_NAME: tag}) for tag, spec in tags.items()]
    return layout(blobs, index_json(found) + b"\n", oci_layout=LAYOUT + b"\n", mtime=NOW)


def docker_dir(spec: ImageSpec, *, compression: str = "gzip", docker: bool = True) -> Bundle:
    """containers/image `dir:`: a manifest object called manifest.json, blobs under their bare hex."""
    blobs = {sha256(spec.config): spec.config}
    blobs |= {sha256(compress(tar, compression)): compress(tar, compression) for tar in spec.tars}
    entries = [Entry(key, blobs[key]) for key in sorted(blobs)]
    entries.append(Entry("manifest.json", spec.manifest(compression=compression, docker=docker)))
    entries.append(Entry("version", b"Directory Transport Version: 1.1\n"))
    return Bundle(tuple(entries))


def regctl(spec: ImageSpec) -> Bundle:
    """`regctl image export` of one platform: the documents first, LayerSources by the digests of the stored layers."""
    blobs = Blobs()
    manifest = blobs.put_image(spec)
    layers = json.loads(manifest)["layers"]
    entry = {
        "Config": f"blobs/sha256/{spec.config_hex}",
        "RepoTags": list(spec.names),
        "Layers": [f"blobs/sha256/{layer['digest'].removeprefix('sha256:')}" for layer in layers],
        "LayerSources": {layer["digest"]: layer for layer in layers},
    }
    return Bundle(
        (
            Entry("oci-layout", LAYOUT),
            Entry("index.json", index_json(_named(manifest, OCI_MANIFEST, spec.names))),
            Entry("manifest.json", compact([entry])),
            *blobs.entries(),
        )
    )
