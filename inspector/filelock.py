"""The lock of an open file or folder: who holds it is alive, and the system lets go of it when it ends."""

from __future__ import annotations

import sys

if sys.platform != "win32":  # an open file cannot be removed on Windows, which serves as the lock
    import fcntl


def lock(descriptor: int) -> bool:
    """Take the lock until the descriptor is closed; False if another holds it. True where there are no locks."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True
