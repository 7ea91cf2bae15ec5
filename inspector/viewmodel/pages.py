"""The pages of the details pane, and the plain rows that they show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.findings import Severity
    from inspector.oci.digest import Digest
    from inspector.viewmodel.tree import StructureNode


class Page(StrEnum):
    """A page that has nothing to say for a node is not offered for it."""

    SUMMARY = "summary"
    JSON = "json"
    FILES = "files"
    SIZE_MAP = "size-map"
    HISTORY = "history"
    NOTABLE = "notable"
    FINDINGS = "findings"

    @property
    def caption(self) -> str:
        return "JSON" if self is Page.JSON else self.value.capitalize().replace("-", " ")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a summary. Texts are safe plain text.

    `link` or `node` say where the value leads; a `secret` value is hidden until asked for; a `pending` one is being found out.
    """

    label: str
    value: str
    tooltip: str = ""
    link: Digest | None = None
    secret: bool = False
    monospace: bool = False
    node: StructureNode | None = None
    level: Severity | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: `size` of all parts together are its length. `text` is one line that says all."""

    size: int
    label: str
    text: str
    node: StructureNode | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title; `note` is a sentence below it; `bar` stands above the rows, which say the same in words."""

    title: str
    rows: tuple[Row, ...] = ()
    note: str = ""
    bar: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One step of the config's history and the layer that it made, if it made one."""

    step: int
    layer: str
    size: str
    size_tooltip: str
    created: str
    created_tooltip: str
    command: str
    stored: str
    comment: str
    node: StructureNode | None = None
    share: float = 0.0
    """0 to 1: the layer's size, of that of the largest layer."""


@dataclass(frozen=True, slots=True)
class CopyChoice:
    """One entry of *Copy as*."""

    id: str
    label: str
    text: str
