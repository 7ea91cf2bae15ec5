"""Two archives compared, for the window: one line that sums up, and every difference as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.archive.detect import open_archive
from inspector.archive.limits import Limits
from inspector.language import tr, trn
from inspector.progress import CancelToken, ProgressSink
from inspector.viewmodel.comparison.archives import compare_archives, lines_of
from inspector.viewmodel.display import safe

MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """`verdict` in one line; `lines` as `image-inspector-cli diff` prints them; `same` if nothing differs."""

    title: str
    verdict: str
    lines: tuple[str, ...]
    same: bool


def compare_files(a: Path, b: Path, limits: Limits, token: CancelToken, sink: ProgressSink) -> Comparison:
    """Both archives opened anew and read to the end, every layer of every image that has a counterpart.

    Raises what opening and reading raise.
    """
    with (
        open_archive(a, token=token, sink=sink, limits=limits) as before,
        open_archive(b, token=token, sink=sink, limits=limits) as after,
    ):
        document = compare_archives(before, after, limits=limits, token=token, sink=sink)
    lines: list[str] = []
    for line in lines_of(document):
        if len(lines) == MOST_LINES:
            lines.append(tr("More lines are not shown; image-inspector-cli diff prints them all."))
            break
        lines.append(line)
    title = tr("%(a)s compared with %(b)s") % {"a": safe(a.name, 60), "b": safe(b.name, 60)}
    return Comparison(title, _verdict(document), tuple(lines), document["same"])


def _verdict(document: dict[str, Any]) -> str:
    if document["same"]:
        return tr("Documents, layers and files are the same.")
    parts = []
    if not document["complete"]:
        parts.append(tr("A layer cannot be read to its end: not everything was compared."))
    images = document["images"]
    alone = len(document["only_a"]) + len(document["only_b"])
    if alone:
        parts.append(trn("%d image is in one of them only.", "%d images are in one of them only.", alone) % alone)
    same_files = sum(1 for image in images if not image["files"])
    if images and same_files == len(images):
        parts.append(tr("All files are the same; documents or the storing of layers differ."))
    else:
        changed = sum(len(image["files"]) for image in images)
        parts.append(trn("%d file differs.", "%d files differ.", changed) % changed)
    kept = [image for image in images if not any(one["document"] == "config" for one in image["documents"])]
    if images and len(kept) == len(images):
        parts.append(tr("Every image ID is the same."))
    return " ".join(parts)
