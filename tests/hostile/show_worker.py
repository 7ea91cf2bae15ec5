"""Opens hostile archives with `show` in one bounded process; one JSON line per case on standard output.

Run by test_show_hostile.py. Arguments: the folder, the address space in bytes. Cases come as JSON lines on standard
input: `{"id", "path" (hex), "seconds", "text": also as a tree}`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import sys
import time
import traceback


def peak_memory() -> int:
    """In bytes. Not ru_maxrss: that begins with the size of the process that forked this one, a pytest of thousands of tests."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
    os.environ["INSPECTOR_DEBUG"] = "1"  # let what nobody expected come out as a traceback
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a case that hangs ends the process: the parent sees which
    from inspector.cli import main as cli

    for line in sys.stdin:
        case = json.loads(line)
        path = os.fsdecode(bytes.fromhex(case["path"]))
        signal.alarm(case["seconds"])
        started = time.process_time()  # the machine may be busy; the alarm counts what waits
        answer: dict[str, object] = {"id": case["id"]}
        for mode in (["--json"], []) if case["text"] else (["--json"],):
            out, err = io.StringIO(), io.StringIO()
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    answer["code" if mode else "text_code"] = cli(["show", path, *mode])
            except BaseException:  # noqa: BLE001 - whatever it is, the test wants to see it
                answer["traceback"] = traceback.format_exc()
            if mode:
                answer["err"] = err.getvalue()
                answer["out"] = out.getvalue() if answer.get("code") == 0 else ""
        signal.alarm(0)
        answer["seconds"] = time.process_time() - started
        answer["rss"] = peak_memory()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
