r"""What a verb talks to: results on standard output, words about the work on standard error, and the stop signal.

Text from an archive may hold anything. Two rules keep a terminal and a pipe safe:

- `visible()` turns control and bidirectional characters and bytes that are not UTF-8 into marks; a verb sends every name
  and every value of an archive through it before it joins them into a line. `out()` does the same once more to all but
  tabs and line ends, so that a forgotten call makes an ugly line and not an obeyed escape sequence.
- JSON is ASCII: bytes that are not UTF-8 appear as `\udcXX`, as cli.md promises.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import UsageError
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress
from inspector.viewmodel.display import safe, safe_lines

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive

_REDRAW_SECONDS = 0.1
_LINE = 78
_LINES_AT_ONCE = 500


def visible(text: str | bytes) -> str:
    r"""All of `text` on one line, with everything that draws nothing or moves what is drawn as a visible mark.

    The same marks as in the window (`inspector.viewmodel.display.safe`), but never shortened.
    """
    return safe(text, limit=sys.maxsize)


def visible_lines(text: str) -> str:
    """As `visible`, but line ends and tabs stay."""
    return safe_lines(text, limit=sys.maxsize)


class Console:
    """Standard output and error of one run; `token` is what an interrupt sets.

    Both streams are written as UTF-8 whatever the locale says, since that is what archives hold.
    """

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        # A program without a console (Windows' gui scripts) has no streams at all.
        self._stdout = stdout or sys.stdout or io.StringIO()
        self._stderr = stderr or sys.stderr or io.StringIO()
        self.token = CancelToken()
        self.limits = DEFAULT_LIMITS
        self._progress_length = 0
        for stream in (self._stdout, self._stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")

    def raise_limits(self, names: Iterable[str]) -> None:
        """`--raise`: eight times more of each limit named. UsageError that lists them for an unknown one."""
        for name in names:
            try:
                self.limits = self.limits.raised(name)
            except ValueError:
                known = ", ".join(field.name for field in fields(DEFAULT_LIMITS))
                raise UsageError("No such limit", f"{name!r} is none of {known}.") from None

    def open_archive(self, path: str) -> ImageArchive:
        """The archive at `path`, with this run's limits, progress and stop signal. Raises as `detect.open_archive`."""
        from inspector.archive.detect import open_archive

        return open_archive(Path(path), token=self.token, sink=self.sink(), limits=self.limits)

    def out(self, text: str = "") -> None:
        """One line, or several, of the result."""
        self._clear_progress()
        self._stdout.write(visible_lines(text) + "\n")

    def out_lines(self, lines: Iterable[str]) -> None:
        """Many lines, some hundreds at a time, stopping between them when asked to."""
        several = iter(lines)
        while batch := list(islice(several, _LINES_AT_ONCE)):
            self.token.check()
            self.out("\n".join(batch))

    def out_json(self, value: object) -> None:
        """The result as one JSON document, ASCII, with a newline at its end."""
        self._clear_progress()
        json.dump(value, self._stdout, ensure_ascii=True, allow_nan=False, separators=(", ", ": "))
        self._stdout.write("\n")

    def out_bytes(self, data: bytes) -> None:
        """Bytes as they are: the content of one file, never mixed with lines."""
        self._clear_progress()
        binary: BinaryIO | None = getattr(self._stdout, "buffer", None)
        if binary is None:
            self._stdout.write(data.decode("utf-8", "backslashreplace"))
            return
        self._stdout.flush()
        binary.write(data)

    def error(self, line: str) -> None:
        """One line on standard error."""
        self._clear_progress()
        self._stderr.write(f"image-inspector-cli: {visible(line)}\n")
        self._stderr.flush()

    def sink(self) -> ProgressSink:
        """Draws a progress line on standard error if that is a terminal, else does nothing."""
        if not self._stderr.isatty():
            return ignore_progress
        drawn = 0.0

        def draw(progress: Progress) -> None:
            nonlocal drawn
            now = time.monotonic()
            if now - drawn < _REDRAW_SECONDS:
                return
            drawn = now
            share = f" {progress.per_mille / 10:.0f} %" if progress.total > 0 else ""
            subject = f" {visible(progress.subject)}" if progress.subject else ""
            line = f"{progress.stage}{share}{subject}"[:_LINE]
            self._stderr.write("\r" + line.ljust(self._progress_length))
            self._stderr.flush()
            self._progress_length = len(line)

        return draw

    def flush(self) -> None:
        """Hand everything to the operating system; raises BrokenPipeError if nobody reads any more."""
        self._clear_progress()
        self._stdout.flush()

    def _clear_progress(self) -> None:
        if self._progress_length:
            self._stderr.write("\r" + " " * self._progress_length + "\r")
            self._stderr.flush()
            self._progress_length = 0
