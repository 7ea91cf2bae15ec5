"""`files FILE`: the entries of one layer, or of the merged file system of an image (cli.md)."""

from __future__ import annotations

import argparse
import json
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from inspector.cli.console import visible
from inspector.cli.imagechoice import add_file, add_image, add_layer_or_merged, find_layer
from inspector.viewmodel.entryjson import entry_json, text_of

if TYPE_CHECKING:
    from inspector.archive.image import Image, ImageArchive, Layer
    from inspector.cli.console import Console
    from inspector.layers.merged import Merged
    from inspector.layers.table import Listing

NAME = "files"
HELP = "list the files of one layer, or of the whole image (times in UTC)"

INCOMPLETE = 1
_LINES_AT_ONCE = 500
_encode = json.JSONEncoder(check_circular=False).encode
"""As `json.dumps`; that an entry does not hold itself is known."""
_LETTERS = {
    "file": "-", "dir": "d", "symlink": "l", "hardlink": "h", "char": "c", "block": "b", "fifo": "p",
    "whiteout": "w", "opaque": "o",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, the image, and a layer or the merged file system."""
    add_file(parser)
    add_image(parser)
    add_layer_or_merged(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the entries; 1 if a layer is damaged or absent, so that entries may be missing."""
    from inspector.archive.select import select_image

    with console.open_archive(arguments.file) as archive:
        image = select_image(archive, arguments.image, arguments.platform)
        if arguments.layer is None:
            _tell_of_wrong_layers(archive, image, console)
            return _print_merged(image, console, as_json=arguments.json)
        return _print_layer(image, find_layer(image, arguments.layer), console, as_json=arguments.json)


def _print_layer(image: Image, layer: Layer, console: Console, *, as_json: bool) -> int:
    from inspector.layers.stack import list_image_layer

    # Only the JSON document tells the digests; without them a plain layer is read by its headers.
    listing = list_image_layer(
        layer, image, token=console.token, sink=console.sink(), limits=console.limits, with_digests=as_json
    )
    if as_json:
        head: dict[str, object] = {
            "image": image.config_digest,
            "layer": layer.number,
            "digest": listing.digest or layer.digest,
            "diff_id": listing.diff_id or layer.diff_id,
        }
        tail = {"complete": listing.complete, "findings": [finding.to_json() for finding in listing.findings]}
        _write_json(console, head, (entry_json(listing, row) for row in range(len(listing))), tail)
    else:
        console.out_lines(entry_line(listing, row) for row in range(len(listing)))
    if not listing.complete:
        reason = next((f"{f.title}. {f.explanation}" for f in reversed(listing.findings)), "it is damaged")
        console.error(f"layer {layer.number} is not whole: {reason}")
        return INCOMPLETE
    return 0


def _tell_of_wrong_layers(archive: ImageArchive, image: Image, console: Console) -> None:
    """The merged file system is that of the manifest as it is stored, even where the archive knows better."""
    from inspector.archive.rightstack import right_stack

    better = right_stack(archive, image)
    if better is not None:
        what = "lists no layers" if better[1] == "MANIF-4" else "does not list the layers of the config"
        console.error(f"the manifest {what} ({better[1]}): these are the files that it gives; export puts it right")


def _print_merged(image: Image, console: Console, *, as_json: bool) -> int:
    from inspector.layers.merged import merge
    from inspector.layers.stack import list_image

    found = list_image(image, token=console.token, sink=console.sink(), limits=console.limits, with_digests=False)
    merged = merge(found.listings)
    if as_json:
        head: dict[str, object] = {"image": image.config_digest, "layer": None, "digest": None, "diff_id": None}
        _write_json(console, head, _merged_json(merged), {"complete": found.complete})
    else:
        rows = zip(merged.layers, merged.entries, strict=True)
        console.out_lines(entry_line(merged.listings[layer], entry) for layer, entry in rows)
    if not found.complete:
        broken = [
            f"{number} ({found.errors[number].title if number in found.errors else 'damaged'})"
            for number, listing in enumerate(found.listings, 1)
            if not listing.complete
        ]
        console.error(f"entries may be missing: layer {', '.join(broken)}")
        return INCOMPLETE
    return 0


def _merged_json(merged: Merged) -> Iterator[dict[str, object]]:
    for layer, entry in zip(merged.layers, merged.entries, strict=True):
        yield entry_json(merged.listings[layer], entry) | {"layer": layer + 1}


def _write_json(
    console: Console, head: dict[str, object], entries: Iterable[dict[str, object]], tail: dict[str, object]
) -> None:
    """One document, written piece by piece: a layer may have a million entries."""
    console.out(json.dumps(head)[:-1] + ', "entries": [')
    texts = map(_encode, entries)
    before = ""
    while batch := list(islice(texts, _LINES_AT_ONCE)):
        console.token.check()
        console.out(before + ",\n".join(batch))
        before = ","
    console.out("]" + (", " + json.dumps(tail)[1:] if tail else "}"))


def entry_line(listing: Listing, row: int) -> str:
    """One line, as `tar -tv --numeric-owner` prints it; whiteouts are `w` and `o` lines."""
    entry = listing.entry(row)
    kind = listing.kind(row)
    path = visible(text_of(entry.path))
    link = visible(text_of(entry.link)) if entry.link else ""
    size = str(entry.size)
    if kind in ("whiteout", "opaque") and entry.whiteout is not None:
        target = visible(text_of(entry.whiteout.target))
        path = f"{target} (removed)" if kind == "whiteout" else f"{target} (all below it removed)"
    elif kind == "dir":
        path += "/"
    elif kind == "symlink":
        path += f" -> {link}"
    elif kind == "hardlink":
        path += f" link to {link}"
    elif kind in ("char", "block"):
        size = link.replace(":", ",")
    owner = f"{entry.uid}/{entry.gid}"
    letter = _LETTERS.get(kind, "?")
    return f"{letter}{_permissions(entry.mode)} {owner:<11} {size:>10} {_time(entry.mtime)} {path}"


# Of the many entries of a layer few differ in these.
@lru_cache
def _permissions(mode: int) -> str:
    return stat.filemode(stat.S_IFREG | mode)[1:]


@lru_cache(maxsize=4096)
def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # any 64-bit number may stand there
        return f"@{seconds}"
