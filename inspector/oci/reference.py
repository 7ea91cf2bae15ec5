"""Names of images, as `docker pull` takes them (distribution/reference: grammar and Docker's short forms)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from inspector.language import say
from inspector.oci.digest import Digest

_DOMAIN = re.compile(
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
    r"|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LONGEST = 4096
_LONGEST_REPOSITORY = 255
# Docker refuses it as a name, since it could not be told from an image id.
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_HUB = "docker.io"


@dataclass(frozen=True, slots=True)
class Reference:
    """registry/repository[:tag][@digest], fully qualified."""

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}{self._suffix}"

    @property
    def familiar(self) -> str:
        """As docker prints it: `alpine:3.20` for `docker.io/library/alpine:3.20`."""
        if self.registry != _HUB:
            return str(self)
        official = self.repository.removeprefix("library/")
        return (self.repository if "/" in official else official) + self._suffix

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag is not None else "") + (f"@{self.digest}" if self.digest is not None else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reference that a person or a tool wrote; ValueError with a sentence if it is none.

        Without tag and digest the tag is `latest`. The first component is a registry if it holds a dot or a colon, is
        `localhost`, or has a capital letter; otherwise it is part of a repository on Docker Hub.
        """
        if len(text) > _LONGEST:
            raise ValueError(say("this is too long for an image name"))
        if _IMAGE_ID.fullmatch(text):
            raise ValueError(say("%s is an image id, not a name", f"{text!r}"))
        name, at, stated = text.partition("@")
        digest = Digest.parse(stated) if at else None
        tag = None
        slash = name.rfind("/")
        colon = name.find(":", slash + 1)
        if colon >= 0:
            name, tag = name[:colon], name[colon + 1 :]
            if not _TAG.fullmatch(tag):
                raise ValueError(
                    say("%s cannot be a tag: letters, digits, _ . - only, at most 128 of them", f"{tag!r}")
                )
        elif digest is None:
            tag = "latest"
        registry, repository = _split_registry(name)
        if not _DOMAIN.fullmatch(registry):
            raise ValueError(say("%s is no registry name", f"{registry!r}"))
        if not all(_COMPONENT.fullmatch(component) for component in repository.split("/")):
            raise ValueError(
                say("%s is no repository name: lower-case letters, digits and . _ - between them", f"{repository!r}")
            )
        if len(repository) > _LONGEST_REPOSITORY:
            raise ValueError(say("the repository name is longer than %s characters", _LONGEST_REPOSITORY))
        return cls(registry, repository, tag, digest)


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and (any(c in first for c in ".:") or first == "localhost" or first != first.lower()):
        registry, repository = first, rest
    else:
        registry, repository = _HUB, name
    if registry == "index.docker.io":
        registry = _HUB
    if registry == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def is_full_reference(text: str) -> bool:
    """Whether a `ref.name` names an image by itself: a bare word (`1`, `latest`, `base`) is only a tag or a label.

    Nor does a digest, though `sha256:<hex>` has the form of a name and a tag.
    """
    return ("/" in text or ":" in text) and Digest.try_parse(text) is None and qualify(text) is not None


def qualify(text: str) -> str | None:
    """The fully qualified form, or None if `text` is no reference."""
    try:
        return str(Reference.parse(text))
    except ValueError:
        return None


def name_matches(asked: str, qualified: str) -> bool:
    """Whether a person who types `asked` means the image named `qualified`: `alpine` is `…/library/alpine:latest`.

    A digest that only the stored name carries beside its tag does not stand in the way.
    """
    if asked == qualified:
        return True
    try:
        wanted, stored = Reference.parse(asked), Reference.parse(qualified)
    except ValueError:
        return False
    if wanted.name != stored.name:
        return False
    if wanted.digest is not None:
        return wanted.digest == stored.digest and wanted.tag in (None, stored.tag)
    return wanted.tag == stored.tag
