"""The table of members of a folder: an OCI layout or `dir:` that was not packed into a tar."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from inspector.archive.limits import Limits
from inspector.archive.members import Member, MemberKind, MemberTable
from inspector.archive.source import ByteSource, FileSource, unreadable
from inspector.errors import LimitReached
from inspector.findings import Finding, Severity, Where
from inspector.progress import CancelToken

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def read_folder_members(path: Path, limits: Limits, token: CancelToken) -> MemberTable:
    """Regular files below `path`, found without following or opening anything else.

    Links, pipes, sockets and devices are members of the kind that they are, never opened; deeper folders than
    `limits.folder_depth` are told by a finding. Raises `LimitReached` ("members"), `ArchiveUnreadable`, `Cancelled`.
    """
    members: list[Member] = []
    findings: list[Finding] = []
    for member in _walk(path, limits, token, findings):
        if len(members) >= limits.members:
            raise LimitReached(
                "members", limits.members, f"{path} holds more than {limits.members:,} files.", subject=str(path)
            )
        members.append(member)

    def opener(member: Member) -> ByteSource:
        place = path.joinpath(os.fsdecode(member.stored_name))
        try:
            # O_NOFOLLOW: what was a file when the folder was read may have been swapped for a link since.
            return FileSource.of_descriptor(os.open(place, _FLAGS), place)
        except OSError as error:
            raise unreadable(str(place), error) from error

    return MemberTable(members, opener, findings=findings, limits=limits)


def _walk(path: Path, limits: Limits, token: CancelToken, findings: list[Finding]) -> Iterator[Member]:
    waiting: list[tuple[str, int]] = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        token.check()
        try:
            with os.scandir(path / folder if folder else path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not folder:
                raise unreadable(str(path), error) from error
            findings.append(_unread(folder, error.strerror or str(error)))
            continue
        for entry in found:
            token.check()
            name = f"{folder}/{entry.name}" if folder else entry.name
            member = _member(entry, name)
            yield member
            if member.kind is MemberKind.DIRECTORY:
                if depth + 1 >= limits.folder_depth:
                    findings.append(
                        _unread(name, f"it lies deeper than {limits.folder_depth} levels (limit folder_depth)")
                    )
                else:
                    waiting.append((name, depth + 1))


def _member(entry: os.DirEntry[str], name: str) -> Member:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return Member(name, os.fsencode(name), MemberKind.OTHER, 0)
    kind = MemberKind.OTHER
    if stat.S_ISREG(status.st_mode):
        kind = MemberKind.FILE
    elif stat.S_ISDIR(status.st_mode):
        kind = MemberKind.DIRECTORY
    size = status.st_size if kind is MemberKind.FILE else 0
    return Member(name, os.fsencode(name), kind, size, stored_size=size)


def _unread(name: str, why: str) -> Finding:
    return Finding("ARC-1", Severity.WARNING, "A folder was not read", f"{name}: {why}.", Where(name))
