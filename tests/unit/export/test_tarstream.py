from __future__ import annotations

import io
import tarfile

import pytest

from inspector.export import tarstream


@pytest.mark.parametrize(
    ("name", "size"),
    [("blobs/sha256/" + "a" * 64, 5), ("x" * 150 + "/" + "y" * 90, 9), ("z" * 300, 10), ("ü/" * 60 + "e", 0)],
)
def test_a_file_reads_back_as_it_was_meant(name: str, size: int) -> None:
    content = b"c" * size
    raw = tarstream.file_header(name, size) + content + bytes(tarstream.padding(size)) + tarstream.END
    assert tarstream.stored_size(name, size) == len(raw) - len(tarstream.END)
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        member = tar.next()
        assert member is not None
        assert (member.name, member.size, member.mode, member.uid, member.gid, member.mtime) == (
            name,
            size,
            0o644,
            0,
            0,
            0,
        )
        assert (member.uname, member.gname) == ("", "")
        file = tar.extractfile(member)
        assert file is not None
        assert file.read() == content
        assert tar.next() is None


def test_a_name_that_fits_needs_one_block_only() -> None:
    assert len(tarstream.file_header("blobs/sha256/" + "a" * 64, 5)) == tarstream.BLOCK
    assert len(tarstream.file_header("a" * 100 + "/" + "b" * 100, 5)) == tarstream.BLOCK


def test_a_name_that_does_not_fit_gets_a_pax_record() -> None:
    """No part of a sha512 blob's name may be cut to fit ustar's 100 bytes."""
    assert len(tarstream.file_header("blobs/sha512/" + "a" * 128, 5)) == 3 * tarstream.BLOCK


def test_eight_gibibytes_are_stated_in_a_pax_record() -> None:
    size = 9 << 30
    header = tarstream.file_header("blobs/sha256/x", size)
    assert len(tarstream.file_header("blobs/sha256/x", (8 << 30) - 1)) == 512
    member = tarfile.TarFile.open(fileobj=io.BytesIO(header + bytes(1024)), mode="r:").next()
    assert member is not None
    assert member.size == size


def test_a_folder() -> None:
    with tarfile.open(fileobj=io.BytesIO(tarstream.folder_header("blobs/sha256") + tarstream.END)) as tar:
        member = tar.next()
        assert member is not None
        assert (member.isdir(), member.name, member.mode, member.mtime) == (True, "blobs/sha256", 0o755, 0)
