"""LAYER-*: what is in the layers (layer.md). Each rule is told once per layer, with its first place and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from inspector.archive.image import NodeKind
from inspector.conformance.case import Role
from inspector.conformance.layer_rules import (
    LAYER_2,
    LAYER_3,
    LAYER_4,
    LAYER_5,
    LAYER_7,
    LAYER_8,
    LAYER_10,
    LAYER_11,
    LAYER_12,
    LAYER_14,
    LAYER_15,
    LAYER_16,
    LAYER_17,
    LAYER_18,
    LAYER_20,
)
from inspector.conformance.rules import Check, Rule, and_more
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.layers.path import ROOT
from inspector.layers.table import BLOCK, CHAR, DIRECTORY, FILE, HARDLINK, OTHER
from inspector.layers.whiteout import PREFIX, WhiteoutKind, parse
from inspector.oci import mediatype

if TYPE_CHECKING:
    from inspector.conformance.case import Case
    from inspector.layers.table import Listing

LayerCheck = Callable[[str, "Listing"], Iterable[Finding]]
"""One rule put to one layer, which is called by the name of its member."""

TWICE: Final = say("A path stands twice in a layer")
FOLDER_TWICE: Final = say("A folder is stated twice in a layer")
DANGLING: Final = say("A hard link to what the layer does not have before it")
ROOT_IS_NO_FOLDER: Final = say("The root is no folder")
BELOW_A_FILE: Final = say("An entry below a file")
_WINDOWS: Final = (b"Files", b"Hives")
_POWERS: Final = ("security.capability", "security.selinux")


def _told(
    rule: Rule, severity: Severity, title: str, name: str, listing: Listing, rows: list[int], found: bytes = b""
) -> Iterator[Finding]:
    """One finding for all `rows`, at the first of them."""
    if not rows:
        return
    first = rows[0]
    shown = (found or listing.stored_name(first)).decode("utf-8", "backslashreplace")
    yield rule.broken(
        severity,
        title,
        at=name,
        offset=listing.offsets[first],
        digest=listing.digest,
        found=and_more(shown if len(shown) < 160 else shown[:160] + "…", len(rows) - 1),
    )


def duplicates(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-2: folders that are stated again with the same meaning are common and told mildly."""
    if len(set(listing.paths)) == len(listing.paths):
        return
    seen: dict[bytes, int] = {}
    again: list[int] = []
    folders: list[int] = []
    for row, path in enumerate(listing.paths):
        earlier = seen.setdefault(path, row)
        if earlier != row:
            both = listing.types[row] == DIRECTORY and listing.types[earlier] == DIRECTORY
            (folders if both else again).append(row)
    yield from _told(LAYER_2, Severity.WARNING, TWICE, name, listing, again)
    yield from _told(LAYER_2, Severity.INFO, FOLDER_TWICE, name, listing, folders)


def types(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-3."""
    if OTHER in listing.types:
        rows = [row for row, code in enumerate(listing.types) if code == OTHER]
        flag = listing.typeflags.get(rows[0], b"")
        found = listing.stored_name(rows[0]) + b" (type " + repr(flag)[2:-1].encode() + b")"
        yield from _told(LAYER_3, Severity.ERROR, "An entry of an unknown type", name, listing, rows, found)


def whiteouts(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-4, LAYER-5, LAYER-7 and LAYER-8."""
    rows = [row for row, path in enumerate(listing.paths) if PREFIX in path]
    if not rows:
        return
    odd: list[int] = []
    invalid: list[int] = []
    aufs: list[int] = []
    removed: dict[bytes, int] = {}
    for row in rows:
        found = parse(listing.paths[row])
        if found is None:
            continue
        if found.kind is WhiteoutKind.INVALID:
            invalid.append(row)
        elif found.kind is WhiteoutKind.AUFS:
            aufs.append(row)
        elif listing.types[row] not in (FILE, HARDLINK) or listing.sizes[row]:
            odd.append(row)
        if found.kind is WhiteoutKind.REMOVED:
            removed[found.target] = row
    back = [removed[path] for path in listing.paths if path in removed] if removed else []
    yield from _told(LAYER_4, Severity.WARNING, "A whiteout that is no empty file", name, listing, odd)
    yield from _told(LAYER_5, Severity.ERROR, "A whiteout of nothing", name, listing, invalid)
    yield from _told(LAYER_7, Severity.WARNING, "Leftovers of AUFS", name, listing, aufs)
    yield from _told(LAYER_8, Severity.INFO, "A path is removed and added by one layer", name, listing, back)


def hard_links(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-10: an error if the target leads out, a warning if it is not earlier in the layer, or absolute."""
    outside, elsewhere = _links_to_elsewhere(listing)
    for severity, title, rows in (
        (Severity.ERROR, say("A hard link that leads out of the layer"), outside),
        (Severity.WARNING, DANGLING, elsewhere),
        (Severity.WARNING, say("A hard link with an absolute target"), sorted(listing.absolute_links)),
    ):
        found = listing.paths[rows[0]] + b" -> " + listing.links.get(rows[0], b"") if rows else b""
        yield from _told(LAYER_10, severity, title, name, listing, rows, found)


def _links_to_elsewhere(listing: Listing) -> tuple[list[int], list[int]]:
    """Rows of hard links whose targets lead out of the layer, and of those to what is not before them in it."""
    outside: list[int] = []
    elsewhere: list[int] = []
    if HARDLINK not in listing.types:
        return outside, elsewhere
    earlier: set[bytes] = set()
    for row, path in enumerate(listing.paths):
        if listing.types[row] == HARDLINK:
            target = listing.links.get(row, b"")
            if leads_out(target):
                outside.append(row)
            elif target not in earlier:
                elsewhere.append(row)
        earlier.add(path)
    return outside, elsewhere


def missing_targets(listing: Listing) -> frozenset[bytes]:
    """What the hard links of a layer need from the layers below it."""
    return frozenset(listing.links.get(row, b"") for row in _links_to_elsewhere(listing)[1])


def leads_out(path: bytes) -> bool:
    """Whether the `..` of a path take back more than there is."""
    if b".." not in path:
        return False
    depth = 0
    for part in path.split(b"/"):
        depth += -1 if part == b".." else 0 if part in (b"", b".") else 1
        if depth < 0:
            return True
    return False


def names(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-11: an error for what leads out and for a root that is no folder; a leading slash is tolerated."""
    out = [row for row, path in enumerate(listing.paths) if b".." in path and leads_out(path)]
    roots = [row for row, path in enumerate(listing.paths) if path == ROOT and listing.types[row] != DIRECTORY]
    slashes = [row for row, stored in listing.stored_names.items() if stored[:1] == b"/"]
    yield from _told(LAYER_11, Severity.ERROR, "A name that leads out of the layer", name, listing, out)
    yield from _told(LAYER_11, Severity.ERROR, ROOT_IS_NO_FOLDER, name, listing, roots)
    yield from _told(LAYER_11, Severity.INFO, "A name that begins with a slash", name, listing, slashes)


def parents(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-12, within one layer."""
    above = {path.rpartition(b"/")[0] for path in listing.paths}
    entries = [(path, code) for path, code in zip(listing.paths, listing.types, strict=True) if path in above]
    wrong = {path for path, code in entries if code != DIRECTORY} - {
        path for path, code in entries if code == DIRECTORY
    }
    wrong.discard(b"")
    if not wrong:
        return
    plain = {path for path, code in entries if code == FILE}
    rows = [row for row, path in enumerate(listing.paths) if path.rpartition(b"/")[0] in wrong]
    files = [row for row in rows if listing.paths[row].rpartition(b"/")[0] in plain]
    links = [row for row in rows if listing.paths[row].rpartition(b"/")[0] not in plain]
    yield from _told(LAYER_12, Severity.WARNING, BELOW_A_FILE, name, listing, files)
    yield from _told(LAYER_12, Severity.WARNING, "An entry below a link", name, listing, links)


def attributes(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-14 and LAYER-17's attribute."""
    powers = [row for row, found in listing.xattrs.items() if any(key in found for key in _POWERS)]
    opaque = [
        row for row, found in listing.xattrs.items()
        if "trusted.overlay.opaque" in found or "user.overlay.opaque" in found
    ]  # fmt: skip
    devices = [row for row, numbers in listing.devices.items() if numbers == (0, 0) and listing.types[row] == CHAR]
    yield from _told(LAYER_14, Severity.INFO, "Files with capabilities or labels", name, listing, powers)
    yield from _told(
        LAYER_17, Severity.WARNING, "A raw copy of an overlayfs folder", name, listing, sorted(opaque + devices)
    )


def sparse_files(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-15."""
    yield from _told(LAYER_15, Severity.WARNING, "A sparse file", name, listing, sorted(listing.sparse))


def windows(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-16: both folders at the top."""
    rows = [row for row, path in enumerate(listing.paths) if path in _WINDOWS and listing.types[row] == DIRECTORY]
    if len({listing.paths[row] for row in rows}) == len(_WINDOWS):
        yield from _told(LAYER_16, Severity.INFO, "A layer of Windows", name, listing, rows)


def powers(name: str, listing: Listing) -> Iterator[Finding]:
    """LAYER-18: programs that run as their owner or group, and device nodes."""
    raised = [
        row for row, mode in enumerate(listing.modes) if mode & 0o6000 and listing.types[row] == FILE and mode & 0o111
    ]
    devices = [
        row for row in sorted(listing.devices) if listing.types[row] in (CHAR, BLOCK) and listing.devices[row] != (0, 0)
    ]
    yield from _told(LAYER_18, Severity.INFO, "Programs that run with their owner's rights", name, listing, raised)
    yield from _told(LAYER_18, Severity.INFO, "Device nodes", name, listing, devices)


def foreign(case: Case) -> Iterator[Finding]:
    """LAYER-20, from the media types alone."""
    for pointed in case.pointed:
        descriptor = pointed.descriptor
        if pointed.role is Role.LAYER and mediatype.is_foreign(descriptor.media_type):
            yield LAYER_20.broken(
                Severity.WARNING,
                "A foreign layer",
                at=pointed.document,
                pointer=descriptor.pointer,
                digest=descriptor.digest,
                found=descriptor.media_type,
                fix=Fix.CHOICE if pointed.image is not None and pointed.image.kind is NodeKind.IMAGE else Fix.NONE,
            )


LAYER_CHECKS: Final[tuple[LayerCheck, ...]] = (
    duplicates,
    types,
    whiteouts,
    hard_links,
    names,
    parents,
    attributes,
    sparse_files,
    windows,
    powers,
)
QUICK: Final[tuple[Check, ...]] = (foreign,)
