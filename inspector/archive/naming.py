"""The names of images: from annotations and RepoTags to fully qualified references, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.oci.reference import is_full_reference, qualify

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAMES = 250
"""Names of one image that are kept; nobody tags more, and hostile indexes multiply them."""


@dataclass(frozen=True, slots=True)
class Names:
    """All names of one image: fully qualified ones, raw `ref.name`s, raw RepoTags."""

    names: tuple[str, ...] = ()
    ref_names: tuple[str, ...] = ()
    repo_tags: tuple[str, ...] = ()


def qualified(candidates: Iterable[str | None]) -> tuple[str, ...]:
    """Fully qualified references, each once, in order; what is no reference is left out."""
    names: dict[str, None] = {}
    for candidate in candidates:
        name = qualify(candidate) if candidate else None
        if name is not None:
            names.setdefault(name)
            if len(names) >= MAX_NAMES:
                break
    return tuple(names)


def names_of(image_names: Iterable[str], ref_names: Iterable[str], repo_tags: Iterable[str] = ()) -> tuple[str, ...]:
    """The names that all carriers together give: `io.containerd.image.name`, full `ref.name`s, RepoTags."""
    full = (ref_name for ref_name in ref_names if is_full_reference(ref_name))
    return qualified([*image_names, *full, *repo_tags])


def for_people(names: Iterable[str], ref_names: Iterable[str]) -> tuple[str, ...]:
    """What a tree node is called: its references, then the bare ref names that none of them already ends in."""
    shown = list(names)
    for ref_name in ref_names:
        bare = ref_name and not is_full_reference(ref_name) and ref_name not in shown
        if bare and not any(name.rpartition(":")[2] == ref_name for name in shown):
            shown.append(ref_name)
    return tuple(shown)
