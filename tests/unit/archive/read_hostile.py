"""Run in a process of its own by test_hostile.py: reads the members of each case it is given, within bounds.

Takes a JSON list of (case, path) on standard input. Prints one JSON object: case → ["members", count, codes] | ["refused", class, text] | ["timeout"] | ["crash", traceback],
and "" → peak memory in MB.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import traceback
from pathlib import Path

from inspector.archive.compression import SNIFF_BYTES, Compression, inflate, sniff
from inspector.archive.folder_members import read_folder_members
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.members import MemberKind, MemberTable, read_tar_members
from inspector.archive.source import ByteSource, FileSource, chunks
from inspector.archive.spool import SpooledSource, spool
from inspector.archive.tar import TarReader
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.errors import InspectorError
from inspector.progress import CancelToken, ignore_progress

SECONDS_OF_WORK = 5
ADDRESS_SPACE = 1500 << 20
# What a bomb may inflate before it is stopped: the ratio is tested, not the disk.
LIMITS = Limits(inflate_free_bytes=64 << 20)
BYTES_PER_LAYER = 64 << 20


class OutOfTime(BaseException):
    """Not an Exception: nothing may catch it on the way."""


def out_of_time(*_: object) -> None:
    raise OutOfTime


def layer(source: ByteSource) -> None:
    """Walk the member as a layer: by position if it is plain, else as a stream that is cut after a while."""
    compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
    if compression is Compression.NONE:
        reader = TarReader(SourceInput(source))
    else:
        room = iter(range(BYTES_PER_LAYER >> 16))
        pieces = inflate(chunks(source, size=1 << 18), compression)
        reader = TarReader(StreamInput(piece for piece, _ in zip(pieces, room, strict=False)))
    for _ in reader:
        pass
    reader.oddities  # noqa: B018 - made when asked for


def table(path: Path, opened: list[FileSource | SpooledSource]) -> MemberTable:
    token = CancelToken()
    if path.is_dir():
        return read_folder_members(path, DEFAULT_LIMITS, token)
    source = FileSource(path)
    opened.append(source)
    outer: FileSource | SpooledSource = source
    compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
    if compression is not Compression.NONE:
        outer = spool(source, compression, LIMITS, token, ignore_progress)
        opened.append(outer)
    return read_tar_members(outer, DEFAULT_LIMITS, token, ignore_progress)


def read(path: Path) -> list[object]:
    opened: list[FileSource | SpooledSource] = []
    try:
        members = table(path, opened)
        for member in members.members:
            members.find(member.name)
        for member in members.members[:50]:
            if member.kind is MemberKind.FILE:
                try:
                    layer(members.open(member))
                except InspectorError:
                    continue
        return ["members", len(members.members), sorted({finding.code for finding in members.findings})]
    except InspectorError as error:
        return ["refused", type(error).__name__, str(error)]
    finally:
        for source in opened:
            source.close()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    signal.signal(signal.SIGVTALRM, out_of_time)
    signal.signal(signal.SIGALRM, out_of_time)
    outcomes: dict[str, object] = {}
    for case, file in json.loads(sys.stdin.buffer.read()):
        # Processor time, since the machine may be busy; and a longer time on the wall for what waits.
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_OF_WORK)
        signal.setitimer(signal.ITIMER_REAL, 12 * SECONDS_OF_WORK)
        try:
            outcomes[case] = read(Path(file))
        except OutOfTime:
            outcomes[case] = ["timeout"]
        except BaseException:  # noqa: BLE001 - MemoryError, RecursionError and the like are what we look for
            outcomes[case] = ["crash", traceback.format_exc()]
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    # Not ru_maxrss: that begins with the size of the process that forked this one, pytest after thousands of tests.
    with open("/proc/self/status", encoding="ascii") as status:
        outcomes[""] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
