"""Files found across all layers of an image: by a query that a person types, and those that deserve a look.

Files that a later layer removed or replaced are found, too: their bytes are still in the archive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.language import tr
from inspector.layers.merged import Merged, merge
from inspector.layers.patterns import Matcher, glob, regular_expression, substring
from inspector.layers.search import Query, search, shown_path
from inspector.viewmodel import display
from inspector.viewmodel.filerows import kind_word

if TYPE_CHECKING:
    from inspector.layers.table import Listing
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

MOST_ROWS = 10_000
_SIZE = re.compile(r"([<>])(\d{1,20}(?:\.\d{1,20})?)([kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_KINDS = {
    "link": ("symlink", "hardlink"),
    "folder": ("dir",),
    "removed": ("whiteout", "opaque"),
    "device": ("char", "block"),
}
_HELP = "Names match anywhere; * and ? stand for anything; /…/ is a regular expression; also >1MB, type:link, owner:0, layer:2, is:hidden."


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One entry of one layer. `raw_path` and `node` (the layer's) lead to it; `why` is for notable files only.

    What looks like a secret in a config has no path; `secret` is its text, hidden until asked for.
    """

    path: str
    layer: str
    size: str
    kind: str
    state: str
    raw_path: bytes
    node: StructureNode | None
    why: str = ""
    detail: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """What was found, in the order of the layers; `text` counts, and says what was left out."""

    rows: tuple[FoundFile, ...]
    text: str


def parse_query(text: str, token: CancelToken | None = None) -> Query:
    """What a person typed, word by word; all words must hold, `-word` excludes. UsageError that explains for nonsense.

    `token` is looked at while regular expressions match.
    """
    query = Query()
    names: list[Matcher] = []
    excluded: list[Matcher] = []
    for word in text.split():
        found = _SIZE.fullmatch(word)
        key, colon, value = word.partition(":")
        if found is not None:
            limit = int(float(found[2]) * _UNITS[found[3].lower()])
            query = replace(query, smallest=limit + 1) if found[1] == ">" else replace(query, largest=limit - 1)
        elif colon and key.lower() in ("type", "owner", "layer", "mode", "is"):
            query = _with(query, key.lower(), value.lower())
        elif word.startswith("-") and len(word) > 1:
            excluded.append(_matcher(word[1:], token))
        else:
            names.append(_matcher(word, token))
    return replace(query, names=tuple(names), not_names=tuple(excluded))


def _matcher(word: str, token: CancelToken | None) -> Matcher:
    if len(word) > 2 and word.startswith("/") and word.endswith("/"):
        return regular_expression(word[1:-1], token)
    return glob(word) if any(character in word for character in "*?[") else substring(word)


def _with(query: Query, key: str, value: str) -> Query:
    try:
        if key == "type":
            return replace(query, kinds=query.kinds | frozenset(_KINDS.get(value, (value,))))
        if key == "owner":
            uid, _, gid = value.partition(":")
            return replace(query, uid=int(uid) if uid else None, gid=int(gid) if gid else query.gid)
        if key == "layer":
            return replace(query, layers=query.layers | {int(value)})
        if key == "mode":
            return replace(query, mode=int(value, 8))
    except ValueError:
        raise UsageError(tr("This search cannot be used"), f"{key}:{display.safe(value)}. {tr(_HELP)}") from None
    if value in ("hidden", "deleted", "overwritten"):
        return replace(query, only_hidden=True)
    if value == "visible":
        return replace(query, only_visible=True)
    raise UsageError(tr("This search cannot be used"), f"is:{display.safe(value)}. {tr(_HELP)}")


def search_layers(
    session: ArchiveSession, node: StructureNode, text: str, token: CancelToken, sink: ProgressSink
) -> FoundFiles:
    """The entries of all layers of the image at `node` that fit `text`. Lists the layers that were not listed yet."""
    query = parse_query(text, token)
    merged, missing = merged_layers(session, node, token, sink)
    rows = []
    count = 0
    for hit in search(merged, query, token):
        count += 1
        if count <= MOST_ROWS:
            listing = merged.listings[hit.layer - 1]
            rows.append(found_row(session, node, listing, hit.layer, hit.entry, hit.hidden_by))
    more = tr("the first %s are shown") % f"{MOST_ROWS:,}" if count > MOST_ROWS else ""
    return FoundFiles(tuple(rows), ", ".join(filter(None, (display.count(count, "file", "files"), more, missing))))


def merged_layers(
    session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink
) -> tuple[Merged, str]:
    """The merged file system of the image at `node`, and what is missing of it in words; lists what was not listed yet."""
    image = node.image
    if image is None:
        raise UsageError(tr("No image is chosen"), tr("Choose an image, or something below it, and search again."))
    found = session.list_image(image, token, sink)
    numbers = display.some(found.unread)
    return merge(found.listings), tr("without what could not be read of layer %s") % numbers if numbers else ""


def found_row(
    session: ArchiveSession, node: StructureNode, listing: Listing, layer: int, entry: int, hidden_by: int | None
) -> FoundFile:
    """The row of one entry of layer `layer`, counted from 1."""
    path = shown_path(listing, entry)
    kind = listing.kind(entry)
    size = display.size(listing.sizes[entry]) if kind == "file" else ""
    state = tr("hidden by layer %s") % hidden_by if hidden_by is not None else ""
    image = node.image
    target = (
        session.node_of_layer(image.layers[layer - 1]) if image is not None and layer <= len(image.layers) else None
    )
    return FoundFile(
        display.safe(path),
        tr("layer %s") % layer,
        size,
        kind_word(kind),
        state,
        listing.paths[entry],
        target,
    )


def image_of(node: StructureNode) -> StructureNode | None:
    """The image that `node` is or belongs to; None above the images."""
    above: StructureNode | None = node
    while above is not None and (above.image is None or above.layer is not None or above.type.value == "config"):
        above = above.parent
    return above
