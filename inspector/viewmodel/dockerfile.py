"""The history of an image as text like the Dockerfile that it came from.

What the history does not hold (FROM, the build context, comments) is not made up, and a step that is no instruction is
shown as a comment. All text is safe to show; it is the reader's, nothing here is run or written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector.viewmodel import display
from inspector.viewmodel.shellbreaks import broken

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.oci.config import HistoryEntry
    from inspector.progress import CancelToken

MAX_STEPS = 10_000
MAX_TEXT = 2_000_000
"""Characters of all steps together."""

_LONGEST_STEP = 256 << 10
_LONGEST_HEALTH = 16 << 10
_INSTRUCTIONS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_BUILDKIT = "# buildkit"
_ARGUMENTS = re.compile(r"\|\d+ (?P<args>.*?) ?(?=/bin/|/usr/bin/|cmd /S|powershell )", re.DOTALL)
_SHELL = re.compile(
    r"(?P<shell>(?:/usr)?/bin/(?:ba|da|a|z|k)?sh(?: -o [a-z]+| -[a-z]+)*? -[a-z]*c(?: -o [a-z]+)*"
    r"|cmd /S /C|powershell(?:\.exe)? (?:-[A-Za-z]+ )*?-Command)(?: |\Z)"
)
_DEFAULT_SHELLS = ("/bin/sh -c", "cmd /S /C")
_NOP = re.compile(r"#\(nop\)\s*")
_CONTENT = re.compile(r"(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)
"""Up to the end where it is not closed: else each quote of a hostile text would be tried up to its end."""
_GO_LIST = re.compile(r'\[\s*(?:"(?:[^"\\]|\\.)*"[\s,]*)*\]', re.DOTALL)
_PAIR = re.compile(r"(?:^|(?<!\s)\s+)(?=[^\s=\"'{}\[\],:]+=)")
_HEALTH = re.compile(r"&\{(?P<test>\[.*\])(?P<times>(?: \"[0-9a-zµ.]+\"){2,5}) '(?P<retries>.*)'\}\Z", re.DOTALL)
_KNOWN_COMMENTS = ("", "buildkit.dockerfile.v0", "buildkit.exporter.image.v0")


def dockerfile(image: Image, token: CancelToken | None = None) -> str:
    """Every step of the history, each with the layer that it made: as `Image.history` aligned them, never shifted."""
    writer = _Writer(image.layers)
    history = image.history
    unknown = sum(1 for entry, layer in history if layer is None and not entry.empty_layer)
    if unknown:
        writer.comment(
            f"The history tells of {unknown:,} steps that made a layer, the image has {len(image.layers):,}: "
            "which step made which layer is not known."
        )
    for number, (entry, layer) in enumerate(history):
        if token is not None:
            token.check()
        if number >= MAX_STEPS or writer.length > MAX_TEXT:
            writer.comment(f"{len(history) - number:,} more steps are not shown; the JSON page has all.")
            break
        writer.step(entry, layer)
    else:
        writer.rest()
    return writer.text()


class _Writer:
    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self._blocks: list[str] = []
        self._layers = layers
        self._told = 0
        self._shell = ""
        self.length = 0

    def step(self, entry: HistoryEntry, layer: Layer | None) -> None:
        lines: list[str] = []
        if layer is not None:
            self._untold(layer.number - 1)
            self._told = max(self._told, layer.number)
            lines.append(_of_layer(layer))
        elif not entry.empty_layer:
            lines.append("# a layer, not known which")
        lines += self._instruction(entry)
        self._add("\n".join(lines))

    def comment(self, words: str) -> None:
        self._add(f"# {display.safe(words, 2000)}")

    def rest(self) -> None:
        """The layers that no step has named."""
        self._untold(len(self._layers))

    def text(self) -> str:
        return "\n\n".join(self._blocks) + ("\n" if self._blocks else "")

    def _untold(self, until: int) -> None:
        for layer in self._layers[self._told : until][:MAX_STEPS]:
            self._add(f"{_of_layer(layer)}\n# the history does not say what made it")
        self._told = max(self._told, until)

    def _add(self, block: str) -> None:
        self._blocks.append(block)
        self.length += len(block)

    def _instruction(self, entry: HistoryEntry) -> list[str]:
        lines = []
        if entry.comment not in _KNOWN_COMMENTS:
            lines.append(f"# comment: {display.safe(entry.comment, 2000)}")
        stored = entry.created_by[:_LONGEST_STEP]
        text, is_run, arguments, shell = _taken_apart(stored)
        if arguments:
            lines.append(f"# build arguments: {display.safe(arguments, 2000)}")
        if is_run:
            if shell and shell not in (*_DEFAULT_SHELLS, self._shell):
                lines.append(f"# with {display.safe(shell, 200)}")
            return lines + _run(text)
        keyword, _, rest = text.partition(" ")
        keyword = keyword.strip()
        if keyword not in _INSTRUCTIONS:
            words = f"not from a Dockerfile: {display.safe(text, 4000)}" if text.strip() else "the step is not stated"
            return [*lines, f"# {words}"]
        rest = " ".join(rest.split()) if keyword not in ("ENV", "LABEL", "CMD", "ENTRYPOINT") else rest.strip()
        if keyword == "SHELL":
            parts = _listed(rest)
            self._shell = " ".join(parts)
            return [*lines, f"SHELL {_json(parts)}"]
        return lines + _WRITTEN.get(keyword, _plain)(keyword, rest)


def _of_layer(layer: Layer) -> str:
    size = f" · {display.size(layer.size)}" if layer.size is not None else ""
    return f"# layer {layer.number}{size}"


def _taken_apart(stored: str) -> tuple[str, bool, str, str]:
    """(text, whether it is the command of a RUN, build arguments, shell) of a step as stored."""
    text = stored.strip()
    marked = text.endswith(_BUILDKIT)
    words = text = text.removesuffix(_BUILDKIT).rstrip()
    run = text.startswith("RUN ") or text == "RUN"
    if run:
        words = text[4:].lstrip()
    arguments = ""
    found = _ARGUMENTS.match(words)
    if found is not None:
        arguments, words = found["args"].strip(), words[found.end() :]
    shell = _SHELL.match(words)
    if shell is None:
        return (words, True, arguments, "") if run else (text, False, "", "")
    rest = words[shell.end() :]
    nop = _NOP.match(rest)
    if nop is not None:
        return rest[nop.end() :].strip(), False, "", ""
    if not run and not rest.strip() and not marked:
        # `docker commit` states the command of the container: a bare shell has built nothing.
        return text, False, "", ""
    return rest, True, arguments, shell["shell"]


def _run(command: str) -> list[str]:
    command = command.strip()
    if "\n" in command:
        lines = [display.safe_lines(line, _LONGEST_STEP) for line in command.split("\n")]
        if command.startswith("<<"):
            return [f"RUN {lines[0]}", *lines[1:]]
        end = "EOF"
        while end in lines:
            end += "F"
        return [f"RUN <<{end}", *lines, end]
    return _continued(_prefixed("RUN", broken(command))) if command else ["RUN"]


def _prefixed(keyword: str, parts: list[str]) -> list[str]:
    return [f"{keyword} {parts[0]}", *parts[1:]]


def _continued(parts: list[str]) -> list[str]:
    shown = [display.safe(part, _LONGEST_STEP) for part in parts]
    return [
        *(f"{'    ' if at else ''}{part} \\" for at, part in enumerate(shown[:-1])),
        f"{'    ' if len(shown) > 1 else ''}{shown[-1]}",
    ]


def _plain(keyword: str, rest: str) -> list[str]:
    shown = _CONTENT.sub(r"\1:\2…", rest)
    return _continued([f"{keyword} {shown}".rstrip()])


def _pairs(keyword: str, rest: str) -> list[str]:
    """`ENV A=b C=d e` as the history joins them: a value goes on until the next word with a `=`."""
    if not _PAIR.match(rest):
        return _plain(keyword, rest)
    pairs = []
    for pair in _PAIR.split(_without_quoted_blanks(rest)):
        name, _, value = pair.replace("\0", " ").strip().partition("=")
        if name:
            pairs.append(f"{name}={_value(value)}")
    return _continued(_prefixed(keyword, pairs or [rest]))


def _without_quoted_blanks(text: str) -> str:
    return _QUOTED.sub(lambda match: re.sub(r"\s", "\0", match.group()), text)


def _value(value: str) -> str:
    if not value or _QUOTED.fullmatch(value) or (len(value) > 1 and value[0] == value[-1] == "'"):
        return value
    if not re.search(r"[\s\"'\\#]", value):
        return value
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def _command(keyword: str, rest: str) -> list[str]:
    """CMD and ENTRYPOINT: a list as Go prints it gets its commas back."""
    return _continued([f"{keyword} {_with_commas(rest)}".rstrip()])


def _with_commas(rest: str) -> str:
    return f"[{', '.join(_QUOTED.findall(rest))}]" if _GO_LIST.fullmatch(rest) else rest


def _listed(rest: str) -> list[str]:
    """The words of a list, in JSON or as Go prints one; blanks within a word of the latter cannot be told."""
    if _GO_LIST.fullmatch(rest):
        return [_unquoted(word) for word in _QUOTED.findall(rest)]
    return rest.strip("[]").split()


def _unquoted(word: str) -> str:
    try:
        found = json.loads(word)
    except ValueError:
        return word[1:-1]
    return found if isinstance(found, str) else word[1:-1]


def _json(words: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}]"


def _volume(keyword: str, rest: str) -> list[str]:
    if not (rest.startswith("[") and rest.endswith("]")) or _GO_LIST.fullmatch(rest):
        return _command(keyword, rest)
    return _continued([f"{keyword} {_json(re.split(r' (?=/)', rest[1:-1]))}"])


def _expose(keyword: str, rest: str) -> list[str]:
    if rest.startswith("map[") and rest.endswith("]"):
        rest = " ".join(word.removesuffix(":{}") for word in rest[4:-1].split())
    elif rest.startswith("[") and rest.endswith("]"):
        rest = rest[1:-1]
    return _plain(keyword, rest)


def _health(keyword: str, rest: str) -> list[str]:
    r"""`&{["CMD-SHELL" "curl …"] "30s" "3s" "0s" "0s" '\x03'}`: how Go prints the struct."""
    found = _HEALTH.match(rest) if len(rest) <= _LONGEST_HEALTH else None
    if found is None or not _GO_LIST.fullmatch(found["test"]):
        return _plain(keyword, rest)
    kind, *test = [_unquoted(word) for word in _QUOTED.findall(found["test"])] or [""]
    if kind == "NONE":
        return [f"{keyword} NONE"]
    names = ("interval", "timeout", "start-period", "start-interval")
    times = found["times"].replace('"', "").split()
    options = [f"--{name}={time}" for name, time in zip(names, times, strict=False) if time != "0s"]
    retries = _rune(found["retries"])
    options += [f"--retries={retries}"] if retries else []
    command = f"CMD {_json(test)}" if kind == "CMD" else f"CMD {' '.join(test)}"
    return _continued(_prefixed(keyword, [" ".join(options), command] if options else [command]))


def _rune(printed: str) -> int:
    r"""The number that Go's `%q` prints as a character: `\x03`, `\t`, `\u0085`."""
    simple = {"\\a": 7, "\\b": 8, "\\t": 9, "\\n": 10, "\\v": 11, "\\f": 12, "\\r": 13, "\\'": 39, "\\\\": 92}
    if printed in simple:
        return simple[printed]
    match = re.fullmatch(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))", printed)
    if match is not None:
        return int(match[1] or match[2], 16)
    return ord(printed) if len(printed) == 1 else 0


_WRITTEN = {
    "ENV": _pairs,
    "LABEL": _pairs,
    "CMD": _command,
    "ENTRYPOINT": _command,
    "VOLUME": _volume,
    "EXPOSE": _expose,
    "HEALTHCHECK": _health,
}
