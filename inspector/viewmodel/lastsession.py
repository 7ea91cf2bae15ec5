"""Which archives were open when the window was closed, and where in each the person was: plain values, kept as JSON text.

Whatever stands in the settings, stale, damaged or made by another version, gives what can be understood of it, never an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType

LIMIT = 12
"""Archives that are opened again; more is no session but an accident."""

_TEXT_LIMIT = 1 << 20
_FIELD_LIMIT = 4096
_DEPTH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class OpenArchive:
    """One tab: the path as text, the key of the node that was shown (`StructureNode.key`), and its page ("" for its first)."""

    path: str
    node: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class LastSession:
    """The tabs in their order; `front` is the place of the one that was seen."""

    archives: tuple[OpenArchive, ...] = ()
    front: int = 0

    def to_json(self) -> str:
        listed = [asdict(archive) for archive in self.archives[:LIMIT]]
        return json.dumps({"version": 1, "front": self.front, "open": listed})

    @classmethod
    def from_json(cls, text: str) -> LastSession:
        """Each path once; what cannot be read is left out."""
        stored = _parsed(text)
        listed = stored.get("open")
        found: dict[str, OpenArchive] = {}
        for item in listed if isinstance(listed, list) else []:
            archive = _archive(item)
            if archive is not None:
                found.setdefault(archive.path, archive)
        archives = tuple(found.values())[:LIMIT]
        front = stored.get("front")
        return cls(archives, front if type(front) is int and 0 <= front < len(archives) else 0)


def pages_to_json(pages: Mapping[NodeType, Page]) -> str:
    """The page that the person chose last for each kind of node."""
    return json.dumps({kind.value: page.value for kind, page in pages.items()})


def pages_from_json(text: str) -> dict[NodeType, Page]:
    """Kinds and pages that this version does not know are left out."""
    kinds, pages = {kind.value for kind in NodeType}, {page.value for page in Page}
    return {
        NodeType(kind): Page(page)
        for kind, page in _parsed(text).items()
        if kind in kinds and isinstance(page, str) and page in pages
    }


def _parsed(text: str) -> dict[str, object]:
    try:
        stored = json.loads(text) if len(text) <= _TEXT_LIMIT else None
    except (ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _archive(item: object) -> OpenArchive | None:
    if not isinstance(item, dict):
        return None
    path, node, page = item.get("path"), item.get("node"), item.get("page")
    if not isinstance(path, str) or not path or len(path) > _FIELD_LIMIT or "\0" in path:
        return None
    parts = node if isinstance(node, list) else []
    key = tuple(part for part in parts if isinstance(part, str) and len(part) <= _FIELD_LIMIT)
    whole = len(key) == len(parts) <= _DEPTH_LIMIT
    return OpenArchive(path, key if whole else (), page if isinstance(page, str) and len(page) < 40 else "")
