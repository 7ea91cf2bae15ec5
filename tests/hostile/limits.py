"""What a worker allows itself: address space, time on the wall; and how much memory and time a case took."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import time
from pathlib import Path


def bound(address_space: int) -> None:
    """Too much memory is a MemoryError, and a case that hangs ends the process: the parent sees which it was."""
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def set_up(address_space: int, scratch: Path) -> None:
    """A worker's own folders in `scratch`: TMPDIR `tmp`, `work`, and `empty` to stand in; then `bound`."""
    shutil.rmtree(scratch)
    for name in ("tmp", "work", "empty"):
        (scratch / name).mkdir(parents=True)
    os.environ["TMPDIR"] = str(scratch / "tmp")
    os.chdir(scratch / "empty")
    bound(address_space)


class Meter:
    """Processor seconds and the peak of memory since it was made: others may use the machine, too."""

    def __init__(self, seconds_on_the_wall: int) -> None:
        signal.alarm(seconds_on_the_wall)
        self._start = time.process_time()
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak begins anew
        self._before = _peak("VmRSS")

    def stop(self) -> None:
        signal.alarm(0)

    @property
    def seconds(self) -> float:
        return time.process_time() - self._start

    @property
    def memory(self) -> int:
        """Peak, in bytes. Not ru_maxrss: that begins with the size of the process that forked this one."""
        return _peak("VmHWM")


def _peak(field: str) -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":")) * 1024
