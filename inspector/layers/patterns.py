"""Patterns that a person types to find names: substrings, globs, regular expressions; letter case is ignored.

Each takes time in proportion to the names it is tried on, whoever made them up.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from inspector.errors import UsageError
from inspector.language import say
from inspector.layers.automaton import LONGEST_PATTERN, compile_expression
from inspector.progress import CancelToken

Matcher = Callable[[str], bool]


def substring(text: str) -> Matcher:
    """Paths that contain `text`."""
    wanted = text.casefold()
    return lambda path: wanted in path.casefold()


def glob(pattern: str) -> Matcher:
    """Shell pattern: `*` and `?` match a `/` too. One without a `/` is for the last segment of the path."""
    if len(pattern) > LONGEST_PATTERN:
        raise UsageError("The pattern is too long", say("At most %s characters are allowed.", LONGEST_PATTERN))
    # Python's translation lets no `*` but the last give back what it took: it takes no more than length × length steps.
    matches = re.compile(fnmatch.translate(pattern.casefold())).match
    if "/" in pattern:
        return lambda path: matches(path.casefold()) is not None
    return lambda path: matches(path.rpartition("/")[2].casefold()) is not None


def regular_expression(pattern: str, token: CancelToken | None = None) -> Matcher:
    """Matches anywhere in the path. Raises `UsageError`, and `Cancelled` while it matches, as `compile_expression` does."""
    return compile_expression(pattern, token)
