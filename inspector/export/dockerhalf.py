"""manifest.json beside the layout: what docker load without containerd, skopeo docker-archive and scanners read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.archive.image import Image
from inspector.export.converted import Converted, is_runnable
from inspector.export.entries import Entry
from inspector.language import say
from inspector.oci.digest import Digest
from inspector.oci.document import compact_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.oci.platform import Platform


@dataclass(slots=True, eq=False)
class DockerImage:
    """One image of manifest.json: what was converted, and its tags as Docker prints them."""

    done: Converted
    tags: list[str] = field(default_factory=list)


def docker_images(
    entries: Sequence[Entry],
    below: Callable[[Entry], list[Converted]],
    host: Platform,
    notes: dict[str, None],
    *,
    has_index: bool = True,
) -> list[DockerImage]:
    """The images that can be loaded without an index, each once, with all their tags.

    Of a multi-platform name one platform stands here: `host`'s, else linux/amd64, else the first. `below` gives the
    images that an entry leads to. Attestations and artifacts never do. `has_index`: index.json beside it tells the rest.
    """
    found: dict[tuple[object, ...], DockerImage] = {}
    for name, group in _groups(entries):
        there = [done for entry in group for done in below(entry)]
        images = [done for done in there if is_runnable(done)]
        word = name or say("an image without a name")
        if not images:
            if there:
                notes.setdefault(say("%s: not in manifest.json, since docker load would refuse it.", word))
            continue
        done = _preferred(images, host)
        platforms = dict.fromkeys(str(i.image.platform) for i in images if i.image is not None)
        if len(platforms) > 1 and done.image is not None:
            left = ", ".join(platform for platform in platforms if platform != str(done.image.platform))
            notes.setdefault(
                say(
                    "%(word)s: manifest.json names %(platform)s of %(platforms)s platforms; loaders that read index.json see them all.",
                    word=word,
                    platform=done.image.platform,
                    platforms=len(platforms),
                )
                if has_index
                else say(
                    "%(word)s: manifest.json names %(platform)s of %(platforms)s platforms; left out: %(left)s.",
                    word=word,
                    platform=done.image.platform,
                    platforms=len(platforms),
                    left=left,
                )
            )
        elif len({one.digest for one in images}) > 1:
            notes.setdefault(
                say(
                    "%(word)s: %(images)s images have this name, manifest.json can hold the first one only.",
                    word=word,
                    images=len(images),
                )
            )
        docker = found.setdefault(_key(done), DockerImage(done))
        tag = group[0].familiar_tag
        if tag is not None and tag not in docker.tags:
            docker.tags.append(tag)
    return list(found.values())


def _groups(entries: Iterable[Entry]) -> list[tuple[str | None, list[Entry]]]:
    """Entries of one name together: it may lead to several platforms, and Docker knows one image per name."""
    named: dict[object, list[Entry]] = {}
    for entry in entries:
        key = entry.name if entry.name is not None else ("", id(entry))
        named.setdefault(key, []).append(entry)
    return [(group[0].name or group[0].word, group) for group in named.values()]


def _preferred(images: Sequence[Converted], host: Platform) -> Converted:
    def fits(done: Converted, os: str, architecture: str) -> bool:
        platform = done.image.platform if done.image is not None else None
        return platform is not None and (platform.os, platform.architecture) == (os, architecture)

    for os, architecture in ((host.os, host.architecture), ("linux", "amd64")):
        for done in images:
            if fits(done, os, architecture):
                return done
    return images[0]


def _key(done: Converted) -> tuple[object, ...]:
    return (done.config_digest, *(layer.digest for layer in done.layers))


def manifest_json(images: Sequence[DockerImage], path: Callable[[Digest], str]) -> bytes:
    """As docker save writes it, with neither LayerSources nor Parent (ggcr#1870); `path` tells where a blob lies."""
    return (
        compact_json(
            [
                {
                    "Config": path(image.done.config_digest),
                    "RepoTags": image.tags or None,
                    "Layers": [path(layer.digest) for layer in image.done.layers if layer.digest is not None],
                }
                for image in images
                if image.done.config_digest is not None
            ]
        )
        + b"\n"
    )


__all__ = ["DockerImage", "Image", "docker_images", "manifest_json"]
