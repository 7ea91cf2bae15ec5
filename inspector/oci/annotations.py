"""Annotation keys that the field uses, and what they say (annotations.md, formats.md A19)."""

from __future__ import annotations

REF_NAME = "org.opencontainers.image.ref.name"
IMAGE_NAME = "io.containerd.image.name"
CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"
BASE_DIGEST = "org.opencontainers.image.base.digest"
BASE_NAME = "org.opencontainers.image.base.name"
DOCKER_REFERENCE_TYPE = "vnd.docker.reference.type"
DOCKER_REFERENCE_DIGEST = "vnd.docker.reference.digest"
CONTAINERD_SUBJECT = "io.containerd.manifest.subject"
PREDICATE_TYPE = "in-toto.io/predicate-type"
COSIGN_KIND = "kind"
STARGZ_TOC = "containerd.io/snapshot/stargz/toc.digest"
STARGZ_SIZE = "io.containers.estargz.uncompressed-size"
ZSTD_CHUNKED_PREFIX = "io.github.containers.zstd-chunked."
DISTRIBUTION_SOURCE_PREFIX = "containerd.io/distribution.source."

_PREFIX = "org.opencontainers.image."
_SENTENCES = {
    CREATED: "When the image was built.",
    _PREFIX + "authors": "Who is responsible for the image.",
    _PREFIX + "url": "Where to learn more about the image.",
    _PREFIX + "documentation": "Where its documentation is.",
    _PREFIX + "source": "Where the source code that it was built from is.",
    _PREFIX + "version": "The version of the packaged software.",
    _PREFIX + "revision": "The source control revision that it was built from.",
    _PREFIX + "vendor": "The organisation that distributes it.",
    _PREFIX + "licenses": "The licences of the contained software, as an SPDX expression.",
    REF_NAME: "The name of this entry inside the archive: a tag, a full reference or any word, as its writer chose.",
    TITLE: "A title for people; artifacts use it as the file's name.",
    _PREFIX + "description": "What the packaged software is.",
    BASE_DIGEST: "The manifest digest of the image that this one was built on.",
    BASE_NAME: "The name of the image that this one was built on.",
    IMAGE_NAME: "The full name under which containerd and Docker load this image.",
    DOCKER_REFERENCE_TYPE: "What BuildKit put here beside the image, usually an attestation.",
    DOCKER_REFERENCE_DIGEST: "The manifest that this attestation describes.",
    CONTAINERD_SUBJECT: "The manifest that this entry belongs to.",
    PREDICATE_TYPE: "What the statement is about, for example provenance or a list of packages.",
    COSIGN_KIND: "What cosign stored here: the image, its signatures or its attestations.",
    STARGZ_TOC: "The table of contents of an eStargz layer, which lets its files be fetched one by one.",
    STARGZ_SIZE: "The unpacked size of an eStargz layer.",
    # what a runtime takes from the config (image-spec conversion.md)
    _PREFIX + "os": "The operating system that the image is for.",
    _PREFIX + "architecture": "The kind of processor that the image is for.",
    _PREFIX + "variant": "The variant of the processor that the image is for.",
    _PREFIX + "os.version": "The version of the operating system that the image is for.",
    _PREFIX + "os.features": "What the image demands of the operating system.",
    _PREFIX + "author": "Who built the image.",
    _PREFIX + "stopSignal": "The signal that asks the program to end.",
    _PREFIX + "exposedPorts": "Ports on which the program listens.",
    # of single tools
    "org.opencontainers.artifact.created": "When the artifact was made (withdrawn draft).",
    "org.opencontainers.artifact.description": "What the artifact is (withdrawn draft).",
    "org.opencontainers.referrers.filtersApplied": "Which filters a registry applied to this list.",
    "com.docker.official-images.bashbrew.arch": "The architecture as Docker's official images call it.",
    "com.docker.image.source.entrypoint": "The file of the source that describes this image.",
    "dev.cosignproject.cosign/signature": "The signature, in base64. This program does not check it.",
    "dev.sigstore.cosign/bundle": "Proof that the signature was entered into a public log.",
    "dev.sigstore.cosign/certificate": "The certificate of whoever signed.",
    "dev.sigstore.cosign/chain": "The certificates that vouch for that of the signature.",
    "dev.sigstore.bundle.content": "What the sigstore bundle holds: a signature over a message, or an envelope.",
    "dev.sigstore.bundle.predicateType": "What the signed statement is about.",
    "containerd.io/uncompressed": "The hash of the layer when unpacked, as containerd remembers it.",
    "io.buildah.version": "The version of Buildah that built the image.",
    "io.deis.oras.content.digest": "The hash of a folder before it was packed.",
    "io.deis.oras.content.unpack": "Whether this is a packed folder.",
    "buildkit/createdat": "When BuildKit made this cache entry.",
    "moby.buildkit.buildinfo.v1": "How BuildKit built the image, in base64.",
    "moby.buildkit.cache.v0": "What BuildKit needs to reuse the steps, in base64.",
    "io.k8s.display-name": "The name that Kubernetes consoles show.",
    "io.k8s.description": "What Kubernetes consoles say of it.",
    "io.openshift.expose-services": "Ports that OpenShift offers as services.",
    "io.openshift.tags": "Words to find it by in OpenShift.",
    "io.artifacthub.package.readme-url": "Where Artifact Hub finds the description.",
    "io.buildpacks.stack.id": "The buildpacks stack that the image was built on.",
    "io.buildpacks.build.metadata": "How buildpacks built the image, as JSON.",
    "io.buildpacks.lifecycle.metadata": "Which layers buildpacks may replace, as JSON.",
    "io.buildpacks.project.metadata": "The source that buildpacks built from, as JSON.",
    "maintainer": "Who looks after the image.",
}
_ZSTD_CHUNKED = "The table of contents of a zstd:chunked layer, which lets its files be fetched one by one."
_DISTRIBUTION_SOURCE = "The repository that this was pulled from."
_PREFIXES = {
    "org.label-schema.": "A label of the former Label Schema; org.opencontainers.image has its successors.",
    "com.docker.compose.": "What Docker Compose noted of the service that it was built for.",
    "com.docker.official-images.": "A note of Docker's official images.",
    "io.buildpacks.": "A note of Cloud Native Buildpacks.",
    "io.openshift.": "A note for OpenShift.",
    "com.redhat.": "A note of Red Hat's build system.",
    "com.github.": "A note for GitHub.",
    "desktop.docker.io/": "A note for Docker Desktop.",
}


def explain(key: str) -> str | None:
    """One sentence for people, or None for a key that we do not know."""
    if key.startswith(ZSTD_CHUNKED_PREFIX):
        return _ZSTD_CHUNKED
    if key.startswith(DISTRIBUTION_SOURCE_PREFIX):
        return _DISTRIBUTION_SOURCE
    return _SENTENCES.get(key) or next((words for start, words in _PREFIXES.items() if key.startswith(start)), None)


def every_sentence() -> tuple[str, ...]:
    """All that `explain` may say, for a catalogue of translations."""
    return (_ZSTD_CHUNKED, _DISTRIBUTION_SOURCE, *_SENTENCES.values(), *_PREFIXES.values())


def depends_on_stored_bytes(key: str) -> bool:
    """Whether the annotation is about the compressed bytes of a layer, and so is wrong once they are compressed anew."""
    return key in (STARGZ_TOC, STARGZ_SIZE) or key.startswith(ZSTD_CHUNKED_PREFIX)
