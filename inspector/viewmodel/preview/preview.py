"""What a file of a layer looks like inside: text, a hex dump, a picture, details, a part at a time, safe on any content.

Content is only ever decoded from memory and from a bounded slice. SVG, HTML and scripts are shown as their text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.archive.source import ByteSource
from inspector.errors import InspectorError
from inspector.language import tr
from inspector.layers.content import open_file, watched
from inspector.layers.table import HARDLINK
from inspector.oci.document import parse_document
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel import display
from inspector.viewmodel.filerows import kind_word
from inspector.viewmodel.preview.certificate import describe, starts_certificate
from inspector.viewmodel.preview.innerarchive import look_inside
from inspector.viewmodel.preview.magic import Magic, recognise

if TYPE_CHECKING:
    from inspector.archive.limits import Limits
    from inspector.viewmodel.files import FileList
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

TEXT_PART = 256 << 10
HEX_PART = 16 << 10
_PICTURE_BYTES = 16 << 20
_JSON_BYTES = 1 << 20
_LONGEST_LINE = 2000
_SAMPLE = 64 << 10
_CERTIFICATE_BYTES = 1 << 20


class Mode(StrEnum):
    """How the content is shown; AUTO chooses by content."""

    AUTO = "auto"
    TEXT = "text"
    HEX = "hex"
    PICTURE = "picture"
    DETAILS = "details"
    """What a certificate says, what an archive holds."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Preview:
    """One part of a file's content, ready to be shown. `text` is plain and safe; `picture` is undecoded image data.

    `offset` and `length` say which bytes of `size` these are.
    """

    title: str
    mode: Mode
    text: str = ""
    picture: bytes = b""
    picture_format: str = ""
    """PNG, JPEG, GIF, BMP or WEBP."""
    offset: int = 0
    length: int = 0
    size: int = 0
    note: str = ""
    has_details: bool = False
    """Whether there is more to show than its bytes: `Mode.DETAILS`."""

    @property
    def has_more(self) -> bool:
        return self.offset + self.length < self.size

    @property
    def part(self) -> str:
        """`bytes 0 to 262,144 of 1,000,000`, or "" if this is all of it."""
        if self.length >= self.size:
            return ""
        return tr("bytes %s to %s of %s") % (f"{self.offset:,}", f"{self.offset + self.length:,}", f"{self.size:,}")


def load_preview(
    session: ArchiveSession,
    node: StructureNode,
    files: FileList,
    entry: int,
    token: CancelToken,
    sink: ProgressSink,
    *,
    mode: Mode = Mode.AUTO,
    offset: int = 0,
) -> Preview:
    """The part at `offset` of the file at node `entry` of `files`, which are the files of the tree's `node`.

    What has no content (folders, links, devices) is described in the title. Raises what reading the layer raises.
    """
    token.check()
    sink(Progress("Reading a file"))
    path = files.path_of(entry)
    place = files.content_place(entry)
    kind = files.kind_of(entry)
    if place is None or kind not in ("file", "hardlink"):
        return Preview(_described(files, entry, path, kind), Mode.NOTHING)
    layer, listing, row = place
    try:
        content = open_file(watched(session.tar_of(node, layer, listing), token), listing, row)
    except InspectorError as error:
        if listing.types[row] == HARDLINK:
            return Preview(f"{path} — {tr(error.message)}", Mode.NOTHING)
        raise
    if not content.size:
        return Preview(tr("%s — empty file") % path, Mode.NOTHING)
    token.check()
    head = content.read_at(0, min(_SAMPLE, content.size))
    magic = recognise(head)
    has_details = starts_certificate(head) or magic.is_archive
    if has_details and mode in (Mode.AUTO, Mode.DETAILS):
        details = _details(content, path, magic, head, token, session.limits)
        if details is not None:
            return details
        has_details = False
    shown = _shown(content, path, magic, head, Mode.AUTO if mode is Mode.DETAILS else mode, offset)
    return replace(shown, has_details=True) if has_details else shown


def _details(
    content: ByteSource, path: str, magic: Magic, head: bytes, token: CancelToken, limits: Limits
) -> Preview | None:
    """The certificates in a file, the entries of an archive, the start of a compressed text; None if there is no such thing."""
    size = content.size
    title = f"{path} — {magic.words}" if magic.words else path
    if starts_certificate(head):
        described = describe(content.read_at(0, min(size, _CERTIFICATE_BYTES)))
        if described is None:
            return None
        title = title if magic.words else f"{path} — {tr('certificate')}"
        return Preview(title, Mode.DETAILS, text_of(described.encode()), length=size, size=size, has_details=True)
    inside = look_inside(content, head, token, limits)
    if inside is None:
        return None
    text = "\n".join(inside.lines)
    if inside.content:
        text = text_of(inside.content) if is_text(inside.content) else hex_dump(inside.content[:HEX_PART], 0)
    return Preview(title, Mode.DETAILS, text, length=size, size=size, note=inside.note, has_details=True)


def _described(files: FileList, entry: int, path: str, kind: str) -> str:
    target = files.target_of(entry)
    words = {
        "symlink": tr("symbolic link to %s") % target,
        "hardlink": tr("hard link to %s") % target,
        "char": tr("character device %s") % target,
        "block": tr("block device %s") % target,
        "fifo": tr("named pipe"),
        "whiteout": tr("removed by this layer"),
        "opaque": tr("hides all that lower layers have here"),
    }
    return f"{path} — {words.get(kind) or kind_word(kind)}"


def _shown(content: ByteSource, path: str, magic: Magic, head: bytes, mode: Mode, offset: int) -> Preview:
    title = f"{path} — {magic.words}" if magic.words else path
    size = content.size
    if mode is Mode.AUTO:
        mode = Mode.PICTURE if magic.picture and size <= _PICTURE_BYTES else Mode.TEXT if is_text(head) else Mode.HEX
        if mode is Mode.TEXT and head[:1] in b"{[" and size <= _JSON_BYTES:
            pretty = _pretty(content.read_at(0, size))
            if pretty is not None:
                return Preview(title, mode, pretty, length=size, size=size, note=tr("JSON, indented"))
    offset = max(0, min(offset, size - 1))
    if mode is Mode.PICTURE:
        if size > _PICTURE_BYTES or not magic.picture:
            mode = Mode.HEX
        else:
            return Preview(
                title, mode, picture=content.read_at(0, size), picture_format=magic.picture, length=size, size=size
            )
    length = min(HEX_PART if mode is Mode.HEX else TEXT_PART, size - offset)
    data = content.read_at(offset, length)
    shown = hex_dump(data, offset) if mode is Mode.HEX else text_of(data)
    return Preview(title, mode, shown, offset=offset, length=length, size=size)


def is_text(head: bytes) -> bool:
    """Whether the beginning of a file reads as UTF-8 text without control characters but blanks, tabs and line ends."""
    if b"\0" in head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the slice cuts in two is no fault of the text.
        if error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8")
    odd = sum(1 for character in text if character < " " and character not in "\t\n\r\f\b\x1b")
    return odd * 100 <= len(text)


def text_of(data: bytes) -> str:
    """Text with every odd character made visible, and lines folded that a text widget would choke on."""
    text = display.safe_lines(data.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), limit=2 * TEXT_PART)
    if max(map(len, text.split("\n"))) <= _LONGEST_LINE:
        return text
    folded = []
    for line in text.split("\n"):
        folded += [line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE)] or [""]
    return "\n".join(folded)


def hex_dump(data: bytes, offset: int) -> str:
    """Sixteen bytes a line: offset, hexadecimal, and what of it is ASCII."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        digits = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
        shown = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        lines.append(f"{offset + at:08x}  {digits:<48}  {shown}")
    return "\n".join(lines)


def _pretty(data: bytes) -> str | None:
    try:
        document = parse_document(data, tr("the file"))
    except InspectorError:
        return None
    if document.findings:
        return None
    return text_of(json.dumps(document.value, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"))
