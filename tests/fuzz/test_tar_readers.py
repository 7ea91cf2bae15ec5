"""Tars bent at random, as our reader sees them and as GNU tar and bsdtar do: where they differ, a finding says that something is odd."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from inspector.archive.tar_entry import EntryType, TarEntry
from tests.builders import layer_tar
from tests.corpus.test_tar_readers import LETTERS, LINE, walk
from tests.fuzz.mutate import _bend_header, _cut, _extended, _flip, _move_blocks

MUTANTS = 250
BEND = (_bend_header, _bend_header, _bend_header, _extended, _extended, _move_blocks, _flip, _cut)


GNU_ONLY = re.compile(
    rb"out of (time_t|[ug]id_t) range"  # its own types
    rb"|out of range (0\.\.4294967295|-9223372036854775808)"
    rb"|unknown extended header keyword"
    rb"|invalid (uid|gid|size|mtime)=\n"  # POSIX: an empty value takes the header's back
    rb"|Substituting `\.' for empty hard link target"  # a link to nothing: told of the layer, not of the tar
)
"""What GNU tar alone minds; names, types and sizes are as others read them."""
BSD_ONLY = b"Unrecognized archive format"
"""It is strict about the byte behind the first checksum."""


def mutants(count: int = MUTANTS) -> Iterator[tuple[int, bytes]]:
    base = layer_tar(
        {
            "etc/": b"", "etc/passwd": b"root\n", "usr/": b"", "usr/bin/": b"", "usr/bin/tool": b"x" * 1500, "usr/alias": "bin/tool",
            "l" * 60 + "/" + "m" * 90: b"long", "empty": b"", "last": b"y" * 512,
        }
    )  # fmt: skip
    for number in range(count):
        chance = random.Random(number)
        data = base
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = chance.choice(BEND)(chance, data)
        yield number, data


def listed_by_gnu(tar: str, path: Path) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [tar, "--quoting-style=literal", "--numeric-owner", "-Ptvf", str(path)],
        capture_output=True, check=False, env={**os.environ, "TZ": "UTC"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def difference(entries: list[TarEntry], text: bytes) -> str:
    """The first thing that GNU tar lists otherwise, "" if there is none."""
    at = 0
    for entry in entries:
        line = LINE.match(text, at)
        if line is None:
            return f"{entry.name!r} is not listed"
        if LETTERS.get(line["letter"].decode()) is not entry.type:
            return f"{entry.name!r} has the letter {line['letter']!r} and is {entry.type}"
        if entry.type is EntryType.FILE and int(line["size"]) != entry.size:
            return f"{entry.name!r} has {line['size']!r} bytes and not {entry.size}"
        arrow = {EntryType.SYMLINK: b" -> ", EntryType.HARDLINK: b" link to "}.get(entry.type)
        shown = entry.name if arrow is None else entry.name + arrow + entry.linkname
        if not text.startswith(shown, line.end()):
            return f"{shown!r} is called {text[line.end() : line.end() + 100]!r}"
        at = line.end() + len(shown)
        at += text[at : at + 1] == b"/"
        at += 1
    return "" if at == len(text) else f"{text[at : at + 100]!r} is listed, too"


def test_as_gnu_tar_does(tmp_path: Path, judge: Callable[[str], str]) -> None:
    silent, agreed = {}, 0
    for number, data in mutants():
        path = tmp_path / "x.tar"
        path.write_bytes(data)
        entries, reader = walk(data)
        if reader.oddities:
            continue
        code, out, err = listed_by_gnu(judge("tar"), path)
        if GNU_ONLY.search(err):
            continue
        found = f"GNU tar says {err!r}" if code or err else difference(entries, out)
        if found:
            silent[number] = found
        agreed += not found
    assert silent == {}
    assert agreed > MUTANTS // 5


def test_as_bsdtar_does(tmp_path: Path, judge: Callable[[str], str]) -> None:
    silent, agreed = {}, 0
    for number, data in mutants():
        path = tmp_path / "x.tar"
        path.write_bytes(data)
        entries, reader = walk(data)
        if reader.oddities:
            continue
        done = subprocess.run([judge("bsdtar"), "-tf", str(path)], capture_output=True, check=False)
        names = [entry.name.rstrip(b"/") for entry in entries]
        if (
            done.returncode < 0
            or BSD_ONLY in done.stderr
            or any(not 0x20 < byte < 0x7F or byte == 0x5C for name in names for byte in name)
        ):
            continue  # it crashed, or writes these names in a way of its own
        theirs = [line.rstrip(b"/") for line in done.stdout.splitlines()]
        if done.returncode or theirs != names:
            silent[number] = f"bsdtar says {done.stderr!r} {sorted(set(theirs) ^ set(names))}"
        else:
            agreed += 1
    assert silent == {}
    assert agreed > MUTANTS // 5
