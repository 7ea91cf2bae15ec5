"""The language of the window: our catalogue for view-models and for `QObject.tr`, Qt's own for its standard buttons."""

from __future__ import annotations

import gettext
from collections.abc import Callable

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

from inspector import language
from inspector.ui.assets import resource

SOURCE = "en"
"""What the texts in the code are written in; it needs no catalogue."""


class CatalogueTranslator(QTranslator):
    """Answers Qt's questions for a translation from the one catalogue of `inspector.language`."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:  # noqa: ARG002
        """The translation of `source`; what the catalogue does not know is left to the next translator."""
        found = language.tr(source)
        # None becomes Qt's null string: unknown here, ask the translator installed before. "" would be an empty text.
        return None if found == source else found  # type: ignore[return-value]

    def isEmpty(self) -> bool:
        return False


def languages() -> list[tuple[str, str]]:
    """Code and own name of every language that the window speaks, English first: `("de", "Deutsch")`."""
    try:
        codes = sorted(path.stem for path in resource("translations").glob("*.mo"))
    except FileNotFoundError:
        codes = []
    return [(code, QLocale(code).nativeLanguageName().capitalize() or code) for code in (SOURCE, *codes)]


def best(wanted: str) -> str:
    """The language to speak: `wanted` if there is one, else the first of the system's that we speak, else English."""
    known = [code for code, _name in languages()]
    asked = [wanted] if wanted else [name.replace("-", "_") for name in QLocale.system().uiLanguages()]
    for name in asked:
        for code in known:
            # zh_Hans_CN and zh_CN are the same to us, and so are de_AT and de; zh_TW reads another script than zh_CN.
            if (
                name == code
                or (name.split("_")[0] == code)
                or (code == "zh_CN" and name.startswith(("zh_Hans", "zh_SG")))
            ):
                return code
    return SOURCE


def speak(application: QApplication, wanted: str = "") -> Callable[[], None]:
    """Let `application` speak `wanted` ("" for the system's language); what it returns takes that back.

    Windows that exist keep their words: the caller makes them anew.
    """
    code = best(wanted)
    installed: list[QTranslator] = []
    if code != SOURCE:
        with resource("translations", f"{code}.mo").open("rb") as file:
            language.speak(gettext.GNUTranslations(file), code)
        own: QObject = application
        qt = QTranslator(own)
        if qt.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            installed.append(qt)
        installed.append(CatalogueTranslator(own))
    before = application.layoutDirection()
    for translator in installed:
        application.installTranslator(translator)
    application.setLayoutDirection(QLocale(code).textDirection())

    def undo() -> None:
        for translator in installed:
            application.removeTranslator(translator)
            translator.deleteLater()
        language.speak(None)
        application.setLayoutDirection(before)

    return undo
