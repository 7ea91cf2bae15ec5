"""Loaders of manifest.json: Docker's graph driver, skopeo docker-archive, crane; and podman's second try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.conformance.forecast import Trouble, refuses, warns
from inspector.conformance.loader_image import no_layer, of_docker_image, repeats
from inspector.conformance.loader_json import undecodable
from inspector.conformance.loader_outer import DOCKER, PLAIN, first_or_last, is_hard_link, unreadable
from inspector.language import say
from inspector.oci.reference import qualify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case

_MOST_MANIFEST = 1 << 20
_MOST_CONFIG = 4 << 20


def has_no_manifest_json(case: Case, *, streams: bool = False) -> Iterator[Trouble]:
    """COMPAT-1: absent, no array, or empty. `streams`: what follows the first value is not looked at."""
    document = case.archive.root_document("manifest.json")
    if document is None or not isinstance(document.value, list):
        yield refuses("COMPAT-1", "It reads manifest.json, and there is none that is a list of images.")
    elif not case.archive.docker_entries:
        yield refuses("COMPAT-1", "manifest.json lists no image: nothing is loaded.")
    else:
        yield from undecodable(case, "manifest.json", streams=streams)


def graph_driver(case: Case) -> Iterator[Trouble]:
    """`docker load` without containerd: manifest.json only; up to 28 also the v1 layout (formats.md B2)."""
    yield from unreadable(case, DOCKER, unpacks=True, runs_xz=True)
    if case.archive.layout == "docker-save-v1":
        yield warns("COMPAT-1", "There is no manifest.json: Docker up to 28 reads the old layout, 29 refuses it.")
        for image in case.images:
            if not image.complete:
                yield refuses("COMPAT-4", "A layer of an image is not in the archive.")
        return
    yield from has_no_manifest_json(case, streams=True)
    for view in case.docker:
        yield from of_docker_image(case, view, thin_is_fine=True)
        for blob in view.layers:
            yield from repeats(case, blob)
        if view.config is not None and view.config.os not in ("", "linux"):
            yield refuses("COMPAT-10", say("An image for %s cannot be loaded by an engine on Linux.", view.config.os))
        if not all(_is_tagged(tag) for tag in view.entry.repo_tags):
            yield refuses("COMPAT-5", "A tag is no image reference: loading stops there.")


def _is_tagged(name: str) -> bool:
    """Whether it is a reference that states a tag, as both engines want it in RepoTags."""
    return qualify(name) is not None and ":" in name.partition("@")[0].rpartition("/")[2]


def docker_archive(case: Case, *, unpacks: bool = True) -> Iterator[Trouble]:
    """containers/image docker-archive, as podman reads it: any number of images, which are unpacked. skopeo only copies."""
    other = list(first_or_last(case, ["manifest.json"]))
    if other:
        yield from other
        return
    yield from has_no_manifest_json(case)
    document = case.archive.root_document("manifest.json")
    if document is not None and len(document.raw) > _MOST_MANIFEST:
        yield refuses("COMPAT-9", "manifest.json is larger than the 1 MiB that it reads.")
    for view in case.docker:
        yield from of_docker_image(case, view, unpacks=unpacks)
        names = ["manifest.json", view.entry.config, *view.entry.layers]
        yield from first_or_last(case, names)
        if view.config_blob is not None and view.config_blob.size > _MOST_CONFIG:
            yield refuses("COMPAT-9", "A config is larger than the 4 MiB that it reads.")
        if any(name and is_hard_link(case, name) for name in names):
            yield refuses("ARC-4", "A file of the image is a hard link, which it does not follow.")
        if not unpacks:
            continue
        for blob in view.layers:
            yield from repeats(case, blob)
        if not all(_is_tagged(tag) and "@" not in tag for tag in view.entry.repo_tags):
            yield refuses("COMPAT-5", "A tag is no image reference with a tag.")


def skopeo(case: Case) -> Iterator[Trouble]:
    """`skopeo copy docker-archive:FILE`: one image, unless a name or number is given."""
    yield from unreadable(case, DOCKER)
    troubles = list(docker_archive(case, unpacks=False))
    yield from troubles
    if len(case.docker) > 1 and not any(trouble.code == "ARC-2" for trouble in troubles):
        yield refuses(
            "", say("manifest.json lists %s images: name one, as in docker-archive:FILE:NAME or :@0.", len(case.docker))
        )


def crane(case: Case) -> Iterator[Trouble]:
    """`crane push` and `crane validate --tarball`: one image, plain tar, names exactly as stored."""
    yield from unreadable(case, PLAIN)
    other = list(first_or_last(case, ["manifest.json"]))
    if other:
        yield from other
        return
    yield from has_no_manifest_json(case, streams=True)
    if len(case.docker) > 1:
        yield refuses("", say("manifest.json lists %s images, and it takes one.", len(case.docker)))
    member = case.archive.members.find("manifest.json")
    if member is not None and not case.archive.members.root and member.stored_name != b"manifest.json":
        name = member.stored_name.decode("utf-8", "backslashreplace")
        yield refuses("ARC-3", say("It looks for manifest.json and does not find %s (fixed in 2026).", name))
    for view in case.docker:
        yield from of_docker_image(case, view, streams=True, unpacks=False)
        for blob in view.layers:
            yield from no_layer(case, blob)
        yield from first_or_last(case, ["manifest.json", view.entry.config, *view.entry.layers])
        kinds = {blob.compression is Compression.NONE for blob in view.layers if blob is not None and blob.size}
        if len(kinds) > 1:
            yield refuses("MANIF-9", "Some layers are compressed and others not; it takes all for what the first is.")
        absent = [
            key for key, source in view.entry.layer_sources.items()
            if source.digest is not None and case.archive.blobs.find(source.digest) is None
        ]  # fmt: skip
        if absent:
            yield warns("COMPAT-7", "It trusts LayerSources, which name blobs that are not here: pushing fails.")
