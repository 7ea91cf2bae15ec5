"""What an evidence report is made of: sections of paragraphs, tables, outlines and findings, without any markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equal length. `code` are the columns whose texts are digests, names or numbers rather than words."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    code: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outline:
    """Lines with their depth, from 0; a line is at most one deeper than the one before it."""

    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding: `level` is error, warning or note; `facts` are pairs of a label and a text, `places` how often and where."""

    level: str
    code: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    places: tuple[str, ...]


Block = Paragraph | Table | Outline | Remark


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A whole report."""

    title: str
    sections: tuple[Section, ...]
