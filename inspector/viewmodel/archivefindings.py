"""What is known to be odd or wrong with one open archive: from opening, from the rules, from layers that were read.

Findings come from several workers and are read on the window's thread: each change makes a new list, and swaps it in.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector.conformance.check import Report, check_archive
from inspector.progress import CancelToken, ProgressSink, ignore_progress
from inspector.viewmodel.badges import Badge, Badges
from inspector.viewmodel.findingspanel import explain
from inspector.viewmodel.findingsview import FindingList, FindingRow, finding_list

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.archive.limits import Limits
    from inspector.conformance.forecast import Forecast
    from inspector.findings import Finding
    from inspector.viewmodel.tree import StructureNode, StructureTree


class ArchiveFindings:
    """The findings of an archive, each with the node that it speaks of."""

    def __init__(self, archive: ImageArchive, tree: StructureTree) -> None:
        self._archive = archive
        self._tree = tree
        self._by_member = {node.blob.member.name: node for node in reversed(tree.nodes) if node.blob is not None}
        self._documents = {node.document.name: node for node in tree.root.children if node.document is not None}
        self._spans = _spans(tree)
        self._lock = threading.Lock()
        self._checking = threading.Lock()
        self._base = archive.findings
        self._of_layers: dict[Finding, StructureNode | None] = {}
        self._report: Report | None = None
        self._badges = Badges()
        self._list = FindingList()
        self._make_list()

    @property
    def rows(self) -> FindingList:
        """Rows of all that was found so far, worst first."""
        return self._list

    @property
    def forecasts(self) -> tuple[Forecast, ...]:
        """What each loader would do with the archive; empty until the rules were put to it."""
        return self._report.loaders if self._report is not None else ()

    @property
    def is_deep(self) -> bool:
        """Whether every blob was read and checked."""
        return self._report is not None and self._report.is_deep

    def badge(self, node: StructureNode) -> Badge | None:
        """What the tree shows at the node; None if nothing is wrong there or below."""
        return self._badges.of(node)

    def changed_badges(self) -> list[StructureNode]:
        """Nodes whose badge changed since the last call. Call it on one thread only."""
        return self._badges.changed()

    def add_of_layer(self, node: StructureNode | None, found: Iterable[Finding]) -> None:
        """What reading the layer of `node` brought; from any thread."""
        with self._lock:
            new = [finding for finding in found if finding not in self._of_layers and finding not in self._base]
            if new and not self.is_deep:  # a deep check told them all, under the codes of the rules
                self._of_layers |= dict.fromkeys(new, node)
                self._make_list()

    def check(
        self,
        limits: Limits,
        token: CancelToken,
        sink: ProgressSink = ignore_progress,
        *,
        deep: bool = False,
        again: bool = False,
    ) -> tuple[Forecast, ...]:
        """Put the rules to the archive, once: their findings join the others. What each loader would do with it.

        `again`: something was read since, and the rules may say more. Raises as `check_archive`; from any thread.
        """
        with self._checking:
            token.check()
            if self._report is None or (not self._report.is_deep and (deep or again)):
                self.take(check_archive(self._archive, deep=deep, token=token, sink=sink, limits=limits))
        return self.forecasts

    def take(self, report: Report) -> None:
        """A report that was made elsewhere; one that knows less than what is known is not taken."""
        with self._lock:
            if self.is_deep and not report.is_deep:
                return
            self._report = report
            self._base = report.findings
            known = {(finding.code, finding.where) for finding in report.findings}
            self._of_layers = {
                finding: node
                for finding, node in self._of_layers.items()
                if not report.is_deep and (finding.code, finding.where) not in known
            }
            self._make_list()
        self._tell_diff_ids(report)

    def explain(self, row: FindingRow) -> str:
        """Everything about a finding and its rule, with the loaders that decide by it."""
        return explain(row, self.forecasts)

    def take_over(self, other: ArchiveFindings) -> None:
        """All that `other` knows of the same archive, at the nodes of this tree."""
        with other._lock:
            base, report, of_layers = other._base, other._report, dict(other._of_layers)
        here = {node: self._tree.find_by_key(node.key) for node in set(of_layers.values()) if node is not None}
        with self._lock:
            self._base, self._report = base, report
            self._of_layers = {finding: here[node] if node is not None else None for finding, node in of_layers.items()}
            self._make_list()

    def rows_of(self, found: Iterable[Finding]) -> FindingList:
        """Rows for some findings of this archive."""
        return finding_list(found, self._locate)

    def _tell_diff_ids(self, report: Report) -> None:
        """Mark in the tree the layers that were found to unpack to something else than the config says."""
        for node in self._tree.nodes:
            layer = node.layer
            if layer is not None and layer.blob is not None and layer.diff_id is not None:
                computed = report.contents.diff_ids.get(layer.blob)
                if computed is not None and computed != layer.diff_id:
                    self._tree.wrong_diff_ids.add(layer.blob)

    def _make_list(self) -> None:
        self._list = finding_list([*self._base, *self._of_layers], self._locate)
        self._badges.count(self._list)

    def _locate(self, finding: Finding) -> StructureNode | None:
        where = finding.where
        node = self._documents.get(where.object) or self._by_member.get(where.object) or self._of_layers.get(finding)
        if where.digest:
            below = self._tree.find_by_digest(where.digest, node)
            # a pointer into a document is found there, not at what the descriptor leads to
            return node if node is not None and where.pointer else below or node
        if node is None and not where.object and where.offset is not None:
            return self._at(where.offset)
        return node

    def _at(self, offset: int) -> StructureNode | None:
        """The node of the member that the offset in the tar lies in."""
        place = bisect_right(self._spans, offset, key=lambda span: span[0]) - 1
        if place < 0:
            return None
        start, end, node = self._spans[place]
        return node if start <= offset < end else None


def _spans(tree: StructureTree) -> list[tuple[int, int, StructureNode]]:
    """Where the members of the nodes lie in the tar, header included, in the order of the tar."""
    found: dict[int, tuple[int, int, StructureNode]] = {}
    for node in tree.nodes:
        member = node.blob.member if node.blob is not None else None
        if member is not None and member.header_offset is not None and member.data_offset is not None:
            end = member.data_offset + (member.stored_size or member.size)
            found.setdefault(member.header_offset, (member.header_offset, end, node))
    return [found[start] for start in sorted(found)]
