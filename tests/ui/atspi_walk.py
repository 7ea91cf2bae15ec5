"""What a screen reader is told of the window. Run by the system's Python, which alone has python3-gi: `atspi_walk.py WORD`.

Waits until a window with WORD in its name is on the accessibility bus, prints one JSON line for each object that shows on it, and
those of a second walk, after the page called *Files* was chosen by its action, behind a line that says so.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # type: ignore[import-not-found]  # noqa: E402 - only after its version was asked for

PATIENCE = 60.0
MOST = 4000
"""Objects of one walk: a table that is asked for every cell would never end."""
MOST_CHILDREN = 300


def window_named(word: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        desktop = Atspi.get_desktop(0)
        for number in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(number)
            for at in range(application.get_child_count() if application is not None else 0):
                window = application.get_child_at_index(at)
                if window is not None and word in (window.get_name() or ""):
                    return window
        time.sleep(0.1)
    raise SystemExit(f"no window with {word!r} in its name came to the bus")


def objects(top: Any) -> Iterator[tuple[int, Any]]:
    waiting = [(0, top)]
    seen = 0
    while waiting and seen < MOST:
        depth, found = waiting.pop()
        if found is None:
            continue
        seen += 1
        yield depth, found
        count = min(found.get_child_count(), MOST_CHILDREN)
        waiting += [(depth + 1, found.get_child_at_index(number)) for number in reversed(range(count))]


def tell(top: Any) -> None:
    for depth, found in objects(top):
        states = found.get_state_set()
        if not states.contains(Atspi.StateType.SHOWING):
            continue
        line = {
            "depth": depth,
            "role": found.get_role_name(),
            "name": found.get_name() or "",
            "description": found.get_description() or "",
            "focusable": states.contains(Atspi.StateType.FOCUSABLE),
        }
        print(json.dumps(line), flush=True)


def names(top: Any) -> set[str]:
    showing = Atspi.StateType.SHOWING
    return {found.get_name() or "" for _depth, found in objects(top) if found.get_state_set().contains(showing)}


def choose(top: Any, role: str, name: str) -> bool:
    for _depth, found in objects(top):
        if found.get_role_name() == role and (found.get_name() or "").startswith(name):
            return bool(found.do_action(0))
    return False


def main() -> None:
    window = window_named(sys.argv[1])
    tell(window)
    before = names(window)
    print(json.dumps({"chosen": choose(window, "page tab", "Findings")}), flush=True)
    end = time.monotonic() + PATIENCE
    while names(window) <= before and time.monotonic() < end:
        time.sleep(0.1)
    tell(window)


main()
