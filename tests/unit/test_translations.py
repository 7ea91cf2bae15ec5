"""The catalogues of the window: complete, compiled, and with the placeholders of their source."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]")


@pytest.fixture(scope="module")
def translations(request: pytest.FixtureRequest) -> ModuleType:
    """packaging/translations.py, which is no part of the package."""
    path = Path(request.config.rootpath) / "packaging" / "translations.py"
    spec = importlib.util.spec_from_file_location("translations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["de", "zh_CN"])
def test_every_text_is_translated_and_compiled(translations: ModuleType, language: str) -> None:
    path = translations.FOLDER / f"{language}.po"
    catalog = translations.updated(path, translations.template())
    assert translations.untranslated(catalog) == [], "python packaging/translations.py update, then translate"
    compiled = path.with_suffix(".mo").read_bytes()
    assert translations.words(compiled) == translations.words(translations.compiled(catalog))


def _fits(expected: list[str], found: list[str]) -> bool:
    return sorted(expected) == sorted(found) if any("(" in one for one in expected) else expected == found


@pytest.mark.parametrize("language", ["de", "zh_CN"])
def test_values_find_their_places(translations: ModuleType, language: str) -> None:
    """As many, and unnamed ones in the same order, or formatting fails where nobody looks."""
    wrong = []
    for message in translations.read(translations.FOLDER / f"{language}.po"):
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        for text in [message.string] if isinstance(message.string, str) else message.string:
            found = PLACEHOLDER.findall(text)
            if not any(_fits(PLACEHOLDER.findall(source), found) for source in sources):
                wrong.append((sources, text))
    assert wrong == []
