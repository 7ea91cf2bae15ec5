"""Listings kept on disk from one start to the next, so that an archive that was seen before shows its files at once.

An entry lies under the digest of the layer's stored bytes, computed when it was listed. It is found again by where those
bytes came from: the file's device, number, size and times (the time of the last change of its state among them, which
nobody but the system sets) and the place in it; or by the digest, if this was computed since the archive was opened. A digest
that is only claimed leads nowhere. What is found is a listing, never a verification: its digests are left out.

The folder is private (0700, files 0600). Entries are written whole or not at all, and carry a checksum: what is cut off,
changed, of another version or not ours is a miss, never a fault. Decoders cannot be kept, so checkpoints inside of a gzip
stream are made again by the first read that needs them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

from inspector.archive.blobstore import Blob
from inspector.archive.limits import MIB
from inspector.archive.source import stamp_of
from inspector.errors import InspectorError
from inspector.layers.listing_bytes import from_bytes, to_bytes
from inspector.layers.table import Listing
from inspector.oci.digest import Digest

MOST_BYTES: Final = 256 * MIB
"""Of the whole folder, unless told otherwise."""
_MOST_OF_ENTRY: Final = 128 * MIB
_WORTH_BYTES: Final = 256 << 10
"""Layers that are smaller unpacked are listed in no time."""
_KEEP_FREE: Final = 256 * MIB
"""A disk that is nearly full is left to others."""
_LISTING = ".listing"
_PLACE = ".place"
_OURS = re.compile(r"[0-9a-f]{64}\.(?:listing|place)|new-[0-9a-f]{32}")
_ABOUT_CLAIMS: Final = {"BLOB-1", "CONFIG-4", "MANIF-5"}
"""Findings that compare bytes with what an archive says of them: they are for that archive to make."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NON_BLOCK = getattr(os, "O_NONBLOCK", 0)


def _differ(claimed: Digest | None, found: Digest | None) -> bool:
    return claimed is not None and found is not None and claimed.algorithm == found.algorithm and claimed != found


class ListingCache:
    """A folder of listings of at most `most_bytes`; the ones not used for longest go first. From any thread.

    Nothing here raises: without a usable folder everything is a miss.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self._lock = threading.Lock()

    def load(self, blob: Blob, diff_id: Digest | None = None) -> Listing | None:
        """The listing of these stored bytes, without digests; None if there is none.

        None also if it contradicts the blob's claim or the stated `diff_id`: then the layer is to be read, and the finding
        made.
        """
        try:
            digest = blob.computed or self._digest_at(blob)
            if digest is None or not blob.member.complete:
                return None
            path = self.folder / (digest.encoded + _LISTING)
            data = self._read(path, _MOST_OF_ENTRY)
            try:
                listing = from_bytes(data)
            except ValueError:  # of another version, or damaged: `keep` writes where nothing is
                os.unlink(path)
                return None
            fits = listing.digest == digest and listing.stored_size == blob.size
            if not fits or _differ(blob.claimed, digest) or _differ(diff_id, listing.diff_id):
                return None
            for used in (path, self._place_of(blob)):
                if used is not None:
                    with contextlib.suppress(OSError):
                        os.utime(used)
        except (ValueError, OSError, InspectorError, MemoryError):
            return None
        listing.digest = listing.diff_id = None
        listing.findings = tuple(
            replace(finding, where=replace(finding.where, object=finding.where.object and blob.member.name))
            for finding in listing.findings
        )
        return listing

    def keep(self, blob: Blob, listing: Listing) -> bool:
        """Write a listing that `list_layer` has just made of `blob`; False if that cannot be done or is not worth it."""
        digest = listing.digest
        told = {finding.code for finding in listing.findings}
        if digest is None or not listing.complete or told & _ABOUT_CLAIMS or listing.uncompressed_size < _WORTH_BYTES:
            return False
        with self._lock:
            try:
                self._make_folder()
                path = self.folder / (digest.encoded + _LISTING)
                if not path.exists():
                    data = to_bytes(listing)
                    if len(data) > min(_MOST_OF_ENTRY, self.most_bytes):
                        return False
                    if shutil.disk_usage(self.folder).free < len(data) + _KEEP_FREE:
                        return False
                    self._write(path, data)
                place = self._place_of(blob)
                if place is not None:
                    self._write(place, digest.encode())
                self._shrink(self.most_bytes)
            except (ValueError, OSError, InspectorError, MemoryError):
                return False
        return True

    @property
    def size(self) -> int:
        """Bytes that the folder holds of ours."""
        return sum(size for _, size, _ in self._files())

    def clear(self) -> None:
        """Remove everything that is ours; other files in the folder stay."""
        with self._lock, contextlib.suppress(OSError):
            self._shrink(0)
            self.folder.rmdir()

    def _place_of(self, blob: Blob) -> Path | None:
        stamp = stamp_of(blob.open())
        if stamp is None:
            return None
        return self.folder / (hashlib.sha256(repr(stamp).encode()).hexdigest() + _PLACE)

    def _digest_at(self, blob: Blob) -> Digest | None:
        place = self._place_of(blob)
        return Digest.parse(self._read(place, 100).decode()) if place is not None else None

    def _make_folder(self) -> None:
        """OSError unless the folder is there and nobody else can look into it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = os.lstat(self.folder)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(str(self.folder))
        if hasattr(os, "getuid"):
            if status.st_uid != os.getuid():
                raise PermissionError(str(self.folder))
            if status.st_mode & 0o077:
                os.chmod(self.folder, 0o700)

    def _read(self, path: Path, most: int) -> bytes:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NON_BLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > most:
                raise ValueError("not one of ours")
            if hasattr(os, "getuid") and status.st_uid != os.getuid():
                raise ValueError("somebody else's")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(most)
        finally:
            os.close(descriptor)

    def _write(self, path: Path, data: bytes) -> None:
        """The file with that content, whole or not at all."""
        new = self.folder / f"new-{secrets.token_hex(16)}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(new, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new)
            raise

    def _files(self) -> list[tuple[float, int, str]]:
        """(last use, bytes, path) of our files."""
        found: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if _OURS.fullmatch(entry.name):
                        with contextlib.suppress(OSError):
                            status = entry.stat(follow_symlinks=False)
                            found.append((status.st_mtime, status.st_size, entry.path))
        except OSError:
            return []
        return found

    def _shrink(self, most: int) -> None:
        files = sorted(self._files())
        size = sum(size for _, size, _ in files)
        for _, length, path in files:
            if size <= most and most:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
                size -= length
