"""What a file is, told from its first bytes, in words for people."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from inspector.language import tr


class Magic(NamedTuple):
    """`words` is "" for what is not recognised."""

    words: str
    picture: str = ""
    """The format's name, if it is a picture."""

    @property
    def is_archive(self) -> bool:
        """Whether something else is packed in it."""
        return self.words in _PACKED


_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG picture",
    b"\xff\xd8\xff": "JPEG picture",
    b"GIF87a": "GIF picture",
    b"GIF89a": "GIF picture",
    b"BM": "BMP picture",
}
_STARTS = {
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"\xfd7zXZ\0": "xz data",
    b"BZh": "bzip2 data",
    b"\x04\x22\x4d\x18": "lz4 data",
    b"PK\x03\x04": "zip archive (also .jar, .whl, .docx)",
    b"PK\x05\x06": "empty zip archive",
    b"!<arch>\n": "ar archive (a static library or .deb)",
    b"SQLite format 3\0": "SQLite database",
    b"\xca\xfe\xba\xbe": "Java class or Mach-O universal binary",
    b"%PDF-": "PDF document",
    b"-----BEGIN CERTIFICATE": "certificate (PEM)",
    b"-----BEGIN OPENSSH PRIVATE KEY": "private key (OpenSSH)",
    b"MZ": "Windows program",
    b"\0asm": "WebAssembly module",
    b"wOF2": "font",
    b"\0\1\0\0\0": "font",
    b"OTTO": "font",
}
_PACKED = {words for words in _STARTS.values() if words.endswith(" data") or "archive" in words} | {"tar archive"}
_KEY = re.compile(rb"-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----")
_MACHINES = {
    3: "x86",
    8: "MIPS",
    20: "PowerPC",
    21: "PowerPC 64",
    22: "S/390",
    40: "ARM",
    62: "x86-64",
    183: "ARM 64",
    243: "RISC-V",
}
_MACHINES |= {258: "LoongArch"}
_TYPES = {1: "object file", 2: "program", 3: "shared object or program", 4: "core dump"}
_INTERPRETER = 3
_MOST_HEADERS = 256


def recognise(head: bytes) -> Magic:
    """What the first bytes of a file (as many as there are, up to 64 KiB) say."""
    for start, words in _PICTURES.items():
        if head.startswith(start) and (start != b"BM" or len(head) > 26):
            return Magic(tr(words), words.split()[0])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Magic(tr("WebP picture"), "WEBP")
    if head.startswith(b"\x7fELF"):
        return Magic(elf(head))
    if head[257:262] == b"ustar":
        return Magic(tr("tar archive"))
    if head.startswith(b"#!"):
        return Magic(
            tr("script for %s") % (head[2:120].splitlines()[0].strip().decode("ascii", "replace"),)
            if len(head) > 3
            else "script"
        )
    if _KEY.match(head):
        return Magic(tr("private key (PEM)"))
    return next((Magic(tr(words)) for start, words in _STARTS.items() if head.startswith(start)), Magic(""))


def elf(head: bytes) -> str:
    """`ELF 64-bit, x86-64, program, dynamic`; what is cut or nonsense is left out (System V ABI, chapter 4)."""
    if len(head) < 52:
        return tr("ELF, cut off")
    wide = head[4] == 2
    order = ">" if head[5] == 2 else "<"
    kind, machine = struct.unpack_from(order + "HH", head, 16)
    parts = [
        tr("ELF %s-bit") % (64 if wide else 32,),
        _MACHINES.get(machine) or tr("machine %s") % machine,
        tr(_TYPES[kind]) if kind in _TYPES else tr("type %s") % kind,
    ]
    if wide and len(head) >= 64:
        (offset,) = struct.unpack_from(order + "Q", head, 32)
        size, count = struct.unpack_from(order + "HH", head, 54)
    else:
        (offset,) = struct.unpack_from(order + "I", head, 28)
        size, count = struct.unpack_from(order + "HH", head, 42)
    if kind in (2, 3) and 0 < count <= _MOST_HEADERS and size >= 4 and offset + size * count <= len(head):
        kinds = {struct.unpack_from(order + "I", head, offset + size * number)[0] for number in range(count)}
        parts.append(tr("dynamic") if _INTERPRETER in kinds else tr("static or library"))
    return ", ".join(parts)
