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
}


def explain(key: str) -> str | None:
    """One sentence for people, or None for a key that we do not know."""
    if key.startswith(ZSTD_CHUNKED_PREFIX):
        return "The table of contents of a zstd:chunked layer, which lets its files be fetched one by one."
    if key.startswith(DISTRIBUTION_SOURCE_PREFIX):
        return "The repository that this was pulled from."
    return _SENTENCES.get(key)


def depends_on_stored_bytes(key: str) -> bool:
    """Whether the annotation is about the compressed bytes of a layer, and so is wrong once they are compressed anew."""
    return key in (STARGZ_TOC, STARGZ_SIZE) or key.startswith(ZSTD_CHUNKED_PREFIX)
