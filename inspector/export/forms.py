"""The forms of a new archive: a tar, a compressed tar, a layout folder. Each is written, carried to the disk and read back."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inspector.archive.source import FileSource
from inspector.errors import ReadFailed
from inspector.export import fill, pack
from inspector.export.folder_output import FolderOutput
from inspector.export.folder_target import FolderTarget, is_empty_folder
from inspector.export.options import Form
from inspector.export.planned import ExportPlan
from inspector.export.target import Target, unwritable
from inspector.export.transfer import BackgroundSync, TarOutput
from inspector.export.verify import WrongContent, read_back, read_back_folder
from inspector.progress import CancelToken, ProgressSink

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
    """What was written under its temporary name, and verified. `size` in bytes; `sha256` of the file in hex, "" for a folder;
    `seconds` of writing, of reading back, and of waiting for the disk after that.
    """

    size: int
    sha256: str
    seconds: tuple[float, float, float]


def land(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    """Write, sync and read back, in the form that `place` was made for. Raises as `writer.export_archive`."""
    write = _folder if isinstance(place, FolderTarget) else _packed if plan.form in PACKED else _tar
    try:
        return write(plan, place, token, sink)  # type: ignore[arg-type]  # a folder only goes to `_folder`
    except ReadFailed as error:
        ours = error.subject == str(place.folder) or error.subject.startswith(str(place.part))
        if not ours or not isinstance(error.__cause__, OSError):
            raise
        raise unwritable(place.path, error.__cause__) from error  # not the source: the disk that we write to


def _tar(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    started = time.monotonic()
    with TarOutput(place.descriptor, token) as out:
        expected = fill.fill(plan, out.counted, token, sink)[1]
        written = out.end()
    ended = time.monotonic()
    # The disk takes the bytes while we look at them: two different machines are busy.
    sync = BackgroundSync(place.descriptor)
    with FileSource(place.part) as source:
        try:
            sha256 = read_back(source, expected, written, token, sink)
        except WrongContent as error:
            raise fill.blame(plan, error, token) from error
    read = time.monotonic()
    sync.wait(token)
    return Landed(written.size, sha256, (ended - started, read - ended, time.monotonic() - read))


def _packed(plan: ExportPlan, place: Target, token: CancelToken, sink: ProgressSink) -> Landed:
    """The plain tar is made and verified in an unnamed file first; what is compressed must inflate to the same bytes."""
    started = time.monotonic()
    word = PACKED[plan.form]
    with tempfile.TemporaryFile(prefix=".", suffix=".part", dir=place.folder, buffering=0) as file:
        with TarOutput(file.fileno(), token) as out:
            expected = fill.fill(plan, out.counted, token, sink)[1]
            written = out.end()
        source = FileSource.of_descriptor(os.dup(file.fileno()), place.folder)
        with source:
            try:
                plain = read_back(source, expected, written, token, sink)
            except WrongContent as error:
                raise fill.blame(plan, error, token) from error
            packed = pack.pack(source, place.descriptor, word, token, sink)
    ended = time.monotonic()
    sync = BackgroundSync(place.descriptor)
    pack.read_back_packed(place.part, word, plain, written.size, packed, token, sink)
    read = time.monotonic()
    sync.wait(token)
    return Landed(packed.size, packed.sha256, (ended - started, read - ended, time.monotonic() - read))


def _folder(plan: ExportPlan, place: FolderTarget, token: CancelToken, sink: ProgressSink) -> Landed:
    started = time.monotonic()
    out, expected = fill.fill(plan, partial(FolderOutput, place.part, token), token, sink)
    ended = time.monotonic()
    sync = BackgroundSync(place.descriptor, out.paths(), token)
    try:
        read_back_folder(place.part, expected, token, sink)
    except WrongContent as error:
        raise fill.blame(plan, error, token) from error
    read = time.monotonic()
    sync.wait(token)
    return Landed(sum(item.size for item in expected), "", (ended - started, read - ended, time.monotonic() - read))
