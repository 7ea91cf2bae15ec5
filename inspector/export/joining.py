"""One name, several archives: the platforms that each has of it become one index.

A build for each processor leaves `app:1` in one archive for linux/amd64 and in another for linux/arm64. Merged, `app:1`
means both, as after `docker manifest create`. What cannot be told apart by its platform is refused: nobody but the
person knows which image is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.export.converted import Converted
from inspector.export.edits import Edits
from inspector.export.entries import Entry
from inspector.export.fields import platform_fields
from inspector.export.options import ON_INDEXES
from inspector.export.planned import ADDED
from inspector.export.spelling import DESCRIPTOR, INDEX, in_order, respelled, sorted_map
from inspector.language import say, say_all
from inspector.oci import mediatype
from inspector.oci.annotations import IMAGE_NAME, REF_NAME
from inspector.oci.document import compact_json

if TYPE_CHECKING:
    from inspector.export.blobbag import BlobBag
    from inspector.oci.document import Json

Row = tuple[Entry, Converted]
WHY = say("platforms of several archives")


def joined(
    rows: Sequence[Row],
    below: Callable[[Entry], list[Converted]],
    bag: BlobBag,
    edits: Edits,
    paths: Sequence[str],
    notes: dict[str, None],
) -> list[Row]:
    """`rows` with one row for each name that several archives give to images of different platforms; its index goes
    into `bag`. `below`: the images that an entry leads to. `paths`: of the archives, for people.

    `UsageError` if two archives have different images of one name and platform.
    """
    groups: dict[str, list[Row]] = {}
    for entry, done in rows:
        if entry.name is not None:
            groups.setdefault(entry.name, []).append((entry, done))
    new: dict[int, Row] = {}
    gone: set[int] = set()
    for name, group in groups.items():
        if len({entry.place for entry, _ in group}) < 2 or len({done.digest for _, done in group}) < 2:
            continue
        notes.setdefault(_told(name, _platforms(name, group, below, paths), paths))
        new[id(group[0][0])] = _row([entry for entry, _ in group], _index(group, bag, edits))
        gone |= {id(entry) for entry, _ in group[1:]}
    return [new.get(id(row[0]), row) for row in rows if id(row[0]) not in gone]


def _row(entries: list[Entry], index: Converted) -> Row:
    first = entries[0]
    is_listed = any(entry.is_listed for entry in entries)
    return replace(first, descriptor=None, is_new=True, why=WHY, is_listed=is_listed, joins=tuple(entries)), index


def _platforms(
    name: str, group: Sequence[Row], below: Callable[[Entry], list[Converted]], paths: Sequence[str]
) -> list[tuple[str, int]]:
    """Each platform in words, and the archive that it comes from."""
    found: dict[object, tuple[Converted, int, str]] = {}
    for entry, done in group:
        images = below(entry)
        if not images:
            raise _refusal(name, "", *_other(group, entry, done), done, entry.place, paths)
        for image in images:
            platform = image.image.platform if image.image is not None else None
            if platform is None or platform.is_unknown:
                raise _refusal(name, "", *_other(group, entry, done), done, entry.place, paths)
            other, place, _ = found.setdefault(platform.normal(), (image, entry.place, str(platform)))
            if other.digest != image.digest:
                raise _refusal(name, str(platform), other, place, image, entry.place, paths)
    return [(word, place) for _, place, word in found.values()]


def _other(group: Sequence[Row], entry: Entry, done: Converted) -> tuple[Converted, int]:
    """One of another archive that has the name, too."""
    return next(
        (theirs, one.place) for one, theirs in group if one.place != entry.place and theirs.digest != done.digest
    )


def _refusal(
    name: str, platform: str, one: Converted, place: int, other: Converted, elsewhere: int, paths: Sequence[str]
) -> UsageError:
    return UsageError(
        "Two archives have different images of one name",
        say(
            "%(what)s of %(path)s is %(digest)s, of %(elsewhere)s it is %(other)s. "
            "Give one of them another name (in a terminal: --tag DIGEST=NAME).",
            what=f"{name} ({platform})" if platform else name,
            path=paths[place],
            digest=one.digest.short,
            elsewhere=paths[elsewhere],
            other=other.digest.short,
        ),
    )


def _told(name: str, platforms: Iterable[tuple[str, int]], paths: Sequence[str]) -> str:
    of: dict[int, list[str]] = {}
    for word, place in platforms:
        of.setdefault(place, []).append(word)
    parts = [say("%(platforms)s of %(path)s", platforms=", ".join(of[place]), path=paths[place]) for place in of]
    return say("%(name)s: one new index lists %(parts)s.", name=name, parts=say_all(parts, "; "))


def _index(group: Sequence[Row], bag: BlobBag, edits: Edits) -> Converted:
    """The index of all that the rows lead to; what several list stands in it once."""
    children: dict[str, Json] = {}
    documents = []
    for entry, done in group:
        if done.fields is not None:
            documents.append(done.fields)
            stated = done.fields.get("manifests")
            for child in stated if isinstance(stated, list) else ():
                if isinstance(child, dict):
                    children.setdefault(str(child.get("digest")), child)
        else:
            children.setdefault(str(done.digest), _child(entry, done))
    fields: dict[str, Json] = {"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX}
    fields["manifests"] = list(children.values())
    annotations = _agreed(documents)
    if annotations:
        fields["annotations"] = annotations
    edits.annotate(fields, ON_INDEXES)
    data = compact_json(in_order(fields, INDEX))
    digest = bag.document(data, ADDED, WHY)
    waiting = any(done.waiting for _, done in group)
    return Converted(mediatype.OCI_INDEX, digest, len(data), ADDED, (WHY,), waiting, fields=fields)


def _child(entry: Entry, done: Converted) -> Json:
    """A manifest as an index lists it: with the platform of its config, without the name, which the index has."""
    stated = entry.descriptor
    fields = respelled(stated.raw, DESCRIPTOR) if stated is not None and done.old == done.digest else {}
    fields |= {"mediaType": done.media_type, "digest": str(done.digest), "size": done.size}
    annotations = stated.annotations if stated is not None else {}
    left = {key: value for key, value in annotations.items() if key not in (IMAGE_NAME, REF_NAME)}
    fields.pop("annotations", None)
    if left:
        fields["annotations"] = sorted_map(left)
    own = platform_fields(done.image.platform) if done.image is not None and done.image.platform is not None else None
    if own is not None:
        fields["platform"] = own
    return in_order(fields, DESCRIPTOR)


def _agreed(documents: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """The annotations of indexes that no other one contradicts."""
    found: dict[str, Json] = {}
    against = set()
    for document in documents:
        annotations = document.get("annotations")
        for key, value in annotations.items() if isinstance(annotations, dict) else ():
            if found.setdefault(key, value) != value:
                against.add(key)
    return {key: value for key, value in found.items() if key not in against}
