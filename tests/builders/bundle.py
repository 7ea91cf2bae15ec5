"""A described archive: members in stored order, turned into tar bytes, a file or a folder.

The builders of this package return `Bundle`s; tests bend them (`without`, `replacing`, `dotted`, …) and write them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

TarFormat = Literal[0, 1, 2]
"""tarfile.USTAR_FORMAT, GNU_FORMAT or PAX_FORMAT."""
NOW = 1_700_000_000
"""A modification time that is not zero, for writers that use the clock."""


@dataclass(frozen=True)
class Entry:
    """One member: a file, dir, symlink or hardlink."""

    name: str
    data: bytes = b""
    kind: str = "file"
    link: str = ""
    mode: int = 0o644
    mtime: int = 0
    uid: int = 0
    gid: int = 0


def folder(name: str, *, mode: int = 0o755, mtime: int = 0) -> Entry:
    return Entry(name, kind="dir", mode=mode, mtime=mtime)


def symlink(name: str, target: str, *, mode: int = 0o777) -> Entry:
    return Entry(name, kind="symlink", link=target, mode=mode)


def hardlink(name: str, target: str) -> Entry:
    return Entry(name, kind="hardlink", link=target)


_TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}


def header(entry: Entry, tar_format: TarFormat = tarfile.USTAR_FORMAT) -> bytes:
    """The header block (or blocks) of one entry, exactly as Python's tarfile writes them."""
    info = tarfile.TarInfo(entry.name + ("/" if entry.kind == "dir" and not entry.name.endswith("/") else ""))
    info.type = _TYPES[entry.kind]
    info.mode, info.mtime, info.uid, info.gid = entry.mode, entry.mtime, entry.uid, entry.gid
    info.size = len(entry.data) if entry.kind == "file" else 0
    info.linkname = entry.link
    return info.tobuf(tar_format, "utf-8", "surrogateescape")


def compress(data: bytes, how: str) -> bytes:
    """The bytes under none, gzip, zstd, xz, bzip2, lz4 or lzma; deterministic."""
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if how == "xz":
        return lzma.compress(data)
    if how == "lzma":
        return lzma.compress(data, lzma.FORMAT_ALONE)
    if how == "bzip2":
        return bz2.compress(data)
    if how == "zstd":
        from backports import zstd

        return bytes(zstd.compress(data))
    if how == "lz4":
        import lz4.frame

        return bytes(lz4.frame.compress(data))
    assert how == "none", how
    return data


@dataclass(frozen=True)
class Bundle:
    """An archive in the making. Every method gives a new one."""

    entries: tuple[Entry, ...]

    def names(self) -> list[str]:
        return [entry.name for entry in self.entries]

    def data(self, name: str) -> bytes:
        """The content of the last member of that name."""
        return next(entry.data for entry in reversed(self.entries) if entry.name == name)

    def without(self, *names: str) -> Bundle:
        assert all(name in self.names() for name in names), names
        return Bundle(tuple(entry for entry in self.entries if entry.name not in names))

    def replacing(self, name: str, data: bytes) -> Bundle:
        assert name in self.names(), name
        return Bundle(tuple(replace(e, data=data) if e.name == name else e for e in self.entries))

    def adding(self, *entries: Entry) -> Bundle:
        return Bundle(self.entries + entries)

    def first(self, *entries: Entry) -> Bundle:
        return Bundle(entries + self.entries)

    def renamed(self, new_name: Callable[[str], str]) -> Bundle:
        """Hard link targets are member names and follow; symbolic targets stay."""
        return Bundle(
            tuple(
                replace(e, name=new_name(e.name), link=new_name(e.link) if e.kind == "hardlink" else e.link)
                for e in self.entries
            )
        )

    def sorted(self) -> Bundle:
        """Members by name, as after unpacking and packing again."""
        return Bundle(tuple(sorted(self.entries, key=lambda entry: entry.name)))

    def dotted(self) -> Bundle:
        """As `tar -C folder -cf x.tar .` stores the names."""
        return Bundle((folder("./"),)).adding(*self.renamed(lambda name: f"./{name}").entries)

    def wrapped(self, name: str) -> Bundle:
        """As `tar -cf x.tar folder` stores the names."""
        return Bundle((folder(name),)).adding(*self.renamed(lambda old: f"{name}/{old}").entries)

    def tar(self, tar_format: TarFormat = tarfile.USTAR_FORMAT, *, end: bytes = bytes(1024)) -> bytes:
        out = io.BytesIO()
        for entry in self.entries:
            out.write(header(entry, tar_format))
            if entry.kind == "file":
                out.write(entry.data)
                out.write(bytes(-len(entry.data) % 512))
        out.write(end)
        return out.getvalue()

    def offset_of(self, name: str) -> int:
        """Where the header of the first member of that name begins (USTAR)."""
        position = 0
        for entry in self.entries:
            if entry.name == name:
                return position
            position += len(header(entry)) + (-(-len(entry.data) // 512) * 512 if entry.kind == "file" else 0)
        raise AssertionError(name)

    def write(self, path: Path, *, compression: str = "none", tar_format: TarFormat = tarfile.USTAR_FORMAT) -> Path:
        path.write_bytes(compress(self.tar(tar_format), compression))
        return path

    def folder(self, path: Path) -> Path:
        """Unpacked on disk; links become real links."""
        path.mkdir(parents=True, exist_ok=True)
        for entry in self.entries:
            target = path / entry.name
            if entry.kind == "dir":
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.kind == "symlink":
                os.symlink(entry.link, target)
            elif entry.kind == "hardlink":
                os.link(path / entry.link, target)
            else:
                target.write_bytes(entry.data)
        return path
