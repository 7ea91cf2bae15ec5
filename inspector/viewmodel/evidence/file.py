"""Writing an evidence report to a file: HTML or Markdown by the ending of its name, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.errors import TargetUnwritable
from inspector.export import disk
from inspector.export.target import Target, unwritable
from inspector.progress import Progress
from inspector.viewmodel.evidence.evidence import collect, evidence_of
from inspector.viewmodel.evidence.html import to_html
from inspector.viewmodel.evidence.markdown import to_markdown

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.archive.limits import Limits
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.evidence.blocks import Evidence
    from inspector.viewmodel.evidence.facts import Facts

_WRITERS: Final[dict[str, Callable[[Evidence], bytes]]] = {
    ".html": to_html,
    ".htm": to_html,
    ".md": to_markdown,
    ".markdown": to_markdown,
}


def save_report(
    archive: ImageArchive,
    targets: Sequence[Path],
    limits: Limits,
    token: CancelToken,
    sink: ProgressSink,
    *,
    overwrite: bool = False,
) -> Facts:
    """Check the archive deeply and write the report to each of `targets`. What was found is returned.

    Everything that can be known of the targets is known before the archive is read. Raises `TargetExists`,
    `TargetIsSource`, `TargetUnwritable` (an unknown ending too), `SourceChanged`, `ArchiveUnreadable`, `Cancelled`.
    """
    places = [(_place(archive, target, overwrite=overwrite), _writer(target)) for target in targets]
    for place, _ in places:
        place.check()
    facts = collect(archive, token, sink, limits)
    evidence = evidence_of(facts)
    for place, writer in places:
        token.check()
        sink(Progress("Writing", 0, 0, place.path.name))
        _write(place, writer(evidence))
    return facts


def _writer(target: Path) -> Callable[[Evidence], bytes]:
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise TargetUnwritable(
            "No such kind of report",
            f"{target}: the name has to end in {', '.join(_WRITERS)}.",
            subject=str(target),
        )
    return writer


def _place(archive: ImageArchive, target: Path, *, overwrite: bool) -> Target:
    source = archive.source
    forbidden = [source.identity] if source is not None else []
    return Target(target, overwrite=overwrite, forbidden=forbidden, inside=() if source is not None else [archive.path])


def _write(place: Target, data: bytes) -> None:
    with place:
        try:
            disk.write(place.descriptor, data)
            disk.sync(place.descriptor)
        except OSError as error:
            raise unwritable(place.path, error) from error
        place.commit()
