"""Which repairs are made: planning asks at every place that could be mended, so the plan knows what is done and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from inspector.export.repairs import BY_ID, REPAIRS, Mode, Repair
from inspector.findings import Finding
from inspector.language import say


@dataclass(frozen=True, slots=True)
class PlannedRepair:
    """One repair that this archive needs. `made`: where the plan makes it, `left`: where it could and does not."""

    repair: Repair
    made: tuple[str, ...]
    left: tuple[str, ...]
    codes: tuple[str, ...]
    """Codes of the findings that it answers, as far as they were met."""

    @property
    def chosen(self) -> bool:
        """Whether all of it is made."""
        return not self.left

    @property
    def needed(self) -> bool:
        """Whether it cannot be left off."""
        return self.repair.mode is Mode.ALWAYS


@dataclass(eq=False)
class Mending:
    """The choices of one export, and what planning met that could be mended. What is not in `chosen`: by default."""

    chosen: Mapping[str, bool] = field(default_factory=dict)
    _met: dict[str, dict[str, bool]] = field(default_factory=dict)
    _codes: dict[str, dict[str, None]] = field(default_factory=dict)

    def wants(self, name: str, where: str, *codes: str, default: bool | None = None) -> bool:
        """Whether to mend what is wrong at `where` (a document, a blob); notes that it is wrong.

        `default`: what to do here if nobody chose, where that differs from the repair's own mode.
        """
        mode = BY_ID[name].mode
        usual = mode is Mode.DEFAULT if default is None else default
        made = mode is Mode.ALWAYS or self.chosen.get(name, usual)
        self.note(name, where, *codes, made=made)
        return made

    def note(self, name: str, where: str, *codes: str, made: bool = True) -> None:
        """Something that is mended, or left, without a question."""
        self._met.setdefault(name, {})[where] = made
        self._codes.setdefault(name, {}).update(dict.fromkeys(codes))

    def planned(self) -> tuple[PlannedRepair, ...]:
        """All that was met, in the order of `REPAIRS`."""
        return tuple(
            PlannedRepair(
                repair,
                tuple(where for where, made in self._met[repair.id].items() if made),
                tuple(where for where, made in self._met[repair.id].items() if not made),
                tuple(self._codes[repair.id]),
            )
            for repair in REPAIRS
            if repair.id in self._met
        )


def union(plans: Iterable[Iterable[PlannedRepair]]) -> tuple[PlannedRepair, ...]:
    """The repairs of several plans as if they were one."""
    found: dict[str, PlannedRepair] = {}
    for planned in plans:
        for one in planned:
            before = found.get(one.repair.id, replace(one, made=(), left=(), codes=()))
            found[one.repair.id] = replace(
                one,
                made=tuple(dict.fromkeys((*before.made, *one.made))),
                left=tuple(dict.fromkeys((*before.left, *one.left))),
                codes=tuple(dict.fromkeys((*before.codes, *one.codes))),
            )
    return tuple(found[repair.id] for repair in REPAIRS if repair.id in found)


_CLASSIC: Final = "classic-docker"
_IN_CLASSIC: Final = frozenset(
    (
        "tar",
        "duplicates",
        "links",
        "manifest-json",
        "layer-list",
        "layer-order",
        "names",
        "lost-images",
        "foreign-layers",
    )
)
"""What shows in docker save, which has no other documents than manifest.json and the configs."""


def with_findings(
    planned: Sequence[PlannedRepair], findings: Iterable[Finding], preset: str
) -> tuple[PlannedRepair, ...]:
    """`planned`, and the repairs that every archive of that preset makes by its form, where `findings` ask for one."""
    found = {one.repair.id: one for one in planned if preset != _CLASSIC or one.repair.id in _IN_CLASSIC}
    for finding in findings:
        name = _by_form(finding, preset)
        if name is None:
            continue
        before = found.get(name, PlannedRepair(BY_ID[name], (), (), ()))
        where = finding.where.object or say("the archive")
        found[name] = replace(
            before,
            made=tuple(dict.fromkeys((*before.made, where))),
            codes=tuple(dict.fromkeys((*before.codes, finding.code))),
        )
    return tuple(found[repair.id] for repair in REPAIRS if repair.id in found)


def _by_form(finding: Finding, preset: str) -> str | None:
    """The repair that answers `finding` whatever is chosen; None if none does."""
    is_layout = preset != _CLASSIC
    roots = {"index.json": "index-json"} if is_layout else {}
    roots |= {"manifest.json": "manifest-json"} if preset in ("docker-compatible", _CLASSIC) else {}
    own = roots.get(finding.where.object)
    if own is not None:
        return own if finding.code in BY_ID[own].codes else None
    for name in ("tar", "duplicates", "links", *(["blob-names", "oci-layout"] if is_layout else [])):
        if finding.code in BY_ID[name].codes:
            return name
    return "index-json" if is_layout and finding.code in ("LAYOUT-4", "INDEX-3") else None
