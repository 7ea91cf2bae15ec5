from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector import language
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.session import ArchiveSession, open_session
from tests.builders import Bundle

Opener = Callable[[Bundle | Path], ArchiveSession]


@pytest.fixture
def session_of(tmp_path: Path) -> Iterator[Opener]:
    """Open what a builder describes, or a path; all are closed at the end."""
    made: list[ArchiveSession] = []

    def open_it(what: Bundle | Path) -> ArchiveSession:
        path = what if isinstance(what, Path) else what.write(tmp_path / f"app{len(made) or ''}.tar")
        made.append(open_session(path, CancelToken(), ignore_progress))
        return made[-1]

    yield open_it
    for session in made:
        session.close()


@pytest.fixture
def german(repository: Path) -> Iterator[None]:
    """The window speaks German."""
    with (repository / "resources" / "translations" / "de.mo").open("rb") as file:
        language.speak(gettext.GNUTranslations(file), "de")
    yield
    language.speak(None)
