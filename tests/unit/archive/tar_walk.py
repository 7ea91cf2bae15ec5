"""How the tests of the tar reader read."""

from __future__ import annotations

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import MemorySource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import TarEntry
from inspector.archive.tar_input import SourceInput, StreamInput


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[list[TarEntry], TarReader]:
    """By position and as a stream of odd pieces: both must say the same."""
    reader = TarReader(SourceInput(MemorySource(data)), limits)
    entries = list(reader)
    pieces = (data[at : at + 997] for at in range(0, len(data), 997))
    streamed = TarReader(StreamInput(pieces), limits)
    assert list(streamed) == entries
    assert streamed.end == reader.end
    assert streamed.oddities == reader.oddities
    assert next(pieces, None) is None, "a stream is drawn to its end"
    return entries, reader


def codes(reader: TarReader) -> list[str]:
    return [finding.code for finding in reader.oddities]


def names(entries: list[TarEntry]) -> list[bytes]:
    return [entry.name for entry in entries]
