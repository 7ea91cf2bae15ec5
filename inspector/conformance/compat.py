"""COMPAT-*: manifest.json and repositories, Docker's half of an archive (formats.md C10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.dockersave import stated_digest
from inspector.conformance.compat_rules import (
    COMPAT_1,
    COMPAT_2,
    COMPAT_3,
    COMPAT_4,
    COMPAT_5,
    COMPAT_7,
    COMPAT_8,
    COMPAT_9,
    COMPAT_10,
    COMPAT_11,
)
from inspector.conformance.rules import Check
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.oci.docker import parse_repositories
from inspector.oci.reference import Reference, qualify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case
    from inspector.oci.digest import Digest

_AT: Final = "manifest.json"
_MOST_MANIFEST: Final = 1 << 20
_MOST_CONFIG: Final = 4 << 20


def some_images(case: Case) -> Iterator[Finding]:
    """COMPAT-1: an empty list (null, or no list: found when opening)."""
    document = case.archive.root_document(_AT)
    if document is not None and document.value == []:
        yield COMPAT_1.broken(
            Severity.WARNING,
            "manifest.json lists no image",
            "Loaders that read it load nothing, and some do not say so.",
            at=_AT,
            pointer="$",
            expected=say("at least one image"),
            found=say("an empty list"),
        )


def configs(case: Case) -> Iterator[Finding]:
    """COMPAT-2: Config leads to a JSON object, whose digest is the one that its name states."""
    for view in case.docker:
        pointer = f"{view.entry.pointer}.Config"
        stated = stated_digest(view.entry.config)
        if view.config_blob is None:
            yield COMPAT_2.broken(
                Severity.ERROR,
                "The config of an image is not in the archive",
                at=_AT,
                pointer=pointer,
                digest=stated,
                found=view.entry.config,
            )
        elif view.config is None:
            yield COMPAT_2.broken(
                Severity.ERROR,
                "The config of an image cannot be read",
                "It is no JSON object.",
                at=view.config_blob.member.name,
                digest=stated,
                found=view.entry.config,
                fix=Fix.NONE,
            )
        elif stated is not None and view.config_digest is not None and stated != view.config_digest:
            yield COMPAT_2.broken(
                Severity.ERROR,
                "A config is not what its name says",
                "Its bytes hash to another digest than its file name states.",
                at=view.config_blob.member.name,
                digest=view.config_digest,
                expected=stated,
                found=view.config_digest,
            )


def counts(case: Case) -> Iterator[Finding]:
    """COMPAT-3."""
    for view in case.docker:
        if view.config is not None and len(view.config.stated_diff_ids) != len(view.entry.layers):
            yield COMPAT_3.broken(
                Severity.ERROR,
                "Layers and diffIDs differ in number",
                at=_AT,
                pointer=f"{view.entry.pointer}.Layers",
                expected=len(view.config.stated_diff_ids),
                found=len(view.entry.layers),
            )


def layer_files(case: Case) -> Iterator[Finding]:
    """COMPAT-4: every path leads to a file with something in it (thin archives: a warning)."""
    for view in case.docker:
        for number, (path, blob) in enumerate(zip(view.entry.layers, view.layers, strict=True)):
            if blob is not None and blob.size and blob.member.complete:
                continue
            is_thin = not path or (blob is not None and not blob.size)
            title = "A layer is left out on purpose" if is_thin else "A layer is not in the archive"
            yield COMPAT_4.broken(
                Severity.WARNING if is_thin else Severity.ERROR,
                "A layer is cut off" if blob is not None and not blob.member.complete else title,
                at=_AT,
                pointer=f"{view.entry.pointer}.Layers[{number}]",
                digest=view.diff_id(number),
                found=path,
            )


def layer_contents(case: Case) -> Iterator[Finding]:
    """COMPAT-4: what the layers unpack to. Of images with a stored manifest CONFIG-4 tells it."""
    for view in case.docker:
        if view.has_manifest:
            continue
        for number, blob in enumerate(view.layers):
            if blob is None or blob not in case.contents.diff_ids:
                continue
            expected, found = view.diff_id(number), case.contents.diff_ids[blob]
            if expected is None or found is None or found == expected or expected.algorithm != found.algorithm:
                continue
            yield COMPAT_4.broken(
                Severity.ERROR,
                "A layer is not what its diffID says",
                at=blob.member.name,
                pointer=f"{view.entry.pointer}.Layers[{number}]",
                offset=blob.member.header_offset,
                digest=expected,
                expected=expected,
                found=found,
                fix=Fix.NONE,
            )


def tags(case: Case) -> Iterator[Finding]:
    """COMPAT-5."""
    owners: dict[str, str] = {}
    for view in case.docker:
        for number, tag in enumerate(view.entry.repo_tags):
            pointer = f"{view.entry.pointer}.RepoTags"
            name = qualify(tag)
            if name is None:
                yield COMPAT_5.broken(
                    Severity.WARNING,
                    "A tag that is no image reference",
                    "Docker refuses it when loading.",
                    at=_AT,
                    pointer=pointer,
                    found=tag,
                )
            elif Reference.parse(name).digest is not None:
                yield COMPAT_5.broken(
                    Severity.WARNING,
                    "A digest where a tag should be",
                    at=_AT,
                    pointer=f"{pointer}[{number}]",
                    found=tag,
                )
            elif owners.setdefault(name, view.entry.pointer) != view.entry.pointer:
                yield COMPAT_5.broken(
                    Severity.WARNING,
                    "Two entries have one tag",
                    at=_AT,
                    pointer=f"{pointer}[{number}]",
                    expected=owners[name],
                    found=tag,
                )


def layer_sources(case: Case) -> Iterator[Finding]:
    """COMPAT-7: keys are diffIDs of the image, and what they name is in the archive."""
    for view in case.docker:
        if view.config is None:
            continue
        known = set(view.config.stated_diff_ids)
        for key, descriptor in view.entry.layer_sources.items():
            absent = descriptor.digest is not None and case.archive.blobs.find(descriptor.digest) is None
            if key in known and not absent:
                continue
            yield COMPAT_7.broken(
                Severity.WARNING,
                "A layer source for no layer of the image" if key not in known else "A layer source that is not here",
                at=_AT,
                pointer=f"{view.entry.pointer}.LayerSources['{key}']",
                digest=descriptor.digest,
                expected=say("a diffID of the config") if key not in known else say("a blob of the archive"),
                found=key,
            )


def repositories(case: Case) -> Iterator[Finding]:
    """COMPAT-8: other names than manifest.json gives."""
    document = case.archive.root_document("repositories")
    if document is None or not case.archive.docker_entries:
        return
    listed, findings = parse_repositories(document)
    yield from findings
    here = {qualify(f"{name}:{tag}") for name, tags in listed.items() for tag in tags} - {None}
    there = {qualify(tag) for entry in case.archive.docker_entries for tag in entry.repo_tags} - {None}
    if here and here != there:
        yield COMPAT_8.broken(
            Severity.INFO,
            "repositories gives other names than manifest.json",
            at="repositories",
            expected=", ".join(sorted(map(str, there))),
            found=", ".join(sorted(map(str, here))),
        )


def sizes(case: Case) -> Iterator[Finding]:
    """COMPAT-9."""
    document = case.archive.root_document(_AT)
    if document is not None and len(document.raw) > _MOST_MANIFEST:
        yield _too_large(_AT, len(document.raw), _MOST_MANIFEST)
    for view in case.docker:
        if view.config_blob is not None and view.config_blob.size > _MOST_CONFIG:
            yield _too_large(view.config_blob.member.name, view.config_blob.size, _MOST_CONFIG)


def _too_large(name: str, size: int, most: int) -> Finding:
    return COMPAT_9.broken(
        Severity.WARNING,
        "Too large for podman and skopeo",
        at=name,
        expected=say("at most %s bytes", f"{most:,}"),
        found=say("%s bytes", f"{size:,}"),
    )


def systems(case: Case) -> Iterator[Finding]:
    """COMPAT-10. An empty os counts as Linux, as it does for Docker."""
    for view in case.docker:
        if view.config is not None and view.config.os not in ("", "linux", "windows"):
            yield COMPAT_10.broken(
                Severity.INFO,
                "An image that Docker does not run",
                at=view.config_blob.member.name if view.config_blob is not None else _AT,
                pointer="$.os",
                digest=view.config_digest,
                expected=say("linux or windows"),
                found=view.config.os,
            )


def one_platform(case: Case) -> Iterator[Finding]:
    """COMPAT-11: which platform of an image manifest.json gives."""
    platforms: dict[Digest, set[str]] = {}
    for image in case.images:
        if len(image.path) > 1:
            platforms.setdefault(image.path[0], set()).add(str(image.platform))
    for view in case.docker:
        found = case.by_config.get(view.config_digest) if view.config_digest is not None else None
        if found is None or len(found.path) < 2:
            continue
        others = platforms.get(found.path[0], set()) - {str(found.platform)}
        if others:
            yield COMPAT_11.broken(
                Severity.INFO,
                say("manifest.json has the image for %s only", found.platform),
                at=_AT,
                pointer=view.entry.pointer,
                digest=found.manifest_digest,
                expected=", ".join(sorted(others | {str(found.platform)})),
                found=found.platform,
            )


QUICK: Final[tuple[Check, ...]] = (
    some_images, configs, counts, layer_files, tags, layer_sources, repositories, sizes, systems, one_platform
)  # fmt: skip
DEEP: Final[tuple[Check, ...]] = (layer_contents,)
