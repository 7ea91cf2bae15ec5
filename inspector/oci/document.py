"""A JSON document of an archive: its bytes, their digest, and a parsed view; the bytes are the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inspector.findings import Finding
from inspector.oci.digest import Digest
from inspector.oci.go_json import compact_json
from inspector.oci.json_reader import Json, JsonLimits, read_json
from inspector.oci.problems import Problems

__all__ = ["Document", "Json", "JsonLimits", "Problems", "compact_json", "parse_document"]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document as stored.

    `name` is where it lies (a member name), `digest` the sha256 of `raw`, `findings` what reading the JSON itself
    brought up (JSON-1 to JSON-4). `value` is a view and must not be changed; whatever is passed on is `raw`.
    """

    name: str
    raw: bytes
    digest: Digest
    value: Json
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        r"""`raw` for display, unchanged; what is not UTF-8 appears as `\xHH`."""
        return self.raw.decode("utf-8", "backslashreplace")


DEFAULT_JSON_LIMITS: Final = JsonLimits()


def parse_document(raw: bytes, name: str, *, limits: JsonLimits = DEFAULT_JSON_LIMITS) -> Document:
    """Read `raw`, the content of the member or blob called `name`.

    Goes on with findings while a value can be had: byte order mark, UTF-16, invalid UTF-8 (replaced by U+FFFD as Go
    does), repeated names (the last counts), NaN and numbers nobody can hold (None), a second value at the end,
    lone surrogates (replaced). Names in the wrong case are told by the readers of the single documents (JSON-5).

    Raises `DocumentError` (no JSON; says where) or `LimitReached` (`json_bytes` or the name given in `limits`,
    `json_depth`, `json_values`), nothing else, in time linear to the size.
    """
    digest = Digest.of(raw)
    problems = Problems(name, digest)
    value = read_json(raw, name, limits, problems)
    return Document(name, raw, digest, value, problems.findings())
