"""The canary that hostile archives know by its path, and who touched it: watched by the kernel, so C++ is seen, too."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("/tmp/hostile_canary")  # the name that make_hostile.py writes into its archives
MARKER = b"HOSTILE-CANARY-5f1d0c"
_FETCH = ("127.0.0.1", 9)
_EVENT = struct.Struct("iIII")
_ANYTHING = 0x00000FFF
_IGNORED = 0x00008000


class Watch:
    """Every access below the canary's folder since this was made."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._number = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._number < 0 or libc.inotify_add_watch(self._number, os.fsencode(folder), _ANYTHING) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def seen(self) -> list[str]:
        """What happened since the last call: a name and the kernel's mask, each once."""
        found: dict[str, None] = {}
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._number, 1 << 16):
                at = 0
                while at < len(data):
                    _, mask, _, length = _EVENT.unpack_from(data, at)
                    at += _EVENT.size
                    name = data[at : at + length].rstrip(b"\0").decode(errors="replace")
                    at += length
                    if not mask & _IGNORED:
                        found[f"{name or '.'} (inotify {mask:#x})"] = None
        return list(found)

    def close(self) -> None:
        os.close(self._number)


class Listener:
    """Somebody who waits where the URLs of the hostile archives point; `calls` says how often one came."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        try:
            self._socket = socket.create_server(_FETCH)
        except OSError:  # the port belongs to root, or is taken: the guard of the process has to do alone
            return
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._listen, args=(self._socket,), name="canary listener")
        self._end = threading.Event()
        self._thread.start()

    def _listen(self, server: socket.socket) -> None:
        while not self._end.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                connection.close()
                self.calls += 1

    def close(self) -> None:
        if self._socket is not None and self._thread is not None:
            self._end.set()
            self._thread.join()
            self._socket.close()


@contextlib.contextmanager
def canary() -> Iterator[None]:
    """Lays the canary out; at the end nobody may have read, changed or added anything there, nor called its address.

    One at a time on a machine: the archives know the canary by a fixed path.
    """
    with FOLDER.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield from _canary()


def _canary() -> Iterator[None]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / "secret.txt").write_bytes(MARKER)
    (FOLDER / "victim.txt").write_bytes(b"victim")
    (FOLDER / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    watch, listener = Watch(FOLDER), Listener()
    try:
        yield
        seen = watch.seen()
    finally:
        watch.close()
        listener.close()
        shutil.rmtree(FOLDER, ignore_errors=True)
    # Nobody else may use the folder meanwhile: the kernel does not say who it was.
    assert seen == [], f"the canary was touched: {seen}"
    assert listener.calls == 0, "an address of an archive was called"
