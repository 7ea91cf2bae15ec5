"""What `diff` compares beside files: which image goes with which, their documents, their layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.layers.table import Listing
    from inspector.oci.digest import Digest

MOST_FIELDS = 10_000
"""Fields of documents that are told; the rest would not be read."""


class Paired(NamedTuple):
    """Images that go together, and those that have no counterpart."""

    pairs: list[tuple[Image, Image]]
    only_a: list[Image]
    only_b: list[Image]


def pair(left: Sequence[Image], right: Sequence[Image]) -> Paired:
    """By manifest, by config, by name and platform, by platform, and at last the only ones that remain."""
    only_a, only_b = list(left), list(right)
    pairs: list[tuple[Image, Image]] = []
    for key in (_manifest, _config, _name_and_platform, _platform, _any):
        for image in list(only_a):
            mine = key(image)
            if mine is None:
                continue
            found = [other for other in only_b if key(other) == mine]
            rivals = [other for other in only_a if key(other) == mine]
            if not found or (key in (_platform, _any) and (len(found) > 1 or len(rivals) > 1)):
                continue
            pairs.append((image, found[0]))
            only_a.remove(image)
            only_b.remove(found[0])
    return Paired(pairs, only_a, only_b)


def _manifest(image: Image) -> object:
    return image.manifest_digest


def _config(image: Image) -> object:
    return image.config_digest


def _name_and_platform(image: Image) -> object:
    return (image.names[0], str(image.platform)) if image.names else None


def _platform(image: Image) -> object:
    return str(image.platform) if image.platform is not None else None


def _any(image: Image) -> object:
    return image is not None


def fields(before: object, after: object) -> Iterator[dict[str, object]]:
    """`{"pointer", "a", "b"}` for each place at which two JSON values differ; a side that has nothing there is left out.

    Lists are compared by position. At most 10,000.
    """
    waiting: list[tuple[str, object, object]] = [("$", before, after)]
    told = 0
    while waiting and told < MOST_FIELDS:
        pointer, a, b = waiting.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            keys = [*a, *(key for key in b if key not in a)]
            inner = [(f"{pointer}.{key}", a.get(key, _ABSENT), b.get(key, _ABSENT)) for key in keys]
        elif isinstance(a, list) and isinstance(b, list):
            places = range(max(len(a), len(b)))
            inner = [(f"{pointer}[{n}]", _at(a, n), _at(b, n)) for n in places]
        elif type(a) is type(b) and a == b:
            continue
        else:
            told += 1
            sides = {"a": a, "b": b}
            yield {"pointer": pointer} | {side: value for side, value in sides.items() if value is not _ABSENT}
            continue
        waiting += reversed(inner)


_ABSENT = object()


def _at(values: list[object], place: int) -> object:
    return values[place] if place < len(values) else _ABSENT


def layers(
    left: Sequence[tuple[Layer, Listing]], right: Sequence[tuple[Layer, Listing]]
) -> Iterator[dict[str, object]]:
    """Each layer of both sides once, in order: same, recompressed (the same tar, other stored bytes), removed or added."""
    keys_a, keys_b = [_diff_id(*each) for each in left], [_diff_id(*each) for each in right]
    places: dict[Digest | None, list[int]] = {}
    for at in range(len(keys_b) - 1, -1, -1):
        places.setdefault(keys_b[at], []).append(at)
    done = 0
    for at, key in enumerate(keys_a):
        there = places.get(key, []) if key is not None else []
        while there and there[-1] < done:
            there.pop()
        if not there:
            yield _layer("removed", left[at], None)
            continue
        match = there.pop()
        for added in range(done, match):
            yield _layer("added", None, right[added])
        done = match + 1
        same = _digest(*left[at]) == _digest(*right[match])
        yield _layer("same" if same else "recompressed", left[at], right[match])
    for added in range(done, len(right)):
        yield _layer("added", None, right[added])


def _diff_id(layer: Layer, listing: Listing) -> Digest | None:
    """What was computed, else what is stated."""
    return listing.diff_id or layer.diff_id or layer.digest


def _digest(layer: Layer, listing: Listing) -> Digest | None:
    return listing.digest or layer.digest


def _layer(change: str, a: tuple[Layer, Listing] | None, b: tuple[Layer, Listing] | None) -> dict[str, object]:
    def told(side: tuple[Layer, Listing] | None, what: Callable[[Layer, Listing], object]) -> object:
        return what(*side) if side is not None else None

    return {
        "change": change,
        "a": told(a, lambda layer, _: layer.number),
        "b": told(b, lambda layer, _: layer.number),
        "digest_a": told(a, _digest),
        "digest_b": told(b, _digest),
        "diff_id_a": told(a, _diff_id),
        "diff_id_b": told(b, _diff_id),
    }
