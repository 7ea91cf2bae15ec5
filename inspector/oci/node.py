"""A cursor over a JSON value that knows where it is and records what has the wrong type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, overload

from inspector.findings import Severity
from inspector.language import say
from inspector.oci.document import Document
from inspector.oci.json_reader import Json, name_pointer
from inspector.oci.problems import Problems

_SHOWN: Final = 120
CASE_TWINS: Final = say("A name that Go readers take for the right one beside it")
"""Title of JSON-5 where those readers see another value than is shown: the name in the wrong case stands behind the right one."""


class Node:
    """One value of a document, or the place where it would be.

    `value` is None for JSON null and for what is absent; `present` tells them apart. All readers (`as_…`) return
    what can be had and record a finding under `code` otherwise; none raises. Null counts as absent, as in Go.
    """

    __slots__ = ("pointer", "present", "problems", "value")

    def __init__(self, value: Json, pointer: str, problems: Problems, *, present: bool = True) -> None:
        self.value = value
        self.pointer = pointer
        self.problems = problems
        self.present = present

    @classmethod
    def of(cls, document: Document, problems: Problems | None = None) -> Node:
        """The top of `document`, with a new list of problems unless one is given."""
        return cls(document.value, "$", problems or Problems(document.name, document.digest))

    def __getitem__(self, name: str) -> Node:
        """The value called `name`, present or not."""
        if isinstance(self.value, dict) and name in self.value:
            return Node(self.value[name], name_pointer(self.pointer, name), self.problems)
        return Node(None, name_pointer(self.pointer, name), self.problems, present=False)

    def get(self, name: str) -> Node | None:
        """The value called `name`, or None when it is absent or null."""
        found = self[name]
        return None if found.value is None else found

    def items(self) -> Iterator[tuple[str, Node]]:
        """Names and values of an object, in stored order; nothing for any other value."""
        if isinstance(self.value, dict):
            for name, value in self.value.items():
                yield name, Node(value, name_pointer(self.pointer, name), self.problems)

    def elements(self) -> Iterator[Node]:
        """The entries of an array; nothing for any other value."""
        if isinstance(self.value, list):
            for position, value in enumerate(self.value):
                yield Node(value, f"{self.pointer}[{position}]", self.problems)

    def spelled(self, names: Iterable[str], *, last_wins: bool = False, severity: Severity = Severity.ERROR) -> Node:
        """This object with names that differ from one of `names` only in case put right, each told as JSON-5.

        Go's decoder takes them for the same name, the specification does not. A rightly spelled name is preferred;
        with `last_wins` the last one counts, which is what Go does.
        """
        if not isinstance(self.value, dict):
            return self
        wanted = {name.casefold(): name for name in names}
        right: dict[str, Json] = {}
        changed = False
        for name, value in self.value.items():
            meant = wanted.get(name.casefold())
            # casefold() is wider than Go's folding where it changes the length.
            if meant is None or name == meant or len(name) != len(meant):
                right[name] = value
                continue
            beside = meant in self.value
            taken = last_wins or not beside
            if taken:
                changed = True
                right[meant] = value
            self.problems.record(
                "JSON-5",
                "A name in the wrong case" if taken or _is_last(name, meant, self.value) else CASE_TWINS,
                say(
                    "The specification's name is %s. Readers written in Go take both for the same name and here would follow the last of the two.",
                    meant,
                )
                if beside
                else say(
                    "The specification's name is %s. Readers written in Go take both for the same name, others do not see it.",
                    meant,
                ),
                severity=severity,
                pointer=name_pointer(self.pointer, name),
                expected=meant,
                found=name,
            )
        return Node(right, self.pointer, self.problems) if changed else self

    # Readers. `what` in a title is the place, so that one sentence serves all documents.

    @overload
    def as_str(self, default: str, *, code: str, required: bool = ..., severity: Severity = ...) -> str: ...
    @overload
    def as_str(
        self, default: None = None, *, code: str, required: bool = ..., severity: Severity = ...
    ) -> str | None: ...
    def as_str(
        self,
        default: str | None = None,
        *,
        code: str,
        required: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> str | None:
        """The text, or `default`."""
        if isinstance(self.value, str):
            return self.value
        self._absent_or_wrong(say("a text"), code, required, severity)
        return default

    @overload
    def as_int(self, default: int, *, code: str, required: bool = ..., severity: Severity = ...) -> int: ...
    @overload
    def as_int(
        self, default: None = None, *, code: str, required: bool = ..., severity: Severity = ...
    ) -> int | None: ...
    def as_int(
        self,
        default: int | None = None,
        *,
        code: str,
        required: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> int | None:
        """The whole number, or `default`; `true` and `2.0` are none, nor is what does not fit 64 bits."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return value
        self._absent_or_wrong(say("a whole number"), code, required, severity)
        return default

    def as_bool(self, default: bool = False, *, code: str, severity: Severity = Severity.ERROR) -> bool:
        """True or false, or `default`."""
        if isinstance(self.value, bool):
            return self.value
        self._absent_or_wrong(say("true or false"), code, False, severity)
        return default

    def as_list(self, *, code: str, required: bool = False, severity: Severity = Severity.ERROR) -> tuple[Node, ...]:
        """The entries of an array, or none."""
        if isinstance(self.value, list):
            return tuple(self.elements())
        self._absent_or_wrong(say("an array"), code, required, severity)
        return ()

    def as_map(self, *, code: str, required: bool = False, severity: Severity = Severity.ERROR) -> Mapping[str, Json]:
        """The object, or an empty one."""
        if isinstance(self.value, dict):
            return self.value
        self._absent_or_wrong(say("an object"), code, required, severity)
        return {}

    def as_str_list(self, *, code: str, severity: Severity = Severity.ERROR) -> tuple[str, ...] | None:
        """The texts of an array, others left out; None when it is absent or no array."""
        if not isinstance(self.value, list):
            self._absent_or_wrong(say("an array of texts"), code, False, severity)
            return None
        texts = []
        for entry in self.elements():
            if isinstance(entry.value, str):
                texts.append(entry.value)
            else:
                entry.wrong(say("a text"), code=code, severity=severity)
        return tuple(texts)

    def as_str_map(
        self, *, code: str, null_allowed: bool = False, severity: Severity = Severity.ERROR
    ) -> Mapping[str, str]:
        """An object of texts, others left out; annotations may not be null, labels may (`null_allowed`)."""
        if not isinstance(self.value, dict):
            if self.value is not None or (self.present and not null_allowed):
                self.wrong(say("an object of texts"), code=code, severity=severity)
            return {}
        texts: dict[str, str] = {}
        for name, value in self.value.items():
            if isinstance(value, str):
                texts[name] = value
            else:
                self[name].wrong(say("a text"), code=code, severity=severity)
        return texts

    def wrong(self, expected: str, *, code: str, severity: Severity = Severity.ERROR, explanation: str = "") -> None:
        """Record that this value is not `expected`."""
        self.problems.record(
            code,
            say("%(label)s is not %(expected)s", label=self.label, expected=expected)
            if self.present
            else say("%s is missing", self.label),
            explanation,
            severity=severity,
            pointer=self.pointer,
            expected=expected,
            found=self.shown if self.present else say("nothing"),
        )

    @property
    def label(self) -> str:
        """The place as people name it: the last name of the pointer, or "The document"."""
        return self.pointer.removeprefix("$").lstrip(".") or say("The document")

    @property
    def shown(self) -> str:
        """The value in a few words, for the `found` of a finding."""
        value = self.value
        if isinstance(value, dict):
            return say("an object")
        if isinstance(value, list):
            return say("an array of %s", len(value))
        text = json.dumps(value[:_SHOWN] if isinstance(value, str) else value, ensure_ascii=False)
        return text + "…" if isinstance(value, str) and len(value) > _SHOWN else text

    def _absent_or_wrong(self, expected: str, code: str, required: bool, severity: Severity) -> None:
        if self.value is None and not required:
            return
        self.wrong(expected, code=code, severity=severity)


def _is_last(name: str, right: str, names: Iterable[str]) -> bool:
    """Whether the right name stands behind the other one, so that even those who follow the last take it."""
    order = [found for found in names if found in (name, right)]
    return order[-1] == right
