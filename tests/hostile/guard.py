"""A guard for a whole process: no network, no other program, nothing read or changed outside of what was allowed.

Python tells of each such call before it happens (`sys.addaudithook`); the guard notes what is forbidden and refuses it.
What C++ does by itself is not seen here: tests/hostile/canary.py watches the canary from outside, with inotify.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

_NEVER = ("subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.startfile", "pty.spawn",
          "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pickle.")  # fmt: skip
_CHANGES = {"os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.link": 2, "os.symlink": 2, "os.chmod": 1,
            "os.chown": 1, "os.truncate": 1, "os.utime": 1, "os.setxattr": 1, "os.removexattr": 1, "os.chdir": 1,
            "shutil.rmtree": 1}  # fmt: skip
_LOOKS = ("os.listdir", "os.scandir")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What Python and Qt themselves read: the interpreter, its libraries, time zones, this process.
_SYSTEM = ("/proc/self", "/proc/thread-self", "/proc/meminfo", "/dev/null", "/etc/localtime", "/usr/share/zoneinfo",
           "/usr/lib", "/usr/share/locale", "/etc/ssl/openssl.cnf")  # fmt: skip


class Guard:
    """Active from the moment it is made, for the rest of the process: `allow`, do the work, read `broken`."""

    def __init__(self, *program: str) -> None:
        paths = sysconfig.get_paths()
        own = {
            sys.prefix,
            f"/proc/{os.getpid()}",
            sys.base_prefix,
            paths["stdlib"],
            paths["platstdlib"],
            paths["purelib"],
            *program,
            *sys.path,
        }
        self._program = [os.path.realpath(path) for path in own if path] + list(_SYSTEM)
        self._reads: list[str] = []
        self._writes: list[str] = []
        self._busy = False
        self.off = False
        """While the worker itself makes or removes folders."""
        self.broken: list[str] = []
        """What was tried and forbidden."""
        sys.addaudithook(self._hear)

    def allow(self, reads: list[bytes], writes: list[str]) -> None:
        """From now on these files or folders may be read, those folders be changed; and nothing was broken yet."""
        self._reads = [os.path.realpath(os.fsdecode(path)) for path in reads]
        self._writes = [os.path.realpath(path) for path in writes]
        self.broken = []

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._busy or self.off:
            return
        self._busy = True
        try:
            trouble = self._judge(event, arguments)
        finally:
            self._busy = False
        if trouble:
            self.broken.append(trouble)
            raise PermissionError(f"the guard forbids it: {trouble}")

    def _judge(self, event: str, arguments: tuple[object, ...]) -> str:
        if event.startswith(_NEVER):
            return f"{event} {arguments!r}"[:300]
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and bool(flags & _WRITING)
            return self._outside(event, path, writes=writes)
        if event in _LOOKS:
            return self._outside(event, arguments[0], writes=False)
        if event in _CHANGES:
            # The target text of a symbolic link is no path that is touched.
            names = arguments[1:2] if event == "os.symlink" else arguments[: _CHANGES[event]]
            return next(filter(None, (self._outside(event, name, writes=True) for name in names)), "")
        return ""

    def _outside(self, event: str, path: object, *, writes: bool) -> str:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return ""  # a descriptor that somebody was allowed to open
        name = os.fsdecode(path)
        if not os.path.isabs(name):
            # Below an open folder, which Python does not tell here: it may only be a single name. (A relative path that
            # is none of these would lie in the worker's working folder, which has to stay empty.)
            one = "/" not in name.rstrip("/") and name != ".."
            return "" if one else f"{event} {name!r}"
        real = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))
        allowed = self._writes if writes else [*self._reads, *self._writes, *self._program]
        candidates = (
            (real,) if writes else (real, os.path.realpath(name), os.path.normpath(name))
        )  # /proc/self is a link
        if any(one == place or one.startswith(place.rstrip("/") + "/") for place in allowed for one in candidates):
            return ""
        return f"{event}{' for writing' if writes else ''} {name!r}"


def program_folder() -> str:
    """The checkout."""
    return str(Path(__file__).resolve().parents[2])
