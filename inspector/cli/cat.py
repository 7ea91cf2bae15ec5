"""`cat FILE PATH`: the bytes of one file of an image on standard output (cli.md)."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from inspector.cli.imagechoice import add_file, add_image, find_layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.archive.image import Layer
    from inspector.cli.console import Console
    from inspector.layers.merged import Merged

NAME = "cat"
HELP = "print one file of an image, or of one layer, as it is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, PATH, the image and a layer."""
    add_file(parser)
    parser.add_argument("path", metavar="PATH", help="the file in the image; links are followed within the image")
    add_image(parser)
    parser.add_argument(
        "--layer", metavar="N|DIGEST", help="as this layer has it: 1 is the base; or its digest or diffID"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the bytes; what is wrong with the layer that holds them is said on standard error first.

    Raises `LayerError` for what is not there and for everything but files.
    """
    from inspector.archive.select import select_image
    from inspector.archive.source import chunks
    from inspector.extract.trust import warnings_about
    from inspector.layers.content import open_file, open_layer, watched
    from inspector.layers.merged import merge
    from inspector.layers.stack import list_image, list_image_layer

    with console.open_archive(arguments.file) as archive:
        image = select_image(archive, arguments.image, arguments.platform)
        if arguments.layer is None:
            layers: Sequence[Layer] = image.layers
            found = list_image(image, token=console.token, sink=console.sink(), limits=console.limits)
            merged = merge(found.listings)
        else:
            layers = (find_layer(image, arguments.layer),)
            listing = list_image_layer(
                layers[0], image, token=console.token, sink=console.sink(), limits=console.limits
            )
            merged = merge([listing])
        row = _find(merged, os.fsencode(arguments.path))
        number, entry = merged.content_of(row)
        listing = merged.listings[number]
        blob = layers[number].blob
        assert blob is not None
        content = open_file(watched(open_layer(blob, listing, console.limits), console.token), listing, entry)
        for warning in warnings_about(layers[number], listing, None):
            console.error(f"warning: {warning}")
        for piece in chunks(content, token=console.token):
            console.out_bytes(piece)
    return 0


def _find(merged: Merged, asked: bytes) -> int:
    """The row that a person means: the path as it is written, else where its links lead. `LayerError` if it is no file."""
    from inspector.errors import LayerError
    from inspector.layers.lookup import follow, is_folder
    from inspector.layers.path import normalise
    from inspector.layers.table import DIRECTORY, SYMLINK
    from inspector.viewmodel.entryjson import text_of

    path = normalise(asked)
    row = merged.find(path)
    if row is None or _type(merged, row) == SYMLINK:
        path = follow(merged, path)
        row = merged.find(path)
    shown = text_of(asked)
    resolved = text_of(path)
    leads = f"{shown} leads to {resolved}, which" if path != normalise(asked) else shown
    if (row is not None and _type(merged, row) == DIRECTORY) or (row is None and is_folder(merged, path)):
        raise LayerError("That is a folder", f"{leads} has no content of its own. Use extract, or name a file.")
    if row is None:
        broken = [str(number) for number, listing in enumerate(merged.listings, 1) if not listing.complete]
        reason = f" (layer {', '.join(broken)} could not be read to its end)" if broken else ""
        raise LayerError("No such file", f"{leads} is not there{reason}. The verb files lists what is.")
    return row


def _type(merged: Merged, row: int) -> int:
    layer, entry = merged.content_of(row)
    return merged.listings[layer].types[entry]
