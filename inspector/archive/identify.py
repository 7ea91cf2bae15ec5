"""What a file or folder is that is no image archive: said with evidence, and with the next step.

Nothing here decides whether something *is* an image archive (that is `detect`); it is asked afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.compression import SNIFF_BYTES, Compression, sniff
from inspector.archive.members import MemberKind
from inspector.errors import ArchiveDamaged, ArchiveError, InspectorError, NotAnArchive, ReadFailed, SourceChanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.archive.members import Member, MemberTable
    from inspector.archive.source import ByteSource

HEAD_BYTES = 36 * 1024
"""How much of a file's beginning is looked at; an ISO image tells its name at 32 KiB."""

_SAVE = "Save the image with `docker save NAME -o image.tar` or `podman save NAME -o image.tar` and open that file."
_UNPACK = "Unpack it and open the image archive or the layout folder inside."
_ASK_AGAIN = "Download it again and check that the server did not answer with a page."
_TWICE = "Take one compression off, for example with `gzip -dc FILE > image.tar.gz`, and open the result."
_DISK = (
    "A virtual machine's disk holds no image archive that could be read in place. "
    "Export the image from the machine with `docker save`."
)

# (offset, magic, title, what it is, what to do)
_MAGIC: tuple[tuple[int, bytes, str, str, str], ...] = (
    (0, b"PK\x03\x04", "A zip file", "it begins with PK, the mark of a zip entry", _UNPACK),
    (0, b"PK\x05\x06", "An empty zip file", "it begins with the end mark of a zip directory", _SAVE),
    (0, b"7z\xbc\xaf\x27\x1c", "A 7-Zip archive", "it begins with the 7z signature", _UNPACK),
    (0, b"Rar!\x1a\x07", "A RAR archive", "it begins with Rar!", _UNPACK),
    (0, b"070701", "A cpio archive", "it begins with 070701, a cpio (newc) header", "Repack the unpacked folder with tar."),
    (0, b"070702", "A cpio archive", "it begins with 070702, a cpio (crc) header", "Repack the unpacked folder with tar."),
    (0, b"070707", "A cpio archive", "it begins with 070707, a cpio (odc) header", "Repack the unpacked folder with tar."),
    (0, b"\xc7\x71", "A cpio archive", "it begins with a binary cpio header", "Repack the unpacked folder with tar."),
    (0, b"\x71\xc7", "A cpio archive", "it begins with a binary cpio header", "Repack the unpacked folder with tar."),
    (0, b"!<arch>\n", "An ar archive or Debian package", "it begins with !<arch>", _SAVE),
    (0, b"\xed\xab\xee\xdb", "An RPM package", "it begins with the RPM lead", _SAVE),
    (0, b"LZIP", "An lzip file", "it begins with LZIP", "Unpack it with `lzip -d` and open the result."),
    (0, b"\x1f\x9d", "A file made by compress (.Z)", "it begins with 1f 9d", "Unpack it with `uncompress` first."),
    (0, b"\x89LZO\x00", "An lzop file", "it begins with the lzop mark", "Unpack it with `lzop -d` and open the result."),
    (0, b"hsqs", "A SquashFS file system", "it begins with hsqs", _SAVE),
    (0, b"sqsh", "A SquashFS file system", "it begins with sqsh", _SAVE),
    (0, b"QFI\xfb", "A virtual machine disk (qcow2)", "it begins with QFI", _DISK),
    (0, b"KDMV", "A virtual machine disk (VMDK)", "it begins with KDMV", _DISK),
    (0, b"# Disk DescriptorFile", "A virtual machine disk (VMDK)", "it begins with a disk descriptor", _DISK),
    (0, b"vhdxfile", "A virtual machine disk (VHDX)", "it begins with vhdxfile", _DISK),
    (0, b"conectix", "A virtual machine disk (VHD)", "it begins with conectix", _DISK),
    (0, b"<<< ", "A virtual machine disk (VDI)", "it begins with the VirtualBox mark", _DISK),
    (0, b"XFSB", "An XFS file system", "it begins with XFSB", _DISK),
    (0, b"\x7fELF", "A Linux program", "it begins with the ELF mark", _SAVE),
    (0, b"MZ", "A Windows program", "it begins with MZ", _SAVE),
    (0, b"\x00asm", "A WebAssembly module", "it begins with the wasm mark", "Push it as an OCI artifact first."),
    (0, b"%PDF-", "A PDF document", "it begins with %PDF", _SAVE),
    (0, b"\x89PNG", "A PNG picture", "it begins with the PNG mark", _SAVE),
    (0, b"\xff\xd8\xff", "A JPEG picture", "it begins with the JPEG mark", _SAVE),
    (0, b"SQLite format 3\x00", "An SQLite database", "it begins with its format line", _SAVE),
    (0, b"-----BEGIN ", "A key, certificate or signature", "it begins with -----BEGIN", _SAVE),
    (0, b"version https://git-lfs", "A Git LFS pointer", "it is the small text that stands for a file in Git LFS",
     "Fetch the real file with `git lfs pull`."),
    (32, b"SIF_MAGIC", "An Apptainer/Singularity image (SIF)", "SIF_MAGIC stands at byte 32",
     "Ask for the OCI image it was made from; SIF holds a SquashFS, no layers."),
    (512, b"EFI PART", "A disk image", "a GPT partition table stands at byte 512", _DISK),
    (32769, b"CD001", "An ISO 9660 disc image", "CD001 stands at byte 32769", _UNPACK),
    (1080, b"\x53\xef", "An ext2/3/4 file system", "its superblock stands at byte 1024", _DISK),
    (510, b"\x55\xaa", "A disk image", "a boot sector's mark stands at byte 510", _DISK),
)  # fmt: skip

# fmt: off
_ROOT_FOLDERS = frozenset((
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root",
    "run", "sbin", "srv", "sys", "tmp", "usr", "var",
))
# fmt: on
_ARCHIVE_NAME = re.compile(r"\.(tar|tgz|tzst|tar\.(gz|zst|xz|bz2|lz4))$", re.IGNORECASE)
_TAR_MAGIC_AT = 257
_BLOCK = 512
_EMPTY_TAR_BYTES = 20 * _BLOCK
"""A tar without entries: two blocks of zeros, filled up to a record by GNU tar."""
_MAGICS_INSIDE = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh", b"\x04\x22\x4d\x18")
_PROBED_MEMBERS = 16


def explain_bytes(source: ByteSource, subject: str, *, inside: str = "") -> ArchiveError:
    """What a file is whose bytes are no tar; `inside` names the compression that was taken off first."""
    try:
        head = source.read_at(0, min(source.size, HEAD_BYTES))
    except (ReadFailed, SourceChanged):
        raise
    except InspectorError:
        head = b""
    broken = _broken_tar(head, subject)
    if broken is not None:
        return broken
    title, evidence, step = _from_head(head, source.size)
    again = sniff(head[:SNIFF_BYTES])
    if inside and again is not Compression.NONE:
        title, evidence = "A file compressed twice", f"there is another compressed stream ({again})"
        step = _TWICE
    if inside:
        evidence = f"inside its {inside} compression {evidence}"
    return NotAnArchive(f"{title}, not an image archive", f"{subject}: {evidence}. {step}", subject=subject)


def _broken_tar(head: bytes, subject: str) -> ArchiveError | None:
    """A tar whose first header is damaged or stands further back: the mark `ustar` gives it away."""
    blocks = (at for at in range(0, len(head) - _TAR_MAGIC_AT - 5, _BLOCK))
    found = next((at for at in blocks if head[at + _TAR_MAGIC_AT : at + _TAR_MAGIC_AT + 5] == b"ustar"), None)
    if found is None:
        return None
    if found == 0:
        return ArchiveDamaged(
            "The archive is damaged",
            f"{subject}: it begins like a tar, but its first header is wrong. Download or save it again.",
            subject=subject,
        )
    return ArchiveDamaged(
        "The archive does not begin with a tar header",
        f"{subject}: a tar header stands at byte {found:,} only, with other data in front of it. "
        f"Download or save it again, or cut that off (`tail -c +{found + 1}`).",
        subject=subject,
    )


def _from_head(head: bytes, size: int) -> tuple[str, str, str]:
    if size == 0:
        return "An empty file", "it has no bytes at all", "The download or the save was interrupted; do it again."
    if not head.strip(b"\0") and size <= _EMPTY_TAR_BYTES and size % _BLOCK == 0:
        return "An empty tar", f"its {size:,} bytes are nothing but the end mark", _SAVE
    if not head.strip(b"\0"):
        text = f"its first {len(head):,} bytes are all zero"
        return "A file of zeros", text, "The download or the copy was interrupted; do it again."
    for offset, magic, title, evidence, step in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return title, evidence, step
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "A web page", "it begins with HTML", _ASK_AGAIN
    if start.startswith((b"<?xml", b"<error")):
        return "An XML document", "it begins with XML, as the error answers of storage servers do", _ASK_AGAIN
    if start.startswith((b"{", b"[")):
        return "A JSON document", "it begins with a bracket", (
            "If it belongs to an OCI layout, open the folder that holds index.json; else download the archive again."
        )  # fmt: skip
    if _is_text(head[:4096]):
        line = head[:60].decode("utf-8", "replace").splitlines()[0].strip()
        return "A text file", f"it begins with {line!r}", _SAVE
    return (
        "An unknown kind of file",
        f"it begins with {head[:8].hex(' ')}, and no tar header stands at its start",
        _SAVE,
    )


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut at the end of what was read is no proof against text.
        if error.start < len(head) - 4:
            return False
    return bool(head.strip())


def explain_members(table: MemberTable, subject: str, *, folder: bool = False) -> NotAnArchive:
    """What a readable tar (or folder) is whose members make no image archive."""
    title, evidence, step = _from_members(table, folder)
    return NotAnArchive(f"{title}, not an image archive", f"{subject}: {evidence}. {step}", subject=subject)


def _from_members(table: MemberTable, folder: bool) -> tuple[str, str, str]:
    what = "folder" if folder else "tar"
    members = table.members
    names = [member.name for member in members if member.name not in ("", ".")]
    if not names:
        return f"An empty {what}", "it holds nothing", _SAVE
    for look in (_helm_chart, _virtual_appliance, _layouts_below, _file_tree, _archives_inside, _build_context):
        found = look(table, names)
        if found is not None:
            return _of_folder(*found) if folder else found
    if folder:
        return (
            "A folder without a layout",
            f"it has neither index.json nor manifest.json ({_some(names)})",
            "Choose the folder in which oci-layout, index.json and blobs lie, or an archive file.",
        )
    return (
        "A tar of other things",
        f"none of index.json, manifest.json and repositories is among its {len(names):,} entries ({_some(names)})",
        _SAVE,
    )


def _of_folder(title: str, evidence: str, step: str) -> tuple[str, str, str]:
    """The same said of a folder: there is nothing to unpack."""
    return title.replace("A tar ", "A folder "), evidence, step.replace("Unpack it and open", "Open")


def _helm_chart(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    chart = next((name for name in names if name.count("/") <= 1 and name.rpartition("/")[2] == "Chart.yaml"), None)
    if chart is None:
        return None
    return (
        "A Helm chart",
        f"it holds {chart}",
        "A chart is no image. Install it with `helm install`, or `helm push` it and copy it into an OCI layout.",
    )


def _virtual_appliance(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    description = next((name for name in names[:8] if name.lower().endswith(".ovf")), None)
    return ("A virtual appliance (OVA)", f"it holds {description}", _DISK) if description else None


def _layouts_below(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    marks = ("index.json", "oci-layout", "manifest.json")
    places = list(dict.fromkeys(name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in marks))
    present = frozenset(names)
    places = [place for place in places if place and _looks_like_layout(place, present)]
    if not places:
        return None
    listed = _some(places)
    return (
        f"{len(places)} image layouts in folders" if len(places) > 1 else "An image layout deep in a folder",
        f"index.json or manifest.json lies in {listed}, not at the top",
        "Unpack it and open one of these folders.",
    )


def _looks_like_layout(place: str, present: frozenset[str]) -> bool:
    return f"{place}/oci-layout" in present or (
        f"{place}/index.json" in present and any(name.startswith(f"{place}/blobs/") for name in present)
    )


def _file_tree(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    tops = {name.partition("/")[0] for name in names}
    roots = sorted(tops & _ROOT_FOLDERS)
    whiteout = next((name for name in names if name.rpartition("/")[2].startswith(".wh.")), None)
    if ".dockerenv" in tops:
        return _rootfs(f"it holds .dockerenv and {_some(roots)}")
    if whiteout is not None:
        return (
            "A single layer",
            f"it is a file tree with the whiteout {whiteout}, as layers have them",
            "A layer alone does not say how to run it. Open the archive or the layout folder that it belongs to.",
        )
    if len(roots) >= 3 or (roots and len(roots) == len(tops)):
        if len(roots) < 6:
            return (
                "A single layer or part of a file system",
                f"it holds {_some(roots)} and no image documents",
                "Open the archive or the layout folder that it belongs to. " + _SAVE,
            )
        return _rootfs(f"it holds {_some(roots)} and no image documents")
    return None


def _rootfs(evidence: str) -> tuple[str, str, str]:
    return (
        "A root file system, as `docker export` writes it",
        evidence,
        "`docker export` writes a container's files without the image around them. " + _SAVE,
    )


def _archives_inside(table: MemberTable, _names: Sequence[str]) -> tuple[str, str, str] | None:
    found = [member.name for member in _archive_members(table)]
    if not found:
        return None
    return (
        "A tar that holds other archives" if len(found) > 1 else "A tar around another archive",
        f"{_some(found)} {'are archives themselves' if len(found) > 1 else 'is an archive itself'}",
        f"Unpack it and open {found[0]}.",
    )


def _archive_members(table: MemberTable) -> Iterable[Member]:
    probed = 0
    for member in table.members:
        if member.kind is not MemberKind.FILE or not _ARCHIVE_NAME.search(member.name):
            continue
        probed += 1
        if probed > _PROBED_MEMBERS:
            return
        try:
            source = table.open(member)
            head = source.read_at(0, min(source.size, 512))
        except (ReadFailed, SourceChanged):
            raise
        except (InspectorError, OSError):
            continue
        if head.startswith(_MAGICS_INSIDE) or head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
            yield member


def _build_context(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    recipe = next((name for name in names if name in ("Dockerfile", "Containerfile")), None)
    if recipe is None:
        return None
    return ("A build context", f"it holds a {recipe}", "Build it with `docker build`, then save the image.")


def _some(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(name if len(name) <= 60 else f"{name[:57]}…" for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
