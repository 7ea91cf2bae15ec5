"""ARC-*: the archive as a tar, its members and what surrounds them (practice, formats.md C1 and B3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.archive.members import MemberKind
from inspector.archive.tar import TarReader
from inspector.archive.tar_input import SourceInput
from inspector.conformance.rules import Check, and_more
from inspector.conformance.tar_rules import ARC_3, ARC_4, ARC_5, ARC_6, ARC_7, ARC_8, ARC_10
from inspector.findings import Finding, Severity
from inspector.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.members import Member
    from inspector.conformance.case import Case

_CONTROL: Final = re.compile("[\\x00-\\x1f\\x7f]")
_SURROGATE: Final = re.compile("[\\udc80-\\udcff]")
_TOP: Final = frozenset(("blobs", "index.json", "oci-layout", "manifest.json", "repositories"))
_EARLY: Final = ("oci-layout", "index.json", "manifest.json")


def plain_names(case: Case) -> Iterator[Finding]:
    """ARC-3: one finding per kind of trouble (`..` and slashes: found when opening)."""
    kinds: dict[str, list[Member]] = {}
    for member in case.archive.members.members:
        name = member.name
        if name.isascii() and name.isprintable() and "\\" not in name and ":" not in name:
            continue
        if "\\" in name:
            kinds.setdefault(say("a backslash"), []).append(member)
        if ":" in name:
            kinds.setdefault(say("a colon"), []).append(member)
        if _CONTROL.search(name):
            kinds.setdefault(say("a control character"), []).append(member)
        if not name.isascii() and _SURROGATE.search(name):
            kinds.setdefault(say("bytes that are not UTF-8"), []).append(member)
    for kind, members in kinds.items():
        first = members[0]
        yield ARC_3.broken(
            Severity.INFO if kind == "a colon" else Severity.WARNING,
            say("A name with %s", kind),
            at=first.name,
            offset=first.header_offset,
            found=and_more(
                first.name[:150].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
                len(members) - 1,
            ),
        )


def kinds_of_members(case: Case) -> Iterator[Finding]:
    """ARC-4: an error for a document or blob of an OCI layout, which containerd then does not find."""
    for member in case.archive.members.members:
        if member.kind in (MemberKind.FILE, MemberKind.DIRECTORY) and member.sparse is None:
            continue
        needed = case.is_layout and (member.name in _TOP or member.name.startswith("blobs/"))
        severity = Severity.ERROR if needed and member.kind is not MemberKind.FILE else Severity.WARNING
        if member.kind is MemberKind.SYMLINK and not case.is_layout:
            severity = Severity.INFO  # docker save and podman write them; every reader of manifest.json follows
        yield ARC_4.broken(
            severity,
            "A sparse file" if member.kind is MemberKind.FILE else say("A member that is a %s", member.kind.value),
            at=member.name,
            offset=member.header_offset,
            expected=say("a regular file"),
            found=member.link or member.kind.value,
        )


def folders_have_entries(case: Case) -> Iterator[Finding]:
    """ARC-5."""
    if not case.is_layout or not case.is_tar:
        return
    seen: set[str] = set()
    for member in case.archive.members.members:
        if member.kind is MemberKind.DIRECTORY:
            seen.add(member.name)
        elif member.name.startswith("blobs/"):
            folder = member.name.rpartition("/")[0]
            if folder not in seen or "blobs" not in seen:
                missing = folder if folder not in seen else "blobs"
                yield ARC_5.broken(
                    Severity.INFO,
                    "Folders without entries of their own",
                    at=member.name,
                    offset=member.header_offset,
                    expected=say("%s/ before it", missing),
                )
                return


def owners_and_times(case: Case) -> Iterator[Finding]:
    """ARC-6: reads all headers once more, so it is a deep rule. Times differ for good reasons (when an image was made)."""
    source = case.archive.spooled or case.archive.source
    if source is None or not case.is_tar:
        return
    owners: dict[tuple[int, int], None] = {}
    for entry in TarReader(SourceInput(source), case.limits, case.token):
        owners.setdefault((entry.uid, entry.gid))
        if len(owners) > 1 or (0, 0) not in owners:
            break
    if any(owner != (0, 0) for owner in owners):
        uid, gid = next(owner for owner in owners if owner != (0, 0))
        yield ARC_6.broken(
            Severity.INFO, "Members belong to somebody", at=case.archive.path.name, expected="0:0", found=f"{uid}:{gid}"
        )


def not_compressed(case: Case) -> Iterator[Finding]:
    """ARC-7."""
    compression = case.archive.compression
    if compression is not Compression.NONE:
        rare = compression not in (Compression.GZIP, Compression.ZSTD)
        yield ARC_7.broken(
            Severity.WARNING if rare else Severity.INFO,
            say("The whole archive is compressed with %s", compression),
            at=case.archive.path.name,
            expected="none",
            found=compression,
        )


def documents_come_early(case: Case) -> Iterator[Finding]:
    """ARC-8: told if more than a mebibyte of blobs stands before index.json."""
    if not case.is_layout or not case.is_tar:
        return
    blobs = [m.header_offset or 0 for m in case.archive.members.members if m.name.startswith("blobs/")]
    for name in _EARLY:
        member = case.archive.members.find(name)
        if member is not None and member.header_offset is not None and blobs:
            behind = member.header_offset - min(blobs)
            if behind > 1 << 20:
                yield ARC_8.broken(
                    Severity.INFO,
                    say("%s stands behind the blobs", name),
                    at=name,
                    offset=member.header_offset,
                    found=say("%s bytes of blobs before it", f"{behind:,}"),
                )


def other_files(case: Case) -> Iterator[Finding]:
    """ARC-10, in layouts only: in a docker save the files at the top are the image."""
    if not case.is_layout:
        return
    used = {blob.member.name for blob in case.archive.blobs.all()}
    others: dict[str, None] = {}
    for name in case.archive.members.names():
        top = name.partition("/")[0]
        if top and top.casefold() not in _TOP and name not in used:
            others.setdefault(top)
    if others:
        names = list(others)
        yield ARC_10.broken(
            Severity.INFO,
            "Files that are no part of a layout",
            at=names[0],
            found=", ".join(names[:5]) + (say(" and %s more", f"{len(names) - 5:,}") if len(names) > 5 else ""),
        )


QUICK: Final[tuple[Check, ...]] = (
    plain_names,
    kinds_of_members,
    folders_have_entries,
    not_compressed,
    documents_come_early,
    other_files,
)
DEEP: Final[tuple[Check, ...]] = (owners_and_times,)
