"""What the tiles of a size map are coloured by: the layer a file comes from, its kind, or what the layer did to it.

A group is a number with a word for it; a widget gives it a colour, and always says the word as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.language import mark, tr
from inspector.viewmodel.filechanges import ADDED, MODIFIED, PERHAPS, REMOVED, SAME

if TYPE_CHECKING:
    from inspector.progress import CancelToken
    from inspector.viewmodel.filechanges import FileChanges
    from inspector.viewmodel.filerows import FileRows

MIXED = 255
"""The group of a folder whose files are of several."""
OWN_COLOURS = 7
"""Layers that get a colour of their own: the largest; the others share one."""
_NODES_PER_CHECK = 8192


class Colouring(StrEnum):
    """What decides the colour."""

    LAYER = "layer"
    KIND = "kind"
    CHANGE = "change"

    @property
    def caption(self) -> str:
        return tr(_CAPTIONS[self])


_CAPTIONS = {Colouring.LAYER: mark("Layer"), Colouring.KIND: mark("Kind"), Colouring.CHANGE: mark("Change")}


@dataclass(frozen=True, slots=True)
class Groups:
    """`of[node]` is a group or `MIXED`; `words[group]` names it; `hue[group]` is the number of its colour."""

    of: bytes
    words: tuple[str, ...]
    hues: tuple[int, ...]

    def word(self, node: int) -> str:
        group = self.of[node]
        return tr("several") if group == MIXED else self.words[group]


_KINDS = (
    mark("programs"),
    mark("libraries"),
    mark("source and scripts"),
    mark("text and data"),
    mark("packed"),
    mark("pictures, sound, fonts"),
    mark("other"),
)
PROGRAM, LIBRARY, SOURCE, TEXT, PACKED, MEDIA, OTHER = range(len(_KINDS))
_ENDINGS = {
    LIBRARY: "so a o ko dll dylib jar war class pyc pyd node wasm bc rlib",
    SOURCE: "py pl pm rb js mjs cjs ts tsx jsx sh bash lua php c h cc cpp hpp rs go java kt scala tcl el r sql css scss html htm vue",
    TEXT: "txt md rst json yaml yml xml toml ini conf cfg csv tsv log po pot man info sgml pem crt properties db sqlite mo dat",
    PACKED: "gz xz bz2 zst zip tar tgz txz tbz 7z whl egg rpm deb apk br lz4 lzma cpio squashfs img iso",
    MEDIA: "png jpg jpeg gif svg ico webp bmp tif tiff mp3 ogg wav flac mp4 webm avi ttf otf woff woff2 pcf pfb eot",
}
_KIND_OF = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


def kind_of(name: str, mode: int) -> int:
    """By the ending of a name in lower case, else by the right to run it: a guess, and no content is read for it."""
    stem = name.rstrip(".0123456789")  # libc.so.6
    base, dot, ending = stem.rpartition(".")
    kind = _KIND_OF.get(ending) if dot and base else None
    if kind is not None:
        return kind
    return PROGRAM if mode > 0 and mode & 0o111 else OTHER


def groups_by_kind(rows: FileRows, token: CancelToken) -> Groups:
    """Programs, libraries, text … Raises `Cancelled`."""
    modes = rows.keys(2)
    names = rows.folded
    own = [kind_of(names[node], modes[node]) if _goes_on(node, token) else OTHER for node in range(len(rows.tree))]
    return Groups(_gathered(rows, own, token), tuple(map(tr, _KINDS)), tuple(range(len(_KINDS))))


def groups_by_layer(rows: FileRows, token: CancelToken) -> Groups:
    """The layer that each file of a merged file system comes from. Raises `Cancelled`."""
    tree = rows.tree
    layers = [rows.layer(node) if _goes_on(node, token) else 0 for node in range(len(tree))]
    totals: dict[int, int] = {}
    for node, layer in enumerate(layers):
        if node not in rows.folders:
            totals[layer] = totals.get(layer, 0) + tree.sizes[node]
    largest = sorted(sorted(layer for layer in totals if layer), key=totals.__getitem__, reverse=True)[:OWN_COLOURS]
    shown = sorted(largest)
    others = len(shown)
    place = {layer: at for at, layer in enumerate(shown)}
    words = [_layer_words(rows, layer) for layer in shown]
    own = [place.get(layer, others) for layer in layers]
    return Groups(_gathered(rows, own, token), (*words, tr("other layers")), tuple(range(others + 1)))


def _layer_words(rows: FileRows, layer: int) -> str:
    step = rows.steps[layer - 1] if layer <= len(rows.steps) else ""
    return f"{tr('layer %d') % layer}: {step}" if step else tr("layer %d") % layer


_CHANGES = (mark("added"), mark("modified"), mark("unchanged, stated again"), mark("not compared"))
_CHANGE_OF = {ADDED: 0, MODIFIED: 1, PERHAPS: 1, SAME: 2, REMOVED: 3}


def groups_by_change(rows: FileRows, changes: FileChanges, token: CancelToken) -> Groups:
    """What the layer did to the layers below it. Raises `Cancelled`."""
    token.check()
    own = [_CHANGE_OF.get(code, 3) for code in changes.codes]
    return Groups(_gathered(rows, own, token), tuple(map(tr, _CHANGES)), (3, 1, 0, 6))


def _goes_on(node: int, token: CancelToken) -> bool:
    if not node % _NODES_PER_CHECK:
        token.check()
    return True


def _gathered(rows: FileRows, own: list[int], token: CancelToken) -> bytes:
    """A folder's group is that of all its files with bytes, or `MIXED`. A folder without such keeps its own."""
    tree = rows.tree
    found = bytearray(own)
    seen = bytearray(len(found))  # whether anything below was counted
    for node in range(len(found) - 1, 0, -1):
        _goes_on(node, token)
        if not tree.sizes[node]:
            continue
        parent = tree.parents[node]
        if not seen[parent]:
            seen[parent] = 1
            found[parent] = found[node]
        elif found[parent] != found[node]:
            found[parent] = MIXED
    return bytes(found)
