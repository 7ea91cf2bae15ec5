"""Names that stand several times in an archive: found, compared, told (rule ARC-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from inspector.archive.limits import Limits
from inspector.archive.member_columns import Member, MemberKind, Members
from inspector.archive.source import ByteSource
from inspector.errors import InspectorError
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import say
from inspector.progress import CancelToken

_STEP = 1 << 20
_SHOWN_OFFSETS = 8
Open = Callable[[Member], ByteSource]


def duplicate_rows(members: Members) -> dict[str, list[int]]:
    """Name as in `members.names` → rows, in stored order. A folder that is stated again is no duplicate."""
    seen: dict[str, int] = {}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(members.names):
        earlier = seen.setdefault(name, row)
        if earlier != row:
            rows.setdefault(name, [earlier]).append(row)
    folder = MemberKind.DIRECTORY
    return {name: twins for name, twins in rows.items() if any(members.kind(row) is not folder for row in twins)}


def tell_duplicates(
    duplicates: Mapping[str, tuple[Member, ...]], open_member: Open, limits: Limits, token: CancelToken
) -> Iterator[Finding]:
    """ARC-2 for each name: an error if the copies differ, a warning if they are equal or too large to compare now."""
    budget = limits.duplicate_compare_bytes
    for position, (name, twins) in enumerate(duplicates.items()):
        token.check()
        if position >= limits.oddities_per_code:
            yield Finding(
                "ARC-2", Severity.WARNING, "More names that stand twice",
                say("%s more are not listed.", f"{len(duplicates) - position:,}"),
            )  # fmt: skip
            return
        equal, spent = _equal(twins, open_member, budget, token)
        budget -= spent
        if equal:
            explanation = say("The copies are equal.")
        elif equal is None:
            explanation = say("The copies have the same size; they were too large, or not whole, to compare them now.")
        else:
            explanation = say(
                "They differ: skopeo and crane read the first one, containerd and everything that unpacks read the last. "
                "The last one is shown here."
            )
        yield Finding(
            "ARC-2",
            Severity.ERROR if equal is False else Severity.WARNING,
            "A name stands twice in the archive",
            explanation,
            Where(name, offset=twins[-1].header_offset),
            expected=say("one"),
            found=say(
                "%(count)s at %(offsets)s",
                count=f"{len(twins):,}",
                offsets=", ".join(str(twin.header_offset) for twin in twins[:_SHOWN_OFFSETS]),
            ),
            fix=Fix.AUTOMATIC if equal else Fix.CHOICE,
        )


def _equal(twins: tuple[Member, ...], open_member: Open, budget: int, token: CancelToken) -> tuple[bool | None, int]:
    """Whether all are equal (None: not known), and how many bytes were read."""
    first = twins[0]
    if any((twin.kind, twin.size, twin.link) != (first.kind, first.size, first.link) for twin in twins):
        return False, 0
    if first.kind is not MemberKind.FILE or not first.size:
        return True, 0
    cost = len(twins) * first.size
    if cost > budget or not all(twin.complete for twin in twins):
        return None, 0
    try:
        sources = [open_member(twin) for twin in twins]
    except InspectorError:
        return None, 0
    spent = 0
    for offset in range(0, first.size, _STEP):
        length = min(_STEP, first.size - offset)
        expected = sources[0].read_at(offset, length)
        spent += length
        for source in sources[1:]:
            token.check()
            spent += length
            if source.read_at(offset, length) != expected:
                return False, spent
    return True, spent
