"""`extract FILE DEST`: files of a layer, or of the merged file system, written below a folder (cli.md)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.imagechoice import add_file, add_image, add_layer_or_merged, find_layer
from inspector.viewmodel.entryjson import text_of

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.cli.console import Console
    from inspector.extract.report import ExtractReport

NAME = "extract"
HELP = "write files of an image, or of one layer, into a folder"

NOTHING_WRITTEN = 2
_LISTED = 100
"""Lines of one kind on standard error before the rest is counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, DEST, paths, the image, and a layer or the merged file system."""
    add_file(parser)
    parser.add_argument("dest", metavar="DEST", help="the folder to write into; it is made if it is absent")
    parser.add_argument("paths", metavar="PATH", nargs="*", help="only these; a folder takes everything below it")
    add_image(parser)
    add_layer_or_merged(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Extract; 2 if there was something to write and nothing could be. What was left out is listed and is no failure."""
    from inspector.archive.select import select_image
    from inspector.extract import Selection, extract_layer, extract_merged

    target = Path(arguments.dest)
    selection = Selection(tuple(os.fsencode(path) for path in arguments.paths))
    token, sink, limits = console.token, console.sink(), console.limits
    with console.open_archive(arguments.file) as archive:
        image = select_image(archive, arguments.image, arguments.platform)
        layer: Layer | None = None
        if arguments.layer is None:
            report = extract_merged(image, target, selection, token=token, sink=sink, limits=limits)
        else:
            layer = find_layer(image, arguments.layer)
            report = extract_layer(image, layer, target, selection, token=token, sink=sink, limits=limits)
    nothing = bool(report.left_out) and not report.written
    if arguments.json:
        console.out_json(to_json(report, image, layer))
    elif nothing:
        console.error(_nothing_written(report))
    else:
        _print(report, console)
    return NOTHING_WRITTEN if nothing else 0


def to_json(report: ExtractReport, image: Image, layer: Layer | None) -> dict[str, object]:
    """The document of `extract --json`; keys may be added, never renamed.

    `path` is the path in the image, `name` where it was written below `target`, given where it differs.
    """
    written: list[dict[str, object]] = []
    for path, name, kind, size in report.written:
        shown: dict[str, object] = {"path": text_of(path)}
        if name != path:
            shown["name"] = text_of(name)
        written.append(shown | {"type": kind, "size": size})
    return {
        "image": image.config_digest,
        "layer": layer.number if layer is not None else None,
        "target": str(report.target),
        "size": report.size,
        "written": written,
        "renamed": [
            {"path": text_of(path), "name": text_of(name), "reason": reason} for path, name, reason in report.renamed
        ],
        "left_out": [{"path": text_of(path), "reason": reason} for path, reason in report.left_out],
        "warnings": list(report.warnings),
    }


def _print(report: ExtractReport, console: Console) -> None:
    from inspector.cli.console import visible

    for warning in report.warnings:
        console.error(f"warning: {warning}")
    _list(console, [f"left out: {text_of(path)}: {reason}" for path, reason in report.left_out])
    _list(console, [f"renamed: {text_of(path)} to {text_of(name)}: {reason}" for path, name, reason in report.renamed])
    files, folders, links = (report.count(kind) for kind in ("file", "dir", "symlink"))
    line = f"{_counted(files, 'file')} ({_counted(report.size, 'byte')}), {_counted(folders, 'folder')}, "
    line += f"{_counted(links, 'symbolic link')} written to {visible(str(report.target))}"
    if report.left_out:
        line += f"; {len(report.left_out):,} left out"
    console.out(line)


def _nothing_written(report: ExtractReport) -> str:
    """The one line of exit code 2 (cli.md): what, where and what to do."""
    from inspector.cli.console import visible

    path, reason = report.left_out[0]
    line = f"nothing was written to {visible(str(report.target))}: {text_of(path)}: {reason}"
    more = len(report.left_out) - 1
    return f"{line}; {more:,} more left out: --json lists them all" if more else line


def _list(console: Console, lines: list[str]) -> None:
    for line in lines[:_LISTED]:
        console.error(line)
    if len(lines) > _LISTED:
        console.error(f"… and {len(lines) - _LISTED:,} more; --json lists them all")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
