"""DESC-* and MEDIA-*: what a descriptor states of its content (descriptor.md, media-types.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.conformance.case import Role
from inspector.conformance.descriptor_rules import (
    DESC_1,
    DESC_6,
    DESC_8,
    DESC_9,
    DESC_10,
    DESC_11,
    DESC_13,
    MEDIA_1,
)
from inspector.conformance.grammar import is_media_type, is_uri
from inspector.conformance.rules import Check
from inspector.findings import Finding, Severity
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case, Pointed
    from inspector.oci.descriptor import Descriptor


def media_types(case: Case) -> Iterator[Finding]:
    """DESC-1: the grammar (that there is one at all: found when reading)."""
    for pointed in case.pointed:
        stated = pointed.descriptor.media_type
        if stated and not is_media_type(stated):
            yield DESC_1.broken(
                Severity.ERROR,
                "A media type that is none",
                at=pointed.document,
                pointer=f"{pointed.descriptor.pointer}.mediaType",
                digest=pointed.descriptor.digest,
                expected=say("type/subtype, without parameters"),
                found=stated,
            )


def urls(case: Case) -> Iterator[Finding]:
    """DESC-6: an error if it is no URI, a warning for another scheme than http and https."""
    for pointed in case.pointed:
        for number, url in enumerate(pointed.descriptor.urls):
            is_right = is_uri(url)
            if is_right and url.lower().startswith(("http://", "https://")):
                continue
            yield DESC_6.broken(
                Severity.WARNING if is_right else Severity.ERROR,
                "An address with an unusual scheme" if is_right else "An address that is no URI",
                at=pointed.document,
                pointer=f"{pointed.descriptor.pointer}.urls[{number}]",
                digest=pointed.descriptor.digest,
                expected=say("an http or https URI"),
                found=url,
            )


def embedded_content(case: Case) -> Iterator[Finding]:
    """DESC-8: the embedded bytes are those that digest and size describe."""
    for pointed in case.pointed:
        descriptor = pointed.descriptor
        data, digest = descriptor.data, descriptor.digest
        if data is None:
            continue
        expected: object = None
        found: object = None
        if descriptor.size is not None and len(data) != descriptor.size:
            expected, found = f"{descriptor.size} bytes", f"{len(data)} bytes"
        elif digest is not None and digest.checkable and Digest.of(data, digest.algorithm) != digest:
            expected, found = digest, Digest.of(data, digest.algorithm)
        if expected is not None:
            yield DESC_8.broken(
                Severity.ERROR,
                "Embedded content differs from what the descriptor states",
                at=pointed.document,
                pointer=f"{descriptor.pointer}.data",
                digest=digest,
                expected=expected,
                found=found,
            )


def artifact_types(case: Case) -> Iterator[Finding]:
    """DESC-9: the grammar, and for an entry of an index that the manifest says the same."""
    for pointed in case.pointed:
        stated = pointed.descriptor.artifact_type
        if not stated:
            continue
        if not is_media_type(stated):
            yield _artifact_type(pointed, "An artifact type that is no media type", "type/subtype", stated)
        elif pointed.role in (Role.ENTRY, Role.CHILD):
            own = _own_artifact_type(case, pointed.descriptor)
            if own and own != stated:
                yield _artifact_type(pointed, "The manifest states another artifact type", own, stated)


def _own_artifact_type(case: Case, descriptor: Descriptor) -> str | None:
    node = case.by_digest.get(descriptor.digest) if descriptor.digest is not None else None
    if node is None:
        return None
    if node.index is not None:
        return node.index.artifact_type
    manifest = node.image.parsed_manifest if node.image is not None else None
    if manifest is None:
        return None
    return manifest.artifact_type or (manifest.config.media_type if manifest.config is not None else None)


def _artifact_type(pointed: Pointed, title: str, expected: str, found: str) -> Finding:
    return DESC_9.broken(
        Severity.WARNING,
        title,
        at=pointed.document,
        pointer=f"{pointed.descriptor.pointer}.artifactType",
        digest=pointed.descriptor.digest,
        expected=expected,
        found=found,
    )


def platforms_stated(case: Case) -> Iterator[Finding]:
    """DESC-10: in an index of several platforms each image entry says which one it is."""
    for stored in case.indexes:
        entries = [d for d in stored.index.manifests if mediatype.is_manifest(d.media_type)]
        images = {d.digest: case.by_key.get(d.digest) for d in entries if d.digest is not None}
        runnable = [image for image in images.values() if image is not None and image.kind == "image"]
        platforms = {str(image.platform) for image in runnable}
        for descriptor in entries:
            image = images.get(descriptor.digest) if descriptor.digest is not None else None
            if descriptor.platform is not None or image is None or image.kind != "image" or len(platforms) < 2:
                continue
            yield DESC_10.broken(
                Severity.WARNING,
                "An entry does not say its platform",
                at=stored.document.name,
                pointer=descriptor.pointer,
                digest=descriptor.digest,
                expected=image.platform,
                found=say("no platform"),
            )


def shapes(case: Case) -> Iterator[Finding]:
    """DESC-11: an index that is called a manifest, or the reverse (another mediaType of its own: found when opening)."""
    for pointed in case.pointed:
        descriptor = pointed.descriptor
        node = case.by_digest.get(descriptor.digest) if descriptor.digest is not None else None
        if node is None or pointed.role not in (Role.ENTRY, Role.CHILD):
            continue
        own = ""
        if node.index is not None and mediatype.is_manifest(descriptor.media_type):
            own = "an index"
        elif node.image is not None and mediatype.is_index(descriptor.media_type):
            own = "a manifest"
        if own:
            yield DESC_11.broken(
                Severity.ERROR,
                "A descriptor calls its content what it is not",
                at=pointed.document,
                pointer=f"{descriptor.pointer}.mediaType",
                digest=descriptor.digest,
                expected=own,
                found=descriptor.media_type,
            )


def platforms_out_of_place(case: Case) -> Iterator[Finding]:
    """DESC-13: on the descriptor of a layer (on a config's: found when reading)."""
    for pointed in case.pointed:
        if pointed.role in (Role.LAYER, Role.SUBJECT) and pointed.descriptor.platform is not None:
            yield DESC_13.broken(
                Severity.WARNING,
                say("A platform in the descriptor of a %s", pointed.role),
                at=pointed.document,
                pointer=f"{pointed.descriptor.pointer}.platform",
                digest=pointed.descriptor.digest,
                expected=say("no platform"),
                found=pointed.descriptor.platform,
            )


def docker_types(case: Case) -> Iterator[Finding]:
    """MEDIA-1: once per document of a layout."""
    if not case.is_layout:
        return
    found: dict[str, tuple[str, Digest | None, dict[str, None]]] = {}
    for pointed in case.pointed:
        media_type = pointed.descriptor.media_type
        if mediatype.to_oci(media_type) != media_type:
            first: tuple[str, Digest | None, dict[str, None]] = (
                pointed.descriptor.pointer,
                pointed.descriptor.digest,
                {},
            )
            found.setdefault(pointed.document, first)[2].setdefault(media_type)
    for document, (pointer, digest, types) in found.items():
        yield MEDIA_1.broken(
            Severity.WARNING,
            "Docker media types in an OCI layout",
            at=document,
            pointer=f"{pointer}.mediaType",
            digest=digest,
            expected=", ".join(mediatype.to_oci(media_type) for media_type in types),
            found=", ".join(types),
        )


QUICK: Final[tuple[Check, ...]] = (
    media_types,
    urls,
    embedded_content,
    artifact_types,
    platforms_stated,
    shapes,
    platforms_out_of_place,
    docker_types,
)
