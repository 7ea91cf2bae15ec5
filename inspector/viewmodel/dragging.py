"""Files dragged out of the window: written by the one safe path into a private folder that vanishes at the end."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.errors import ExtractError, UsageError
from inspector.extract import disk
from inspector.filelock import lock
from inspector.language import tr
from inspector.viewmodel import display
from inspector.viewmodel.extracting import extract_paths

if TYPE_CHECKING:
    from inspector.extract import ExtractReport
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

MOST_BYTES: Final = 1 << 30
"""Of files that are dragged at once: they are written before the drop, for whoever takes them to read."""
_PREFIX: Final = "image-inspector-drag-"
_YOUNG_S: Final = 60
"""A folder that is younger may belong to a program that has not locked it yet."""
_lock = threading.Lock()
_folders: dict[Path, int] = {}
"""Those of this program, each with a descriptor that holds its lock: one whose lock is free was left behind."""


def refuse_large(size: int) -> None:
    """Raise `UsageError` if so many bytes are better extracted into a folder."""
    if size > MOST_BYTES:
        raise UsageError(
            tr("Too much to drag"),
            tr("These files have %s. At most %s are dragged; use Extract and choose a folder.")
            % (display.size(size), display.size(MOST_BYTES)),
        )


def extract_dragged(
    session: ArchiveSession, node: StructureNode, paths: tuple[bytes, ...], token: CancelToken, sink: ProgressSink
) -> tuple[Path, ...]:
    """Write `paths` of the layer or image at `node` into a new private folder; where each of them is now.

    The folder stays until `remove_dragged`, at the latest until the program ends: whoever took the files may be reading
    them. No file may be run, whatever its mode was (security.md 34). Raises `ExtractError` and what reading raises; then nothing is left.
    """
    disk.check_support()
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        number = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ExtractError(
            tr("No folder for dragged files"), tr("It could not be made: %s.") % (error.strerror or error)
        ) from error
    lock(number)
    with _lock:
        _folders[folder] = number
    chosen = set(paths)
    paths = tuple(path for path in paths if not any(above in chosen for above in _above(path)))
    try:
        report = extract_paths(session, node, paths, folder, token, sink, programs=False)
    except BaseException:
        _remove(folder)
        raise
    names = _names(report, chosen)
    found = tuple(folder / os.fsdecode(names[path]) for path in paths if path in names)
    if not found:
        _remove(folder)
        why = "; ".join(f"{display.safe(path)}: {tr(reason)}" for path, reason in report.left_out[:3])
        raise ExtractError(tr("Nothing to drag"), why or tr("What is selected has no content."))
    return found


def _above(path: bytes) -> Iterator[bytes]:
    """The folders that a path lies in."""
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        yield path


def _names(report: ExtractReport, paths: Collection[bytes]) -> dict[bytes, bytes]:
    """Where what stands at each of `paths` was written; of a folder that no entry states, by something below it."""
    own: dict[bytes, bytes] = {}
    by_content: dict[bytes, bytes] = {}
    for written in report.written:
        if written.path in paths:
            own.setdefault(written.path, written.name)
        for folder in _above(written.path):
            if folder in paths and folder not in by_content:
                by_content[folder] = b"/".join(written.name.split(b"/")[: folder.count(b"/") + 1])
    return by_content | own


def remove_dragged() -> None:
    """Remove all folders made here. Called when the program ends."""
    with _lock:
        folders = list(_folders)
    for folder in folders:
        _remove(folder)


def forget(files: tuple[Path, ...]) -> None:
    """Nobody took these files: remove the folder that they were written into."""
    with _lock:
        folders = [folder for folder in _folders if any(folder in file.parents for file in files)]
    for folder in folders:
        _remove(folder)


def sweep() -> None:
    """Remove what programs left that were killed before they could: folders of this person whose lock is free."""
    if sys.platform == "win32":
        return  # nothing is extracted there
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        for entry in found:
            if entry.name.startswith(_PREFIX):
                with contextlib.suppress(OSError):
                    _sweep(Path(entry.path))


def _sweep(folder: Path) -> None:
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        status = os.fstat(number)
        # Others can make folders of such names, too, where all make theirs.
        is_ours = status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) == 0o700
        if is_ours and time.time() - status.st_ctime > _YOUNG_S and lock(number):
            _remove(folder)
    finally:
        os.close(number)


def _remove(folder: Path) -> None:
    # Folders keep their modes from the archive, and one without w or x holds on to what is in it.
    for place, below, _ in os.walk(folder):
        for name in below:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                try:
                    os.chmod(path, 0o700)
                except OSError:
                    continue
    shutil.rmtree(folder, ignore_errors=True)
    with _lock:
        number = _folders.pop(folder, None)
    if number is not None:
        os.close(number)


atexit.register(remove_dragged)
