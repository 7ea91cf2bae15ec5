"""The names of what goes into the new archive: as stored, changed, added or removed by a person, each for one image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.errors import UsageError
from inspector.export.choose import meant, there_are
from inspector.export.contents import Contents
from inspector.export.converted import Converted
from inspector.export.entries import Entry
from inspector.export.options import ExportOptions
from inspector.language import say
from inspector.oci.reference import qualify


def named(contents: Sequence[Contents], entries: Sequence[Entry], options: ExportOptions) -> list[Entry]:
    """`entries` with the names that were asked for; every choice is about the names as they were stored.

    `UsageError` for an image that is not there, a name that is none, or a name that two images would have.
    """
    found: dict[int, list[Entry]] = {number: [entry] for number, entry in enumerate(entries)}
    given: list[tuple[str, list[int]]] = []
    for old, new in options.retag.items():
        name, places = _qualified(new), _places(contents, entries, old)
        given.append((name, places))
        for number in places:
            found[number] = [
                replace(entry, name=name, word=None, why=say("renamed"), is_listed=True) for entry in found[number]
            ]
    for word, new in options.add_names:
        name, places = _qualified(new), _places(contents, entries, word)
        given.append((name, places))
        done = set()
        for number in places:
            entry = entries[number]
            if (entry.place, entry.target) in done:
                continue  # one more name, however many it has already
            done.add((entry.place, entry.target))
            if all(one.name is None and one.word is None for one in found[number]):
                found[number] = [replace(entry, name=name, why=say("name added"), is_listed=True)]
            elif not any(one.name == name for one in found[number]):
                found[number].append(
                    replace(entry, name=name, word=None, is_new=True, why=say("name added"), is_listed=True)
                )
    for word in options.remove_names:
        _remove(contents, entries, found, word)
    for name, places in given:
        _refuse_shared_name(found, name, places)
    return [entry for number in found for entry in found[number]]


def _qualified(text: str) -> str:
    name = qualify(text)
    if name is None:
        raise UsageError(
            "This is no image name", say("%s: a name reads like app:1.2 or registry.example/app:1.2.", f"{text!r}")
        )
    return name


def _places(contents: Sequence[Contents], entries: Sequence[Entry], word: str) -> list[int]:
    """The numbers of the entries that `word` means."""
    hits = {id(hit) for hit in _hits(contents, entries, word)}
    places = [number for number, entry in enumerate(entries) if id(entry) in hits]
    if not places:
        raise UsageError(say("There is no image %s", word), there_are(contents[0], entries))
    return places


def _hits(contents: Sequence[Contents], entries: Sequence[Entry], word: str) -> Iterator[Entry]:
    for place, one in enumerate(contents):
        yield from meant(one, [entry for entry in entries if entry.place == place], word)


def _remove(contents: Sequence[Contents], entries: Sequence[Entry], found: dict[int, list[Entry]], word: str) -> None:
    """An image loses the name, and stays; of several entries of one image the one with the name goes."""
    for number in _places(contents, entries, word):
        entry = entries[number]
        if entry.name is None and entry.word is None:
            raise UsageError("There is no such name", say("%s means an image that has no name.", word))
        others = [
            one
            for place, row in found.items()
            for one in row
            if place != number and (one.place, one.target) == (entry.place, entry.target)
        ]
        more = found[number][1:]
        nameless = replace(entry, name=None, word=None, why=say("name removed"))
        found[number] = more or ([] if others else [nameless])


def _refuse_shared_name(found: dict[int, list[Entry]], name: str, places: Sequence[int]) -> None:
    """A name that a person gives may not be another image's of that archive; what a source has twice is told elsewhere, and
    whether images of several archives can have one name `joining.py` knows.
    """
    ours = {(entry.place, entry.target) for number in places for entry in found[number] if entry.name == name}
    archives = {place for place, _ in ours}
    for number, row in found.items():
        others = [e for e in row if e.name == name and e.place in archives and (e.place, e.target) not in ours]
        if number not in places and others:
            raise UsageError("Two images would have one name", say("%s: choose another name for one of them.", name))


def without_repeats(rows: Sequence[tuple[Entry, Converted]]) -> list[tuple[Entry, Converted]]:
    """Rows of merged archives with what they share once."""
    seen: dict[tuple[object, str | None, str | None], int] = {}
    left = []
    for entry, done in rows:
        if seen.setdefault((done.digest, entry.name, entry.word), entry.place) == entry.place:
            left.append((entry, done))
    with_names = {done.digest for entry, done in left if entry.name is not None or entry.word is not None}
    return [
        (entry, done)
        for entry, done in left
        if entry.name is not None or entry.word is not None or entry.place == 0 or done.digest not in with_names
    ]
