"""What looks like a secret in text that everyone who has the image can read: environment, labels, history.

Words are evidence, no proof: what is found is listed with its reason, and a person judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from inspector.language import say

if TYPE_CHECKING:
    from inspector.oci.config import HistoryEntry
    from inspector.oci.execution import Execution

LONGEST_TEXT = 64 * 1024
"""A step of history or a variable is looked at so far."""

_WORDS = r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|AUTH_?KEY)"
_NAME = re.compile(rf"(?:^|_){_WORDS}(?:_|$)", re.IGNORECASE)
_HARMLESS = re.compile(r"_(?:FILE|PATH|DIR|URL|NAME|LENGTH|TTL|TIMEOUT|EXPIRY)$", re.IGNORECASE)
# Every repeat here is bounded and starts at a fixed word: the time is in proportion to the text.
_ASSIGNMENT = re.compile(r"(?<![A-Za-z0-9_])([A-Za-z][A-Za-z0-9_]{1,60})=(\S)")
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY"), say("private key")),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}"), say("GitHub token")),
    (re.compile(r"\bgithub_pat_[A-Za-z0-9_]{22}"), say("GitHub token")),
    (re.compile(r"\bglpat-[A-Za-z0-9_-]{20}"), "GitLab token"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), say("AWS access key")),
    (re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10}"), say("Slack token")),
    (re.compile(r"\bnpm_[A-Za-z0-9]{36}"), say("npm token")),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{35}"), "Google API key"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,200}\.eyJ"), say("JSON web token")),
    (re.compile(r"\bhttps?://[^/\s:@]{1,60}:[^/\s@]{1,100}@"), say("password in an address")),
)


class Suspect(NamedTuple):
    """Something in a text that looks like a secret: where it starts (a character), and what it seems to be."""

    position: int
    what: str


def secret_variable(name: str) -> bool:
    """Whether an environment variable, build argument or label with that name usually holds a secret."""
    return _NAME.search(name[:200]) is not None and _HARMLESS.search(name[:200]) is None


def suspects(text: str) -> list[Suspect]:
    """What looks like a secret in a command of the history or a value, in the order of the text."""
    looked_at = text[:LONGEST_TEXT]
    found = [
        Suspect(match.start(), say("value of %s", match[1]))
        for match in _ASSIGNMENT.finditer(looked_at)
        if secret_variable(match[1]) and match[2] not in "$<{'\""
    ]
    # A quoted value counts as well, an empty one does not.
    found += [
        Suspect(match.start(), say("value of %s", match[1]))
        for match in re.finditer(r"(?<![A-Za-z0-9_])([A-Za-z][A-Za-z0-9_]{1,60})=(['\"])(?!\2|\$)", looked_at)
        if secret_variable(match[1])
    ]
    found += [Suspect(match.start(), what) for shape, what in _SHAPES for match in shape.finditer(looked_at)]
    return sorted(found)


class ConfigSecret(NamedTuple):
    """One suspicion: the variable, label or step (from 1; else 0) it is in, what it seems to be, and the stored text."""

    name: str
    step: int
    what: str
    value: str


def secrets_in_execution(execution: Execution) -> Iterator[tuple[str, ConfigSecret]]:
    """("environment" or "label", suspicion), in stored order; the value is cut at `LONGEST_TEXT` characters."""
    variables = (entry.partition("=")[::2] for entry in execution.env)
    for place, pairs in (("environment", variables), ("label", execution.labels.items())):
        for name, value in pairs:
            found = suspects(value)
            what = found[0].what if found else say("value of %s", name) if secret_variable(name) and value else ""
            # A reference to another variable is no secret, it is where one would be put.
            if what and not value.startswith("$"):
                yield place, ConfigSecret(name, 0, what, value[:LONGEST_TEXT])


def secrets_in_history(history: Iterable[HistoryEntry]) -> Iterator[ConfigSecret]:
    """Suspicions in the commands of the steps; each kind once per step."""
    for step, entry in enumerate(history, 1):
        for what in dict.fromkeys(suspect.what for suspect in suspects(entry.created_by)):
            yield ConfigSecret("", step, what, entry.created_by[:LONGEST_TEXT])
