"""Which image a person means: by name as typed, by digest, by platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.errors import UsageError
from inspector.language import said_by, say
from inspector.oci.platform import Platform
from inspector.oci.reference import name_matches

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORTEST_DIGEST = 4
_LISTED = 12
_ALGORITHMS = ("sha256:", "sha512:", "blake3:")


def select_image(archive: ImageArchive, name_or_digest: str | None, platform: str | None) -> Image:
    """The one image that is meant. Raises `UsageError`, with the candidates, if it is none or several.

    A name may be typed short (`alpine:3.20`), a digest as a manifest, config or index digest, whole or as its first
    digits. Without a name only images count, no attestations or artifacts; they can be asked for by digest.
    """
    runnable = [image for image in archive.images if image.kind is NodeKind.IMAGE]
    found: Sequence[Image] = runnable or archive.images
    if name_or_digest is not None:
        found = _by_name(found, name_or_digest) or _by_digest(archive.images, name_or_digest)
        if not found:
            raise UsageError(
                say("No image %(name_or_digest)s in %(name)s", name_or_digest=name_or_digest, name=archive.path.name),
                _candidates(runnable),
            )
    if platform is not None:
        try:
            asked = Platform.from_text(platform)
        except ValueError as error:
            raise UsageError("A platform that makes no sense", said_by(error)) from error
        found = [image for image in found if image.platform is not None and image.platform.matches(asked)]
        if not found:
            raise UsageError(
                say("No image for %(platform)s in %(name)s", platform=platform, name=archive.path.name),
                _candidates(runnable),
            )
    if not found:
        raise UsageError(say("No image in %s", archive.path.name), "It holds no image that could be chosen.")
    if len(found) > 1:
        raise UsageError(
            say("%(found)s images to choose from in %(name)s", found=len(found), name=archive.path.name),
            _candidates(found),
        )
    return found[0]


def _by_name(images: Sequence[Image], asked: str) -> list[Image]:
    found = [image for image in images if any(name_matches(asked, name) for name in image.names)]
    return found or [image for image in images if asked in image.ref_names or asked in image.repo_tags]


def _by_digest(images: Sequence[Image], asked: str) -> list[Image]:
    text = asked.rpartition(":")[2].lower() if asked.startswith(_ALGORITHMS) else asked.lower()
    if len(text) < _SHORTEST_DIGEST:
        return []

    def starts(digest: str | None) -> bool:
        return digest is not None and digest.partition(":")[2].startswith(text)

    own = [image for image in images if starts(image.manifest_digest) or starts(image.config_digest)]
    own = own or [image for image in images if starts(image.key)]
    return own or [image for image in images if any(starts(digest) for digest in image.path)]


def _candidates(images: Sequence[Image]) -> str:
    if not images:
        return "It holds no image that could be chosen."
    lines = [describe(image) for image in images[:_LISTED]]
    more = say(", and %s more", len(images) - _LISTED) if len(images) > _LISTED else ""
    return say("Choose with --image or --platform among: %(lines)s%(more)s.", lines=", ".join(lines), more=more)


def describe(image: Image) -> str:
    """`docker.io/library/alpine:3.20 (linux/amd64, 3f1d…)`, fit for a list of choices."""
    digest = image.manifest_digest or image.config_digest
    short = digest.short if digest is not None else image.key.removeprefix("v1:")[:12]
    words = [str(image.platform)] if image.platform is not None else []
    words += [short] if short else []
    name = image.names[0] if image.names else (image.ref_names[0] if image.ref_names else "unnamed")
    return f"{name} ({', '.join(words)})"
