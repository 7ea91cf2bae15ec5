"""A second start hands its files to the window that is open already, through a socket that only this user can reach.

The first program on a screen holds a lock file and listens; a later one sends it absolute paths, waits for the answer and ends.
Whatever is wrong (no private folder, a window that does not answer, a socket left by a crash) leads to a window of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket

MOST_BYTES = 1 << 20
"""The longest message: some thousand paths."""
_MAGIC = b"image-inspector 1\n"
_TOKEN = re.compile(rb"[!-~]{0,256}")
_LEAVE = "XDG_ACTIVATION_TOKEN"
_THANKS = b"ok\n"
_MOST_CLIENTS = 8
_START_MS = 3000
"""How long a second start waits for the first to listen: two files opened at once start two programs at once."""
_ANSWER_MS = 2000
_TALK_MS = 5000
"""After that a client that has said nothing whole is cut off."""

Receiver = Callable[[Sequence[Path]], None]


def private_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The user's folder for sockets, or None if there is none that is closed to others."""
    if sys.platform == "win32":
        return Path(environment["LOCALAPPDATA"]) if environment.get("LOCALAPPDATA") else None
    named = environment.get("XDG_RUNTIME_DIR", "")
    if not os.path.isabs(named):
        return None
    try:
        found = os.stat(named)
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return Path(named) if private else None


@dataclass(frozen=True, slots=True)
class Request:
    """What a later start asks for."""

    paths: tuple[Path, ...]
    """Absolute."""
    token: str = ""
    """The desktop's leave to come to the front (Wayland's xdg-activation), made for the later start."""


def pack(request: Request) -> bytes:
    """The message: a line that names the protocol, the length in 4 bytes; token and paths, each ended by NUL."""
    parts = [request.token, *map(str, request.paths)]
    body = b"".join(os.fsencode(part) + b"\0" for part in parts)
    return _MAGIC + len(body).to_bytes(4, "big") + body


def unpack(message: bytes) -> Request | None:
    """The request of a message; None while it is not whole.

    Raises ValueError on what `pack` never makes.
    """
    begin = len(_MAGIC) + 4
    if message[: len(_MAGIC)] != _MAGIC[: len(message)]:
        raise ValueError("not our protocol")
    if len(message) < begin:
        return None
    length = int.from_bytes(message[len(_MAGIC) : begin], "big")
    if length > MOST_BYTES or len(message) > begin + length:
        raise ValueError("too long")
    if len(message) < begin + length:
        return None
    token, *names = message[begin:].split(b"\0")
    if not names or names.pop() or not all(names):
        raise ValueError("a name is cut off or empty")
    paths = tuple(Path(os.fsdecode(name)) for name in names)
    if not all(path.is_absolute() for path in paths):
        raise ValueError("a path is relative: to which folder?")
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("no token of a desktop")
    return Request(paths, token.decode("ascii"))


class SingleInstance:
    """This program's part: first on its screen, or a later one."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._token = environment.get(_LEAVE, "")
        self._server: QLocalServer | None = None
        self._lock: QLockFile | None = None
        folder = private_folder(environment)
        if folder is None:
            return
        # Files opened on one screen do not appear on another.
        screen = environment.get("WAYLAND_DISPLAY", "") + "|" + environment.get("DISPLAY", "")
        name = "image-inspector-" + hashlib.sha256(os.fsencode(screen)).hexdigest()[:12]
        user = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        # Windows has pipes with names of their own instead of files.
        self.address = f"{name}-{user}" if sys.platform == "win32" else str(folder / f"{name}.socket")
        self._lock = QLockFile(str(folder / f"{name}.lock"))
        self._lock.setStaleLockTime(0)  # held for hours; it is stale only when its process is gone

    def claim(self) -> bool:
        """Whether this program is the first; it stays so until `close`."""
        return self._lock is not None and self._lock.tryLock(0)

    def hand_over(self, paths: Sequence[Path]) -> bool:
        """Whether the first program took `paths` (absolute ones). Waits 5 s at most; never raises."""
        if self._lock is None or self._lock.error() is not QLockFile.LockError.LockFailedError:
            return False  # nobody holds the lock: it could not be made
        message = pack(Request(tuple(paths), self._token))
        if len(message) > MOST_BYTES:
            return False
        socket = QLocalSocket()
        end = time.monotonic() + _START_MS / 1000
        while True:
            socket.connectToServer(self.address)
            if socket.waitForConnected(_ANSWER_MS):
                break
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        socket.write(message)
        answer = b""
        end = time.monotonic() + _ANSWER_MS / 1000
        while len(answer) < len(_THANKS) and (left := int((end - time.monotonic()) * 1000)) > 0:
            if not socket.waitForReadyRead(left):
                break
            answer += socket.read(len(_THANKS)).data()
        socket.close()
        return answer == _THANKS

    def listen(self, received: Receiver) -> bool:
        """Give the paths of later starts to `received`, in the window's thread; whether that can be."""
        self._server = QLocalServer()
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_MOST_CLIENTS)
        server = self._server

        def greet() -> None:
            while (socket := server.nextPendingConnection()) is not None:
                _Client(socket, received)

        server.newConnection.connect(greet)
        # Whoever holds the lock may take away a socket file that a crash left behind.
        QLocalServer.removeServer(self.address)
        return server.listen(self.address)

    def close(self) -> None:
        """Stop listening; the next start is the first."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None and self._lock.isLocked():
            self._lock.unlock()


class _Client(QObject):
    """One later start, until its message is whole, wrong or late."""

    def __init__(self, socket: QLocalSocket, received: Receiver) -> None:
        super().__init__(socket)
        self._socket = socket
        self._received = received
        self._said = b""
        socket.setReadBufferSize(MOST_BYTES)
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(self._read)
        QTimer.singleShot(_TALK_MS, socket, socket.abort)
        self._read()

    def _read(self) -> None:
        self._said += self._socket.readAll().data()
        try:
            request = unpack(self._said)
        except ValueError:
            self._socket.abort()
            return
        if request is None:
            return
        with contextlib.suppress(RuntimeError, TypeError):
            self._socket.readyRead.disconnect(self._read)
        self._socket.write(_THANKS)
        self._socket.flush()
        self._socket.disconnectFromServer()
        if request.token:
            os.environ[_LEAVE] = request.token  # Qt looks there when a window asks for the front, and takes it away
        self._received(request.paths)
