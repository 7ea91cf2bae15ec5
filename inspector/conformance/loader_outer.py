"""Whether a loader can read the archive at all: what surrounds the tar, how it ends, how its members are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.archive.members import MemberKind
from inspector.conformance.forecast import Trouble, refuses, warns, wrong
from inspector.findings import Severity
from inspector.language import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.conformance.case import Case

_BLOCK: Final = 512
PLAIN: Final = frozenset((Compression.NONE,))
CONTAINERD: Final = frozenset((Compression.NONE, Compression.GZIP, Compression.ZSTD))
DOCKER: Final = frozenset((*CONTAINERD, Compression.BZIP2, Compression.XZ))
"""Docker, podman and skopeo. Docker runs the program xz for xz, which must be there."""


def unreadable(
    case: Case,
    accepted: frozenset[Compression],
    *,
    unpacks: bool = False,
    folder_is_fine: bool = False,
    runs_xz: bool = False,
) -> Iterator[Trouble]:
    """What keeps a loader from reading the archive. `unpacks`: it unpacks all members into a folder first."""
    archive = case.archive
    if not case.is_tar:
        if not folder_is_fine:
            yield refuses("", "It takes a tar, and this is a folder.")
        return
    if archive.compression not in accepted:
        yield refuses(
            "ARC-7", say("It cannot read an archive compressed with %s: unpack it first.", archive.compression)
        )
    elif archive.compression is Compression.XZ and runs_xz:
        yield warns("ARC-7", "It needs the program xz where it runs.")
    end = archive.members.end
    is_damaged = getattr(archive.spooled, "damage", None) is not None
    if is_damaged or (end is not None and (end.truncated_at is not None or end.bad_header_at is not None)):
        yield refuses("ARC-1", "The archive is cut off or damaged, and it reads it to the end.")
    if not folder_is_fine or unpacks:
        yield from _not_for_go(case, unpacks=unpacks)
    if archive.members.root:
        yield refuses("ARC-3", say("The image lies in the folder %s, not at the top.", archive.members.root))
    elif unpacks and case.archive.members.leads_out:
        yield refuses("ARC-3", "A member's name leads out of the folder into which it unpacks.")


def _not_for_go(case: Case, *, unpacks: bool) -> Iterator[Trouble]:
    """What Go's archive/tar refuses and our reader tells and passes over; types that cannot be unpacked."""
    for finding in case.archive.findings:
        broken = finding.code == "TAR-5" and (finding.severity is Severity.ERROR or "no number" in finding.title)
        if (
            broken
            or finding.code == "TAR-10"
            or (finding.code == "TAR-7" and "no number" in finding.title and not _is_blank(finding.found))
        ):
            yield refuses(finding.code, say("%s: Go's tar reader refuses the archive.", say(finding.title)))
        elif unpacks and finding.code == "TAR-8":
            yield refuses("TAR-8", "A member has a type that cannot be unpacked.")
    odd = next(iter(case.archive.members.odd_types), None) if unpacks else None
    if odd is not None:
        yield refuses(
            "ARC-4",
            say(
                "%(name)s has the type %(odd_type)s in the tar, which it cannot unpack.",
                name=odd.name,
                odd_type=odd.odd_type.decode(),
            ),
        )
    end, size = case.archive.members.end, case.archive.spooled_bytes or case.archive.size
    if end is not None and end.zero_blocks == 1 and size % _BLOCK:
        yield refuses("ARC-1", "The end mark of the tar is cut off.")


def _is_blank(field: str | None) -> bool:
    """Whether a header field, as the finding shows it, is empty: Go reads it as 0. An unknown magic is no field."""
    return field is None or not field.startswith("b") or field.replace("\\x00", "").replace(" ", "") in ("b''", 'b""')


def first_or_last(case: Case, names: Iterable[str]) -> Iterator[Trouble]:
    """For a loader that takes the first of several members: what differs from the last one is not what is shown here."""
    twins = case.archive.members.duplicates
    differing = {
        finding.where.object
        for finding in case.archive.findings
        if finding.code == "ARC-2" and finding.severity is Severity.ERROR
    }
    for name in names:
        if name in twins and name in differing:
            yield wrong(
                "ARC-2", say("%s stands several times in the archive, and it takes the first, other one.", name)
            )


def has_file(case: Case, name: str) -> bool:
    """Whether a regular file of that name is a member itself: links do not count, nor do GNU's sparse files."""
    return any(
        m.name == name and m.kind is MemberKind.FILE and not m.odd_type for m in case.archive.members.below(name)
    )


def is_hard_link(case: Case, name: str) -> bool:
    """Whether the member of that name is a hard link."""
    return any(m.name == name and m.kind is MemberKind.HARDLINK for m in case.archive.members.below(name))
