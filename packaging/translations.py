"""Keeps resources/translations up to date: `python packaging/translations.py update|check|missing LANGUAGE`.

`update` collects every text of the window into each LANGUAGE.po and compiles it to LANGUAGE.mo; `check` says what is missing
or stale; `missing` prints the texts of a language that are not translated yet. A new language: an empty LANGUAGE.po, then
`update`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FOLDER = ROOT / "resources" / "translations"
ROOMS = ("ui", "viewmodel")
KEYWORDS = {"tr": None, "mark": None, "trn": (1, 2)}


def texts() -> Iterator[str | tuple[str, str]]:
    """Every text that the window may show in the person's language; a pair is a singular and a plural."""
    for room in ROOMS:
        found = extract_from_dir(ROOT / "inspector" / room, [("**.py", "python")], keywords=KEYWORDS)
        for _file, _line, message, _comments, _context in found:
            yield message
    yield from _tables()


def _tables() -> Iterator[str]:
    """Texts of the tables that are looked up as they are."""
    from inspector.oci import annotations, mediatype
    from inspector.viewmodel.commands import COMMANDS, MENUS

    yield from MENUS
    yield from annotations.every_sentence()
    yield from mediatype.every_word()
    for command in COMMANDS.values():
        yield command.text
        yield command.tooltip


def template() -> Catalog:
    """A catalogue of all texts without translations, in a fixed order."""
    made = Catalog(project="image-inspector", charset="utf-8", fuzzy=False)
    unique: dict[str, str | tuple[str, str]] = {}
    for text in texts():
        key = text if isinstance(text, str) else text[0]
        if key and (key not in unique or not isinstance(text, str)):
            unique[key] = text
    for key in sorted(unique):
        made.add(unique[key])
    return made


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the .mo file; the same for the same translations."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def words(mo: bytes) -> dict[object, object]:
    """What a compiled catalogue answers, without its head: that names the version of the compiler."""
    return {message.id: message.string for message in read_mo(io.BytesIO(mo)) if message.id}


def languages() -> list[Path]:
    return sorted(FOLDER.glob("*.po"))


def updated(path: Path, source: Catalog) -> Catalog:
    """The catalogue of `path` with today's texts: translations that still fit are kept, the others go."""
    old = read(path)
    new = Catalog(
        locale=path.stem,
        header_comment=f"# {path.stem}: the words of Image Inspector. Made by packaging/translations.py from the texts in inspector/.",
        project="image-inspector",
        version="1",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
        revision_date=datetime(2026, 1, 1, tzinfo=UTC),
        last_translator="the project",
        language_team="the project",
        charset="utf-8",
        fuzzy=False,
    )
    for message in source:
        if message.id:
            known = old.get(message.id)
            fits = known is not None and type(known.id) is type(message.id)
            new.add(message.id, known.string if known is not None and fits else None)
    return new


def untranslated(catalog: Catalog) -> list[str | tuple[str, ...]]:
    return [m.id for m in catalog if m.id and not (all(m.string) if isinstance(m.string, tuple | list) else m.string)]


def main(arguments: list[str]) -> int:
    verb = arguments[0] if arguments else "check"
    source = template()
    wrong = 0
    for path in languages():
        new = updated(path, source)
        if verb == "update":
            with path.open("wb") as file:
                write_po(file, new, width=0, sort_output=True, ignore_obsolete=True, omit_header=False)
            path.with_suffix(".mo").write_bytes(compiled(read(path)))
        if verb == "missing" and path.stem in arguments[1:]:
            for text in untranslated(new):
                print(repr(text))
        absent = len(untranslated(new))
        compiled_path = path.with_suffix(".mo")
        stale = not compiled_path.exists() or words(compiled_path.read_bytes()) != words(compiled(new))
        wrong += absent > 0 or stale
        print(
            f"{path.stem}: {absent} of {len(new)} texts are not translated{', and it is stale' if stale else ''}",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
