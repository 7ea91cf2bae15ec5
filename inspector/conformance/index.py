"""INDEX-*: indexes and what their entries state (image-index.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.conformance.index_rules import (
    INDEX_2,
    INDEX_6,
    INDEX_7,
    INDEX_8,
    INDEX_9,
    INDEX_10,
    INDEX_13,
    INDEX_14,
)
from inspector.conformance.rules import Check
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.oci import mediatype
from inspector.oci.annotations import DOCKER_REFERENCE_DIGEST, DOCKER_REFERENCE_TYPE, IMAGE_NAME, REF_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest
    from inspector.oci.platform import Platform

# `go tool dist list` of Go 1.24, and `unknown`, which BuildKit writes for what does not run.
SYSTEMS: Final = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "illumos",
        "ios",
        "js",
        "linux",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "unknown",
    ]
)
PROCESSORS: Final = frozenset(
    [
        "386",
        "amd64",
        "arm",
        "arm64",
        "loong64",
        "mips",
        "mips64",
        "mips64le",
        "mipsle",
        "ppc64",
        "ppc64le",
        "riscv64",
        "s390x",
        "sparc64",
        "wasm",
        "unknown",
    ]
)
VARIANTS: Final = {
    "arm": frozenset(("v5", "v6", "v7", "v8")),
    "arm64": frozenset(("v8", "v9")),
    "amd64": frozenset(("v1", "v2", "v3", "v4")),
}


def media_types(case: Case) -> Iterator[Finding]:
    """INDEX-2: absent is a warning; Docker's list type is an error in index.json and compatible below it."""
    for stored in case.indexes:
        stated = stored.index.media_type
        if stated == mediatype.OCI_INDEX or (stated and not mediatype.is_index(stated)):
            continue  # right, or found when reading
        if not stated:
            yield INDEX_2.broken(
                Severity.WARNING,
                "An index without mediaType",
                at=stored.document.name,
                pointer="$.mediaType",
                expected=mediatype.OCI_INDEX,
                found="nothing",
                fix=Fix.AUTOMATIC if stored.is_top else Fix.NONE,
            )
        elif stored.is_top:
            yield INDEX_2.broken(
                Severity.ERROR,
                "index.json is a Docker manifest list",
                at=stored.document.name,
                pointer="$.mediaType",
                expected=mediatype.OCI_INDEX,
                found=stated,
            )


def platform_words(case: Case) -> Iterator[Finding]:
    """INDEX-6: words that Go does not know (missing ones: found when reading)."""
    for stored in case.indexes:
        for descriptor in stored.index.manifests:
            platform = descriptor.platform
            if platform is None:
                continue
            for field, value, known in _words(platform):
                if value and known is not None and value not in known:
                    yield INDEX_6.broken(
                        Severity.WARNING,
                        say("An unknown %s", field),
                        at=stored.document.name,
                        pointer=f"{descriptor.pointer}.platform.{field}",
                        digest=descriptor.digest,
                        expected=say("a name that Go uses"),
                        found=value,
                    )


def _words(platform: Platform) -> tuple[tuple[str, str, frozenset[str] | None], ...]:
    return (
        ("os", platform.os, SYSTEMS),
        ("architecture", platform.architecture, PROCESSORS),
        ("variant", platform.variant, VARIANTS.get(platform.architecture)),
    )


def platforms_of_configs(case: Case) -> Iterator[Finding]:
    """INDEX-7. A variant that only one side states is no contradiction."""
    for stored in case.indexes:
        for descriptor in stored.index.manifests:
            image = case.by_key.get(descriptor.digest) if descriptor.digest is not None else None
            stated = descriptor.platform
            if image is None or image.kind != "image" or image.parsed_config is None or stated is None:
                continue
            own = image.parsed_config.platform
            silent = "" in (own.os, own.architecture, stated.os, stated.architecture)  # CONFIG-1 and INDEX-6 tell
            if silent or _agree(stated, own):
                continue
            yield INDEX_7.broken(
                Severity.WARNING,
                "An entry states another platform than the image has",
                at=stored.document.name,
                pointer=f"{descriptor.pointer}.platform",
                digest=descriptor.digest,
                expected=_full(own),
                found=_full(stated),
                fix=Fix.AUTOMATIC if stored.is_top else Fix.NONE,
            )


def _agree(stated: Platform, own: Platform) -> bool:
    if stated.os_version and own.os_version and stated.os_version != own.os_version:
        return False
    # `matches` takes an empty variant for any, so ask the side that states less.
    return own.matches(stated) if not stated.variant else stated.matches(own)


def _full(platform: Platform) -> str:
    return f"{platform} {platform.os_version}".strip()


def one_per_platform(case: Case) -> Iterator[Finding]:
    """INDEX-8: in nested indexes; in index.json entries are told apart by their names."""
    for stored in case.indexes:
        if stored.is_top:
            continue
        first: dict[Platform, tuple[str, Digest | None]] = {}
        for descriptor in stored.index.manifests:
            platform = descriptor.platform
            if platform is None or platform.is_unknown:
                continue
            pointer, digest = first.setdefault(platform, (descriptor.pointer, descriptor.digest))
            if digest != descriptor.digest:
                yield INDEX_8.broken(
                    Severity.INFO,
                    say("A second entry for %s", platform),
                    at=stored.document.name,
                    pointer=descriptor.pointer,
                    digest=descriptor.digest,
                    found=say("the first is %s", pointer),
                )


def subjects(case: Case) -> Iterator[Finding]:
    """INDEX-9: the subject of an index may be elsewhere; that it is, is told."""
    for stored in case.indexes:
        subject = stored.index.subject
        if subject is not None and subject.digest is not None and case.archive.blobs.find(subject.digest) is None:
            yield INDEX_9.broken(
                Severity.INFO,
                "The subject of an index is not in the archive",
                at=stored.document.name,
                pointer="$.subject",
                digest=subject.digest,
            )


def names_are_unique(case: Case) -> Iterator[Finding]:
    """INDEX-10: the same ref.name twice, where neither a full name nor the platform tells the entries apart."""
    if case.top is None:
        return
    first: dict[tuple[str, str, Platform | None], Descriptor] = {}
    for descriptor in case.top.index.manifests:
        name = descriptor.annotations.get(REF_NAME)
        if not name:
            continue
        full = descriptor.annotations.get(IMAGE_NAME, "")
        earlier = first.setdefault((name, full, descriptor.platform), descriptor)
        if earlier is not descriptor:
            is_same = earlier.digest == descriptor.digest
            yield INDEX_10.broken(
                Severity.WARNING,
                "An entry stands twice" if is_same else "A ref name stands for two images",
                at="index.json",
                pointer=descriptor.pointer,
                digest=descriptor.digest,
                expected=say(
                    "one entry, as %(pointer)s (%(stated_digest)s)",
                    pointer=earlier.pointer,
                    stated_digest=earlier.stated_digest,
                ),
                found=name,
            )


def attestations(case: Case) -> Iterator[Finding]:
    """INDEX-13: the image that an attestation speaks of is in the same index."""
    for stored in case.indexes:
        listed = {str(descriptor.digest) for descriptor in stored.index.manifests}
        for descriptor in stored.index.manifests:
            if descriptor.annotations.get(DOCKER_REFERENCE_TYPE) != "attestation-manifest":
                continue
            about = descriptor.annotations.get(DOCKER_REFERENCE_DIGEST)
            if about not in listed:
                yield INDEX_13.broken(
                    Severity.WARNING,
                    "An attestation for nothing in this index",
                    at=stored.document.name,
                    pointer=f"{descriptor.pointer}.annotations",
                    digest=descriptor.digest,
                    expected=say("the digest of an entry"),
                    found=about or say("no vnd.docker.reference.digest"),
                )


def nested_names(case: Case) -> Iterator[Finding]:
    """INDEX-14: once per nested index."""
    for stored in case.indexes:
        named = [d for d in stored.index.manifests if REF_NAME in d.annotations]
        if named and not stored.is_top:
            yield INDEX_14.broken(
                Severity.INFO,
                "Ref names in a nested index",
                at=stored.document.name,
                pointer=f"{named[0].pointer}.annotations",
                digest=named[0].digest,
                found=say(
                    "%(named)s entries, the first is %(annotations)s",
                    named=f"{len(named):,}",
                    annotations=named[0].annotations[REF_NAME],
                ),
            )


QUICK: Final[tuple[Check, ...]] = (
    media_types,
    platform_words,
    platforms_of_configs,
    one_per_platform,
    subjects,
    names_are_unique,
    attestations,
    nested_names,
)
