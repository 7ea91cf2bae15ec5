"""What can be copied of a node, a file, a step: plain text, escaped so that nothing hidden comes along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.language import mark, tr
from inspector.layers.table import HARDLINK
from inspector.viewmodel import display
from inspector.viewmodel.commandlines import commands_for, commands_for_file
from inspector.viewmodel.pages import CopyChoice, HistoryRow
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.viewmodel.files import FileList
    from inspector.viewmodel.tree import StructureNode

_LIMIT = 4096
_JSON_LIMIT = 1 << 20
_INVISIBLE = re.compile("[\u0080-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters that JSON may hold as they are and a person does not see; as an escape they mean the same."""


def copy_choices(node: StructureNode, archive: ImageArchive) -> tuple[CopyChoice, ...]:
    """The most useful first: the digest; of an image without one, its name; of the archive, its path."""
    choices: list[CopyChoice] = []

    def offer(identifier: str, label: str, text: str | None) -> None:
        if text:
            choices.append(CopyChoice(identifier, label, display.safe(text, _LIMIT)))

    image, layer = node.image, node.layer
    is_whole = node.type in (NodeType.IMAGE, NodeType.ARTIFACT, NodeType.ATTESTATION, NodeType.INDEX)
    names = (
        node.source.names
        if node.source is not None and is_whole
        else image.names
        if image is not None and is_whole
        else ()
    )
    if node.type is NodeType.ARCHIVE:
        offer("path", tr("Path"), str(archive.path))
    offer("digest", tr("Digest"), node.digest)
    offer("reference", tr("Reference"), names[0] if names else None)
    if is_whole and image is not None:
        offer("config-digest", tr("Image ID"), image.config_digest)
    if layer is not None:
        offer("diff-id", "diffID", layer.diff_id)
        offer("step", tr("Build step"), layer.history.created_by if layer.history is not None else None)
    if node.descriptor is not None:
        offer("media-type", tr("Media type"), node.descriptor.media_type)
    if node.size is not None:
        offer("size", tr("Size in bytes"), str(node.size))
    if node.blob is not None:
        offer("member", tr("Name in the archive"), node.blob.member.name)
    elif node.document is not None:
        offer("member", tr("Name in the archive"), node.document.name)
    json = _json(node)
    if json:
        choices.append(CopyChoice("json", "JSON", json))
    choices += [CopyChoice(*line) for line in commands_for(node, archive)]
    if not choices:
        offer("label", tr("Name"), node.label)
    return tuple(choices)


def _json(node: StructureNode) -> str:
    """The document as it is stored; "" where it is no text, or too long for a clipboard."""
    if node.document is None or len(node.document.raw) > _JSON_LIMIT:
        return ""
    try:
        text = node.document.raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def file_choices(node: StructureNode, archive: ImageArchive, files: FileList, row: int) -> tuple[CopyChoice, ...]:
    """Of a row of the files of `node`, the path first. Quick: nothing is read."""
    choices = [
        CopyChoice("path", mark("Path"), files.path(row)),
        CopyChoice("name", mark("Name"), files.name(row)),
        CopyChoice("size", mark("Size in bytes"), str(files.size_bytes(row))),
    ]
    if files.link_target(row):
        choices.append(CopyChoice("link", mark("Link target"), files.link_target(row)))
    place = files.content_place(files.node(row))
    if place is not None:
        number, listing, entry = place
        layer = node.layer if number is None else node.image.layers[number] if node.image is not None else None
        if layer is not None and listing.types[entry] != HARDLINK:
            choices += [CopyChoice(*line) for line in commands_for_file(archive, node.image, layer, listing, entry)]
    return tuple(choices)


def step_choices(row: HistoryRow) -> tuple[CopyChoice, ...]:
    """Of one step of the history."""
    found = [
        CopyChoice("command", mark("Command"), row.command),
        CopyChoice("stored", mark("Command as stored"), row.stored),
        CopyChoice("created", mark("Time"), row.created_tooltip or row.created),
        CopyChoice("comment", mark("Comment"), row.comment),
    ]
    if row.node is not None and row.node.digest is not None:
        found.append(CopyChoice("digest", mark("Digest of the layer"), str(row.node.digest)))
    return tuple(choice for choice in found if choice.text)
