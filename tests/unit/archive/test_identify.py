"""What is no image archive is named, with evidence and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import ArchiveDamaged, ArchiveError, ArchiveUnreadable, NotAnArchive
from tests.builders import Bundle, Entry, compress, docker_25, folder, image, layer_tar

APP = image("docker.io/library/app:1")
ROOT = {f"{name}/": b"" for name in ("bin", "dev", "etc", "proc", "root", "usr", "var")} | {"bin/sh": b"\x7fELF"}


def refusal(path: Path) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        open_archive(path)
    assert str(path) in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value


def padded(data: bytes, at: int = 0, size: int = 40_000) -> bytes:
    return (b"\x01" * at + data).ljust(size, b"\x02")


FILES = {
    "empty": (b"", "An empty file"),
    "zeros": (bytes(5000), "A file of zeros"),
    "zip": (padded(b"PK\x03\x04"), "A zip file"),
    "7z": (padded(b"7z\xbc\xaf\x27\x1c"), "A 7-Zip archive"),
    "cpio": (padded(b"070701"), "A cpio archive"),
    "iso": (padded(b"CD001", 32769), "An ISO 9660 disc image"),
    "qcow2": (padded(b"QFI\xfb"), "A virtual machine disk (qcow2)"),
    "gpt": (padded(b"EFI PART", 512), "A disk image"),
    "sif": (padded(b"SIF_MAGIC", 32), "An Apptainer/Singularity image (SIF)"),
    "squashfs": (padded(b"hsqs"), "A SquashFS file system"),
    "html": (b"\n <!DOCTYPE html><html><body>404</body></html>", "A web page"),
    "xml": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "An XML document"),
    "json": (b'{"schemaVersion": 2}', "A JSON document"),
    "elf": (padded(b"\x7fELF"), "A Linux program"),
    "deb": (padded(b"!<arch>\n"), "An ar archive or Debian package"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "A Git LFS pointer"),
    "text": (b"this is not an archive\n", "A text file"),
    "noise": (bytes((i * 37 + 11) % 251 for i in range(5000)), "An unknown kind of file"),
}


@pytest.mark.parametrize("kind", FILES)
def test_files(kind: str, tmp_path: Path) -> None:
    data, title = FILES[kind]
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    error = refusal(path)
    assert isinstance(error, NotAnArchive)
    assert error.title == f"{title}, not an image archive"


def test_a_compressed_something(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(compress(b"<html>404</html>", "gzip"))
    error = refusal(path)
    assert error.title.startswith("A web page")
    assert "inside its gzip compression" in error.message


def test_a_tar_compressed_twice(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(compress(compress(layer_tar({"etc/hosts": b""}), "gzip"), "gzip"))
    error = refusal(path)
    assert error.title == "A file compressed twice, not an image archive"
    assert "inside its gzip compression there is another compressed stream (gzip)" in error.message


TARS = {
    "docker export": (layer_tar(ROOT | {".dockerenv": b""}), "A root file system"),
    "rootfs": (layer_tar(ROOT), "A root file system"),
    "layer": (layer_tar({"etc/": b"", "etc/.wh.passwd": b""}), "A single layer"),
    "part": (layer_tar({"etc/": b"", "etc/passwd": b""}), "A single layer or part of a file system"),
    "chart": (layer_tar({"app/Chart.yaml": b"name: app", "app/values.yaml": b""}), "A Helm chart"),
    "ova": (layer_tar({"machine.ovf": b"<x/>", "disk.vmdk": b"KDMV"}), "A virtual appliance (OVA)"),
    "context": (layer_tar({"Dockerfile": b"FROM scratch"}), "A build context"),
    "nested": (Bundle((Entry("x/app.tar", docker_25([APP]).tar()),)).tar(), "A tar around another archive"),
    "sources": (layer_tar({"a.py": b"", "b.py": b""}), "A tar of other things"),
    "web": (layer_tar({"index.json": b'{"pages": []}', "app.js": b""}), "The archive cannot be understood"),
}


@pytest.mark.parametrize("kind", TARS)
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_tars(kind: str, compression: str, tmp_path: Path) -> None:
    data, title = TARS[kind]
    path = tmp_path / "image.tar"
    path.write_bytes(compress(data, compression))
    error = refusal(path)
    assert error.title.startswith(title), error
    if title.startswith("A "):
        assert isinstance(error, NotAnArchive)


def test_several_layouts_in_folders(tmp_path: Path) -> None:
    bundle = Bundle((*docker_25([APP]).wrapped("one").entries, *docker_25([APP]).wrapped("two").entries))
    error = refusal(bundle.write(tmp_path / "images.tar"))
    assert error.title == "2 image layouts in folders, not an image archive"
    assert "one, two" in error.message


def test_a_damaged_tar_without_an_image(tmp_path: Path) -> None:
    bundle = Bundle((Entry("first", b"x" * 2000), Entry("second", b"y" * 2000)))
    path = tmp_path / "cut.tar"
    path.write_bytes(bundle.tar()[:3000])
    assert isinstance(refusal(path), ArchiveDamaged)


def test_folders(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refusal(empty).title == "An empty folder, not an image archive"
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("hello")
    assert refusal(other).title == "A folder without a layout, not an image archive"
    (other / "app.tar").write_bytes(docker_25([APP]).tar())
    assert "app.tar" in refusal(other).message


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    import os

    assert isinstance(refusal(tmp_path / "absent.tar"), ArchiveUnreadable)
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(refusal(tmp_path / "pipe"), NotAnArchive)


def test_a_tar_that_holds_only_folders(tmp_path: Path) -> None:
    error = refusal(Bundle((folder("a"), folder("a/b"))).write(tmp_path / "x.tar"))
    assert isinstance(error, NotAnArchive)


def test_a_broken_or_shifted_tar(tmp_path: Path) -> None:
    good = docker_25([APP]).tar()
    path = tmp_path / "x.tar"
    path.write_bytes(b"X" + good[1:])
    assert "its first header is wrong" in refusal(path).message
    path.write_bytes(b"J" * 512 + good)
    assert "at byte 512" in refusal(path).message
    path.write_bytes(bytes(10240))
    assert refusal(path).title.startswith("An empty tar")
    path.write_bytes(Bundle((Entry("a", b"x"),)).tar() + good)
    assert "More data follows behind its end mark" in refusal(path).message


def test_a_folder_of_archives_needs_no_unpacking(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        docker_25([image("docker.io/library/app:1")]).write(tmp_path / name)
    error = refusal(tmp_path)
    assert error.title == "A folder that holds other archives, not an image archive"
    assert error.message.endswith("Open a.tar.")
