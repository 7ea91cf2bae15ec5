"""Everything that is said about real and hostile archives is in the catalogue: no English sentence in a German window."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import InspectorError
from inspector.language import Said

_MORTAR = " %s;,.:()=×·…"
"""Templates of nothing but values and these need no translation."""


@pytest.fixture(scope="module")
def known(repository: Path) -> frozenset[str]:
    """Every text that is in the catalogues."""
    spec = importlib.util.spec_from_file_location("translations", repository / "packaging" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    translations = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(translations)
    return frozenset(text for one in translations.texts() for text in ([one] if isinstance(one, str) else one))


def test_real_archives(archive_path: Path, known: frozenset[str]) -> None:
    assert set(_unknown(_said_about(archive_path), known)) == set()


@pytest.mark.corpus_full
def test_hostile_archives(hostile: Path, known: frozenset[str]) -> None:
    cases = json.loads((hostile / "expected.json").read_text())["cases"]
    found: dict[str, str] = {}
    for case in cases:
        for text in _unknown(_said_about(hostile / case["file"]), known):
            found.setdefault(text, case["id"])
    assert found == {}


def _said_about(path: Path) -> Iterator[str]:
    """What a person reads who opens it and checks it: the error, or the findings and forecasts."""
    try:
        with open_archive(path) as archive:
            report = check_archive(archive, deep=True)
    except InspectorError as error:
        yield from (error.title, error.message)
    else:
        for finding in report.findings:
            yield from (finding.title, finding.explanation)
        yield from (one.text for one in report.loaders)


def _unknown(texts: Iterable[str], known: frozenset[str]) -> Iterator[str]:
    for text in texts:
        if isinstance(text, Said):
            if text.template.strip(_MORTAR) and text.template not in known:
                yield text.template
            values = text.values.values() if isinstance(text.values, dict) else text.values
            yield from _unknown((value for value in values if isinstance(value, Said)), known)
        elif text and text not in known:
            yield text
