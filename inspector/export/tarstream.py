"""The tar that an export writes: ustar headers with nothing in them that changes from run to run.

uid, gid, mtime are 0, owners have no names, modes are 0644 and 0755 (formats.md D5). A size of 8 GiB or more, or a
name that ustar cannot hold, gets a PAX record before it; nothing else does.
"""

from __future__ import annotations

BLOCK = 512
END = bytes(2 * BLOCK)
"""Two zero blocks; Go's writer adds no more, Python's pads to 10240."""

_MAX_OCTAL = 8**11 - 1
_FILE = b"0"
_FOLDER = b"5"
_PAX = b"x"


def padding(size: int) -> int:
    """Zero bytes after `size` bytes of content."""
    return -size % BLOCK


def file_header(name: str, size: int) -> bytes:
    """The header of a regular file, 512 bytes, or 1536 where a PAX record is needed."""
    return _header(name, _FILE, 0o644, size)


def late_header(name: str, size: int) -> bytes:
    """As `file_header`, always 512 bytes, for a name that fits there: from 8 GiB on the size is in base 256, as GNU has it."""
    short = _split(name.encode())
    assert short is not None, "names of blobs and layers are short"
    return _block(short, _FILE, 0o644, size)


def folder_header(name: str) -> bytes:
    """The header of a folder; `name` without a slash at its end."""
    return _header(name + "/", _FOLDER, 0o755, 0)


def stored_size(name: str, size: int) -> int:
    """Bytes that a file of `size` takes in the tar: header, content, padding."""
    return len(file_header(name, size)) + size + padding(size)


def _header(name: str, kind: bytes, mode: int, size: int) -> bytes:
    raw = name.encode()
    records: list[tuple[str, bytes]] = []
    short = _split(raw)
    if short is None:
        records.append(("path", raw))
        short = (raw[-100:].lstrip(b"/"), b"")
    if size > _MAX_OCTAL:
        records.append(("size", str(size).encode()))
    block = _block(short, kind, mode, min(size, _MAX_OCTAL))
    if not records:
        return block
    body = b"".join(_record(key, value) for key, value in records)
    pax = _block((b"PaxHeaders/" + short[0][:80], b""), _PAX, 0o644, len(body))
    return pax + body + bytes(padding(len(body))) + block


def _split(raw: bytes) -> tuple[bytes, bytes] | None:
    """Name and prefix fields of ustar, or None if they cannot hold it."""
    if len(raw) <= 100:
        return raw, b""
    cut = raw.rfind(b"/", 0, 156)
    if cut <= 0 or len(raw) - cut - 1 > 100 or len(raw) == cut + 1:
        return None
    return raw[cut + 1 :], raw[:cut]


def _record(key: str, value: bytes) -> bytes:
    r"""`LENGTH KEY=VALUE\n`, where the length counts itself."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return f"{length} {key}=".encode() + value + b"\n"


def _block(name: tuple[bytes, bytes], kind: bytes, mode: int, size: int) -> bytes:
    short, prefix = name
    header = bytearray(BLOCK)
    header[0 : len(short)] = short
    header[100:108] = b"%07o\0" % mode
    header[108:116] = header[116:124] = b"%07o\0" % 0
    header[124:136] = b"%011o\0" % size if size <= _MAX_OCTAL else b"\x80" + size.to_bytes(11, "big")
    header[136:148] = b"%011o\0" % 0
    header[148:156] = b" " * 8
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[329:337] = header[337:345] = b"%07o\0" % 0
    header[345 : 345 + len(prefix)] = prefix
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)
