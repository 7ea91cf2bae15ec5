"""`check FILE`: every finding with its place and reason, and per loader whether it will load (cli.md)."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.errors import UsageError
from inspector.findings import Finding, Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import ImageArchive
    from inspector.cli.console import Console
    from inspector.conformance.check import Report

NAME = "check"
HELP = "check an archive against the specification, and tell which loaders take it"

_FORMATS: Final = ("text", "json", "sarif", "junit")
_LEVELS: Final = {"error": Severity.ERROR, "warning": Severity.WARNING}
_HEADINGS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FIXES: Final = {Fix.AUTOMATIC: "export mends it", Fix.CHOICE: "export can mend it if you choose so"}
_OPTIONS: Final = {
    "INDEX-10": "--tag OLD=NEW", "ANNOT-3": "--tag OLD=NEW", "ANNOT-2": "--annotation KEY=", "COMPAT-11": "--platform OS/ARCH",
}  # fmt: skip
_MOST_PLACES: Final = 5
_WIDTH: Final = 110
_INDENT: Final = " " * 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, --deep, --fail-on, and how the result is written."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="an image archive, or a layout folder")
    parser.add_argument(
        "--deep", action="store_true", help="read every blob: digests, diffIDs and what is in the layers"
    )
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "never"),
        default="error",
        help="exit with 1 if there is a finding as bad as this or worse (default: error)",
    )
    parser.add_argument(
        "--report",
        metavar="OUT",
        action="append",
        default=[],
        help="also write an evidence report, as .html or .md by its ending; implies --deep; may be given twice",
    )
    parser.add_argument(
        "--explain",
        metavar="CODE|all",
        help="print what a rule asks and why, and stop; FILE is not needed; of all rules as Markdown",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing report")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--json", action="store_true", help="print one JSON document")
    chosen.add_argument("--format", choices=_FORMATS, default="text", help="text, json, SARIF 2.1.0, or JUnit's XML")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the report; 1 if a finding is at or above the asked level, else 0."""
    from inspector.conformance.check import check_archive

    if arguments.explain is not None:
        return _explain(arguments.explain, console)
    if arguments.file is None:
        raise UsageError("No archive", "check needs a FILE, or --explain CODE.")
    level = _LEVELS.get(arguments.fail_on)
    with console.open_archive(arguments.file) as archive:
        if arguments.report:
            report = _saved(archive, arguments, console)
        else:
            report = check_archive(
                archive, deep=arguments.deep, token=console.token, sink=console.sink(), limits=console.limits
            )
        _print(archive, report, "json" if arguments.json else arguments.format, level, console)
    return 1 if level is not None and report.worst is not None and report.worst >= level else 0


def _explain(code: str, console: Console) -> int:
    from inspector.conformance.reference import explain, to_markdown

    if code.lower() == "all":
        console.out(to_markdown().rstrip("\n"))
        return 0
    try:
        lines = explain(code.upper())
    except KeyError:
        raise UsageError("No such rule", f"{code!r} is no code of a rule. --explain all lists them.") from None
    for line in lines:
        console.out(line)
    return 0


def _saved(archive: ImageArchive, arguments: argparse.Namespace, console: Console) -> Report:
    from inspector.viewmodel.evidence.file import save_report

    targets = [Path(name) for name in arguments.report]
    return save_report(
        archive, targets, console.limits, console.token, console.sink(), overwrite=arguments.force
    ).report


def _print(archive: ImageArchive, report: Report, style: str, level: Severity | None, console: Console) -> None:
    if style == "json":
        console.out_json({"file": str(archive.path), "deep": report.is_deep, **report.to_json()})
    elif style == "sarif":
        from inspector.conformance.sarif import to_sarif

        console.out_json(_visible(to_sarif(report, archive.path)))
    elif style == "junit":
        from inspector.conformance.junit import to_junit

        console.out_bytes(str(_visible(to_junit(report, archive.path, level).decode())).encode())
    else:
        for line in to_lines(archive, report):
            console.out(line)


def _visible(value: object) -> object:
    """A document for people and other programs: its texts with marks for what draws nothing, lone surrogates among it."""
    from inspector.cli.console import visible_lines

    if isinstance(value, str):
        return visible_lines(value)
    if isinstance(value, dict):
        return {key: _visible(below) for key, below in value.items()}
    return [_visible(below) for below in value] if isinstance(value, list) else value


def to_lines(archive: ImageArchive, report: Report) -> Iterator[str]:
    """For people: findings, worst first, equal ones together; then the loaders; then how many there are."""
    yield f"{archive.path.name}: {archive.layout}, written by {archive.writer.text}"
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.severity, finding.code, finding.title), []).append(finding)
    for key in sorted(groups, key=lambda key: -key[0]):  # stable: the order of the families within a severity
        yield ""
        yield from _group(*key, groups[key])
    yield ""
    yield from _loaders(report)
    yield ""
    yield _summary(report)


def _group(severity: Severity, code: str, title: str, findings: list[Finding]) -> Iterator[str]:
    times = f"  ({len(findings):,} times)" if len(findings) > 1 else ""
    yield f"{_HEADINGS[severity]:<8}{code:<11}{_one_line(title)}{times}"
    for finding in findings[:_MOST_PLACES]:
        yield from (f"        {line}" for line in _place(finding))
    if len(findings) > _MOST_PLACES:
        yield f"        … and {len(findings) - _MOST_PLACES:,} more places"
    first = findings[0]
    yield from textwrap.wrap(_one_line(first.explanation), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    notes = [f"({first.spec})" if first.spec else "", f"[{_fix_words(first)}]" if first.fix in _FIXES else ""]
    if any(notes):
        yield _INDENT + " ".join(note for note in notes if note)


def _fix_words(finding: Finding) -> str:
    """What export does about it, with the option that asks for it where it needs one."""
    if finding.fix is not Fix.CHOICE:
        return _FIXES[finding.fix]
    from inspector.export.repairs import REPAIRS, Mode

    named = [r.id for r in REPAIRS if finding.code in r.codes and r.mode is Mode.CHOICE]
    options = [f"--repair {name}" for name in named] or [_OPTIONS[code] for code in _OPTIONS if code == finding.code]
    return f"export can mend it: {' or '.join(options)}" if options else _FIXES[finding.fix]


def _place(finding: Finding) -> Iterator[str]:
    where = finding.where
    words = [_one_line(where.object)] if where.object else []
    words += [_one_line(where.pointer)] if where.pointer else []
    words += [f"at byte {where.offset:,}"] if where.offset is not None else []
    hexadecimal = where.digest.partition(":")[2] if where.digest else ""
    if where.digest and (not hexadecimal or hexadecimal not in where.object):
        words.append(where.digest[:19])
    known = bool(where.object or where.pointer)
    yield ("in " if known else "") + "  ".join(words) if words else "in the archive itself"
    if finding.expected is not None:
        yield f"   expected {_one_line(finding.expected)}"
    if finding.found is not None:
        yield f"   found    {_one_line(finding.found)}"


def _one_line(text: str) -> str:
    from inspector.cli.console import visible

    return visible(text)


def _loaders(report: Report) -> Iterator[str]:
    from inspector.conformance.loaders import NAMES

    yield "will it load?"
    for loader in report.loaders:
        codes = f"  {', '.join(loader.because)}" if loader.because else ""
        yield f"  {NAMES[loader.loader]:<47}{str(loader.verdict).replace('-', ' ')}{codes}"
        if str(loader.verdict) != "loads":
            yield from textwrap.wrap(
                _one_line(loader.text), _WIDTH, initial_indent="      ", subsequent_indent="      "
            )


def _summary(report: Report) -> str:
    counts = [(severity, report.count(severity)) for severity in sorted(_HEADINGS, reverse=True)]
    words = [f"{count:,} {_HEADINGS[severity]}{'s' if count != 1 else ''}" for severity, count in counts if count]
    unread = any((finding.found or "").startswith("limit ") for finding in report.findings)
    read = "blobs were read, but for those beyond a limit" if unread else "every blob was read"
    depth = read if report.is_deep else "blobs were not read: --deep verifies digests and layers"
    return f"{', '.join(words) or 'no findings'}; {depth}"
