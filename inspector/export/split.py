"""One archive for each image, or for each platform of each image: which, and under which file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.archive.image import Image
from inspector.errors import UsageError
from inspector.export.choose import meant
from inspector.export.contents import Contents
from inspector.export.entries import Entry
from inspector.export.layout import Layout
from inspector.export.options import ExportOptions, Form
from inspector.language import say
from inspector.oci.digest import Digest
from inspector.oci.reference import Reference
from inspector.progress import CancelToken, ProgressSink, ignore_progress

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


class Split(StrEnum):
    """What gets an archive of its own; the values are the words of the command line."""

    IMAGE = "image"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Piece:
    """One archive to be: its file name, unlike every other's on any file system, and the options to plan it with."""

    file_name: str
    options: ExportOptions


def pieces(
    archive: ImageArchive,
    options: ExportOptions,
    by: Split,
    *,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
) -> tuple[Piece, ...]:
    """What exporting `archive` in parts will write; each is planned and written like any other archive.

    An image with several names is one archive with all of them; referrers go with what they describe. Raises as
    `plan.plan_export`.
    """
    options.check()
    layout = Layout((archive,), options, token if token is not None else CancelToken(), sink, {})
    contents = layout.parts[0].contents
    rows = list(_rows(contents, layout.entries, by))
    if not rows:
        raise UsageError("There is nothing to split", say("%s holds no image.", archive.path))
    stored = layout.parts[0].entries(layout, is_alone=True)
    taken: set[str] = set()
    found = []
    for key, names, platform in rows:
        stem = _stem(names, key, platform if by is Split.PLATFORM else "")
        chosen = replace(options, images=(key,), platforms=())
        found.append(Piece(_free(stem, options.form or Form.TAR, taken), _about(contents, stored, chosen)))
    return tuple(found)


def _rows(contents: Contents, entries: Iterable[Entry], by: Split) -> Iterator[tuple[str, list[str], str]]:
    """Of each archive to be: the word that chooses its images, their names, the platform."""
    found: dict[str, tuple[list[str], str]] = {}
    for entry in entries:
        images = contents.images_below(entry.target)
        keys = [(_key(image), image) for image in images]
        if by is Split.IMAGE and images:
            whole = str(entry.target) if isinstance(entry.target, Digest) else _key(images[0])
            keys = [(whole, images[0])]
        for key, image in keys:
            names = found.setdefault(key, ([], str(image.platform or "")))[0]
            name = entry.name or entry.word
            if name is not None and name not in names:
                names.append(name)
    for key, (names, platform) in found.items():
        yield key, names, platform


def _key(image: Image) -> str:
    if image.manifest_digest is not None:
        return str(image.path[-1] if image.path else image.manifest_digest)
    # Entries of manifest.json with one config are one image with several names; their keys are told apart by a number.
    return str(image.config_digest) if image.config_digest is not None else image.key


def _about(contents: Contents, entries: list[Entry], options: ExportOptions) -> ExportOptions:
    """`options` without the names that other pieces get."""
    if not (options.retag or options.add_names or options.remove_names):
        return options
    here = {id(hit) for hit in meant(contents, entries, options.images[0])}
    here |= {id(e) for e in entries if any(_key(i) == options.images[0] for i in contents.images_below(e.target))}

    def is_here(word: str) -> bool:
        return any(id(hit) in here for hit in meant(contents, entries, word)) or any(
            hit.target == Digest.try_parse(options.images[0]) for hit in meant(contents, entries, word)
        )

    return replace(
        options,
        retag={old: new for old, new in options.retag.items() if is_here(old)},
        add_names=tuple((word, new) for word, new in options.add_names if is_here(word)),
        remove_names=tuple(word for word in options.remove_names if is_here(word)),
    )


def _stem(names: list[str], key: str, platform: str) -> str:
    name = names[0] if names else key.rpartition(":")[2][:12]
    with suppress(ValueError):  # a bare word
        name = Reference.parse(name).familiar if names else name
    parts = [_UNSAFE.sub("_", part).strip("._-") for part in (name, platform)]
    stem = "_".join(part for part in parts if part)[:_LONGEST] or "image"
    return f"_{stem}" if _RESERVED.match(stem) else stem


def _free(stem: str, form: Form, taken: set[str]) -> str:
    ending = "" if form is Form.FOLDER else f".{form.value}"
    number = 1
    while True:
        name = f"{stem}{'' if number == 1 else f'-{number}'}{ending}"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name
        number += 1
