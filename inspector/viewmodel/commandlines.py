"""Commands for a POSIX shell that get at the same thing with other tools: tar, dd-like pipes, skopeo, podman, crane, our own twin.

A command is offered only if it would do what it says: names that a tool would read otherwise (a `:` for skopeo, a backslash for
tar, hidden characters for a person) give none rather than a wrong one. Everything from an archive is quoted.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from inspector.archive.compression import Compression
from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.archive.member_columns import Member, MemberKind
from inspector.language import mark
from inspector.layers.table import FILE
from inspector.oci.annotations import REF_NAME
from inspector.oci.mediatype import OCI_INDEX, OCI_MANIFEST
from inspector.viewmodel import display
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.archive.image import Layer
    from inspector.layers.table import Listing
    from inspector.viewmodel.tree import StructureNode

_LONGEST = 4000
_UNPACKERS = {
    Compression.GZIP: "gzip -dc",
    Compression.ZSTD: "zstd -dc",
    Compression.XZ: "xz -dc",
    Compression.BZIP2: "bzip2 -dc",
    Compression.LZ4: "lz4 -dc",
    Compression.LZMA: "xz --format=lzma -dc",
}
_READ_BY_TAR = (Compression.NONE, Compression.GZIP, Compression.ZSTD, Compression.XZ, Compression.BZIP2)
"""What GNU tar recognises by itself, and skopeo, too."""


class CommandLine(NamedTuple):
    """`id` and `label` as in `CopyChoice`."""

    id: str
    label: str
    text: str


def commands_for(node: StructureNode, archive: ImageArchive) -> tuple[CommandLine, ...]:
    """For a node of the tree: print its bytes, look at or load its image."""
    found: list[CommandLine | None] = []
    member = node.blob.member if node.blob is not None else None
    if member is None and node.document is not None and node.document in archive.root_documents:
        member = archive.members.find(node.document.name)
    if member is not None:
        found += [
            _line("tar-command", mark("tar command"), _tar(archive, member)),
            _line("offset-command", mark("Command with offset"), _at_offset(archive, member)),
        ]
    image = node.image
    if node.type is NodeType.IMAGE and image is not None and image.kind is NodeKind.IMAGE:
        place = _transport(archive, image)
        found += [
            _line("skopeo-command", mark("skopeo command"), place and f"skopeo inspect {_overrides(image)}{place}"),
            _line("podman-command", mark("podman command"), place and f"podman pull {place}"),
            _line("crane-command", mark("crane command"), _crane(archive, image)),
            _line("cli-command", mark("Command for the terminal"), _own("files", archive, image)),
        ]
    elif node.type is NodeType.ARCHIVE:
        path = _path(archive)
        found.append(
            _line("cli-command", mark("Command for the terminal"), path and f"image-inspector-cli show {path}")
        )
    return tuple(line for line in found if line is not None)


def commands_for_file(
    archive: ImageArchive, image: Image | None, layer: Layer, listing: Listing, row: int
) -> tuple[CommandLine, ...]:
    """For one entry of a layer's listing: print its content. Nothing for what has none of its own."""
    if listing.types[row] != FILE or listing.stored_content_size(row) != listing.sizes[row]:
        return ()
    blob = layer.blob
    stored = _at_offset(archive, blob.member) if blob is not None and blob.member.complete else ""
    found = [_line("offset-command", mark("Command with offset"), stored and _in_layer(stored, listing, row))]
    if image is not None:
        own = _own("cat", archive, image, layer.number, listing.paths[row])
        found.append(_line("cli-command", mark("Command for the terminal"), own))
    return tuple(line for line in found if line is not None)


def _line(identifier: str, label: str, text: str | None) -> CommandLine | None:
    if not text or len(text) > _LONGEST or display.safe(text, _LONGEST + 1) != text:
        return None
    return CommandLine(identifier, label, text)


def _path(archive: ImageArchive) -> str:
    return shlex.quote(os.path.abspath(archive.path))


def _tar(archive: ImageArchive, member: Member) -> str:
    """Print a member. Not of a folder, and not where tar would print another one, or several."""
    name = _decoded(member.stored_name)
    plain = member.kind is MemberKind.FILE and member.complete and "\\" not in name and bool(name)
    if archive.source is None or archive.compression not in _READ_BY_TAR or not plain:
        return ""
    if member.name in archive.members.duplicates:
        return ""
    return f"tar -xOf {_path(archive)} -- {shlex.quote(name)}"


def _at_offset(archive: ImageArchive, member: Member) -> str:
    """Print a member by its place, whatever its name: right even if the name stands twice."""
    if member.kind is not MemberKind.FILE or member.sparse is not None or not member.complete:
        return ""
    if archive.source is None:
        name = _decoded(member.stored_name)
        return f"cat {shlex.quote(os.path.join(os.path.abspath(archive.path), name))}" if name else ""
    if member.data_offset is None:
        return ""
    cut = _cut(member.data_offset, member.size)
    if archive.compression is Compression.NONE:
        return f"tail -c +{member.data_offset + 1} -- {_path(archive)} | head -c {member.size}"
    unpack = _UNPACKERS.get(archive.compression)
    return f"{unpack} < {_path(archive)} | {cut}" if unpack else ""


def _in_layer(stored: str, listing: Listing, row: int) -> str:
    cut = _cut(listing.offsets[row], listing.sizes[row])
    if listing.compression is Compression.NONE:
        return f"{stored} | {cut}"
    unpack = _UNPACKERS.get(listing.compression)
    return f"{stored} | {unpack} | {cut}" if unpack else ""


def _cut(offset: int, size: int) -> str:
    return f"tail -c +{offset + 1} | head -c {size}"


def _decoded(name: bytes) -> str:
    """The name as text; "" if it is none that can be typed."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _transport(archive: ImageArchive, image: Image) -> str:
    """How skopeo and podman call it: `docker-archive:PATH:NAME`. "" if they could not tell it from others, or not at all."""
    path = os.path.abspath(archive.path)
    if ":" in path:
        return ""  # both read what follows as the name
    is_folder = archive.source is None
    if archive.layout == "docker-dir":
        return f"dir:{shlex.quote(path)}"
    name = _docker_name(archive, image) if archive.compression is Compression.NONE and not is_folder else None
    if name is not None:
        return shlex.quote(f"docker-archive:{path}{':' if name else ''}{name}")
    is_layout = archive.layout.startswith("oci-layout") and archive.compression in _READ_BY_TAR
    name = _layout_name(archive, image) if is_layout else None
    if name is None:
        return ""
    return shlex.quote(f"{'oci' if is_folder else 'oci-archive'}:{path}{':' if name else ''}{name}")


def _docker_name(archive: ImageArchive, image: Image) -> str | None:
    """The tag of the image's entry in manifest.json, "" if there is but one entry; None if it has none of its own."""
    entries = archive.docker_entries
    config = image.config_digest.encoded if image.config_digest is not None else ""
    for entry in entries:
        if config and config in entry.config:
            for tag in entry.repo_tags:
                if sum(tag in other.repo_tags for other in entries) == 1:
                    return tag
            return "" if len(entries) == 1 else None
    return None


def _layout_name(archive: ImageArchive, image: Image) -> str | None:
    """The `ref.name` in index.json that leads to the image, "" if index.json has but one descriptor, else None.

    skopeo looks at descriptors of the specification's own media types only.
    """
    roots = [root for root in archive.roots if root.descriptor is not None]
    found = [root for root in roots if any(node.image is image for node in root.walk())]
    for root in found:
        if root.descriptor is None or root.descriptor.media_type not in (OCI_INDEX, OCI_MANIFEST):
            continue
        name = root.descriptor.annotations.get(REF_NAME, "")
        same = sum(
            other.descriptor is not None and other.descriptor.annotations.get(REF_NAME) == name for other in roots
        )
        if name and same == 1:
            return name
        if len(roots) == 1:
            return ""
    return None


def _overrides(image: Image) -> str:
    """An index is followed to the platform of this image, not to that of the machine."""
    platform = image.platform
    if platform is None or not platform.os or not platform.architecture:
        return ""
    variant = f"--override-variant {shlex.quote(platform.variant)} " if platform.variant else ""
    return f"--override-os {shlex.quote(platform.os)} --override-arch {shlex.quote(platform.architecture)} {variant}"


def _crane(archive: ImageArchive, image: Image) -> str:
    """Push it under its own name: crane reads archives with one image only."""
    if len(archive.images) != 1 or not image.names or archive.compression is not Compression.NONE:
        return ""
    is_layout = archive.source is None and archive.layout.startswith("oci-layout")
    if not is_layout and (archive.source is None or len(archive.docker_entries) != 1):
        return ""
    return f"crane push {_path(archive)} {shlex.quote(image.names[0])}"


def _own(verb: str, archive: ImageArchive, image: Image, layer: int = 0, path: bytes = b"") -> str:
    several = sum(other.kind is NodeKind.IMAGE for other in archive.images) > 1
    digest = image.manifest_digest or image.config_digest
    if several and digest is None:
        return ""
    parts = ["image-inspector-cli", verb, os.path.abspath(archive.path)]
    parts += ["--image", str(digest)] if several else []
    parts += ["--layer", str(layer)] if layer else []
    if verb == "cat":
        name = _decoded(path)
        if not name:
            return ""
        parts.append(f"/{name}")
    return shlex.join(parts)
