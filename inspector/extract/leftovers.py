"""Half-written files of an extraction that was killed: how they are called, and which of them nobody owns any more.

A file grows as `.image-inspector-RANDOM-NUMBER.part`, locked as long as its writer lives. So one whose lock can be taken was
left behind, and the next extraction into that folder removes it (security.md 39).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat

from inspector.extract import disk
from inspector.filelock import lock

_NAME = re.compile(rb"\.image-inspector-[0-9a-f]{12}-[0-9]+\.part")
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def new_stem() -> bytes:
    """What the temporary names of one extraction begin with."""
    return b".image-inspector-%s" % secrets.token_hex(6).encode()


def name(stem: bytes, number: int) -> bytes:
    """The temporary name of one of the files that are written at the same time."""
    return b"%s-%d.part" % (stem, number)


def sweep(at: int) -> None:
    """Remove what killed extractions left in the open folder `at`; errors are passed over, they are not this one's."""
    with contextlib.suppress(OSError):
        for found in os.listdir(at):
            raw = os.fsencode(found)
            if _NAME.fullmatch(raw) and _is_abandoned(raw, at):
                with contextlib.suppress(OSError):
                    disk.unlink(raw, at)


def _is_abandoned(raw: bytes, at: int) -> bool:
    try:
        descriptor = os.open(raw, _OPEN, dir_fd=at)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and lock(descriptor)
    finally:
        os.close(descriptor)
