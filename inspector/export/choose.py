"""Which entries go into the new archive, and what they are called there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import eq

from inspector.archive.image import Image, NodeKind
from inspector.errors import UsageError
from inspector.export.contents import Contents, is_whole
from inspector.export.edits import unwanted
from inspector.export.entries import Entry
from inspector.export.mending import Mending
from inspector.export.options import ExportOptions
from inspector.language import say, say_n
from inspector.oci.digest import Digest
from inspector.oci.platform import Platform
from inspector.oci.reference import name_matches, qualify

_SHORTEST = 4
"""Digits of a digest that are enough to mean it."""


def chosen(
    contents: Contents, entries: Sequence[Entry], options: ExportOptions, mending: Mending, *, is_alone: bool = True
) -> tuple[list[Entry], list[str]]:
    """The entries that were asked for, and notes for people. `UsageError` if a choice leads to nothing, unless other
    archives may have it (not `is_alone`).
    """
    notes: list[str] = []
    found = list(entries)
    if options.images:
        found = _images(contents, found, options.images, is_alone=is_alone)
    if options.platforms:
        found = _platforms(contents, found, options, is_alone=is_alone)
    found = _at_complete(contents, found, mending)
    if len(found) < len(entries) or any(entry.why in _STRAIGHT for entry in found):
        found += _describing(contents, entries, found, notes)
    left_out = unwanted(contents, options)
    return [entry for entry in found if entry.target not in left_out], notes


def _images(contents: Contents, entries: Sequence[Entry], asked: Sequence[str], *, is_alone: bool) -> list[Entry]:
    found: dict[tuple[object, str | None, str | None], Entry] = {}
    for word in asked:
        hits = meant(contents, entries, word)
        if not hits and is_alone:
            raise UsageError(say("There is no image %s", word), there_are(contents, entries))
        for hit in hits:
            found.setdefault((hit.target, hit.name, hit.word), hit)
    order = {id(entry): place for place, entry in enumerate(entries)}
    return sorted(found.values(), key=lambda entry: order.get(id(entry), len(order)))


def meant(contents: Contents, entries: Iterable[Entry], word: str) -> list[Entry]:
    """The entries that a person means by a name or by some digits of a digest."""
    matches = name_matches if qualify(word) is not None else eq  # looked at once, for archives of thousands of names
    named = [entry for entry in entries if entry.name is not None and matches(word, entry.name)]
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


_CHOSEN, _COMPLETE = "chosen image", "BLOB-6"
_STRAIGHT = (_CHOSEN, _COMPLETE)
"""Why an entry leads past its index."""


def _pointing_at(entry: Entry, image: Image, why: str = _CHOSEN) -> Entry:
    """`entry`, leading straight to one of the images below its index, as docker save --platform writes it."""
    if isinstance(entry.target, Image) or image.manifest_digest is None:
        return entry
    digest = image.path[-1] if image.path else image.manifest_digest
    if digest == entry.target:
        return entry
    return replace(entry, target=digest, descriptor=image.manifest_descriptor, is_new=True, why=why)


def _at_complete(contents: Contents, entries: Sequence[Entry], mending: Mending) -> list[Entry]:
    """Entries whose index has gaps, leading straight to its images that are whole (formats.md D6), if that is wanted."""
    found: list[Entry] = []
    for entry in entries:
        straight: list[Entry] = []
        node = contents.nodes.get(entry.target) if isinstance(entry.target, Digest) else None
        if node is not None and node.index is not None and node.digest is not None and contents.has_gaps(node.digest):
            straight = [_pointing_at(entry, i, _COMPLETE) for i in contents.images_below(node.digest) if is_whole(i)]
        where = entry.name or entry.word or str(entry.target)
        found += straight if straight and mending.wants("point-at-complete", where, "BLOB-6") else [entry]
    return found


def _platforms(contents: Contents, entries: Iterable[Entry], options: ExportOptions, *, is_alone: bool) -> list[Entry]:
    asked = options.asked_platforms()
    found: list[Entry] = []
    for entry in entries:
        images = contents.images_below(entry.target)
        right = [image for image in images if image.platform is not None and _is_asked(image.platform, asked)]
        found += [_pointing_at(entry, image) for image in right]
    if not found and is_alone:
        there = sorted({str(i.platform) for e in entries for i in contents.images_below(e.target) if i.platform})
        raise UsageError(
            say("There is no image for %s", ", ".join(options.platforms)),
            say("The archive has %s.", ", ".join(there) or say("none")),
        )
    return found


def _is_asked(platform: Platform, asked: Iterable[Platform]) -> bool:
    return any(platform.matches(one) for one in asked)


def _describing(contents: Contents, entries: Sequence[Entry], found: Sequence[Entry], notes: list[str]) -> list[Entry]:
    """Signatures and other referrers of what was chosen: they go where their subject goes.

    Those that stood in an index which is left out are listed by themselves if they name a `subject`. Attestations are not: as
    a second entry of index.json they would keep podman and skopeo, which want one entry or a name, from loading the image.
    """
    taken = {id(entry) for entry in found}
    reached: set[Digest] = set()
    for entry in found:
        if isinstance(entry.target, Digest):
            reached.update(node.digest for node in contents.below(entry.target) if node.digest is not None)
    waiting = [entry for entry in (*entries, *_of_left_indexes(contents, entries, found)) if id(entry) not in taken]
    more: list[Entry] = []
    grown = True
    while grown:
        grown = False
        for entry in list(waiting):
            image = _referrer(contents, entry)
            if image is None or entry.target in reached or image.subject not in reached:
                continue
            if entry.why not in _STRAIGHT or (image.kind is not NodeKind.ATTESTATION and _names_its_subject(image)):
                waiting.remove(entry)
                more.append(entry)
                grown = True
        reached.update(entry.target for entry in more if isinstance(entry.target, Digest))
    lost = [entry for entry in waiting if entry.why in _STRAIGHT and _is_lost(_referrer(contents, entry), reached)]
    if lost:
        notes.append(
            say_n(
                "%s attestation belongs to an index that is left out, and goes with it: podman and skopeo load an "
                "index.json of one entry, or by name.",
                "%s attestations belong to an index that is left out, and go with it: podman and skopeo load an "
                "index.json of one entry, or by name.",
                len(lost),
                f"{len(lost):,}",
            )
        )
    if more:
        notes.append(
            say_n(
                "%s signature or other referrer is listed beside what was chosen: skopeo and podman want a name then, "
                "as in oci-archive:FILE:TAG.",
                "%s signatures or other referrers are listed beside what was chosen: skopeo and podman want a name then, "
                "as in oci-archive:FILE:TAG.",
                len(more),
                f"{len(more):,}",
            )
        )
    return more


def _referrer(contents: Contents, entry: Entry) -> Image | None:
    """What an entry leads to, if that describes something else instead of being an image."""
    node = contents.nodes.get(entry.target) if isinstance(entry.target, Digest) else None
    image = node.image if node is not None else None
    return image if image is not None and image.kind is not NodeKind.IMAGE else None


def _is_lost(image: Image | None, reached: set[Digest]) -> bool:
    return image is not None and image.kind is NodeKind.ATTESTATION and image.subject in reached


def _of_left_indexes(contents: Contents, entries: Iterable[Entry], found: Sequence[Entry]) -> Iterator[Entry]:
    """What the indexes list, as entries of their own, where these are not written themselves."""
    kept = {entry.target for entry in found}
    for entry in entries:
        if isinstance(entry.target, Digest) and entry.target not in kept:
            for node in contents.below(entry.target):
                for child in node.index.manifests if node.index is not None else ():
                    if child.digest is not None:
                        yield Entry(child.digest, descriptor=child, is_new=True, why=_CHOSEN)


def _names_its_subject(image: Image) -> bool:
    return image.parsed_manifest is not None and image.parsed_manifest.subject is not None


def there_are(contents: Contents, entries: Iterable[Entry]) -> str:
    """What may be chosen, for an error."""
    words = [
        entry.name or entry.word or (entry.target.short if isinstance(entry.target, Digest) else entry.target.key)
        for entry in entries
    ]
    listed = list(dict.fromkeys(words))
    more = say(" and %s more", len(listed) - 12) if len(listed) > 12 else ""
    return say(
        "%(name)s has %(listed)s%(more)s.",
        name=contents.archive.path.name,
        listed=", ".join(listed[:12]) or say("none"),
        more=more,
    )
