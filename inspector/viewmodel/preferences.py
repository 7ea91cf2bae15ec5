"""What a person may choose for good: few things, plain values, kept as JSON text wherever the window keeps its settings."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple

from inspector.archive.limits import DEFAULT_LIMITS, GIB, MIB, Limits
from inspector.language import mark
from inspector.viewmodel import display
from inspector.viewmodel.exportchoices import PRESETS

_TEXT_LIMIT = 1 << 16
_FIELD_LIMIT = 4096


class Theme(StrEnum):
    """How the window is coloured."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Reopen(StrEnum):
    """What happens at the start with the archives that were open last."""

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"


class Units(StrEnum):
    """How sizes are written: kB = 1000 bytes, or KiB = 1024."""

    DECIMAL = "decimal"
    BINARY = "binary"


class LimitChoice(NamedTuple):
    """A field of `Limits` that honest archives reach now and then; shown and typed in `unit`s of `factor`."""

    name: str
    caption: str
    unit: str
    factor: int
    most: int
    """The largest value offered, in units."""


LIMITS = (
    LimitChoice("spool_bytes", mark("Unpacked copy of a compressed archive, at most"), "GiB", GIB, 4096),
    LimitChoice("layer_entries", mark("Files in one layer, at most"), "", 1, 100_000_000),
    LimitChoice("json_bytes", mark("One JSON document, at most"), "MiB", MIB, 512),
    LimitChoice("zstd_window", mark("Memory for unpacking zstd, at most"), "MiB", MIB, 2048),
)

CACHE_SIZES = (1, 100_000)
"""Megabytes: the least and the most."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """The defaults are what a person gets who never looks here. Folders: "" is the system's own place."""

    theme: Theme = Theme.SYSTEM
    language: str = ""
    """Code of a catalogue (`de`, `zh_CN`); "" is the system's language."""
    units: Units = Units.DECIMAL
    reopen: Reopen = Reopen.ASK
    preset: str = PRESETS[0].key
    """`PresetChoice.key` of the one-click export."""
    temp_folder: str = ""
    cache: bool = True
    cache_megabytes: int = 512
    cache_folder: str = ""
    limits: tuple[tuple[str, int], ...] = ()
    """Those that differ from the default: name of a field of `Limits`, and its value."""

    def limit(self, name: str) -> int:
        """The value of a limit: the chosen one, or the default."""
        default: int = getattr(DEFAULT_LIMITS, name)
        return dict(self.limits).get(name, default)

    def with_limit(self, name: str, value: int) -> Preferences:
        others = tuple((known, kept) for known, kept in self.limits if known != name)
        return replace(self, limits=others if value == getattr(DEFAULT_LIMITS, name) else (*others, (name, value)))

    def all_limits(self) -> Limits:
        """For opening archives from now on."""
        return replace(DEFAULT_LIMITS, **dict(self.limits))

    def to_json(self) -> str:
        return json.dumps({"version": 1, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Preferences:
        """A value that is damaged, or that this version does not know, is the default; never an error."""
        try:
            stored = json.loads(text) if len(text) <= _TEXT_LIMIT else None
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(stored, dict):
            return cls()
        found = cls()
        for field in fields(cls):
            value = _checked(field.name, stored.get(field.name))
            if value is not None:
                found = replace(found, **{field.name: value})
        return found


def _checked(name: str, value: object) -> Any:
    """The value as the field wants it, or None."""
    choices: dict[str, type[StrEnum]] = {"theme": Theme, "units": Units, "reopen": Reopen}
    if name in choices:
        return next((choice for choice in choices[name] if choice.value == value), None)
    if name == "preset":
        return value if value in [preset.key for preset in PRESETS] else None
    if name == "cache":
        return value if isinstance(value, bool) else None
    if name == "cache_megabytes":
        least, most = CACHE_SIZES
        return value if type(value) is int and least <= value <= most else None
    if name == "limits":
        return _limits(value)
    return value if isinstance(value, str) and len(value) <= _FIELD_LIMIT and value.isprintable() else None


def _limits(value: object) -> tuple[tuple[str, int], ...] | None:
    if not isinstance(value, list):
        return None
    known = {choice.name: choice for choice in LIMITS}
    found: dict[str, int] = {}
    for pair in value:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and type(pair[1]) is int:
            choice = known.get(pair[0])
            if choice is not None and choice.factor <= pair[1] <= choice.most * choice.factor:
                found[choice.name] = pair[1]
    return tuple(found.items())


def apply(preferences: Preferences) -> bool:
    """Let what has no widget follow: units, and the folder for temporary files. True if texts on screen are out of date.

    A folder that is not there, or cannot be written to, is told by the work that needs it.
    """
    global _own_temp  # noqa: PLW0603 - the process has one temporary folder, as in tempfile itself
    folder = preferences.temp_folder
    if folder:
        _own_temp = _own_temp or (os.environ.get("TMPDIR"), tempfile.tempdir)
        # Both: `archive/spool.py` never leaves the folder that TMPDIR names, and tempfile asks only once.
        os.environ["TMPDIR"] = tempfile.tempdir = folder
    elif _own_temp is not None:
        variable, tempfile.tempdir = _own_temp
        os.environ.pop("TMPDIR", None)
        if variable is not None:
            os.environ["TMPDIR"] = variable
        _own_temp = None
    return display.use_binary_units(on=preferences.units is Units.BINARY)


_own_temp: tuple[str | None, str | None] | None = None
"""TMPDIR and tempfile's folder as they were before a preference replaced them."""
