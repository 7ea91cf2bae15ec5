"""Tar headers byte by byte, right or wrong: what tarfile will not write."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

END = bytes(1024)
USTAR = b"ustar\x0000"
GNU = b"ustar  \0"


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def octal(number: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, number)


def base256(number: int, width: int) -> bytes:
    sign = 0x80 if number >= 0 else 0xFF
    return bytes((sign,)) + (number & ((1 << (8 * (width - 1))) - 1)).to_bytes(width - 1, "big")


def raw_header(
    name: bytes,
    size: int | bytes = 0,
    kind: bytes = b"0",
    *,
    link: bytes = b"",
    magic: bytes = USTAR,
    mode: bytes = b"0000644\0",
    uid: bytes = b"0000000\0",
    gid: bytes = b"0000000\0",
    mtime: bytes = b"00000000000\0",
    prefix: bytes = b"",
    devices: bytes = bytes(16),
    tail: tuple[int, bytes] = (0, b""),
    checksum: bytes | None = None,
) -> bytes:
    size_field = size if isinstance(size, bytes) else octal(size, 12)
    block = bytearray(
        name.ljust(100, b"\0") + mode + uid + gid + size_field + mtime + b" " * 8 + kind + link.ljust(100, b"\0")
        + magic + bytes(64) + devices + prefix.ljust(155, b"\0") + bytes(12)
    )  # fmt: skip
    assert len(block) == 512, len(block)
    at, data = tail
    block[at : at + len(data)] = data
    block[148:156] = b"%06o\0 " % sum(block) if checksum is None else checksum
    return bytes(block)


def raw_entry(name: bytes, data: bytes = b"", kind: bytes = b"0", **fields: object) -> bytes:
    return raw_header(name, len(data), kind, **fields) + padded(data)  # type: ignore[arg-type]


def record(key: bytes, value: bytes) -> bytes:
    length = len(key) + len(value) + 3
    total = length + len(str(length))
    total = length + len(str(total))
    return b"%d %s=%s\n" % (total, key, value)


def raw_pax(records: Mapping[bytes, bytes] | bytes, kind: bytes = b"x") -> bytes:
    data = records if isinstance(records, bytes) else b"".join(record(*pair) for pair in records.items())
    return raw_entry(b"PaxHeaders/x", data, kind)


def long_name(name: bytes, kind: bytes = b"L") -> bytes:
    return raw_entry(b"././@LongLink", name + b"\0", kind, magic=GNU)


def written(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT, **more: object) -> bytes:
    """By tarfile, in one of its formats."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, **more) as tar:  # type: ignore[call-overload]
        for info, data in entries:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()
