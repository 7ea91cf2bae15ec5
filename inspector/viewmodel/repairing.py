"""What an export can mend, as rows with a box to tick: what is done, what it changes, and whether it may be left off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspector.export.mending import PlannedRepair
from inspector.export.repairs import BY_ID, Digests
from inspector.language import in_language, tr, trn
from inspector.viewmodel import display

_SHOWN = 12
"""Places that a tooltip lists before it counts the rest."""


class RepairState(StrEnum):
    """How the box of a repair stands."""

    NEEDED = "needed"
    """Ticked, and cannot be changed: the form of the new archive leaves no other way."""
    MADE = "made"
    IN_PART = "in part"
    """Made where it costs no digest, as the repair's default has it."""
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class RepairRow:
    """One line. `key` goes into `ExportRequest.repairs`; `digests` says which ones become new, `cost` in a sentence."""

    key: str
    title: str
    effect: str
    digests: str
    cost: str
    codes: tuple[str, ...]
    state: RepairState
    tooltip: str

    @property
    def may_change(self) -> bool:
        return self.state is not RepairState.NEEDED

    @property
    def line(self) -> str:
        """What is done and what it changes, for one line and for screen readers."""
        return f"{self.title}. {self.effect} {self.cost}".strip()


def rows_of(planned: Iterable[PlannedRepair]) -> tuple[RepairRow, ...]:
    """A row for each repair that the archive needs, those that may be chosen first."""
    rows = [_row(one) for one in planned]
    return tuple(sorted(rows, key=lambda row: not row.may_change))


def _row(planned: PlannedRepair) -> RepairRow:
    repair = planned.repair
    state = RepairState.LEFT if not planned.made else RepairState.IN_PART if planned.left else RepairState.MADE
    if planned.needed:
        state = RepairState.NEEDED
    places = [*planned.made, *planned.left]
    digests, cost = _digests(repair.digests)
    lines = [tr(repair.title), tr(repair.effect), cost]
    lines += [tr("It cannot be left off: %s") % tr(repair.why_always)] if planned.needed else []
    lines += [display.safe(in_language(place)) for place in places[:_SHOWN]]
    rest = len(places) - _SHOWN
    lines += [trn("and %d more", "and %d more", rest) % rest] if rest > 0 else []
    return RepairRow(
        repair.id, tr(repair.title), tr(repair.effect), digests, cost, planned.codes, state, "\n".join(lines)
    )


def _digests(digests: Digests) -> tuple[str, str]:
    """In a word or two, and in a sentence."""
    if digests is Digests.MANIFEST:
        return tr("new for manifests"), tr("Manifests get new digests, image IDs stay.")
    if digests is Digests.INDEX:
        return tr("new for indexes"), tr("Indexes get new digests, manifests keep theirs.")
    return tr("kept"), tr("No digest changes.")


def heading(rows: Sequence[RepairRow]) -> str:
    """`Repairs (4)`, with how many of them are left off."""
    left = sum(1 for row in rows if row.state is RepairState.LEFT)
    if not rows:
        return tr("Repairs: none needed")
    if not left:
        return tr("Repairs (%d)") % len(rows)
    return tr("Repairs (%(all)d, %(left)d not chosen)") % {"all": len(rows), "left": left}


_DEARER = {"point-at-complete": "prune-absent", "foreign-layers": "distributable"}
"""Of two ways to mend the same, the one that costs less, and the other."""


def asked_for(codes: Iterable[str], rows: Sequence[RepairRow]) -> tuple[str, ...]:
    """The keys to tick so that findings of `codes` are mended; () if they are already, or nothing here mends them."""
    wanted: dict[str, None] = {}
    for code in codes:
        ways = [row for row in rows if row.key in answered([code], rows)]
        if any(row.state in (RepairState.MADE, RepairState.NEEDED) for row in ways):
            continue
        dearer = {_DEARER[row.key] for row in ways if row.key in _DEARER}
        wanted.update(dict.fromkeys(row.key for row in ways if row.key not in dearer))
    return tuple(wanted)


def answered(codes: Iterable[str], rows: Sequence[RepairRow]) -> tuple[str, ...]:
    """The keys of `rows` that findings of `codes` are about."""
    keys: dict[str, None] = {}
    for code in codes:
        met = [row.key for row in rows if code in row.codes]
        keys.update(dict.fromkeys(met or [row.key for row in rows if code in BY_ID[row.key].codes]))
    return tuple(keys)
