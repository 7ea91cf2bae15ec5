"""The words that the window shows, in the person's language: one catalogue for view-models and widgets alike.

English is the source and needs no catalogue. The terminal twin and every JSON key stay English: they never call `speak`.
`ui/translator.py` lets `QObject.tr` look into the same catalogue.

Rooms below the view-models write English. Their sentences go to terminals, reports and JSON as they are, and may outlive a
change of the language; `say` lets them remember how they were made, so that the window can put them into its language when
it shows them.
"""

from __future__ import annotations

import gettext
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_ENGLISH = gettext.NullTranslations()
_catalogue: gettext.NullTranslations = _ENGLISH
_code = ""
_here = threading.local()


def speak(catalogue: gettext.NullTranslations | None, code: str = "") -> None:
    """Use `catalogue` of the language `code` from now on; None: English."""
    global _catalogue, _code
    _catalogue, _code = catalogue or _ENGLISH, code


def spoken() -> str:
    """The code of the language, as in `de` or `zh_CN`; "" for English."""
    return "" if _words() is _ENGLISH else _code


@contextmanager
def in_english() -> Iterator[None]:
    """Within, this thread speaks English whatever the window does: for files, which are the same whoever writes them."""
    before = getattr(_here, "english", False)
    _here.english = True
    try:
        yield
    finally:
        _here.english = before


def _words() -> gettext.NullTranslations:
    return _ENGLISH if getattr(_here, "english", False) else _catalogue


class Said(str):
    """An English sentence, and what it was made of. Made by `say` and `say_n`."""

    __slots__ = ("number", "plural", "template", "values")
    template: str
    values: tuple[object, ...] | dict[str, object]
    plural: str
    """The template for several; "" if it does not depend on a number."""
    number: int

    def translated(self) -> str:
        """In the person's language, and so are those of its values that were said."""
        if not self.template:
            return ""  # a catalogue answers its head to it
        find = _words()
        words = find.ngettext(self.template, self.plural, self.number) if self.plural else find.gettext(self.template)
        if isinstance(self.values, dict):
            return words % {name: in_language(value) for name, value in self.values.items()}
        return words % tuple(in_language(value) for value in self.values) if self.values else words


def say(template: str, /, *values: object, **named: object) -> Said:
    """A sentence of a room below the view-models: `say("%s ends too early.", name)`; several values are named,
    `say("%(name)s has %(size)s bytes.", name=…, size=…)`. Without any, a `%` stands for itself.
    """
    if isinstance(template, Said):
        return template
    return _made(template, template, "", 1, named or values)


def say_n(one: str, many: str, number: int, /, *values: object, **named: object) -> Said:
    """As `say`, in the form that `number` asks for: `say_n("%s file", "%s files", n, f"{n:,}")`."""
    return _made(one if number == 1 else many, one, many, number, named or values)


def _made(
    english: str, template: str, plural: str, number: int, values: tuple[object, ...] | dict[str, object]
) -> Said:
    kept: tuple[object, ...] | dict[str, object]
    if isinstance(values, dict):
        kept = {name: _kept(value) for name, value in values.items()}
    else:
        kept = tuple(_kept(value) for value in values)
    said = Said(english % values if values else english)
    said.template, said.plural, said.number, said.values = template, plural, number, kept
    return said


def _kept(value: object) -> object:
    """What a sentence keeps of a value: its text. An exception holds the frames that it came through, a decoder's memory
    and a document's bytes with them, and findings live as long as the archive is open.
    """
    if isinstance(value, Exception):
        return said_by(value)
    return value if isinstance(value, str | int) else str(value)


def said_by(error: Exception) -> str:
    """The sentence that an exception was made with; `str` would forget how it was said."""
    return error.args[0] if len(error.args) == 1 and isinstance(error.args[0], Said) else str(error)


def say_all(parts: Iterable[str], between: str = " ") -> Said:
    """The parts one after the other, each of which may be said."""
    listed = tuple(parts)
    return say(between.replace("%", "%%").join(["%s"] * len(listed)), *listed)


def in_language(value: T) -> T | str:
    """What was said in the person's language; anything else, such as text of an archive, as it is."""
    return value.translated() if isinstance(value, Said) else value


def tr(text: str) -> str:
    """`text` in the person's language, or as it is. Values are put in afterwards: `tr("Open %s") % name`."""
    if isinstance(text, Said):
        return text.translated()
    return _words().gettext(text) if text else ""


def trn(one: str, many: str, count: int) -> str:
    """The form of `one`/`many` that the language has for `count`: `trn("%d layer", "%d layers", n) % n`."""
    return _words().ngettext(one, many, count)


def mark(text: str) -> str:
    """`text` unchanged: a constant that `tr` will be asked for later, named here so that it gets into the catalogue."""
    return text
