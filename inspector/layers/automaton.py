"""Regular expressions without backtracking: one step per character, whatever expression and text are.

Python's `re` backtracks: `a*a*a*b` on a name of 1,000 letters runs for hours, cannot be stopped and holds every other
thread up; and the names come from strangers. Here an expression (read by Python's own parser) becomes an automaton whose
sets of states are built as they are met (Thompson 1968). What cannot be done that way, back references and look-around,
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from inspector.errors import UsageError
from inspector.language import say
from inspector.progress import CancelToken

LONGEST_PATTERN = 1000
_MOST_STATES = 5000
_MOST_PARTS = 10 * _MOST_STATES
"""Parts of an expression that are turned into states, those that need none (empty groups) counted."""
_MOST_MEMORISED = 400_000
"""States in all sets that are kept, some 64 bytes each; and one more for each step between them."""

_CharacterTest = Callable[[str], bool]
_WORDS: dict[str, _CharacterTest] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
}
_START, _END = "start", "end"


def compile_expression(pattern: str, token: CancelToken | None = None) -> Callable[[str], bool]:
    """A function that tells whether `pattern` matches anywhere in a text, letter case ignored.

    A step that was not made before takes time in proportion to the states, so one long name may take seconds: the function
    looks at `token` before each, and raises `Cancelled`.

    Knows what `re` knows, less back references, look-around, word edges, atomic groups and possessive repeats. Raises
    `UsageError` for those, for what is no expression, and for one that is too large.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise UsageError("The expression is too long", say("At most %s characters are allowed.", LONGEST_PATTERN))
    try:
        tree = _parse(pattern)
        automaton = _Automaton(tree, token)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError("Not a regular expression", f"{pattern}: {error}.") from error
    return automaton.found_in


def _parse(pattern: str) -> Iterable[Any]:
    from re import _parser  # type: ignore[attr-defined]  # Python has no other view of an expression

    tree: Iterable[Any] = _parser.parse(pattern, re.IGNORECASE)
    return tree


class _Automaton:
    """States are numbers. A state reads one character (`_tests`), or goes on for free (`_free`), maybe at an edge only."""

    def __init__(self, tree: Iterable[Any], token: CancelToken | None) -> None:
        self._token = token
        self._parts = 0
        self._tests: list[_CharacterTest | None] = []
        self._next: list[int] = []
        self._free: list[list[tuple[int, str]]] = []
        self._goal = self._state()
        self._first = self._sequence(tree, self._goal)
        self._sets: dict[frozenset[int], int] = {}
        self._members: list[frozenset[int]] = []
        self._steps: list[dict[str, int]] = []
        self._hits: list[bool] = []
        self._ends: list[bool] = []
        self._memorised = 0
        self._opening = self._closed({self._first}, at_start=True)

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in `text`."""
        if not text:
            return self._goal in self._closed({self._first}, at_start=True, at_end=True)
        current = self._number(self._opening)
        for character in text:
            if self._hits[current]:
                return True
            following = self._steps[current].get(character)
            current = self._step(current, character) if following is None else following
        return self._hits[current] or self._ends[current]

    # ------------------------------------------------------------ running

    def _number(self, states: frozenset[int]) -> int:
        number = self._sets.get(states)
        if number is None:
            number = self._sets[states] = len(self._members)
            self._members.append(states)
            self._steps.append({})
            self._hits.append(self._goal in states)
            self._ends.append(self._goal in self._closed(states, at_end=True))
            self._memorised += len(states)
        return number

    def _step(self, current: int, character: str) -> int:
        if self._token is not None:
            self._token.check()
        members = self._members[current]
        if self._memorised > _MOST_MEMORISED:  # an expression of many states over texts of many alphabets
            self._memorised = 0
            self._sets.clear()
            for memory in (self._members, self._steps, self._hits, self._ends):
                memory.clear()
            current = self._number(members)
        tests = self._tests
        reached = {self._next[state] for state in members if (test := tests[state]) is not None and test(character)}
        reached.add(self._first)  # the match may begin at the next character
        following = self._number(self._closed(reached))
        self._steps[current][character] = following
        self._memorised += 1
        return following

    def _closed(self, states: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> frozenset[int]:
        """With all states that are reached for free."""
        waiting = list(states)
        found = set(waiting)
        while waiting:
            for state, edge in self._free[waiting.pop()]:
                open_edge = not edge or (edge == _START and at_start) or (edge == _END and at_end)
                if open_edge and state not in found:
                    found.add(state)
                    waiting.append(state)
        return frozenset(found)

    # ------------------------------------------------------------ building, from the end to the beginning

    def _state(self, test: _CharacterTest | None = None, following: int = 0) -> int:
        if len(self._tests) >= _MOST_STATES:
            raise UsageError("The expression is too large", "Its counted repeats make too many states.")
        self._tests.append(test)
        self._next.append(following)
        self._free.append([])
        return len(self._tests) - 1

    def _count_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise UsageError("The expression is too large", "Its counted repeats repeat one another too often.")

    def _sequence(self, tree: Iterable[Any], following: int) -> int:
        for operation, argument in reversed(list(tree)):
            self._count_part()
            following = self._part(str(operation), argument, following)
        return following

    def _part(self, name: str, argument: Any, following: int) -> int:
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, body = argument
            return self._repeat(int(low), int(high), list(body), following)
        if name == "SUBPATTERN":
            return self._sequence(argument[3], following)
        if name == "BRANCH":
            return self._fork([self._sequence(body, following) for body in argument[1]])
        if name == "AT":
            return self._edge(str(argument), following)
        test = _character_test(name, argument)
        if test is None:
            raise UsageError(
                "The expression has a part that is not supported",
                "Back references, look-around, atomic groups and possessive repeats are not known here.",
            )
        return self._state(test, following)

    def _fork(self, ways: Sequence[int]) -> int:
        state = self._state()
        self._free[state] = [(way, "") for way in ways]
        return state

    def _edge(self, where: str, following: int) -> int:
        edges = {"AT_BEGINNING": _START, "AT_BEGINNING_STRING": _START, "AT_END": _END, "AT_END_STRING": _END}
        if where not in edges:
            raise UsageError(
                "The expression has a part that is not supported", r"\b and \B are not known here; ^ and $ are."
            )
        state = self._state()
        self._free[state] = [(following, edges[where])]
        return state

    def _repeat(self, low: int, high: int, body: list[Any], following: int) -> int:
        if high > _MOST_STATES:
            loop = self._state()
            self._free[loop] = [(self._sequence(body, loop), ""), (following, "")]
            following = loop
        else:
            for _ in range(high - low):
                self._count_part()
                following = self._fork([self._sequence(body, following), following])
        for _ in range(low):
            self._count_part()
            following = self._sequence(body, following)
        return following


def _character_test(name: str, argument: Any) -> _CharacterTest | None:
    """A test for one character, for the operations that read one; None for the others."""
    if name == "ANY":
        return lambda _character: True
    if name in ("LITERAL", "NOT_LITERAL"):
        wanted = _spellings(chr(argument))
        return wanted.__contains__ if name == "LITERAL" else lambda character: character not in wanted
    if name != "IN":
        return None
    items = [(str(kind), value) for kind, value in argument]
    negated = bool(items) and items[0][0] == "NEGATE"
    tests = [_member_test(kind, value) for kind, value in items[negated:]]

    def in_set(character: str) -> bool:
        spellings = _spellings(character)
        return any(test(spelling) for test in tests for spelling in spellings) is not negated

    return in_set


def _spellings(character: str) -> frozenset[str]:
    return frozenset((character, character.lower(), character.upper()))


def _member_test(kind: str, value: Any) -> _CharacterTest:
    """One element of a `[…]` set, or a class of characters, as "digits"."""
    if kind == "LITERAL":
        return lambda character: character == chr(value)
    if kind == "RANGE":
        low, high = chr(value[0]), chr(value[1])
        return lambda character: low <= character <= high
    category = str(value)
    word = _WORDS[category.replace("NOT_", "")]
    return (lambda character: not word(character)) if "NOT_" in category else word
