"""The words of a forecast: what a loader would make of an archive, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from inspector.language import say, say_all
from inspector.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable

HOST: Final = Platform("linux", "amd64")
"""The machine that forecasts are made for; loaders that pick a platform pick this one."""


class Verdict(StrEnum):
    """Words of `check --json`, from good to bad."""

    LOADS = "loads"
    WARNING = "loads-with-warning"
    WRONG = "loads-wrong"
    REFUSES = "refuses"


_RANK: Final = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that a loader stumbles over. `code` is the rule behind it, "" if it is no fault of the archive."""

    verdict: Verdict
    code: str
    text: str


def refuses(code: str, text: str) -> Trouble:
    return Trouble(Verdict.REFUSES, code, text)


def warns(code: str, text: str) -> Trouble:
    return Trouble(Verdict.WARNING, code, text)


def wrong(code: str, text: str) -> Trouble:
    return Trouble(Verdict.WRONG, code, text)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one loader would do. `because` are codes of rules, which `registry.RULES` explains; `text` is for people."""

    loader: str
    verdict: Verdict
    because: tuple[str, ...]
    text: str

    def to_json(self) -> dict[str, object]:
        return {"loader": self.loader, "verdict": str(self.verdict), "because": list(self.because), "text": self.text}


MOST_REASONS: Final = 3


def made_of(loader: str, troubles: Iterable[Trouble], fine: str) -> Forecast:
    """The worst verdict, with the codes and words of all that speak for it. `fine` says what is loaded, if it is."""
    found = list(dict.fromkeys(troubles))
    worst = max((trouble.verdict for trouble in found), key=_RANK.__getitem__, default=Verdict.LOADS)
    deciding = [trouble for trouble in found if trouble.verdict is worst]
    if not deciding:
        return Forecast(loader, Verdict.LOADS, (), fine)
    codes = dict.fromkeys(trouble.code for trouble in deciding if trouble.code)
    texts = list(dict.fromkeys(trouble.text for trouble in deciding))
    more = [say("And %s more.", f"{len(texts) - MOST_REASONS:,}")] if len(texts) > MOST_REASONS else []
    reasons = [say(text) for text in (*texts[:MOST_REASONS], *more)]
    return Forecast(loader, worst, tuple(codes), say_all(reasons if worst is Verdict.REFUSES else [fine, *reasons]))


def is_refused(troubles: Iterable[Trouble]) -> bool:
    return any(trouble.verdict is Verdict.REFUSES for trouble in troubles)
