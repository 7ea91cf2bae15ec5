"""Which nodes of the tree have findings, at them or below: a sign for the eye, words for everybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Severity
from inspector.viewmodel.findingsview import SIGNS, counted

if TYPE_CHECKING:
    from inspector.viewmodel.findingsview import FindingList
    from inspector.viewmodel.tree import StructureNode


@dataclass(frozen=True, slots=True)
class Badge:
    """The worst level at a node or below, and how many findings of each level. A note alone has no `sign`: it is no fault."""

    worst: Severity
    sign: str
    words: str


class Badges:
    """Badges by node. `count` is called from any thread, under the caller's lock; `changed` on the window's."""

    def __init__(self) -> None:
        self._badges: dict[StructureNode, Badge] = {}
        self._shown: dict[StructureNode, Badge] = {}

    def of(self, node: StructureNode) -> Badge | None:
        return self._badges.get(node)

    def count(self, findings: FindingList) -> None:
        """Count anew, each finding at its node and at all above it."""
        counts: dict[StructureNode, Counter[Severity]] = {}
        for row in findings:
            for node in row.node.path() if row.node is not None else ():
                counts.setdefault(node, Counter())[row.severity] += 1
        self._badges = {node: _badge(found) for node, found in counts.items()}

    def changed(self) -> list[StructureNode]:
        """Nodes whose badge is another one than at the last call."""
        before, now = self._shown, self._badges
        self._shown = now
        return [node for node in {**before, **now} if before.get(node) != now.get(node)]


def _badge(counts: Counter[Severity]) -> Badge:
    worst = max(counts)
    return Badge(worst, SIGNS[worst] if worst > Severity.INFO else "", counted(counts))
