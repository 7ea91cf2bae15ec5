"""Sentences that remember how they were made; and who speaks English whatever the window speaks."""

from __future__ import annotations

import ast
import gc
import gettext
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector import language
from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import ArchiveDamaged, ArchiveError
from inspector.language import Said, in_english, in_language, said_by, say, say_all, say_n, tr
from inspector.oci.problems import LIMIT_PER_CODE, Problems
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.evidence.evidence import collect, evidence_of
from inspector.viewmodel.evidence.html import to_html
from inspector.viewmodel.evidence.markdown import to_markdown
from inspector.viewmodel.session import open_session
from inspector.viewmodel.structure import build_tree
from tests.builders import ImageSpec, docker_25, layer_tar


class ZlibError(Exception):
    """Some library's."""


class Words(gettext.NullTranslations):
    """A catalogue of a few words, backwards where it has none."""

    def gettext(self, message: str) -> str:
        return {"%s ends in %s": "%s endet in %s", "the middle": "der Mitte", "100%": "hundert"}.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "%s Datei" if n == 1 else "%s Dateien"


@pytest.fixture
def spoken() -> Iterator[None]:
    language.speak(Words(), "xx")
    yield
    language.speak(None)


@pytest.fixture
def german(repository: Path) -> Iterator[None]:
    with (repository / "resources" / "translations" / "de.mo").open("rb") as file:
        language.speak(gettext.GNUTranslations(file), "de")
    yield
    language.speak(None)


@pytest.fixture
def odd_archive(tmp_path: Path) -> Path:
    """With something to find and something that loaders refuse."""
    whole = docker_25([ImageSpec((layer_tar({"a": b"b"}),), ("docker.io/library/app:1",))]).tar()
    path = tmp_path / "app.tar"
    path.write_bytes(whole[:-1500])
    return path


@pytest.mark.usefixtures("spoken")
def test_it_is_english_and_can_be_said_in_the_language() -> None:
    sentence = say("%s ends in %s", "a.tar", say("the middle"))
    assert sentence == "a.tar ends in the middle"
    assert tr(sentence) == "a.tar endet in der Mitte"
    assert f"{sentence}." == "a.tar ends in the middle."


@pytest.mark.usefixtures("spoken")
def test_text_of_an_archive_is_never_translated() -> None:
    assert tr(say("%s ends in %s", "the middle", "100%")) == "the middle endet in 100%"
    assert in_language("the middle") == "the middle"
    assert in_language(None) is None
    assert in_language(say("the middle")) == "der Mitte"


@pytest.mark.usefixtures("spoken")
def test_a_number_chooses_the_form() -> None:
    one, many = say_n("%s file", "%s files", 1, "1"), say_n("%s file", "%s files", 2000, "2,000")
    assert (one, many) == ("1 file", "2,000 files")
    assert (tr(one), tr(many)) == ("1 Datei", "2,000 Dateien")


@pytest.mark.usefixtures("spoken")
def test_parts_are_said_one_by_one() -> None:
    joined = say_all((say("the middle"), "100%"), "; ")
    assert joined == "the middle; 100%"
    assert tr(joined) == "der Mitte; 100%"
    assert say_all(()) == ""


@pytest.mark.usefixtures("spoken")
def test_without_values_a_percent_sign_is_one() -> None:
    assert say("100%") == "100%"
    assert tr(say("100%")) == "hundert"
    assert say(say("100%")) == "100%"


@pytest.mark.usefixtures("spoken")
def test_nothing_said_is_nothing_in_every_language() -> None:
    assert tr(say("")) == ""
    assert in_language(say("%s", say(""))) == ""


def test_an_exception_keeps_what_it_was_made_with() -> None:
    assert isinstance(said_by(ValueError(say("the middle"))), Said)
    assert said_by(ValueError("plain")) == "plain"
    assert said_by(ArchiveError(say("100%"), "what to do")) == "100%: what to do"


@pytest.mark.usefixtures("spoken")
def test_a_sentence_keeps_the_words_of_an_exception_and_not_the_exception() -> None:
    """Which holds the frames that it came through, and they a decoder's memory."""

    def sentence() -> tuple[Said, weakref.ref[Exception]]:
        try:
            raise ZlibError(say("the middle"))
        except ZlibError as error:
            return say("%s ends in %s", "a.tar", error), weakref.ref(error)

    said, error = sentence()
    gc.collect()
    assert error() is None
    assert (said, tr(said)) == ("a.tar ends in the middle", "a.tar endet in der Mitte")


@pytest.mark.usefixtures("spoken")
def test_a_thread_that_writes_a_file_speaks_english_and_the_others_do_not() -> None:
    elsewhere: list[str] = []
    with in_english():
        assert tr("the middle") == "the middle"
        assert language.spoken() == ""
        thread = threading.Thread(target=lambda: elsewhere.append(tr("the middle")))
        thread.start()
        thread.join()
    assert elsewhere == ["der Mitte"]
    assert tr("the middle") == "der Mitte"


def test_the_terminal_twin_never_speaks(repository: Path) -> None:
    for path in (repository / "inspector").rglob("*.py"):
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        room = path.relative_to(repository / "inspector").parts[0]
        assert "speak" not in names or room in ("ui", "app.py", "language.py"), path


@pytest.mark.parametrize("arguments", [("check",), ("check", "--json"), ("show",), ("show", "--json"), ("files",)])
def test_the_terminal_twin_is_english_on_a_german_desktop(arguments: tuple[str, ...], odd_archive: Path) -> None:
    def run(code: str) -> tuple[int, bytes, bytes]:
        environment = {**os.environ, "LANG": f"{code}.UTF-8", "LANGUAGE": code, "LC_ALL": f"{code}.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-m", "inspector.cli", *arguments, str(odd_archive)],
            env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    assert run("de_DE") == run("C")


def _reports(path: Path) -> tuple[bytes, bytes]:
    with open_archive(path) as archive:
        build_tree(archive)
        made = evidence_of(collect(archive, CancelToken(), ignore_progress, DEFAULT_LIMITS))
    return to_html(made), to_markdown(made)


def test_the_report_that_a_german_window_writes_is_that_of_the_terminal(
    odd_archive: Path, request: pytest.FixtureRequest
) -> None:
    english = _reports(odd_archive)
    request.getfixturevalue("german")
    assert _reports(odd_archive) == english


@pytest.mark.usefixtures("german")
def test_findings_and_forecasts_are_told_in_the_language(odd_archive: Path) -> None:
    session = open_session(odd_archive, CancelToken(), ignore_progress)
    try:
        forecasts = session.check(CancelToken())
        titles = [row.title for row in session.findings]
        texts = [tr(one.text) for one in forecasts]
    finally:
        session.close()
    assert "Das Tar ist abgeschnitten" in titles
    assert any("Das Archiv ist abgeschnitten oder beschädigt" in text for text in texts)
    assert all("The archive is cut off" in one.text for one in forecasts if "ARC-1" in one.because)


@pytest.mark.usefixtures("german")
def test_sentences_around_sentences_are_told_in_the_language(tmp_path: Path) -> None:
    problems = Problems("index.json")
    for place in range(LIMIT_PER_CODE + 1):
        problems.record(
            "DESC-2", "A title", say("JSON has none; readers written in Go refuse the document."), offset=place
        )
    assert tr(problems.findings()[-1].explanation).endswith("1 weitere Stellen dieser Art sind nicht aufgeführt.")
    broken = (
        docker_25([ImageSpec((layer_tar({"a": b"b"}),))])
        .replacing("index.json", b"[")
        .without("manifest.json", "repositories")
    )
    with pytest.raises(ArchiveDamaged) as error:
        open_archive(broken.write(tmp_path / "a.tar"))
    assert "JSON-Dokument: index.json" in tr(error.value.message)
