"""Several archives that appear together, or not at all: what a split writes.

Each is written, synced and read back in a private folder beside them, locked like any unfinished export. Only when all of
them are whole do they take their names, one after the other, and what they replace waits in that folder. If one name
cannot be taken, those before it give theirs back, and what they replaced returns. A kill in the middle of the naming
(microseconds) is all that can leave a part of the set; each file of it is then whole, old or new.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.errors import InspectorError, TargetExists, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.export.folder_target import is_empty_folder, remove_layout
from inspector.export.options import Form
from inspector.export.planned import ExportPlan
from inspector.export.target import check_folder, check_room, free_bytes, name_without_replacing, unwritable
from inspector.export.writer import SPARE, ExportResult, check_target, export_archive
from inspector.language import say, say_all, say_n
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

_NAME = "image-inspector-split"
_OLD = ".old"


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """One archive of a set: what it holds, and its file name in the common folder."""

    file_name: str
    plan: ExportPlan


def export_together(
    archives: Sequence[NamedPlan],
    folder: Path,
    *,
    overwrite: bool = False,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
) -> tuple[ExportResult, ...]:
    """Write every archive into `folder`, which is made if need be; all of them or none.

    Raises as `writer.export_archive`; whatever is raised, the sources and `folder` are as they were.
    """
    token = token if token is not None else CancelToken()
    check_common_folder(folder)
    with _made(folder):
        for one in archives:
            _check(one, folder, overwrite=overwrite)
        _check_room([one.plan for one in archives], folder)
        try:
            with _stage(folder) as stage:
                with _told_of(folder, stage):
                    results = [
                        export_archive(one.plan, stage / one.file_name, token=token, sink=_part_of(n, archives, sink))
                        for n, one in enumerate(archives)
                    ]
                token.check()
                for one in archives:
                    _check(one, folder, overwrite=overwrite)
                notes = _take_names(archives, stage, folder, overwrite=overwrite)
        except OSError as error:
            raise unwritable(folder, error) from error
    results[-1] = replace(results[-1], notes=(*results[-1].notes, *notes))
    return tuple(replace(done, output=folder / one.file_name) for one, done in zip(archives, results, strict=True))


def check_common_folder(folder: Path) -> None:
    """What can be said of `folder`, which may not be there yet, before anything is read; raises as `export_together` does."""
    try:
        with suppress(FileNotFoundError):
            if not stat.S_ISDIR(os.stat(folder).st_mode):
                raise unwritable(folder, OSError(errno.ENOTDIR, ""))
        check_folder(folder if folder.is_dir() else folder.parent)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))) from error


# before --------------------------------------------------------------------------------------------------


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """`folder`, made if it is not there; if nothing was put into it, it goes again."""
    made = False
    try:
        folder.mkdir()
        made = True
    except FileExistsError:
        if not folder.is_dir():
            raise unwritable(folder, OSError(errno.ENOTDIR, "")) from None
    except (OSError, ValueError) as error:
        raise unwritable(folder, error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))) from error
    try:
        yield
    finally:
        if made:
            with suppress(OSError):
                folder.rmdir()  # fails where something was written, as it should


def _check(one: NamedPlan, folder: Path, *, overwrite: bool) -> None:
    target = folder / one.file_name
    check_target(one.plan.archive, target, overwrite=overwrite, form=one.plan.form, others=one.plan.others)
    if target.is_symlink():
        raise TargetUnwritable(
            "The export cannot be written",
            say(
                "%s is a link, and archives that appear together do so in one folder. Remove it or choose another folder.",
                target,
            ),
            subject=str(target),
        )


def _check_room(plans: Sequence[ExportPlan], folder: Path) -> None:
    """All of them are there before the first gets its name; what only waits for its compression is one at a time."""
    needed = sum(plan.size + SPARE for plan in plans) + max(plan.room - plan.size for plan in plans)
    check_room(needed, free_bytes(folder), folder)


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """A private folder in `folder` that goes at the end, with what is in it then."""
    with leftovers.turn(folder):
        if leftovers.sweep(folder, _NAME):
            raise TargetUnwritable(
                "Another export writes into this folder",
                say(
                    "Another export writes several archives into %s. Wait until it ends, or choose another folder.",
                    folder,
                ),
                subject=str(folder),
            )
        stage = folder / leftovers.new_part_name(_NAME, leftovers.name_limit(folder))
        disk.make_folder(stage)
        descriptor = leftovers.hold(stage)
    try:
        inner = stage / "new"  # each archive takes its turn there (`leftovers.turn`), while `stage` stays locked
        disk.make_folder(inner)
        yield inner
    finally:
        disk.remove_tree(stage)
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def _told_of(folder: Path, stage: Path) -> Iterator[None]:
    """Errors name the place that the person chose."""
    try:
        yield
    except TargetUnwritable as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise unwritable(folder / Path(error.subject).relative_to(stage), error.__cause__) from error.__cause__


def _part_of(number: int, archives: Sequence[NamedPlan], sink: ProgressSink) -> ProgressSink:
    """One progress of all, each archive with the part that its size has in them."""
    sizes = [max(1, one.plan.size) for one in archives]
    before, own, total = sum(sizes[:number]), sizes[number], sum(sizes)

    def told(progress: Progress) -> None:
        share = own * min(progress.done, progress.total) // progress.total if progress.total > 0 else 0
        sink(Progress(progress.stage, before + share, total, progress.subject))

    return told


# the names -----------------------------------------------------------------------------------------------


def _take_names(archives: Sequence[NamedPlan], stage: Path, folder: Path, *, overwrite: bool) -> list[str]:
    """Every archive gets its name, or none. Notes about what could not be made sure of."""
    undo: list[Callable[[], None]] = []
    olds: list[tuple[Path, Form]] = []
    target = folder
    try:
        for one in archives:
            staged, target = stage / one.file_name, folder / one.file_name
            old = _take_name(staged, target, undo, overwrite=overwrite)
            olds += [(old, one.plan.form)] if old is not None else []
    except OSError as error:
        raise _after(unwritable(target, error), _take_back(undo)) from error
    except InspectorError as error:
        raise _after(error, _take_back(undo)) from error.__cause__
    except BaseException:
        _take_back(undo)
        raise
    notes = [note for old, form in olds for note in _remove_old(old, form, folder)]
    try:
        disk.sync_folder(folder)
    except OSError as error:
        notes.append(say("The folder could not be synced to the disk (%s).", error.strerror or error))
    return notes


def _take_name(staged: Path, target: Path, undo: list[Callable[[], None]], *, overwrite: bool) -> Path | None:
    """Give one archive its name; where that was taken, returns where what had it is now. What was done goes into `undo`."""
    if os.path.lexists(target) and (overwrite or is_empty_folder(target)):
        _take_mode(staged, target)
        if disk.exchange(staged, target):
            undo.append(lambda: _swap_back(staged, target))
            return staged
        old = _old_name(target)
        if os.path.lexists(old):
            raise unwritable(target, OSError(errno.EEXIST, f"{old} is in the way"))
        disk.replace(target, old)
        undo.append(lambda: disk.replace(old, target))
        disk.replace(staged, target)
        undo.append(lambda: disk.replace(target, staged))
        return old
    try:
        if staged.is_dir():
            disk.replace(staged, target)
        else:
            name_without_replacing(staged, target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise TargetExists(
                "The target exists", say("%s was made by another program meanwhile. Choose another name.", target),
                subject=str(target),
            ) from error  # fmt: skip
        raise
    undo.append(lambda: disk.replace(target, staged))
    return None


def _take_mode(staged: Path, target: Path) -> None:
    """A file that is replaced keeps its permissions."""
    status = os.stat(target)
    if stat.S_ISREG(status.st_mode):
        descriptor = os.open(staged, os.O_RDONLY)
        try:
            disk.set_mode(descriptor, stat.S_IMODE(status.st_mode) & 0o777)
        finally:
            os.close(descriptor)


def _swap_back(staged: Path, target: Path) -> None:
    if not disk.exchange(staged, target):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def _take_back(undo: Sequence[Callable[[], None]]) -> int:
    """Undo what was done, backwards; how many steps could not be undone."""
    left = 0
    for step in reversed(undo):
        try:
            step()
        except OSError:
            left += 1
    return left


def _after(error: InspectorError, left: int) -> InspectorError:
    """`error`, which tells also of archives that could not be taken back."""
    if left:
        told = say_n(
            "%s archive has its name already, could not be taken back, and is whole.",
            "%s archives have their names already, could not be taken back, and are whole.",
            left,
            f"{left:,}",
        )
        error.message = say_all((say(error.message), told))
    return error


def _remove_old(old: Path, form: Form, folder: Path) -> Iterator[str]:
    """Remove what was replaced; of a folder nothing but a layout's files."""
    try:
        if form is Form.FOLDER:
            remove_layout(old)
        else:
            disk.unlink(old)
    except OSError as error:
        kept = _old_name(folder / old.name.removeprefix(".").removesuffix(_OLD))
        with suppress(OSError):
            disk.replace(old, kept)
        yield say(
            "What was there before could not be removed, and lies in %(old)s (%(reason)s).",
            old=kept,
            reason=error.strerror or error,
        )


def _old_name(target: Path) -> Path:
    """Where what was called `target` waits, if not in the private folder, which a later export may sweep."""
    return target.with_name(f".{target.name}{_OLD}")
