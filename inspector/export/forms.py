"""The forms of a new archive: a tar, a compressed tar, a layout folder. Each is written, carried to the disk and read back."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inspector.archive.source import FileSource
from inspector.errors import ReadFailed
from inspector.export import pack
from inspector.export.expected import Written, WrongContent
from inspector.export.fill import blame, fill
from inspector.export.folder_output import FolderOutput
from inspector.export.folder_target import FolderTarget, is_empty_folder
from inspector.export.options import Form
from inspector.export.planned import ExportPlan
from inspector.export.recoding import recode_into
from inspector.export.target import Target, unwritable
from inspector.export.trailing import Trail
from inspector.export.transfer import BackgroundSync, TarOutput
from inspector.export.verify import STAGE, check_frame, read_back_folder
from inspector.progress import CancelToken, Progress, ProgressSink

_ENDINGS = ((".tar.gz", Form.TAR_GZ), (".tgz", Form.TAR_GZ), (".tar.zst", Form.TAR_ZST), (".tzst", Form.TAR_ZST))
PACKED = {Form.TAR_GZ: "gzip", Form.TAR_ZST: "zstd"}


def form_for(target: str) -> Form:
    """What a person means by the name of a target: by its ending; a folder if it ends with a slash or is an empty folder."""
    if target.endswith(("/", os.sep)) or is_empty_folder(Path(target)):
        return Form.FOLDER
    name = target.casefold()
    return next((form for ending, form in _ENDINGS if name.endswith(ending)), Form.TAR)


@dataclass(frozen=True, slots=True)
class Landed:
    """What was written under its temporary name, and verified. `plan`: with all digests known. `size` in bytes; `sha256` of
    the file in hex, "" for a folder; `seconds` of writing (and what was read back meanwhile), of the rest of reading back,
    and of waiting for the disk after that.
    """

    plan: ExportPlan
    size: int
    sha256: str
    seconds: tuple[float, float, float]


def land(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    """Compress, write, sync and read back, in the form that `place` was made for. Raises as `writer.export_archive`."""
    try:
        if isinstance(place, FolderTarget):
            return _folder(plan, place, token, sink)
        if plan.form in PACKED:
            return _packed(plan, place, token, sink)
        return _tar(plan, place, token, sink)
    except WrongContent as error:
        raise blame(plan, error, token) from error
    except ReadFailed as error:
        ours = error.subject == str(place.folder) or error.subject.startswith(str(place.part))
        if not ours or not isinstance(error.__cause__, OSError):
            raise
        raise unwritable(place.path, error.__cause__) from error  # not the source: the disk that we write to


def _tar(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    started = time.monotonic()
    with Trail(place.descriptor, token, _verified(plan, sink)) as trail:
        settled, written = _written(plan, place.descriptor, trail, token, sink)
        ended = time.monotonic()
        # The disk takes the bytes while we look at the last of them: two different machines are busy.
        sync = BackgroundSync(place.descriptor)
        sha256 = _read_back(place.descriptor, place.part, written, trail, token)
    read = time.monotonic()
    sink(Progress(STAGE, 1, 1))
    sync.wait(token)
    return Landed(settled, written.size, sha256, (ended - started, read - ended, time.monotonic() - read))


def _packed(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    """The plain tar is made and verified in an unnamed file first; what is compressed must inflate to the same bytes."""
    started = time.monotonic()
    word = PACKED[plan.form]
    with tempfile.TemporaryFile(prefix=".", suffix=".part", dir=place.folder, buffering=0) as file:
        with Trail(file.fileno(), token, lambda _count, _name: None) as trail:
            settled, written = _written(plan, file.fileno(), trail, token, sink)
            plain = _read_back(file.fileno(), place.folder, written, trail, token)
        with FileSource.of_descriptor(os.dup(file.fileno()), place.folder) as source:
            packed = pack.pack(source, place.descriptor, word, token, sink)
    ended = time.monotonic()
    sync = BackgroundSync(place.descriptor)
    pack.read_back_packed(place.part, word, plain, written.size, packed, token, sink)
    read = time.monotonic()
    sync.wait(token)
    return Landed(settled, packed.size, packed.sha256, (ended - started, read - ended, time.monotonic() - read))


def _folder(plan: ExportPlan, place: FolderTarget, token: CancelToken, sink: ProgressSink) -> Landed:
    started = time.monotonic()
    out = FolderOutput(place.part, token)
    settled = recode_into(out, plan, token, sink)
    fill(settled, out, token, sink)
    ended = time.monotonic()
    sync = BackgroundSync(place.descriptor, out.paths(), token)
    read_back_folder(place.part, out.expected, token, sink)
    read = time.monotonic()
    sync.wait(token)
    size = sum(item.size for item in out.expected)
    return Landed(settled, size, "", (ended - started, read - ended, time.monotonic() - read))


def _written(
    plan: ExportPlan, descriptor: int, trail: Trail, token: CancelToken, sink: ProgressSink
) -> tuple[ExportPlan, Written]:
    out = TarOutput(descriptor, token, trail)
    settled = recode_into(out, plan, token, sink)
    fill(settled, out, token, sink)
    return settled, out.end()


def _read_back(descriptor: int, path: Path, written: Written, trail: Trail, token: CancelToken) -> str:
    sha256 = trail.finish()
    with FileSource.of_descriptor(os.dup(descriptor), path) as source:
        check_frame(source, written, token)
    return sha256


def _verified(plan: ExportPlan, sink: ProgressSink) -> Callable[[int, str], None]:
    total = max(1, plan.tar_size)
    done = 0

    def advanced(count: int, name: str) -> None:
        nonlocal done
        done += count
        sink(Progress(STAGE, min(done, total), total, name))

    return advanced
