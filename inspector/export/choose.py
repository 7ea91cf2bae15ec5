"""Which entries go into the new archive, and what they are called there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from inspector.archive.image import Image, NodeKind
from inspector.errors import UsageError
from inspector.export.contents import Contents
from inspector.export.entries import Entry
from inspector.export.options import ExportOptions
from inspector.oci.digest import Digest
from inspector.oci.platform import Platform
from inspector.oci.reference import name_matches, qualify

_SHORTEST = 4
"""Digits of a digest that are enough to mean it."""


def chosen(contents: Contents, entries: Sequence[Entry], options: ExportOptions) -> tuple[list[Entry], list[str]]:
    """The entries that were asked for, renamed, and notes for people. `UsageError` if a choice leads to nothing."""
    notes: list[str] = []
    found = list(entries)
    if options.images:
        found = _images(contents, found, options.images)
    if options.platforms:
        found = _platforms(contents, found, options, notes)
    if len(found) < len(entries) or options.platforms:
        found += _describing(contents, entries, found)
    return _renamed(contents, found, options.retag), notes


def _images(contents: Contents, entries: Sequence[Entry], asked: Sequence[str]) -> list[Entry]:
    found: dict[tuple[object, str | None, str | None], Entry] = {}
    for word in asked:
        hits = _meant(contents, entries, word)
        if not hits:
            raise UsageError(f"There is no image {word}", _there_are(contents, entries))
        for hit in hits:
            found.setdefault((hit.target, hit.name, hit.word), hit)
    order = {id(entry): place for place, entry in enumerate(entries)}
    return sorted(found.values(), key=lambda entry: order.get(id(entry), len(order)))


def _meant(contents: Contents, entries: Iterable[Entry], word: str) -> list[Entry]:
    named = [entry for entry in entries if entry.name is not None and name_matches(word, entry.name)]
    named = named or [entry for entry in entries if entry.word == word]
    if named:
        return named
    found: list[Entry] = []
    for entry in entries:
        if isinstance(entry.target, Digest) and _is_meant(word, entry.target):
            found.append(entry)
            continue
        images = contents.images_below(entry.target)
        right = [i for i in images if _is_meant(word, i.key, i.manifest_digest, i.config_digest)]
        found += [_pointing_at(entry, image) for image in right]
    return found


def _is_meant(word: str, *digests: str | None) -> bool:
    """Whether `word` is one of `digests`, or its first digits."""
    start = word.removeprefix("sha256:").lower()
    if len(start) < _SHORTEST:
        return False
    return any(d is not None and (d == word or d.rpartition(":")[2].startswith(start)) for d in digests)


def _pointing_at(entry: Entry, image: Image) -> Entry:
    """`entry`, leading straight to one of the images below its index, as docker save --platform writes it."""
    if isinstance(entry.target, Image) or image.manifest_digest is None:
        return entry
    digest = image.path[-1] if image.path else image.manifest_digest
    if digest == entry.target:
        return entry
    return replace(entry, target=digest, descriptor=image.manifest_descriptor, is_new=True, why="chosen image")


def _platforms(contents: Contents, entries: Iterable[Entry], options: ExportOptions, notes: list[str]) -> list[Entry]:
    asked = options.asked_platforms()
    found: list[Entry] = []
    for entry in entries:
        images = contents.images_below(entry.target)
        right = [image for image in images if image.platform is not None and _is_asked(image.platform, asked)]
        found += [_pointing_at(entry, image) for image in right]
        below = contents.below(entry.target) if isinstance(entry.target, Digest) else ()
        attestations = sum(1 for n in below if n.image is not None and n.image.kind is NodeKind.ATTESTATION)
        if right and attestations and len(images) + attestations > 1:
            notes.append(
                f"{entry.name or entry.word or 'An index'}: {attestations} attestation(s) belong to the index that "
                "lists all platforms and are left out with it."
            )
    if not found:
        there = sorted({str(i.platform) for e in entries for i in contents.images_below(e.target) if i.platform})
        raise UsageError(
            f"There is no image for {', '.join(options.platforms)}", f"The archive has {', '.join(there) or 'none'}."
        )
    return found


def _is_asked(platform: Platform, asked: Iterable[Platform]) -> bool:
    return any(platform.matches(one) for one in asked)


def _describing(contents: Contents, entries: Iterable[Entry], found: Sequence[Entry]) -> list[Entry]:
    """Signatures and other top-level referrers of what was chosen: they go where their subject goes."""
    reached: set[str] = set()
    taken = {id(entry) for entry in found}

    def reach(entry: Entry) -> None:
        if isinstance(entry.target, Digest):
            reached.update(node.digest for node in contents.below(entry.target) if node.digest is not None)

    for entry in found:
        reach(entry)
    more: list[Entry] = []
    grown = True
    while grown:
        grown = False
        for entry in entries:
            node = contents.nodes.get(entry.target) if isinstance(entry.target, Digest) else None
            image = node.image if node is not None else None
            if id(entry) in taken or image is None or image.kind is NodeKind.IMAGE or entry.target in reached:
                continue
            if image.subject is not None and image.subject in reached:
                taken.add(id(entry))
                more.append(entry)
                reach(entry)
                grown = True
    return more


def _renamed(contents: Contents, entries: Sequence[Entry], retag: Mapping[str, str]) -> list[Entry]:
    found = list(entries)
    for old, new in retag.items():
        name = qualify(new)
        if name is None:
            raise UsageError(
                "This is no image name", f"{new!r}: a name reads like app:1.2 or registry.example/app:1.2."
            )
        hits = _meant(contents, entries, old)
        places = [place for place, entry in enumerate(entries) if any(entry is hit for hit in hits)]
        if not places:
            raise UsageError(f"There is no image {old}", _there_are(contents, entries))
        others = [entry for place, entry in enumerate(found) if place not in places and entry.name == name]
        if any(other.target != found[place].target for other in others for place in places):
            raise UsageError("Two images would have one name", f"{name}: choose another name for one of them.")
        for place in places:
            found[place] = replace(found[place], name=name, word=None, why="renamed")
    return found


def _there_are(contents: Contents, entries: Iterable[Entry]) -> str:
    words = [
        entry.name or entry.word or (entry.target.short if isinstance(entry.target, Digest) else entry.target.key)
        for entry in entries
    ]
    listed = list(dict.fromkeys(words))
    more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
    return f"{contents.archive.path.name} has {', '.join(listed[:12]) or 'none'}{more}."
