"""`diff A B`: in what two archives, or two images, differ: documents, layers, files (cli.md).

The document of `--json` is described in `viewmodel/comparison/archives.py`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.cli.console import Console

NAME = "diff"
HELP = "compare two archives or images: documents, layers, files"

SAME, DIFFERENT, UNREADABLE = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A, B and the images to compare."""
    parser.add_argument("a", metavar="A", help="an image archive, or a layout folder")
    parser.add_argument("b", metavar="B", help="another one, or the same with another image")
    parser.add_argument("--image", metavar="NAME|DIGEST", help="the image, in both archives")
    parser.add_argument("--image-a", metavar="NAME|DIGEST", help="the image of A")
    parser.add_argument("--image-b", metavar="NAME|DIGEST", help="the image of B")
    parser.add_argument("--platform", metavar="OS/ARCH", help="only this platform: linux/arm64")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what differs; 0 nothing, 1 something, 2 a layer that cannot be read, so that nobody can tell."""
    from inspector.cli.console import visible
    from inspector.viewmodel.comparison.archives import compare_archives, lines_of

    images = arguments.image_a or arguments.image, arguments.image_b or arguments.image
    with console.open_archive(arguments.a) as a, console.open_archive(arguments.b) as b:
        document = {"a": arguments.a, "b": arguments.b} | compare_archives(
            a,
            b,
            images=images,
            platform=arguments.platform,
            limits=console.limits,
            token=console.token,
            sink=console.sink(),
        )
    if arguments.json:
        console.out_json(document)
    else:
        console.out_lines(lines_of(document))
    if not document["complete"]:
        console.error(
            f"a layer of {visible(arguments.a)} or {visible(arguments.b)} cannot be read to its end: files of it were "
            "not compared; check --deep says which layer and why"
        )
        return UNREADABLE
    return SAME if document["same"] else DIFFERENT
