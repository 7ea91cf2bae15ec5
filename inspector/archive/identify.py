"""What a file or folder is that is no image archive: said with evidence, and with the next step.

Nothing here decides whether something *is* an image archive (that is `detect`); it is asked afterwards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.archive.compression import SNIFF_BYTES, Compression, sniff
from inspector.archive.members import MemberKind
from inspector.errors import ArchiveDamaged, ArchiveError, InspectorError, NotAnArchive, ReadFailed, SourceChanged
from inspector.language import Said, mark, say, say_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.archive.members import Member, MemberTable
    from inspector.archive.source import ByteSource

HEAD_BYTES = 36 * 1024
"""How much of a file's beginning is looked at; an ISO image tells its name at 32 KiB."""

_SAVE = say(
    "Save the image with `docker save NAME -o image.tar` or `podman save NAME -o image.tar` and open that file."
)
_UNPACK = say("Unpack it and open the image archive or the layout folder inside.")
_ASK_AGAIN = say("Download it again and check that the server did not answer with a page.")
_TWICE = say("Take one compression off, for example with `gzip -dc FILE > image.tar.gz`, and open the result.")
_DISK = say(
    "A virtual machine's disk holds no image archive that could be read in place. "
    "Export the image from the machine with `docker save`."
)

# (offset, magic, title, what it is, what to do)
_MAGIC: tuple[tuple[int, bytes, str, str, str], ...] = (
    (0, b"PK\x03\x04", say("A zip file"), say("it begins with PK, the mark of a zip entry"), _UNPACK),
    (0, b"PK\x05\x06", say("An empty zip file"), say("it begins with the end mark of a zip directory"), _SAVE),
    (0, b"7z\xbc\xaf\x27\x1c", say("A 7-Zip archive"), say("it begins with the 7z signature"), _UNPACK),
    (0, b"Rar!\x1a\x07", say("A RAR archive"), say("it begins with Rar!"), _UNPACK),
    (0, b"070701", say("A cpio archive"), say("it begins with 070701, a cpio (newc) header"), say("Repack the unpacked folder with tar.")),
    (0, b"070702", say("A cpio archive"), say("it begins with 070702, a cpio (crc) header"), say("Repack the unpacked folder with tar.")),
    (0, b"070707", say("A cpio archive"), say("it begins with 070707, a cpio (odc) header"), say("Repack the unpacked folder with tar.")),
    (0, b"\xc7\x71", say("A cpio archive"), say("it begins with a binary cpio header"), say("Repack the unpacked folder with tar.")),
    (0, b"\x71\xc7", say("A cpio archive"), say("it begins with a binary cpio header"), say("Repack the unpacked folder with tar.")),
    (0, b"!<arch>\n", say("An ar archive or Debian package"), say("it begins with !<arch>"), _SAVE),
    (0, b"\xed\xab\xee\xdb", say("An RPM package"), say("it begins with the RPM lead"), _SAVE),
    (0, b"LZIP", say("An lzip file"), say("it begins with LZIP"), say("Unpack it with `lzip -d` and open the result.")),
    (0, b"\x1f\x9d", say("A file made by compress (.Z)"), say("it begins with 1f 9d"), say("Unpack it with `uncompress` first.")),
    (0, b"\x89LZO\x00", say("An lzop file"), say("it begins with the lzop mark"), say("Unpack it with `lzop -d` and open the result.")),
    (0, b"hsqs", say("A SquashFS file system"), say("it begins with hsqs"), _SAVE),
    (0, b"sqsh", say("A SquashFS file system"), say("it begins with sqsh"), _SAVE),
    (0, b"QFI\xfb", say("A virtual machine disk (qcow2)"), say("it begins with QFI"), _DISK),
    (0, b"KDMV", say("A virtual machine disk (VMDK)"), say("it begins with KDMV"), _DISK),
    (0, b"# Disk DescriptorFile", say("A virtual machine disk (VMDK)"), say("it begins with a disk descriptor"), _DISK),
    (0, b"vhdxfile", say("A virtual machine disk (VHDX)"), say("it begins with vhdxfile"), _DISK),
    (0, b"conectix", say("A virtual machine disk (VHD)"), say("it begins with conectix"), _DISK),
    (0, b"<<< ", say("A virtual machine disk (VDI)"), say("it begins with the VirtualBox mark"), _DISK),
    (0, b"XFSB", say("An XFS file system"), say("it begins with XFSB"), _DISK),
    (0, b"\x7fELF", say("A Linux program"), say("it begins with the ELF mark"), _SAVE),
    (0, b"MZ", say("A Windows program"), say("it begins with MZ"), _SAVE),
    (0, b"\x00asm", say("A WebAssembly module"), say("it begins with the wasm mark"), say("Push it as an OCI artifact first.")),
    (0, b"%PDF-", say("A PDF document"), say("it begins with %PDF"), _SAVE),
    (0, b"\x89PNG", say("A PNG picture"), say("it begins with the PNG mark"), _SAVE),
    (0, b"\xff\xd8\xff", say("A JPEG picture"), say("it begins with the JPEG mark"), _SAVE),
    (0, b"SQLite format 3\x00", say("An SQLite database"), say("it begins with its format line"), _SAVE),
    (0, b"-----BEGIN ", say("A key, certificate or signature"), say("it begins with -----BEGIN"), _SAVE),
    (0, b"version https://git-lfs", say("A Git LFS pointer"), say("it is the small text that stands for a file in Git LFS"),
     say("Fetch the real file with `git lfs pull`.")),
    (32, b"SIF_MAGIC", say("An Apptainer/Singularity image (SIF)"), say("SIF_MAGIC stands at byte 32"),
     say("Ask for the OCI image it was made from; SIF holds a SquashFS, no layers.")),
    (512, b"EFI PART", say("A disk image"), say("a GPT partition table stands at byte 512"), _DISK),
    (32769, b"CD001", say("An ISO 9660 disc image"), say("CD001 stands at byte 32769"), _UNPACK),
    (1080, b"\x53\xef", say("An ext2/3/4 file system"), say("its superblock stands at byte 1024"), _DISK),
    (510, b"\x55\xaa", say("A disk image"), say("a boot sector's mark stands at byte 510"), _DISK),
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
        title, evidence = say("A file compressed twice"), say("there is another compressed stream (%s)", again)
        step = _TWICE
    if inside:
        evidence = say("inside its %(inside)s compression %(evidence)s", inside=inside, evidence=evidence)
    return NotAnArchive(
        say("%s, not an image archive", title),
        say("%(subject)s: %(evidence)s. %(step)s", subject=subject, evidence=evidence, step=step),
        subject=subject,
    )


def _broken_tar(head: bytes, subject: str) -> ArchiveError | None:
    """A tar whose first header is damaged or stands further back: the mark `ustar` gives it away."""
    blocks = (at for at in range(0, len(head) - _TAR_MAGIC_AT - 5, _BLOCK))
    found = next((at for at in blocks if head[at + _TAR_MAGIC_AT : at + _TAR_MAGIC_AT + 5] == b"ustar"), None)
    if found is None:
        return None
    if found == 0:
        return ArchiveDamaged(
            "The archive is damaged",
            say("%s: it begins like a tar, but its first header is wrong. Download or save it again.", subject),
            subject=subject,
        )
    return ArchiveDamaged(
        "The archive does not begin with a tar header",
        say(
            "%(subject)s: a tar header stands at byte %(found)s only, with other data in front of it. Download or save it again, or cut that off (`tail -c +%(start)s`).",
            subject=subject,
            found=f"{found:,}",
            start=found + 1,
        ),
        subject=subject,
    )


def _from_head(head: bytes, size: int) -> tuple[str, str, str]:
    if size == 0:
        return (
            say("An empty file"),
            say("it has no bytes at all"),
            say("The download or the save was interrupted; do it again."),
        )
    if not head.strip(b"\0") and size <= _EMPTY_TAR_BYTES and size % _BLOCK == 0:
        return say("An empty tar"), say("its %s bytes are nothing but the end mark", f"{size:,}"), _SAVE
    if not head.strip(b"\0"):
        text = say("its first %s bytes are all zero", f"{len(head):,}")
        return say("A file of zeros"), text, say("The download or the copy was interrupted; do it again.")
    for offset, magic, title, evidence, step in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return title, evidence, step
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return say("A web page"), say("it begins with HTML"), _ASK_AGAIN
    if start.startswith((b"<?xml", b"<error")):
        return say("An XML document"), say("it begins with XML, as the error answers of storage servers do"), _ASK_AGAIN
    if start.startswith((b"{", b"[")):
        return say("A JSON document"), say("it begins with a bracket"), (
            say("If it belongs to an OCI layout, open the folder that holds index.json; else download the archive again.")
        )  # fmt: skip
    if _is_text(head[:4096]):
        line = head[:60].decode("utf-8", "replace").splitlines()[0].strip()
        return say("A text file"), say("it begins with %s", f"{line!r}"), _SAVE
    return (
        say("An unknown kind of file"),
        say("it begins with %s, and no tar header stands at its start", head[:8].hex(" ")),
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
    return NotAnArchive(
        say("%s, not an image archive", title),
        say("%(subject)s: %(evidence)s. %(step)s", subject=subject, evidence=evidence, step=step),
        subject=subject,
    )


def _from_members(table: MemberTable, folder: bool) -> tuple[str, str, str]:
    members = table.members
    names = [member.name for member in members if member.name not in ("", ".")]
    if not names:
        return say("An empty folder") if folder else say("An empty tar"), say("it holds nothing"), _SAVE
    for look in (_helm_chart, _virtual_appliance, _layouts_below, _file_tree, _archives_inside, _build_context):
        found = look(table, names)
        if found is not None:
            return _of_folder(*found) if folder else found
    if folder:
        return (
            say("A folder without a layout"),
            say("it has neither index.json nor manifest.json (%s)", _some(names)),
            say("Choose the folder in which oci-layout, index.json and blobs lie, or an archive file."),
        )
    return (
        say("A tar of other things"),
        say(
            "none of index.json, manifest.json and repositories is among its %(names)s entries (%(some)s)",
            names=f"{len(names):,}",
            some=_some(names),
        ),
        _SAVE,
    )


_UNPACK_AND_OPEN = mark("Unpack it and open %s.")
_FOR_FOLDERS: dict[str, str] = {
    "A tar that holds other archives": say("A folder that holds other archives"),
    "A tar around another archive": say("A folder around another archive"),
    "Unpack it and open one of these folders.": say("Open one of these folders."),
}


def _of_folder(title: str, evidence: str, step: str) -> tuple[str, str, str]:
    """The same said of a folder: there is nothing to unpack."""
    if isinstance(step, Said) and step.template == _UNPACK_AND_OPEN:
        step = say("Open %s.", *step.values)
    return _FOR_FOLDERS.get(title, title), evidence, _FOR_FOLDERS.get(step, step)


def _helm_chart(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    chart = next((name for name in names if name.count("/") <= 1 and name.rpartition("/")[2] == "Chart.yaml"), None)
    if chart is None:
        return None
    return (
        say("A Helm chart"),
        say("it holds %s", chart),
        say("A chart is no image. Install it with `helm install`, or `helm push` it and copy it into an OCI layout."),
    )


def _virtual_appliance(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    description = next((name for name in names[:8] if name.lower().endswith(".ovf")), None)
    return (say("A virtual appliance (OVA)"), say("it holds %s", description), _DISK) if description else None


def _layouts_below(_table: MemberTable, names: Sequence[str]) -> tuple[str, str, str] | None:
    marks = ("index.json", "oci-layout", "manifest.json")
    places = list(dict.fromkeys(name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in marks))
    present = frozenset(names)
    places = [place for place in places if place and _looks_like_layout(place, present)]
    if not places:
        return None
    listed = _some(places)
    return (
        say("%s image layouts in folders", len(places)) if len(places) > 1 else say("An image layout deep in a folder"),
        say("index.json or manifest.json lies in %s, not at the top", listed),
        say("Unpack it and open one of these folders."),
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
        return _rootfs(say("it holds .dockerenv and %s", _some(roots)))
    if whiteout is not None:
        return (
            say("A single layer"),
            say("it is a file tree with the whiteout %s, as layers have them", whiteout),
            say("A layer alone does not say how to run it. Open the archive or the layout folder that it belongs to."),
        )
    if len(roots) >= 3 or (roots and len(roots) == len(tops)):
        if len(roots) < 6:
            return (
                say("A single layer or part of a file system"),
                say("it holds %s and no image documents", _some(roots)),
                say_all((say("Open the archive or the layout folder that it belongs to."), _SAVE)),
            )
        return _rootfs(say("it holds %s and no image documents", _some(roots)))
    return None


def _rootfs(evidence: str) -> tuple[str, str, str]:
    return (
        say("A root file system, as `docker export` writes it"),
        evidence,
        say_all((say("`docker export` writes a container's files without the image around them."), _SAVE)),
    )


def _archives_inside(table: MemberTable, _names: Sequence[str]) -> tuple[str, str, str] | None:
    found = [member.name for member in _archive_members(table)]
    if not found:
        return None
    return (
        say("A tar that holds other archives") if len(found) > 1 else say("A tar around another archive"),
        say("%s are archives themselves", _some(found))
        if len(found) > 1
        else say("%s is an archive itself", _some(found)),
        say(_UNPACK_AND_OPEN, found[0]),
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
    return (
        say("A build context"),
        say("it holds a %s", recipe),
        say("Build it with `docker build`, then save the image."),
    )


def _some(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(name if len(name) <= 60 else f"{name[:57]}…" for name in names[:most])
    rest = len(names) - most
    return say("%(first)s and %(rest)s more", first=shown, rest=f"{rest:,}") if rest > 0 else shown
