"""Where each document stands in the tree: every one once, referrers under what they describe.

An index mentions what another index also holds, and a `subject` may point anywhere; this turns the graph into a
forest. A document is placed under its subject if the archive has it, else under the first index that lists it,
else at the top. Further mentions become leaves. Circles (wrong digests only) and chains deeper than `depth` are cut:
what is cut off stands at the top, never lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inspector.archive.image import TreeNode
    from inspector.oci.digest import Digest


class Placement:
    """`edges`: per digest, in document order, its children and its subject. `tops`: the outermost, and whether named."""

    def __init__(
        self,
        edges: Mapping[Digest, tuple[Sequence[Digest], Digest | None]],
        tops: Sequence[tuple[Digest, bool]],
        *,
        depth: int,
    ) -> None:
        self._children = {digest: tuple(dict.fromkeys(children)) for digest, (children, _) in edges.items()}
        self._tops = dict(tops)
        self._hosts = {
            digest: subject
            for digest, (_, subject) in edges.items()
            if subject is not None and subject != digest and subject in edges
        }
        self._parents: dict[Digest, Digest | None] = dict.fromkeys(edges)
        for digest, children in self._children.items():
            for child in children:
                if self._parents.get(child) is None and child != digest:
                    self._parents[child] = digest
        self._parents |= self._hosts
        self._cut(depth)

    def _cut(self, depth: int) -> None:
        """Make the parent relation a forest of at most `depth` levels."""
        levels: dict[Digest, int] = {}
        for start in self._parents:
            chain: list[Digest] = []
            on_chain: set[Digest] = set()
            digest: Digest | None = start
            while digest is not None and digest not in levels:
                if digest in on_chain:
                    self._make_root(digest)
                    break
                chain.append(digest)
                on_chain.add(digest)
                digest = self._parents[digest]
            for digest in reversed(chain):
                parent = self._parents[digest]
                # A cut circle: the parent of the new root was not levelled yet, and need not be.
                level = levels.get(parent, 0) + 1 if parent is not None else 0
                if level > depth:
                    self._make_root(digest)
                    level = 0
                levels[digest] = level

    def _make_root(self, digest: Digest) -> None:
        self._parents[digest] = None
        self._hosts.pop(digest, None)

    def build(
        self, node: Callable[[Digest, tuple[TreeNode, ...], tuple[TreeNode, ...]], TreeNode]
    ) -> tuple[TreeNode, ...]:
        """The roots; `node(digest, children, referrers)` makes one node, children always before parents."""
        referrers: dict[Digest, list[Digest]] = {}
        for digest, host in self._hosts.items():
            referrers.setdefault(host, []).append(digest)
        done: dict[Digest, TreeNode] = {}
        for start in self._parents:
            waiting = [start]
            while waiting:
                digest = waiting[-1]
                if digest in done:
                    waiting.pop()
                    continue
                own = [child for child in self._children[digest] if self._parents[child] == digest]
                described_by = referrers.get(digest, [])
                missing = [child for child in (*own, *described_by) if child not in done]
                if missing:
                    waiting.extend(missing)
                    continue
                children = [
                    done[child] if self._parents[child] == digest and child not in self._hosts else node(child, (), ())
                    for child in self._children[digest]
                    if child not in self._hosts
                ]
                done[digest] = node(digest, tuple(children), tuple(done[child] for child in described_by))
                waiting.pop()
        roots: list[TreeNode] = []
        for digest in [*self._tops, *(digest for digest in self._parents if digest not in self._tops)]:
            if self._parents[digest] is None:
                roots.append(done[digest])
            elif self._tops.get(digest) and digest not in self._hosts:
                roots.append(node(digest, (), ()))
        return tuple(roots)
