"""The table of members of a folder: an OCI layout or `dir:` that was not packed into a tar.

Nothing but regular files is ever opened, and no link is followed by the operating system: where it can (`dir_fd`,
`O_NOFOLLOW`), each folder is opened from its parent, so that what is swapped for a link meanwhile is refused too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from inspector.archive.limits import Limits
from inspector.archive.member_columns import Member, MemberKind, Members
from inspector.archive.members import MemberTable, may_hold_archive
from inspector.archive.source import ByteSource, Descriptor, FileSource, unreadable
from inspector.errors import ArchiveUnreadable, LimitReached, SourceChanged
from inspector.findings import Finding, Severity, Where
from inspector.language import say
from inspector.progress import CancelToken

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_FOLDER_FLAGS = _FLAGS | getattr(os, "O_DIRECTORY", 0)
_ENOUGH = 20_000
"""Files after which one looks whether this can be an archive at all: somebody may drop a home folder, or a whole disk."""
_BY_HANDLE = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")


def read_folder_members(path: Path, limits: Limits, token: CancelToken) -> MemberTable:
    """Everything below `path`, found without following or opening anything but folders.

    A large folder that cannot be an archive is left early: `is_whole` of the table is False then.
    Symbolic links are members with their target as text; pipes, sockets and devices are members of kind OTHER. Folders
    deeper than `limits.folder_depth`, and those that cannot be read, are told by a finding. Raises `LimitReached` ("members"),
    `ArchiveUnreadable`, `Cancelled`.
    """
    opener = _FolderOpener(path)
    members = Members()
    findings: list[Finding] = []
    waiting: list[tuple[str, int]] = [("", 0)]
    is_judged = is_left = False
    while waiting:
        if len(members) > _ENOUGH and not is_judged:
            is_judged = True
            is_left = not may_hold_archive(members)
            if is_left:
                break
        folder, depth = waiting.pop()
        token.check()
        try:
            below = list(opener.scan(folder, limits.members - len(members), token))
        except OSError as error:
            if not folder:
                raise unreadable(str(path), error) from error
            findings.append(_unread(folder, error.strerror or str(error)))
            continue
        if len(members) + len(below) > limits.members:
            raise LimitReached(
                "members",
                limits.members,
                say("%(path)s holds more than %(members)s files.", path=path, members=f"{limits.members:,}"),
                subject=str(path),
            )
        for name, kind, size, link in sorted(below):
            inside = f"{folder}/{name}" if folder else name
            members.add(inside, os.fsencode(inside), MemberKind(kind), size, link)
            if kind == MemberKind.DIRECTORY.value:
                if depth + 1 >= limits.folder_depth:
                    findings.append(_unread(inside, say("it lies deeper than %s levels", limits.folder_depth)))
                else:
                    waiting.append((inside, depth + 1))
    return MemberTable(
        members,
        opener,
        findings=findings[: limits.oddities_per_code],
        limits=limits,
        token=token,
        is_whole=not is_left,
    )


def _unread(name: str, why: str) -> Finding:
    return Finding(
        "ARC-1", Severity.WARNING, "A folder was not read", say("%(name)s: %(why)s.", name=name, why=why), Where(name)
    )


class _FolderOpener:
    """Opens files and folders below one folder by the parts of their names."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root: Descriptor | None = None
        if _BY_HANDLE:
            try:
                # The person chose this path: a link to the folder is followed, as everywhere.
                self._root = Descriptor(os.open(path, _FOLDER_FLAGS & ~os.O_NOFOLLOW))
            except OSError as error:
                raise unreadable(str(path), error) from error

    def close(self) -> None:
        """Let go of the folder; sources that were opened stay usable."""
        self._root = None

    def scan(self, folder: str, most: int, token: CancelToken) -> Iterator[tuple[str, str, int, str]]:
        """(name, kind, size, link target) of what lies directly in `folder`, `most` and one at most; OSError."""
        parts = folder.split("/") if folder else []
        if self._root is None:
            self._refuse_links(parts)
            handle, place = None, self._path.joinpath(*parts)
        else:
            handle, place = self._open_folder(parts), None
        with os.scandir(handle.number if handle is not None else place) as entries:
            for count, entry in enumerate(entries):
                token.check()
                if count > most:
                    return
                yield (entry.name, *_about(entry, handle))

    def __call__(self, member: Member, /) -> ByteSource:
        parts = os.fsdecode(member.stored_name).split("/")
        place = self._path.joinpath(*parts)
        try:
            if _BY_HANDLE:
                if self._root is None:
                    raise ArchiveUnreadable(
                        "The folder is closed", say("%s was closed.", self._path), subject=str(self._path)
                    )
                folder = self._open_folder(parts[:-1])
                number = os.open(parts[-1], _FLAGS, dir_fd=folder.number)
            else:
                self._refuse_links(parts)
                number = os.open(place, _FLAGS)
        except OSError as error:
            raise unreadable(str(place), error) from error
        source = FileSource.of_descriptor(number, place)
        if source.size != member.size:
            raise SourceChanged(
                "A file of the folder changed",
                say(
                    "%(place)s has %(size)s bytes, it had %(before)s when the folder was opened. Open it again.",
                    place=place,
                    size=f"{source.size:,}",
                    before=f"{member.size:,}",
                ),
                subject=str(place),
            )
        return source

    def _open_folder(self, parts: list[str]) -> Descriptor:
        assert self._root is not None
        folder = self._root
        if not parts:
            # Scanning moves a handle's position: a fresh one each time.
            return Descriptor(os.open(".", _FOLDER_FLAGS, dir_fd=folder.number))
        for part in parts:
            folder = Descriptor(os.open(part, _FOLDER_FLAGS, dir_fd=folder.number))
        return folder

    def _refuse_links(self, parts: list[str]) -> None:
        # Windows cannot open relative to a handle; a link or junction on the way is refused before it is used.
        place = self._path
        for part in parts:
            place /= part
            status = os.lstat(place)
            if stat.S_ISLNK(status.st_mode) or _is_junction(status):
                raise OSError(0, "a link stands in its place", str(place))


def _is_junction(status: os.stat_result) -> bool:
    """On Windows folders, too, may lead elsewhere."""
    return bool(getattr(status, "st_reparse_tag", 0))


def _about(entry: os.DirEntry[str], handle: Descriptor | None) -> tuple[str, int, str]:
    """Kind, size and link target of one entry of a folder, by `lstat` only."""
    try:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and not _is_junction(status):
            return MemberKind.FILE.value, status.st_size, ""
        if stat.S_ISDIR(status.st_mode) and not _is_junction(status):
            return MemberKind.DIRECTORY.value, 0, ""
        if stat.S_ISLNK(status.st_mode):
            if handle is not None:
                return MemberKind.SYMLINK.value, 0, os.readlink(entry.name, dir_fd=handle.number)
            return MemberKind.SYMLINK.value, 0, os.readlink(entry.path)
    except OSError:
        pass  # gone meanwhile, or not ours to look at: something that is no file
    return MemberKind.OTHER.value, 0, ""
