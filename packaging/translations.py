"""Keeps resources/translations up to date: `python packaging/translations.py update|check|missing LANGUAGE`.

`update` collects every text of the window into each LANGUAGE.po and compiles it to LANGUAGE.mo; `check` says what is missing
or stale; `missing` prints the texts of a language that are not translated yet. A new language: an empty LANGUAGE.po, then
`update`. The comment at the head of a catalogue is its glossary, and is kept.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspector import errors  # noqa: E402 - it lies in the checkout

FOLDER = ROOT / "resources" / "translations"
KEYWORDS = {"tr": (0,), "mark": (0,), "trn": (0, 1), "count": (1, 2), "say": (0,), "say_n": (0, 1)}
"""Function → which of its arguments are texts; two of them are a singular and a plural."""
SENTENCES = {
    **{name: (0, 1) for name, kind in vars(errors).items() if isinstance(kind, type)},
    "LimitReached": (2,), "finding": (2, 3), "Finding": (2, 3), "note": (2, 3), "_find": (2, 3), "broken": (1, 2),
    "record": (1, 2), "refuses": (1,), "warns": (1,), "wrong": (1,), "LeftOut": (1,), "Progress": (0,), "_told": (2,), "_artifact_type": (1,),
}  # fmt: skip
"""What rooms below the view-models write with these, the window translates when it shows it."""


def texts() -> Iterator[str | tuple[str, str]]:
    """Every text that the window may show in the person's language; a pair is a singular and a plural."""
    for path in sorted((ROOT / "inspector").rglob("*.py")):
        if "cli" in path.relative_to(ROOT).parts:
            continue  # the terminal twin speaks English
        for call in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(call, ast.Call):
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                said = [call.args[at].value for at in KEYWORDS.get(name, ()) if _is_text(call.args, at)]
                if len(said) == len(KEYWORDS.get(name, ())) > 0:
                    yield said[0] if len(said) == 1 else (said[0], said[1])
                for at in SENTENCES.get(name, ()):
                    yield from _sentences(call.args[at]) if at < len(call.args) else ()
    yield from _tables()


def _sentences(argument: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: one of them, or either side of a condition."""
    if isinstance(argument, ast.IfExp):
        yield from _sentences(argument.body)
        yield from _sentences(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and not argument.value.isupper():
        yield argument.value


def _is_text(arguments: list[Any], at: int) -> bool:
    return at < len(arguments) and isinstance(arguments[at], ast.Constant) and isinstance(arguments[at].value, str)


def _tables() -> Iterator[str]:
    """Texts of the tables that are looked up as they are."""
    from inspector.archive.members import MemberKind
    from inspector.archive.orphans import OrphanKind
    from inspector.archive.tar_extensions import Stop
    from inspector.conformance.registry import RULES
    from inspector.layers.notable import Reason
    from inspector.oci import annotations, mediatype
    from inspector.viewmodel import (
        explanations,
        filechanges,
        filerows,
        labels,
        loading,
        messages,
        statement,
        states,
        structure,
    )
    from inspector.viewmodel.commands import COMMANDS, MENUS
    from inspector.viewmodel.pages import Page
    from inspector.viewmodel.preview import magic
    from inspector.viewmodel.tree import TREE_HEADERS

    yield from MENUS
    for command in COMMANDS.values():
        yield command.text
        yield command.tooltip
    for rule in RULES.values():
        yield rule.title
        yield rule.explanation
    for state in vars(states).values():
        if isinstance(state, states.State):
            yield state.word
            yield state.tooltip
    yield from (kind.value for kind in (*OrphanKind, *MemberKind, *Stop))
    yield from (reason.value for reason in Reason)
    yield from ("A safety limit was reached", "Cancelled")
    yield from messages._LABELS.values()
    yield from (words for _, words in (*labels._PREDICATES, *labels._ARTIFACTS))
    yield labels.UNTAGGED
    yield from structure._ABOUT.values()
    yield from (words for words, _ in loading.WORDS.values())
    yield from (*filerows._HEADERS, *filerows.KIND_WORDS.values(), filerows._OPAQUE_NAME)
    yield from (*filechanges.WORDS.values(), *(word for _, word in filechanges._ASPECTS))
    yield from (label for label, _ in statement._BUILD_FACTS)
    yield from (*magic._STARTS.values(), *magic._TYPES.values())
    yield from (page.caption for page in Page)
    yield from TREE_HEADERS
    yield from (*mediatype.every_word(), *annotations.every_sentence(), *explanations.LAYOUTS.values())


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
    return {str(message.id): message.string for message in read_mo(io.BytesIO(mo)) if message.id}


def languages() -> list[Path]:
    return sorted(FOLDER.glob("*.po"))


def updated(path: Path, source: Catalog) -> Catalog:
    """The catalogue of `path` with today's texts: translations that still fit are kept, the others go."""
    old = read(path)
    new = Catalog(
        locale=path.stem,
        header_comment=old.header_comment,  # the glossary
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
