"""Half-written exports beside their target: how they are called, whose they are, which are abandoned.

An export writes `.NAME.RANDOM.part`, a file or a folder, in the target's folder and holds a lock on it as long as it lives. So a `.part`
whose lock can be taken belongs to nobody any more (the program was killed), and one whose lock cannot be taken is
another export at work. No lock file of its own is needed.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.export import disk
from inspector.filelock import lock

_RANDOM = 12
_SUFFIX = re.compile(rf"\.[0-9a-f]{{{_RANDOM}}}\.part")
_TURN_SECONDS = 2.0
"""How long another export may hold the folder while it makes its file (it takes microseconds)."""


def name_limit(folder: Path) -> int:
    """Bytes that one file name may have in `folder`."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return 255


def _stem(name: str, limit: int) -> str:
    """`.NAME` cut at a character so that `.RANDOM.part` still fits."""
    room = limit - len(".") - len("..part") - _RANDOM
    cut = os.fsencode(name)[: max(1, room)]
    while cut:
        with suppress(UnicodeDecodeError):
            if os.fsencode(os.fsdecode(cut)) == cut and not _is_cut_character(cut):
                break
        cut = cut[:-1]
    return "." + os.fsdecode(cut)


def _is_cut_character(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.end == len(raw) and error.reason == "unexpected end of data"
    return False


def new_part_name(name: str, limit: int) -> str:
    """A fresh temporary name for the target called `name`, at most `limit` bytes long."""
    return f"{_stem(name, limit)}.{secrets.token_hex(_RANDOM // 2)}.part"


def parts_of(folder: Path, name: str) -> list[Path]:
    """The temporary files of exports to `folder/name`, alive or abandoned."""
    stem = _stem(name, name_limit(folder))
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.name.startswith(stem)
            and _SUFFIX.fullmatch(entry.name[len(stem) :])
            and (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False))
        )
    return []


def abandoned(folder: Path) -> list[Path]:
    """What killed exports left in `folder`, whatever their targets; `sweep` removes it with the next export to its name."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
        ]
        return [folder / name for name in sorted(names) if _is_part(name) and not is_alive(folder / name)]
    return []


def _is_part(name: str) -> bool:
    return name.startswith(".") and _SUFFIX.search(name) is not None and _SUFFIX.split(name)[-1] == ""


def hold(folder: Path) -> int:
    """A descriptor of a temporary folder of ours, with its lock; -1 on Windows, where folders cannot be opened."""
    if sys.platform == "win32":
        return -1
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    lock(descriptor)
    return descriptor


def is_alive(part: Path) -> bool:
    """Whether an export holds the lock of `part`. A file that is gone or is not ours to open is nobody's leftover."""
    try:
        how = os.O_RDONLY if part.is_dir() else os.O_RDWR
        descriptor = os.open(part, how | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        mode = os.fstat(descriptor).st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not lock(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, name: str) -> list[Path]:
    """Remove what killed exports to `folder/name` left behind; returns the parts of living ones."""
    alive = []
    for part in parts_of(folder, name):
        if is_alive(part):
            alive.append(part)
        else:
            with suppress(OSError):
                if part.is_dir() and not part.is_symlink():
                    disk.remove_tree(part)
                else:
                    disk.unlink(part)
    return alive


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One export at a time looks for others and makes its own file; without it two could miss each other."""
    descriptor = -1
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            end = time.monotonic() + _TURN_SECONDS
            while not lock(descriptor) and time.monotonic() < end:
                time.sleep(0.005)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)
