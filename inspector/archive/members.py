"""The archive's table of members: made once, by its headers; nothing is ever found by scanning again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.member_columns import Member, MemberKind, Members
from inspector.archive.member_duplicates import duplicate_rows, tell_duplicates
from inspector.archive.member_names import Target, normalised, resolve
from inspector.archive.source import ByteSource, SparseSource, Window
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import TarEnd
from inspector.archive.tar_input import SourceInput
from inspector.errors import BlobMismatch, BlobMissing, LimitReached
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import say
from inspector.progress import CancelToken, Progress, ProgressSink

__all__ = ["Member", "MemberKind", "MemberTable", "normalised", "read_tar_members"]

_ROOT_FILES = ("manifest.json", "index.json", "oci-layout", "repositories")
_DEEPEST_ROOT = 8
_MEMBERS_PER_REPORT = 4096


class Opener(Protocol):
    """How the bytes of a member are reached."""

    def __call__(self, member: Member, /) -> ByteSource: ...


class MemberTable:
    """Members in stored order, and by name. Of equal names the last one counts, as when the tar is unpacked.

    `root` is a wrapping folder: the one folder at the top that holds the documents of the image, "" if they lie at the top.
    Names, of members and of look-ups, are without it; members outside of it begin with `../` and are never found. `duplicates` holds, in stored order, the members of each name that
    stands several times (folders do not count).
    """

    def __init__(
        self,
        members: Members,
        opener: Opener,
        *,
        findings: Iterable[Finding] = (),
        end: TarEnd | None = None,
        limits: Limits = DEFAULT_LIMITS,
        token: CancelToken | None = None,
        is_whole: bool = True,
    ) -> None:
        self._columns = members
        self.is_whole = is_whole
        """False for a folder that was left before all of it was seen: it cannot be an archive."""
        self.end = end
        self._opener = opener
        self._limits = limits
        self._rows: dict[str, int] = {name: row for row, name in enumerate(members.names)}
        self.root = members.root = _wrapping_folder(members, self._rows)
        self._twins = {} if len(self._rows) == len(members) else duplicate_rows(members)
        self.duplicates: Mapping[str, tuple[Member, ...]] = {
            members.inside(name): tuple(members[row] for row in rows) for name, rows in self._twins.items()
        }
        found = tell_duplicates(self.duplicates, self.open, limits, token or CancelToken())
        self.findings: tuple[Finding, ...] = (*findings, *found, *self._about_root())

    @property
    def members(self) -> Sequence[Member]:
        """All of them, in stored order; each is made when it is asked for."""
        return self._columns

    def find(self, name: str) -> Member | None:
        """The member that `name` leads to; links of it and of its folders are followed within the archive.

        None if nothing is there, if links go in a circle or beyond `limits.links` hops, or lead out of the archive.
        """
        wanted = normalised(name)
        if not wanted or wanted.startswith("../") or wanted == "..":
            return None
        full = f"{self.root}/{wanted}" if self.root else wanted
        columns = self._columns
        if columns.links:
            row = resolve(full, self._target, self._limits.links, has_root=self.end is not None)
        else:
            row = self._rows.get(full)
        if row is None or columns.kind(row) in (MemberKind.SYMLINK, MemberKind.HARDLINK):
            return None
        return columns[row]

    def open(self, member: Member) -> ByteSource:
        """The member's bytes (of an incomplete one: those that are there). `BlobMissing` if it is no file.

        Raises `ArchiveUnreadable` and `SourceChanged` for a file of a folder, `LimitReached` ("inflate_ratio") for a sparse
        file that is nearly all hole.
        """
        if member.kind is not MemberKind.FILE:
            raise BlobMissing(
                "No file",
                say("%(name)s is a %(kind)s, not a file.", name=member.name, kind=say(member.kind.value)),
                subject=member.name,
            )
        return self._opener(member)

    def read(self, member: Member, limit_name: str) -> bytes:
        """All bytes of the member, at most as many as the limit called `limit_name` allows (else `LimitReached`).

        Raises `BlobMismatch` if the archive ends within it, and what `open` raises.
        """
        allowed: int = getattr(self._limits, limit_name)
        if member.size > allowed:
            raise LimitReached(
                limit_name,
                allowed,
                say(
                    "%(name)s has %(size)s bytes; at most %(allowed)s are read.",
                    name=member.name,
                    size=f"{member.size:,}",
                    allowed=f"{allowed:,}",
                ),
                subject=member.name,
            )
        source = self.open(member)
        if source.size < member.size:
            raise BlobMismatch(
                "A file is cut off",
                say(
                    "%(name)s: %(stored)s of %(size)s bytes are in the archive.",
                    name=member.name,
                    stored=f"{source.size:,}",
                    size=f"{member.size:,}",
                ),
                subject=member.name,
            )
        return source.read_at(0, source.size)

    @property
    def odd_types(self) -> tuple[Member, ...]:
        """Regular files that are none by their type flag (`Member.odd_type`)."""
        return self._columns.odd_types

    @property
    def leads_out(self) -> bool:
        """Whether the name of a member leads out of the archive, or out of its wrapping folder."""
        inside = (self._columns.inside(name) for name in self._rows) if self.root else iter(self._rows)
        return any(name == ".." or name.startswith("../") for name in inside)

    def names(self) -> Iterable[str]:
        """Each name once; those outside of the wrapping folder are left out."""
        inside = (self._columns.inside(name) for name in self._rows) if self.root else iter(self._rows)
        return [name for name in inside if name and not name.startswith("../") and name != ".."]

    def below(self, prefix: str) -> Iterator[Member]:
        """Members whose name begins with `prefix`, in the order of their first appearance; the last of equal ones."""
        start = f"{self.root}/{prefix}" if self.root else prefix
        for name, row in self._rows.items():
            if name.startswith(start):
                yield self._columns[row]

    def close(self) -> None:
        """Let go of a folder; the source of a tar belongs to whoever opened it."""
        closer = getattr(self._opener, "close", None)
        if closer is not None:
            closer()

    def _target(self, name: str) -> Target | None:
        row = self._rows.get(name)
        if row is None:
            return None
        columns = self._columns
        link = columns.links.get(row, "")
        is_hard = columns.kind(row) is MemberKind.HARDLINK
        if is_hard and normalised(link) == name:
            # `tar -r` of a file that has several names: the link means the member of its own name that stood before.
            earlier = [twin for twin in self._twins.get(name, ()) if columns.kind(twin) is MemberKind.FILE]
            return Target(earlier[-1], "", is_hard=False) if earlier else None
        return Target(row, link, is_hard)

    def _about_root(self) -> Iterator[Finding]:
        if self.root:
            yield Finding(
                "ARC-3", Severity.WARNING, "The image lies in a folder inside the archive",
                "Loaders look for its documents at the top and do not find them. "
                "Somebody packed the folder, not its content.",
                Where(self.root), found=self.root, fix=Fix.AUTOMATIC,
            )  # fmt: skip


def may_hold_archive(members: Members) -> bool:
    """Whether documents or blobs of an archive lie at the top, or in a wrapping folder."""
    rows = {name: row for row, name in enumerate(members.names)}
    root = _wrapping_folder(members, rows)
    return any((f"{root}/{name}" if root else name) in rows for name in (*_ROOT_FILES, "blobs"))


def _wrapping_folder(members: Members, rows: Mapping[str, int]) -> str:
    """The one folder at the top that holds the documents of an image archive, if none of them lies at the top itself."""
    prefix = ""
    for _ in range(_DEEPEST_ROOT):
        start = f"{prefix}/" if prefix else ""
        if any(start + name in rows for name in _ROOT_FILES):
            return prefix
        folders: set[str] = set()
        for name, row in rows.items():
            if not name.startswith(start):
                continue
            top, slash, _ = name[len(start) :].partition("/")
            # Single files beside the folder do no harm (`README`, `.DS_Store`, the `._*` that macOS adds).
            if (slash or members.kind(row) is MemberKind.DIRECTORY) and top and not _is_ballast(top):
                folders.add(top)
                if len(folders) > 1:
                    return ""
        if not folders:
            return ""
        prefix = start + folders.pop()
    return ""


def _is_ballast(top: str) -> bool:
    return top.startswith("._") or top in ("__MACOSX", "..")


def read_tar_members(source: ByteSource, limits: Limits, token: CancelToken, sink: ProgressSink) -> MemberTable:
    """The table of an uncompressed tar: only headers are read. What is odd stands in `findings`, how it ends in `end`.

    Raises `LimitReached` ("members" and the tar reader's), `Cancelled`, `SourceChanged`, `ArchiveUnreadable`.
    """
    reader = TarReader(SourceInput(source), limits, token)
    members = Members(source.size)
    odd_names: list[Finding] = []
    for entry in reader:
        count = len(members.names)
        if count >= limits.members:
            raise LimitReached(
                "members", limits.members, say("The archive has more than %s members.", f"{limits.members:,}")
            )
        stored = entry.name.decode("utf-8", "surrogateescape")
        name = normalised(stored)
        is_as_stored = name == stored
        members.add_entry(entry, name, is_as_stored=is_as_stored)
        if (not is_as_stored or name.startswith("..")) and len(odd_names) < limits.oddities_per_code:
            odd_names.extend(_about_name(stored, name, entry.header_offset))
        if count % _MEMBERS_PER_REPORT == 0:
            sink(Progress("Reading the table of members", entry.header_offset, source.size))
    opener = _TarOpener(source, limits)
    findings = [*reader.oddities, *odd_names]
    return MemberTable(members, opener, findings=findings, end=reader.end, limits=limits, token=token)


def _about_name(stored: str, name: str, offset: int) -> Iterator[Finding]:
    steps_back = ".." in stored.split("/")
    if not steps_back and not stored.startswith("/"):
        return
    leads_out = name == ".." or name.startswith("../")
    yield Finding(
        "ARC-3",
        Severity.ERROR if steps_back else Severity.WARNING,
        "A name that leads out of the archive" if leads_out
        else "A name that steps back" if steps_back else "A name that begins with a slash",
        "It is shown, and never found as part of the image; many tools refuse the archive." if leads_out
        else "It is read as if it were written without; many tools refuse it.",
        Where(name, offset=offset),
        found=stored.encode("utf-8", "surrogateescape")[:200].decode("utf-8", "backslashreplace"),
        fix=Fix.AUTOMATIC,
    )  # fmt: skip


class _TarOpener:
    """Windows on the content of members."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits

    def __call__(self, member: Member, /) -> ByteSource:
        source = self._source
        start = min(member.data_offset or 0, source.size)
        window = Window(source, start, min(member.stored_size, source.size - start))
        if member.sparse is None:
            return window
        limits = self._limits
        if member.size > max(limits.inflate_free_bytes, limits.inflate_ratio * member.stored_size):
            raise LimitReached(
                "inflate_ratio",
                limits.inflate_ratio,
                say(
                    "%(name)s is a sparse file of %(size)s bytes of which %(stored_size)s are stored.",
                    name=member.name,
                    size=f"{member.size:,}",
                    stored_size=f"{member.stored_size:,}",
                ),
                subject=member.name,
            )
        if member.complete:
            return SparseSource(window, member.sparse, member.size)
        # The archive ends within it: the file, up to the last byte that is there.
        left = window.size
        whole: list[tuple[int, int]] = []
        for offset, length in member.sparse:
            whole.append((offset, min(length, left)))
            left -= whole[-1][1]
            if not left:
                break
        return SparseSource(window, whole, sum(whole[-1]) if whole else 0)
