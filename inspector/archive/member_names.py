"""Names of members: made comparable, and resolved through the links of an archive without ever leaving it.

Names inside an archive are data. They are compared with each other and never joined to a path of this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

_DEEPEST = 1024
"""Parts of a path that is resolved through links: PATH_MAX allows twice as many, nobody has them."""


def normalised(name: str) -> str:
    """Without `./`, leading, doubled or trailing `/`; `..` takes back a part, as Go's path.Clean does.

    A `..` that has nothing to take back stays: such a name leads out of the archive, and no look-up finds it.
    """
    if name and "//" not in name and "/." not in name and name[0] not in "./" and name[-1] != "/":
        return name
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


class Target(NamedTuple):
    """What a resolver is told of a name: the row of the last member that has it, and where that links to."""

    row: int
    link: str
    is_hard: bool


def resolve(name: str, look_up: Callable[[str], Target | None], hops: int, *, has_root: bool) -> int | None:
    """The row that the normalised `name` leads to, links of the path and of its folders followed.

    None if nothing is there, after more than `hops` links (so for every circle), or where a link leads out of the archive.
    An absolute link is taken from the top of the archive if `has_root`, else it leads out.
    """
    waiting = name.split("/")[::-1]
    path: list[str] = []
    found: Target | None = None
    while waiting:
        part = waiting.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not path:
                return None
            path.pop()
            found = None
            continue
        path.append(part)
        if len(path) + len(waiting) > _DEEPEST:
            return None
        found = look_up("/".join(path))
        if found is None or not found.link:
            continue
        hops -= 1
        if hops < 0 or (found.link.startswith("/") and not found.is_hard and not has_root):
            return None
        # A symbolic link counts from its folder, a hard link from the top of the archive.
        path = [] if found.is_hard or found.link.startswith("/") else path[:-1]
        waiting.extend(found.link.split("/")[::-1])
    return found.row if found is not None else None
