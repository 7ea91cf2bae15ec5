"""The outer archive's table of members: made once, by its headers; nothing is ever found by scanning again.

Names inside an archive are data. They are compared with each other and never joined to a path of this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, SparseSource, Window
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType, TarEnd, TarEntry
from inspector.archive.tar_input import SourceInput
from inspector.errors import BlobMismatch, BlobMissing, LimitReached
from inspector.findings import Finding, Fix, Severity, Where
from inspector.progress import CancelToken, Progress, ProgressSink

_ROOT_FILES = ("manifest.json", "index.json", "oci-layout", "repositories")
_MEMBERS_PER_REPORT = 4096


class MemberKind(Enum):
    """What a member is, as far as reading an archive is concerned."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"


_KINDS = {
    EntryType.FILE: MemberKind.FILE,
    EntryType.DIRECTORY: MemberKind.DIRECTORY,
    EntryType.SYMLINK: MemberKind.SYMLINK,
    EntryType.HARDLINK: MemberKind.HARDLINK,
}


class Member(NamedTuple):
    """One member. `name` is normalised (no `./`, `/`, `//`), text with surrogate escapes; `stored_name` is as stored.

    `size` is the logical size in bytes. `link` is the target as stored. Not `complete`: the archive ends within it.
    """

    name: str
    stored_name: bytes
    kind: MemberKind
    size: int
    header_offset: int | None = None
    data_offset: int | None = None
    link: str = ""
    complete: bool = True
    sparse: tuple[tuple[int, int], ...] | None = None
    stored_size: int = 0


class Opener(Protocol):
    """How the bytes of a member are reached."""

    def __call__(self, member: Member, /) -> ByteSource: ...


class MemberTable:
    """Members in stored order, and by name. Of equal names the last one counts, as when the tar is unpacked."""

    def __init__(
        self,
        members: Iterable[Member],
        opener: Opener,
        *,
        findings: Iterable[Finding] = (),
        end: TarEnd | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.members: tuple[Member, ...] = tuple(members)
        self.end = end
        self._opener = opener
        self._limits = limits
        self._by_name: dict[str, Member] = {}
        repeated: dict[str, list[Member]] = {}
        for member in self.members:
            earlier = self._by_name.get(member.name)
            if earlier is not None and not (earlier.kind is member.kind is MemberKind.DIRECTORY):
                repeated.setdefault(member.name, [earlier]).append(member)
            self._by_name[member.name] = member
        self.duplicates: Mapping[str, tuple[Member, ...]] = {name: tuple(found) for name, found in repeated.items()}
        self.root = self._wrapping_folder()
        self.findings: tuple[Finding, ...] = (*findings, *self._about_duplicates(), *self._about_root())

    def find(self, name: str) -> Member | None:
        """The member that `name` leads to, below the wrapping folder if there is one; links are followed.

        None if nothing is there, if links go in a circle or beyond `limits.links` hops, or lead out of the archive.
        """
        wanted = normalised(name)
        return self._resolve(f"{self.root}/{wanted}" if self.root else wanted)

    def open(self, member: Member) -> ByteSource:
        """The member's bytes (of an incomplete one: those that are there). Raises `BlobMissing` if it has none."""
        if member.kind is not MemberKind.FILE:
            raise BlobMissing("No file", f"{member.name} is a {member.kind.value}, not a file.", subject=member.name)
        return self._opener(member)

    def read(self, member: Member, limit_name: str) -> bytes:
        """All bytes of the member, at most as many as the limit called `limit_name` allows (else `LimitReached`).

        Raises `BlobMismatch` if the archive ends within it.
        """
        allowed: int = getattr(self._limits, limit_name)
        if member.size > allowed:
            raise LimitReached(
                limit_name,
                allowed,
                f"{member.name} has {member.size:,} bytes; at most {allowed:,} are read.",
                subject=member.name,
            )
        source = self.open(member)
        if source.size < member.size:
            raise BlobMismatch(
                "A file is cut off",
                f"{member.name}: {source.size:,} of {member.size:,} bytes are in the archive.",
                subject=member.name,
            )
        return source.read_at(0, source.size)

    def names(self) -> Iterable[str]:
        """Each name once, without the wrapping folder."""
        return [name for name in map(self._inside, self._by_name) if name is not None]

    def below(self, prefix: str) -> Iterator[Member]:
        """Members whose name, without the wrapping folder, begins with `prefix`; the last of equal ones."""
        for name, member in self._by_name.items():
            inside = self._inside(name)
            if inside is not None and inside.startswith(prefix):
                yield member if not self.root else member._replace(name=inside)

    def close(self) -> None:
        """Nothing to let go of: sources belong to whoever opened the archive."""

    def _inside(self, name: str) -> str | None:
        if not self.root:
            return name
        return name[len(self.root) + 1 :] if name.startswith(self.root + "/") else None

    def _resolve(self, name: str) -> Member | None:
        for _ in range(self._limits.links + 1):
            member = self._by_name.get(name)
            if member is None:
                redirected = self._through_linked_folder(name)
                if redirected is None:
                    return None
                name = redirected
            elif member.kind is MemberKind.SYMLINK:
                target = _joined(_parent(name), member.link)
                if target is None:
                    return None
                name = target
            elif member.kind is MemberKind.HARDLINK:
                # A hard link's target counts from the root of the tar. One that a link's folder makes relative exists too.
                name = normalised(member.link)
                if name == member.name:
                    return self._earlier(member)
            else:
                return self._shown(member)
        return None

    def _earlier(self, link: Member) -> Member | None:
        """A hard link to its own name means the member of that name that stood before it (`tar -r` of a linked file)."""
        for member in reversed(self.duplicates.get(link.name, ())):
            if member.kind is MemberKind.FILE:
                return self._shown(member)
        return None

    def _shown(self, member: Member) -> Member:
        inside = self._inside(member.name)
        return member if not self.root or inside is None else member._replace(name=inside)

    def _through_linked_folder(self, name: str) -> str | None:
        """`name` with its first parent that is a symbolic link replaced by where that leads."""
        parts = name.split("/")
        for count in range(1, len(parts)):
            folder = self._by_name.get("/".join(parts[:count]))
            if folder is not None and folder.kind is MemberKind.SYMLINK:
                return _joined(_parent(folder.name), "/".join([folder.link, *parts[count:]]))
        return None

    def _wrapping_folder(self) -> str:
        """The one folder below which everything lies, if the documents of an image archive are in it and not outside."""
        if any(name in self._by_name for name in _ROOT_FILES):
            return ""
        tops = {name.partition("/")[0] for name in self._by_name if not _is_ballast(name)}
        prefix = ""
        while len(tops) == 1 and len(prefix) < self._limits.name_bytes:
            (top,) = tops
            prefix = f"{prefix}/{top}" if prefix else top
            if any(f"{prefix}/{name}" in self._by_name for name in _ROOT_FILES):
                return prefix
            start = len(prefix) + 1
            below = (name[start:] for name in self._by_name if name.startswith(prefix + "/") and not _is_ballast(name))
            tops = {name.partition("/")[0] for name in below}
        return ""

    def _about_root(self) -> Iterator[Finding]:
        if self.root:
            yield Finding(
                "ARC-3",
                Severity.WARNING,
                "The image lies in a folder inside the archive",
                "Loaders look for its documents at the top and do not find them. Somebody packed the folder, not its content.",
                Where(self.root),
                found=self.root,
                fix=Fix.AUTOMATIC,
            )

    def _about_duplicates(self) -> Iterator[Finding]:
        budget = self._limits.duplicate_compare_bytes
        for position, (name, twins) in enumerate(self.duplicates.items()):
            if position >= self._limits.oddities_per_code:
                yield Finding(
                    "ARC-2",
                    Severity.WARNING,
                    "More names that stand twice",
                    f"{len(self.duplicates) - position:,} more are not listed.",
                )
                return
            same, spent = self._equal(twins, budget)
            budget -= spent
            yield Finding(
                "ARC-2",
                Severity.WARNING if same else Severity.ERROR,
                "A name stands twice in the archive",
                "The copies are equal."
                if same
                else "They differ: skopeo and crane read the first one, containerd and everything that unpacks read the last. "
                "The last one is shown here.",
                Where(name, offset=twins[-1].header_offset),
                expected="one",
                found=f"{len(twins)} at " + ", ".join(str(twin.header_offset) for twin in twins[:8]),
                fix=Fix.AUTOMATIC if same else Fix.CHOICE,
            )

    def _equal(self, twins: tuple[Member, ...], budget: int) -> tuple[bool, int]:
        first = twins[0]
        cost = sum(twin.size for twin in twins)
        if any((twin.kind, twin.size, twin.link) != (first.kind, first.size, first.link) for twin in twins):
            return False, 0
        if first.kind is not MemberKind.FILE or not first.size:
            return True, 0
        if cost > budget or not all(twin.complete for twin in twins):
            return False, 0
        sources = [self.open(twin) for twin in twins]
        step = 1 << 20
        for offset in range(0, first.size, step):
            length = min(step, first.size - offset)
            if len({source.read_at(offset, length) for source in sources}) > 1:
                return False, offset + length
        return True, cost


def normalised(name: str) -> str:
    """Without `./`, leading or doubled `/`; `..` steps back, and stays within the archive."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _joined(folder: str, target: str) -> str | None:
    """Where a symbolic link in `folder` leads; None if that is out of the archive."""
    parts = [] if target.startswith("/") else [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _is_ballast(name: str) -> bool:
    """macOS adds these beside the real files."""
    return PurePosixPath(name).name.startswith("._") or name.startswith("__MACOSX/") or name in ("", "__MACOSX")


def read_tar_members(source: ByteSource, limits: Limits, token: CancelToken, sink: ProgressSink) -> MemberTable:
    """The table of an uncompressed tar: only headers are read. What is odd stands in `findings`, how it ends in `end`.

    Raises `LimitReached` ("members" and the tar reader's), `Cancelled`, `SourceChanged`, `ArchiveUnreadable`.
    """
    reader = TarReader(SourceInput(source), limits, token)
    members: list[Member] = []
    odd_names: list[Finding] = []
    for entry in reader:
        if len(members) >= limits.members:
            raise LimitReached("members", limits.members, f"The archive has more than {limits.members:,} members.")
        member = _member(entry, source.size)
        members.append(member)
        if member.stored_name.strip(b"/") != member.stored_name or b".." in member.stored_name:
            _note_name(member, odd_names, limits)
        if len(members) % _MEMBERS_PER_REPORT == 0:
            sink(Progress("Reading the table of members", entry.header_offset, source.size))

    def opener(member: Member) -> ByteSource:
        start = member.data_offset or 0
        stored = max(0, min(member.stored_size, source.size - start))
        window = Window(source, start, stored)
        if member.sparse is None:
            return window
        return SparseSource(window, member.sparse, member.size)

    return MemberTable(members, opener, findings=[*reader.oddities, *odd_names], end=reader.end, limits=limits)


def _member(entry: TarEntry, total: int) -> Member:
    # Names and links are normalised here so that all later look-ups are plain comparisons.
    return Member(
        name=normalised(entry.name.decode("utf-8", "surrogateescape")),
        stored_name=entry.name,
        kind=_KINDS.get(entry.type, MemberKind.OTHER),
        size=entry.size,
        header_offset=entry.header_offset,
        data_offset=entry.data_offset,
        link=entry.linkname.decode("utf-8", "surrogateescape"),
        complete=entry.data_offset + entry.stored_size <= total,
        sparse=entry.sparse,
        stored_size=entry.stored_size,
    )


def _note_name(member: Member, findings: list[Finding], limits: Limits) -> None:
    parts = member.stored_name.split(b"/")
    absolute = member.stored_name.startswith(b"/")
    if (b".." not in parts and not absolute) or len(findings) >= limits.oddities_per_code:
        return
    findings.append(
        Finding(
            "ARC-3",
            Severity.ERROR if b".." in parts else Severity.WARNING,
            "A name that leads out of the archive" if b".." in parts else "A name that begins with a slash",
            "It is read as if it began at the top of the archive; many tools refuse it.",
            Where(member.name, offset=member.header_offset),
            found=member.stored_name[:200].decode("utf-8", "backslashreplace"),
            fix=Fix.AUTOMATIC,
        )
    )
