"""The headless twin: `image-inspector-cli VERB FILE …`, the same engine and the same words as the window, without Qt.

Exit codes: 0 fine; 1 findings at or above the asked level, or images differ; 2 the archive cannot be read, bad usage,
or nothing could be written (one line on standard error); 130 interrupted, and nothing left behind.

A verb is a module of this package with `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments, console) -> int`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn, Protocol, cast

from inspector import __version__
from inspector.cli.console import Console
from inspector.errors import Cancelled, InspectorError, LimitReached, without_quotes

FINE = 0
DIFFERENT = 1
FAILED = 2
INTERRUPTED = 130

# In the order of `--help`. A verb's module is imported only to build the parser; each keeps its heavy imports in `run`.
VERBS = ("show", "files", "cat", "extract", "check", "export", "diff")

EXAMPLES = """\
examples:
  image-inspector-cli show app.tar                     what is in it: images, platforms, layers
  image-inspector-cli files app.tar --layer 3          the files of one layer
  image-inspector-cli export app.tar app.oci.tar       re-save it as an OCI archive that docker loads, too
  image-inspector-cli show app.tar --json | jq .       the same for a program

Exit status: 0 fine, 1 findings or differences, 2 cannot be read or written, 130 interrupted.
The window is `image-inspector FILE …`.
"""


class Verb(Protocol):
    """What a verb's module offers."""

    NAME: str
    HELP: str

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None: ...

    @staticmethod
    def run(arguments: argparse.Namespace, console: Console) -> int: ...


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage text, and where the usage is."""

    def parse_known_args(  # type: ignore[override]  # argparse overloads it for namespaces of other classes
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """`PATH …` may stand behind options, too; argparse gives it only what stands with the other arguments."""
        found, rest = super().parse_known_args(args, namespace)
        if hasattr(found, "paths"):
            found.paths = [*found.paths, *(word for word in rest if not word.startswith("-"))]
            rest = [word for word in rest if word.startswith("-")]
        return found, rest

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def _verbs(names: Sequence[str] = VERBS) -> list[Verb]:
    return [cast("Verb", importlib.import_module(f"inspector.cli.{name}")) for name in names]


def build_parser(first: str = "") -> argparse.ArgumentParser:
    """The command line as cli.md describes it.

    If `first`, the first word of a command line, is a verb, then only that one is loaded: the rest cannot be asked for.
    """
    parser = _Parser(
        prog="image-inspector-cli",
        description="See what is inside a container image archive, and re-save it OCI compliant.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"image-inspector {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=_Parser)
    asked = _verbs((first,)) if first in VERBS else []
    for verb in asked or _verbs():
        sub = verbs.add_parser(verb.NAME, help=verb.HELP, description=verb.HELP)
        verb.add_arguments(sub)
        sub.add_argument(
            "--raise",
            dest="raised",
            action="append",
            default=[],
            metavar="LIMIT",
            help="go on with eight times more of a safety limit that was reached; may be repeated",
        )
        sub.set_defaults(run=verb.run)
    return parser


@contextlib.contextmanager
def _signals(console: Console) -> Iterator[None]:
    """The first SIGINT or SIGTERM asks the work to stop and tidy up; a second one ends it where it stands."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if console.token.cancelled:
            raise KeyboardInterrupt
        console.token.cancel()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, stop)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _forget_output() -> None:
    """What is still to be written cannot be: no second complaint, and no other exit code, when Python flushes at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; raises nothing (with INSPECTOR_DEBUG set, what nobody expected)."""
    try:
        words = sys.argv[1:] if argv is None else argv
        arguments = build_parser(words[0] if words else "").parse_args(words)
    except SystemExit as done:  # argparse has said what there is to say: --help, --version, bad usage
        return done.code if isinstance(done.code, int) else FINE
    console = Console()
    try:
        with _signals(console):
            console.raise_limits(arguments.raised)
            code: int = arguments.run(arguments, console)
            console.flush()
            return code
    except (Cancelled, KeyboardInterrupt):
        console.error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()  # the reader went away (`| head`): no fault
        return FINE
    except LimitReached as error:
        console.error(" ".join(f"{error} To go on with more: --raise {error.limit}".split()))
        return FAILED
    except InspectorError as error:
        console.error(" ".join(str(error).split()))
        return FAILED
    except OSError as error:
        console.error(f"{error.strerror or error}: {error.filename or 'standard output'}")
        if error.filename is None:
            _forget_output()
        return FAILED
    except Exception as error:  # the last line of defence: a person gets a sentence, never a traceback
        if os.environ.get("INSPECTOR_DEBUG"):
            raise
        console.error(
            f"internal error ({type(error).__name__}: {without_quotes(error)}). This is a fault of image-inspector {__version__}; "
            "please report it with the command line, and with the output that INSPECTOR_DEBUG=1 in the environment gives"
        )
        return FAILED
