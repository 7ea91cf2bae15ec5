"""What can be copied of a node: plain text, one line, escaped so that nothing hidden comes along."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.viewmodel import display
from inspector.viewmodel.pages import CopyChoice
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.viewmodel.tree import StructureNode

_LIMIT = 4096


def copy_choices(node: StructureNode, archive: Path) -> tuple[CopyChoice, ...]:
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
        offer("path", "Path", str(archive))
    offer("digest", "Digest", node.digest)
    offer("reference", "Reference", names[0] if names else None)
    if is_whole and image is not None:
        offer("config-digest", "Image ID", image.config_digest)
    if layer is not None:
        offer("diff-id", "diffID", layer.diff_id)
        offer("step", "Build step", layer.history.created_by if layer.history is not None else None)
    if node.descriptor is not None:
        offer("media-type", "Media type", node.descriptor.media_type)
    if node.size is not None:
        offer("size", "Size in bytes", str(node.size))
    if node.blob is not None:
        offer("member", "Name in the archive", node.blob.member.name)
        offer("tar-command", "tar command", _tar_command(node.blob.member.stored_name, archive))
    elif node.document is not None:
        offer("member", "Name in the archive", node.document.name)
    if not choices:
        offer("label", "Name", node.label)
    return tuple(choices)


def _tar_command(stored: bytes, archive: Path) -> str | None:
    try:
        name = stored.decode()
    except UnicodeDecodeError:
        return None
    if not name.isprintable() or archive.is_dir():
        return None
    return f"tar -xOf {shlex.quote(str(archive))} -- {shlex.quote(name)}"
