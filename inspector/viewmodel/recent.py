"""The list of recent archives: plain values, kept as JSON text wherever the window keeps its settings."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass

from inspector.viewmodel import display

LIMIT = 20
"""Archives remembered; older ones are forgotten."""

_TEXT_LIMIT = 1 << 20
_FIELD_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class RecentArchive:
    """What the empty page tells of an archive: `path` as text, `size` in bytes, `opened` in unix seconds."""

    path: str
    name: str = ""
    platform: str = ""
    size: int = 0
    opened: int = 0

    @property
    def title(self) -> str:
        """`alpine:3.20 · linux/arm64`, or the file's name."""
        return " · ".join(display.safe(part) for part in (self.name or self.file_name, self.platform) if part)

    @property
    def file_name(self) -> str:
        return self.path.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or self.path

    def details(self, now: float) -> str:
        """`alpine.tar · 3.4 MB · a day ago`; `now` in unix seconds."""
        size = [display.size(self.size)] if self.size else []
        try:
            opened = dt.datetime.fromtimestamp(self.opened, dt.UTC)
            when = [display.ago(opened, dt.datetime.fromtimestamp(now, dt.UTC))] if self.opened else []
        except (ValueError, OverflowError, OSError):
            when = []
        return " · ".join([display.safe(self.file_name), *size, *when])


@dataclass(frozen=True, slots=True)
class RecentList:
    """Newest first, every path once. Every method gives a new list."""

    entries: tuple[RecentArchive, ...] = ()

    def adding(self, entry: RecentArchive) -> RecentList:
        others = tuple(known for known in self.entries if known.path != entry.path)
        return RecentList((entry, *others)[:LIMIT])

    def without(self, path: str) -> RecentList:
        return RecentList(tuple(entry for entry in self.entries if entry.path != path))

    def to_json(self) -> str:
        return json.dumps({"version": 1, "recent": [asdict(entry) for entry in self.entries]})

    @classmethod
    def from_json(cls, text: str) -> RecentList:
        """Stale or damaged settings give the entries that can be read, never an error."""
        try:
            stored = json.loads(text) if len(text) <= _TEXT_LIMIT else None
        except (ValueError, RecursionError):
            return cls()
        listed = stored.get("recent") if isinstance(stored, dict) else None
        found: dict[str, RecentArchive] = {}
        for item in listed if isinstance(listed, list) else []:
            entry = _entry(item)
            if entry is not None:
                found.setdefault(entry.path, entry)
        return cls(tuple(found.values())[:LIMIT])


def _entry(item: object) -> RecentArchive | None:
    if not isinstance(item, dict):
        return None
    path = item.get("path")
    if not isinstance(path, str) or not path or len(path) > _FIELD_LIMIT or "\0" in path:
        return None

    def text(key: str) -> str:
        value = item.get(key)
        return value[:_FIELD_LIMIT] if isinstance(value, str) else ""

    def number(key: str) -> int:
        value = item.get(key)
        return value if type(value) is int and 0 <= value < 1 << 63 else 0

    return RecentArchive(path, text("name"), text("platform"), number("size"), number("opened"))
