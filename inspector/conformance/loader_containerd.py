"""containerd and what stands on it: `ctr images import`, kind, Docker with the containerd image store (formats.md B2).

In an OCI layout all regular files are taken in by their real digests, whatever they are called; links are passed over.
Without `oci-layout`, manifest.json is converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.archive.image import NodeKind
from inspector.conformance.forecast import HOST, Trouble, is_refused, refuses, warns
from inspector.conformance.loader_image import of_docker_image, only_sha256
from inspector.conformance.loader_index import ambiguous, entries, has_no_index, image_troubles, is_named, wrong_layout
from inspector.conformance.loader_json import undecodable
from inspector.conformance.loader_outer import CONTAINERD, DOCKER, has_file, is_hard_link, unreadable
from inspector.conformance.walk import Walk
from inspector.language import say
from inspector.oci.reference import qualify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case

IMAGE: Final = NodeKind.IMAGE


@dataclass(frozen=True, slots=True)
class Engine:
    """How one of them imports. `host_only`: other platforms are left out, and an image without the host's refused."""

    outer: frozenset[Compression]
    needs_names: bool
    host_only: bool
    skips_missing: bool


CTR: Final = Engine(CONTAINERD, needs_names=True, host_only=True, skips_missing=False)
KIND: Final = Engine(CONTAINERD, needs_names=False, host_only=False, skips_missing=False)
"""`ctr images import --all-platforms --digests` on each node."""
DOCKERD: Final = Engine(DOCKER, needs_names=False, host_only=False, skips_missing=True)


def imports(case: Case, engine: Engine) -> Iterator[Trouble]:
    """What an import stumbles over."""
    outer = list(unreadable(case, engine.outer, runs_xz=engine is DOCKERD))
    yield from outer
    if is_refused(outer):
        return
    yield from _manifest_json(case)
    if has_file(case, "oci-layout"):
        yield from _layout(case, engine)
    elif has_file(case, "manifest.json") and case.archive.root_document("manifest.json") is not None:
        yield from _converted(case, engine)
    else:
        yield refuses("LAYOUT-1", "It finds neither the file oci-layout nor manifest.json (unrecognized image format).")


def _manifest_json(case: Case) -> Iterator[Trouble]:
    """It decodes manifest.json while it reads the tar, in an OCI layout too: what it cannot decode ends the import."""
    if has_file(case, "manifest.json"):
        document = case.archive.root_document("manifest.json")
        if document is None or not (document.value is None or isinstance(document.value, list)):
            yield refuses("COMPAT-1", "manifest.json is no list of images, and it reads that in any archive.")
        else:
            yield from undecodable(case, "manifest.json", streams=True)


def _layout(case: Case, engine: Engine) -> Iterator[Trouble]:
    yield from wrong_layout(case)
    if not has_file(case, "index.json"):
        yield refuses("LAYOUT-4", "It reads index.json, and there is no regular file of that name.")
        return
    broken = [*has_no_index(case), *ambiguous(case)]
    yield from broken
    if is_refused(broken):
        return
    tops = entries(case)
    named = [entry for entry in tops if is_named(entry)]
    if engine.needs_names and not named:
        yield refuses("ANNOT-6", "No entry of index.json has a name: it imports nothing, and does not say so.")
        return
    fitting = 0
    strangers: list[str] = []
    for entry in tops:
        walk = Walk(case, every_platform=not engine.host_only)
        walk.visit(entry)
        yield from _entry(case, engine, walk)
        other = _other_platform(walk) if engine.host_only and is_named(entry) else ""
        fitting += not other
        strangers += [other] if other else []
    if strangers:
        filtered = say(
            "The image for %(strangers)s is filtered out on %(host)s (--platform helps).",
            strangers=strangers[0],
            host=HOST,
        )
        yield warns("", filtered) if fitting else refuses("", filtered)


def _entry(case: Case, engine: Engine, walk: Walk) -> Iterator[Trouble]:
    """What is wrong below one entry. Who skips what is missing needs one whole image, or something that is none."""
    for name in _passed_over(walk):
        yield refuses("ARC-4", say("%s is a sparse or contiguous file in the tar, which it passes over.", name))
    for descriptor, is_top in walk.missing:
        if is_top or not engine.skips_missing:
            platform = say(" for %s", descriptor.platform) if descriptor.platform is not None else ""
            yield refuses("BLOB-6", say("The manifest%s is not in the archive (content digest … not found).", platform))
    skipped = whole = 0
    for node in walk.images:
        troubles = [*image_troubles(case, node), *(only_sha256(node.image) if node.image is not None else ())]
        lacks = engine.skips_missing and any(t.code == "BLOB-6" and is_refused([t]) for t in troubles)
        skipped += lacks
        whole += not lacks and node.image is not None and node.image.kind is IMAGE
        yield from () if lacks else troubles
    if skipped and not whole:
        yield refuses("BLOB-6", "No platform of an image is complete.")
    elif engine.skips_missing and walk.missing and not walk.images and not any(top for _, top in walk.missing):
        yield refuses("BLOB-6", "Nothing of what an index lists is in the archive.")


def _passed_over(walk: Walk) -> Iterator[str]:
    """Members of what was visited that Go's reader does not call regular files."""
    for node in (*walk.images, *walk.unreadable):
        image = node.image
        parts = (image.config_blob, *(layer.blob for layer in image.layers)) if image is not None else ()
        for blob in (node.blob, *parts):
            if blob is not None and blob.member.odd_type:
                yield blob.member.name


def _other_platform(walk: Walk) -> str:
    """The platform of an entry that has nothing for the host, "" if it has; artifacts have no platform."""
    if walk.missing:
        return ""
    platforms = [node.image.platform for node in walk.images if node.image is not None and node.image.kind is IMAGE]
    if platforms:
        fits = any(platform is None or platform.matches(HOST) for platform in platforms)
        return "" if fits else str(platforms[0])
    return "" if walk.images or walk.unreadable else "other platforms"


def _converted(case: Case, engine: Engine) -> Iterator[Trouble]:
    """manifest.json alone: configs and layers by their paths, symbolic links followed, hard links not."""
    if not case.docker:
        yield refuses("COMPAT-1", "manifest.json lists no image: nothing is imported.")
        return
    if engine.needs_names and not any(view.entry.repo_tags for view in case.docker):
        yield refuses("COMPAT-5", "No image of manifest.json has a tag: it imports nothing, and does not say so.")
        return
    for view in case.docker:
        yield from of_docker_image(case, view)
        if any(name and is_hard_link(case, name) for name in (view.entry.config, *view.entry.layers)):
            yield refuses("ARC-4", "A file of the image is a hard link, which it passes over.")
        if any(blob is not None and blob.member.odd_type for blob in (view.config_blob, *view.layers)):
            yield refuses(
                "ARC-4", "A file of the image is a sparse or contiguous one in the tar, which it passes over."
            )
        if any(qualify(tag) is None for tag in view.entry.repo_tags):
            yield refuses("COMPAT-5", "A tag is no image reference.")
        if any(blob is not None and blob.size and blob.compression is Compression.ZSTD for blob in view.layers):
            yield warns("MANIF-9", "It labels zstd layers as gzip (containerd#14160).")
    platforms = [view.config.platform for view in case.docker if view.config is not None]
    strangers = [platform for platform in platforms if platform.os and not platform.matches(HOST)]
    if engine.host_only and strangers:
        filtered = say(
            "The image for %(strangers)s is filtered out on %(host)s (--platform helps).",
            strangers=strangers[0],
            host=HOST,
        )
        yield warns("", filtered) if len(strangers) < len(platforms) else refuses("", filtered)
