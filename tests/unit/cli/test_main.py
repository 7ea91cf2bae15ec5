"""The frame that all verbs share: exit codes, one-line complaints, signals, pipes, text that cannot drive a terminal."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable

import pytest

from inspector import __version__, cli
from inspector.cli.console import Console, visible
from inspector.errors import NotAnArchive
from inspector.progress import Progress

Run = Callable[[argparse.Namespace, Console], int]


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Make `try` the only verb, running the given function."""

    def install(run: Run) -> None:
        module = types.SimpleNamespace(NAME="try", HELP="try it", add_arguments=lambda _parser: None, run=run)
        monkeypatch.setattr(cli, "_verbs", lambda: [module])

    return install


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"image-inspector {__version__}\n"


def test_bad_usage_is_one_line_and_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nonsense"]) == 2
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.startswith("image-inspector-cli: ") for line in captured.err.splitlines()] == [True, True]


def test_the_verb_s_code_is_the_exit_code(verb: Callable[[Run], None]) -> None:
    verb(lambda _arguments, _console: 1)
    assert cli.main(["try"]) == 1


def test_an_expected_error_is_one_line(verb: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    def run(_arguments: argparse.Namespace, _console: Console) -> int:
        raise NotAnArchive("This is a zip file", "x.zip holds\nno image.\x1b[31m")

    verb(run)
    assert cli.main(["try"]) == 2
    assert capsys.readouterr().err == "image-inspector-cli: This is a zip file: x.zip holds no image.␛[31m\n"


def test_an_unexpected_error_asks_for_a_report(
    verb: Callable[[Run], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_arguments: argparse.Namespace, _console: Console) -> int:
        raise KeyError("content of an archive")

    monkeypatch.delenv("INSPECTOR_DEBUG", raising=False)
    verb(run)
    assert cli.main(["try"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("image-inspector-cli: internal error (KeyError: '…')")
    assert err.count("\n") == 1

    monkeypatch.setenv("INSPECTOR_DEBUG", "1")
    with pytest.raises(KeyError):
        cli.main(["try"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_work_and_leaves_the_handlers_as_they_were(
    verb: Callable[[Run], None], capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def run(_arguments: argparse.Namespace, console: Console) -> int:
        os.kill(os.getpid(), number)
        while True:  # as a worker does; the signal arrives between two bytecodes
            console.token.check()

    verb(run)
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "image-inspector-cli: interrupted\n"
    assert signal.getsignal(number) is before


def test_a_second_signal_ends_work_that_does_not_listen(verb: Callable[[Run], None]) -> None:
    def run(_arguments: argparse.Namespace, _console: Console) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    verb(run)
    assert cli.main(["try"]) == 130


def child(body: str) -> list[str]:
    """A command line that runs a verb with this body in a process of its own."""
    program = (
        "import sys, types; from inspector import cli\n"
        f"def run(arguments, console):\n    {body}\n    return 0\n"
        "cli._verbs = lambda: [types.SimpleNamespace(NAME='try', HELP='', add_arguments=lambda p: None, run=run)]\n"
        "sys.exit(cli.main(['try']))\n"
    )
    return [sys.executable, "-c", program]


def test_a_reader_that_goes_away_is_no_fault() -> None:
    command = child("[console.out('line') for _ in range(100_000)]")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(child("console.out('x')"), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == b"image-inspector-cli: No space left on device: standard output\n"


def test_names_cannot_drive_a_terminal() -> None:
    assert visible("usr/bin/grüße 日本") == "usr/bin/grüße 日本"
    assert visible("a\x1b[2Jb\nc\x7f") == "a␛[2Jb␊c␡"
    assert visible("safe\u202egpj.exe") == "safe⟨U+202E⟩gpj.exe"
    assert visible(b"caf\xe9") == "caf\\xE9"
    assert visible("long" * 1000) == "long" * 1000


def test_out_keeps_lines_and_columns_and_nothing_else() -> None:
    stdout = io.StringIO()
    Console(stdout=stdout).out("one\ttwo\nthree\x1b]0;title\x07\r")
    assert stdout.getvalue() == "one\ttwo\nthree␛]0;title␇␍\n"


def test_json_is_ascii_and_keeps_bytes_that_are_not_utf8() -> None:
    raw = io.BytesIO()
    console = Console(stdout=io.TextIOWrapper(raw, encoding="latin-1"))
    console.out_json({"path": b"caf\xe9".decode("utf-8", "surrogateescape"), "name": "é"})
    console.flush()
    assert raw.getvalue() == b'{"path": "caf\\udce9", "name": "\\u00e9"}\n'
    assert json.loads(raw.getvalue())["path"] == "caf\udce9"


def test_output_is_utf8_whatever_the_locale() -> None:
    raw = io.BytesIO()
    console = Console(stdout=io.TextIOWrapper(raw, encoding="ascii"))
    console.out("grüße")
    console.out_bytes(b"\xff\x00")
    console.flush()
    assert raw.getvalue() == "grüße\n".encode() + b"\xff\x00"


def test_progress_is_drawn_on_a_terminal_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    quiet = io.StringIO()
    Console(stdout=io.StringIO(), stderr=quiet).sink()(Progress("reading", 1, 2))
    assert quiet.getvalue() == ""

    terminal = Terminal()
    console = Console(stdout=io.StringIO(), stderr=terminal)
    console.sink()(Progress("reading", 1, 2, "lay\x1b[31mer"))
    assert terminal.getvalue() == "\rreading 50 % lay␛[31mer"
    console.out("done")
    assert terminal.getvalue().endswith("\r" + " " * len("reading 50 % lay␛[31mer") + "\r")


def test_only_the_verb_that_was_asked_for_is_loaded() -> None:
    script = (
        "import sys; from inspector import cli\n"
        "cli.main(['show', '/nowhere'])\n"
        "print(*(verb for verb in cli.VERBS if f'inspector.cli.{verb}' in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "show\n"
