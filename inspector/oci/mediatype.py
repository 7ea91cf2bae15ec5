"""Media types of image parts: names, families, the Docker twins of the OCI ones (media-types.md).

Comparison is exact: case, blanks and parameters matter, as they do to every loader.
"""

from __future__ import annotations

from typing import Final

from inspector.language import say

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY: Final = "application/vnd.oci.empty.v1+json"
OCI_LAYOUT_HEADER: Final = "application/vnd.oci.layout.header.v1+json"
OCI_DESCRIPTOR: Final = "application/vnd.oci.descriptor.v1+json"
OCI_ARTIFACT: Final = "application/vnd.oci.artifact.manifest.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD: Final = "application/vnd.oci.image.layer.v1.tar+zstd"
OCI_NONDISTRIBUTABLE: Final = "application/vnd.oci.image.layer.nondistributable.v1.tar"
OCI_NONDISTRIBUTABLE_GZIP: Final = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
OCI_NONDISTRIBUTABLE_ZSTD: Final = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"

DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_PLUGIN: Final = "application/vnd.docker.plugin.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_LAYER_ZSTD: Final = "application/vnd.docker.image.rootfs.diff.tar.zstd"
DOCKER_FOREIGN: Final = "application/vnd.docker.image.rootfs.foreign.diff.tar"
DOCKER_FOREIGN_GZIP: Final = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
DOCKER_FOREIGN_ZSTD: Final = "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"
DOCKER_SCHEMA1: Final = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA1_SIGNED: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_ATTESTATION: Final = "application/vnd.docker.attestation.manifest.v1+json"

IN_TOTO: Final = "application/vnd.in-toto+json"
DSSE: Final = "application/vnd.dsse.envelope.v1+json"
COSIGN_SIGNATURE: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGSTORE_BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUILDKIT_CACHE: Final = "application/vnd.buildkit.cacheconfig.v0"
HELM_CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
OCTET_STREAM: Final = "application/octet-stream"

ENCRYPTED_SUFFIX: Final = "+encrypted"
"""Appended by ocicrypt to a layer's media type: the stored bytes are ciphertext."""

_DOCKER_TO_OCI: Final = {
    DOCKER_MANIFEST: OCI_MANIFEST,
    DOCKER_LIST: OCI_INDEX,
    DOCKER_CONFIG: OCI_CONFIG,
    DOCKER_LAYER: OCI_LAYER,
    DOCKER_LAYER_GZIP: OCI_LAYER_GZIP,
    DOCKER_LAYER_ZSTD: OCI_LAYER_ZSTD,
    DOCKER_FOREIGN: OCI_NONDISTRIBUTABLE,
    DOCKER_FOREIGN_GZIP: OCI_NONDISTRIBUTABLE_GZIP,
    DOCKER_FOREIGN_ZSTD: OCI_NONDISTRIBUTABLE_ZSTD,
}

_PLAIN: Final = {"none": OCI_LAYER, "gzip": OCI_LAYER_GZIP, "zstd": OCI_LAYER_ZSTD}
_NONDISTRIBUTABLE: Final = {
    "none": OCI_NONDISTRIBUTABLE,
    "gzip": OCI_NONDISTRIBUTABLE_GZIP,
    "zstd": OCI_NONDISTRIBUTABLE_ZSTD,
}
_COMPRESSION: Final = {media_type: word for table in (_PLAIN, _NONDISTRIBUTABLE) for word, media_type in table.items()}

_WORDS: Final = {
    OCI_INDEX: "OCI image index",
    OCI_MANIFEST: "OCI image manifest",
    OCI_CONFIG: "OCI image config",
    OCI_EMPTY: "OCI empty descriptor",
    OCI_LAYOUT_HEADER: "OCI image layout marker (oci-layout)",
    OCI_DESCRIPTOR: "OCI descriptor",
    OCI_ARTIFACT: "OCI artifact manifest (withdrawn draft)",
    OCI_LAYER: "OCI layer, uncompressed",
    OCI_LAYER_GZIP: "OCI layer, gzip",
    OCI_LAYER_ZSTD: "OCI layer, zstd",
    OCI_NONDISTRIBUTABLE: "OCI non-distributable layer, uncompressed",
    OCI_NONDISTRIBUTABLE_GZIP: "OCI non-distributable layer, gzip",
    OCI_NONDISTRIBUTABLE_ZSTD: "OCI non-distributable layer, zstd",
    DOCKER_MANIFEST: "Docker image manifest",
    DOCKER_LIST: "Docker manifest list",
    DOCKER_CONFIG: "Docker image config",
    DOCKER_PLUGIN: "Docker plugin config",
    DOCKER_LAYER: "Docker layer, uncompressed",
    DOCKER_LAYER_GZIP: "Docker layer, gzip",
    DOCKER_LAYER_ZSTD: "Docker layer, zstd",
    DOCKER_FOREIGN: "Docker foreign layer, uncompressed",
    DOCKER_FOREIGN_GZIP: "Docker foreign layer, gzip",
    DOCKER_FOREIGN_ZSTD: "Docker foreign layer, zstd",
    DOCKER_SCHEMA1: "Docker image manifest, schema 1",
    DOCKER_SCHEMA1_SIGNED: "Docker image manifest, schema 1, signed",
    DOCKER_ATTESTATION: "Docker attestation manifest",
    IN_TOTO: "in-toto attestation",
    DSSE: "signed attestation (DSSE)",
    COSIGN_SIGNATURE: "cosign signature",
    SIGSTORE_BUNDLE: "sigstore bundle",
    BUILDKIT_CACHE: "BuildKit cache config",
    HELM_CONFIG: "Helm chart config",
    HELM_CHART: "Helm chart",
    OCTET_STREAM: "bytes of no stated type",
    "application/vnd.docker.plugin.v1.1+json": "Docker plugin config",
    "application/vnd.dev.sigstore.bundle+json;version=0.2": "sigstore bundle",
    "application/vnd.dev.sigstore.bundle.v0.2+json": "sigstore bundle",
    "application/vnd.dev.cosign.artifact.sig.v1+json": "cosign signature",
    "application/vnd.dev.cosign.artifact.sbom.v1+json": "cosign list of packages",
    "application/vnd.cncf.notary.signature": "Notary signature",
    "application/jose+json": "signature (JWS)",
    "application/cose": "signature (COSE)",
    "application/spdx+json": "list of packages (SPDX)",
    "text/spdx": "list of packages (SPDX)",
    "text/spdx+json": "list of packages (SPDX)",
    "application/vnd.cyclonedx+json": "list of packages (CycloneDX)",
    "application/vnd.cyclonedx+xml": "list of packages (CycloneDX)",
    "application/vnd.cyclonedx": "list of packages (CycloneDX)",
    "application/vnd.syft+json": "list of packages (Syft)",
    "application/sarif+json": "results of a check (SARIF)",
    "application/vnd.cncf.helm.chart.provenance.v1.prov": "signature of a Helm chart",
    "application/vnd.cncf.flux.config.v1+json": "Flux config",
    "application/vnd.cncf.flux.content.v1.tar+gzip": "Flux content",
    "application/vnd.cncf.openpolicyagent.config.v1+json": "Open Policy Agent config",
    "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego": "Open Policy Agent policy",
    "application/vnd.wasm.config.v1+json": "WebAssembly config",
    "application/vnd.wasm.config.v0+json": "WebAssembly config",
    "application/vnd.wasm.content.layer.v1+wasm": "WebAssembly module",
    "application/wasm": "WebAssembly module",
    "application/vnd.sylabs.sif.config.v1+json": "Singularity image config",
    "application/vnd.sylabs.sif.layer.v1.sif": "Singularity image",
    "application/vnd.docker.ai.model.config.v0.1+json": "AI model config",
    "application/vnd.cncf.model.config.v1+json": "AI model config",
    "application/vnd.unknown.config.v1+json": "config of no stated type (ORAS)",
    "application/vnd.unknown.artifact.v1": "artifact of no stated type (ORAS)",
}


def is_index(media_type: str | None) -> bool:
    """OCI image index or Docker manifest list."""
    return media_type in (OCI_INDEX, DOCKER_LIST)


def is_manifest(media_type: str | None) -> bool:
    """OCI image manifest or Docker v2 schema 2; not schema 1."""
    return media_type in (OCI_MANIFEST, DOCKER_MANIFEST)


def is_schema1(media_type: str | None) -> bool:
    """Docker schema 1, with or without signature: no config, cannot be converted offline."""
    return media_type in (DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED)


def is_config(media_type: str | None) -> bool:
    """The config of a runnable image, OCI or Docker."""
    return media_type in (OCI_CONFIG, DOCKER_CONFIG)


def is_layer(media_type: str | None) -> bool:
    """A file system layer of any family and compression, foreign and encrypted ones included."""
    return declared_compression(media_type) is not None


def is_foreign(media_type: str | None) -> bool:
    """A layer that may be absent by design: Docker foreign, OCI non-distributable."""
    return media_type is not None and to_oci(_decrypted(media_type)) in _NONDISTRIBUTABLE.values()


def is_encrypted(media_type: str | None) -> bool:
    return media_type is not None and media_type.endswith(ENCRYPTED_SUFFIX)


def is_docker(media_type: str | None) -> bool:
    return media_type is not None and media_type.startswith("application/vnd.docker.")


def to_oci(media_type: str) -> str:
    """The OCI type of the same shape; OCI and unknown types come back unchanged.

    For a layer this follows the label, which may lie about the compression: see `layer_type`.
    """
    if is_encrypted(media_type):
        return to_oci(_decrypted(media_type)) + ENCRYPTED_SUFFIX
    return _DOCKER_TO_OCI.get(media_type, media_type)


def layer_type(compression: str, *, nondistributable: bool = False) -> str:
    """The OCI layer type for stored bytes compressed with `none`, `gzip` or `zstd`.

    `ValueError` for another compression: image-spec has no type for it.
    """
    try:
        return (_NONDISTRIBUTABLE if nondistributable else _PLAIN)[compression]
    except KeyError:
        raise ValueError(f"OCI has no layer type for {compression!r}.") from None


def declared_compression(media_type: str | None) -> str | None:
    """`none`, `gzip` or `zstd` as the type says; None for what is no layer type.

    A claim, not a fact: Docker's plain type is found on compressed blobs, and containerd wrote gzip for zstd.
    For an encrypted layer it is what lies under the encryption.
    """
    if media_type is None:
        return None
    return _COMPRESSION.get(to_oci(_decrypted(media_type)))


def in_words(media_type: str) -> str:
    """For people: "OCI image manifest"; an unknown type is given back as it is."""
    if is_encrypted(media_type):
        inner = _decrypted(media_type)
        return say("%s, encrypted", say(_WORDS[inner])) if inner in _WORDS else media_type
    return say(_WORDS[media_type]) if media_type in _WORDS else media_type


def every_word() -> tuple[str, ...]:
    """All that `in_words` may say, for a catalogue of translations."""
    return tuple(_WORDS.values())


def _decrypted(media_type: str) -> str:
    return media_type.removesuffix(ENCRYPTED_SUFFIX)
