"""Where a person would break a long shell command: at its own breaks, as far as a builder left traces, else at `&&` and `;`."""

from __future__ import annotations

import re

LONGEST = 64 << 10
"""Longer commands stay on one line."""
_SHORT = 72
"""Commands up to this long stay on one line, too, unless they were broken before."""

_INDENT = "    "
_DEEPEST = 8

_TOKEN = re.compile(
    r"""(?P<single>'[^']*')
      |(?P<double>"(?:[^"\\]|\\.)*")
      |(?P<escape>\\.)
      |(?P<comment>(?<!\S)\#.*)
      |(?P<blank>\s+)
      |(?P<and>&&|\|\|)
      |(?P<end>;;?)
      |(?P<open>\$?\(\(?|`)
      |(?P<close>\))
      |(?P<word>[^\s'"\\&|;()`$]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = frozenset(("if", "for", "while", "until", "case", "{"))
_CLOSING = frozenset(("fi", "done", "esac", "}"))
_COMMAND_FOLLOWS = frozenset(("then", "do", "else", "elif", "!", "time"))


def broken(command: str) -> list[str]:
    r"""The lines of a command, to be joined with ` \` and a line end between them, indented as far as its author did.

    A tab or several blanks outside quotes are where its author broke it. Nothing inside quotes is touched.
    """
    if len(command) > LONGEST:
        return [command]
    pieces, broke = _pieces(command, by_traces=True)
    if not broke and len(command) > _SHORT:
        pieces, _ = _pieces(command, by_traces=False)
    lines = [(level, piece.strip(" \t")) for level, piece in pieces if piece.strip(" \t")]
    if not lines:
        return [command]
    least = min((level for level, _ in lines[1:]), default=0)
    return [lines[0][1], *(f"{_INDENT * (level - least)}{piece}" for level, piece in lines[1:])]


def _pieces(command: str, *, by_traces: bool) -> tuple[list[tuple[int, str]], bool]:
    """The lines, each with how far its author had indented it; and whether there is more than one."""
    lines: list[str] = [""]
    levels = [0]
    depth, inside_backticks, at_command, ended = 0, False, True, False
    for match in _TOKEN.finditer(command):
        kind, piece = match.lastgroup, match.group()
        if kind == "blank":
            trace = len(piece) > 1 or piece == "\t"
            if (by_traces and trace) or (not by_traces and ended and not depth):
                lines.append("")
                levels.append(_level(piece))
            else:
                lines[-1] += piece
            ended = False
            continue
        if kind == "and":
            if not by_traces and not depth:
                lines.append("")
                levels.append(0)
            at_command = True
        elif kind == "end":
            ended = True
            at_command = True
        elif kind == "open":
            if piece == "`":
                inside_backticks = not inside_backticks
                depth += 1 if inside_backticks else -1
            else:
                depth += piece.count("(")
            at_command = True
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "word":
            if at_command and piece in _OPENING:
                depth += 1
            elif at_command and piece in _CLOSING:
                depth = max(0, depth - 1)
            at_command = piece in _COMMAND_FOLLOWS or piece in _OPENING or piece in "|&"
        else:
            at_command = False
        lines[-1] += piece
    return list(zip(levels, lines, strict=True)), len(lines) > 1


def _level(blank: str) -> int:
    return min(_DEEPEST, blank.count("\t") or (len(blank) - 1) // len(_INDENT))
