"""The words that the window shows, in the person's language: one catalogue for view-models and widgets alike.

English is the source and needs no catalogue. The terminal twin and every JSON key stay English: they never call `speak`.
`ui/translator.py` lets `QObject.tr` look into the same catalogue.
"""

from __future__ import annotations

import gettext

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_code = ""


def speak(catalogue: gettext.NullTranslations | None, code: str = "") -> None:
    """Use `catalogue` of the language `code` from now on; None: English."""
    global _catalogue, _code
    _catalogue, _code = catalogue or gettext.NullTranslations(), code


def spoken() -> str:
    """The code of the language, as in `de` or `zh_CN`; "" for English."""
    return _code


def tr(text: str) -> str:
    """`text` in the person's language, or as it is. Values are put in afterwards: `tr("Open %s") % name`."""
    return _catalogue.gettext(text) if text else ""


def trn(one: str, many: str, count: int) -> str:
    """The form of `one`/`many` that the language has for `count`: `trn("%d layer", "%d layers", n) % n`."""
    return _catalogue.ngettext(one, many, count)


def mark(text: str) -> str:
    """`text` unchanged: a constant that `tr` will be asked for later, named here so that it gets into the catalogue."""
    return text
