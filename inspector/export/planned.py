"""What an export will write, as values: every file, every change with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import Compression
from inspector.export import tarstream
from inspector.export.mending import PlannedRepair
from inspector.export.options import ExportOptions, Form
from inspector.language import mark
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.archive.source import ByteSource
    from inspector.export.recompress import Encoding

KEPT = mark("kept")
REWRITTEN = mark("rewritten")
ADDED = mark("added")
DROPPED = mark("dropped")


@dataclass(frozen=True, slots=True, eq=False)
class Inflated:
    """The uncompressed bytes of a layer, made while they are written; their digest must be its diffID."""

    blob: Blob


@dataclass(frozen=True, slots=True, eq=False)
class Recoded:
    """A layer that was compressed anew and written already. `source`: its bytes, if they are to be read once more."""

    digest: Digest
    size: int
    diff_id: Digest
    source: ByteSource | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ToRecode:
    """A layer that is still to be compressed anew; `stand_in` holds the place of its digest. `diff_id`: what the config says
    of it, None if nothing does.
    """

    blob: Blob
    stand_in: Digest
    encoding: Encoding
    diff_id: Digest | None


@dataclass(frozen=True, slots=True, eq=False)
class PlannedBlob:
    """One file of the new archive. `digest` and `size` (stored bytes) are None until a layer was compressed anew."""

    name: str
    digest: Digest | None
    size: int | None
    origin: Blob | bytes | Inflated | Recoded | ToRecode
    action: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the sheet. `why` is the code of a finding, or words. Digests and sizes are None where there are none."""

    object: str
    action: str
    why: str = ""
    old: str | None = None
    new: str | None = None
    old_size: int | None = None
    new_size: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """One image of the new archive. `kept`: its manifest is the source's, byte for byte. Configs (image IDs) always are,
    unless the source had none (Docker up to 1.9). `manifest_digest` is None while it waits for a compression, and where
    no manifest is written (`has_manifest`, classic docker-save).
    """

    names: tuple[str, ...]
    platform: str | None
    source_manifest_digest: Digest | None
    manifest_digest: Digest | None
    config_digest: Digest | None
    kept: bool
    id_kept: bool = True
    has_manifest: bool = True
    words: tuple[str, ...] = ()
    """Bare names that are no image references, as OCI layouts may have them."""


@dataclass(frozen=True, slots=True)
class DiffIds:
    """Layers of the new archive whose uncompressed bytes are what the config says (`matching`), are something else (`wrong`:
    the digests by which they are stored), or were not looked at.
    """

    matching: int = 0
    wrong: tuple[Digest, ...] = ()
    not_compared: int = 0

    def sentence(self) -> str:
        """`diffIDs: 2 match, 1 not compared`; "" where there are none."""
        told = [
            (self.matching, "match" if self.matching != 1 else "matches"),
            (len(self.wrong), "do not match" if len(self.wrong) != 1 else "does not match"),
            (self.not_compared, "not compared (the layers are copied compressed)"),
        ]
        words = ", ".join(f"{count:,} {word}" for count, word in told if count)
        return f"diffIDs: {words}" if words else ""


@dataclass(frozen=True, eq=False)
class ExportPlan:
    """Everything that `writer.export_archive` needs. `blobs` are all files, documents included, in the order of the tar.
    `others` are archives that are merged into `archive`.
    """

    archive: ImageArchive
    options: ExportOptions
    blobs: tuple[PlannedBlob, ...]
    folders: tuple[str, ...]
    index_json: bytes
    manifest_json: bytes | None
    images: tuple[PlannedImage, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    recoded: Mapping[Digest, Recoded] = field(default_factory=dict)
    repairs: tuple[PlannedRepair, ...] = ()
    """What was wrong and is mended, or left because nobody wanted it."""
    others: tuple[ImageArchive, ...] = ()
    diff_ids: DiffIds = field(default_factory=DiffIds)

    @property
    def archives(self) -> tuple[ImageArchive, ...]:
        """Everything that is read."""
        return (self.archive, *self.others)

    def check_sources(self) -> None:
        """`SourceChanged` if a file that is read is no longer the one that was opened."""
        for archive in self.archives:
            archive.check_source()

    @property
    def form(self) -> Form:
        """A tar, unless the options say otherwise."""
        return self.options.form or Form.TAR

    @property
    def waiting(self) -> tuple[ToRecode, ...]:
        """Layers to be compressed anew before digests are known."""
        return tuple(planned.origin for planned in self.blobs if isinstance(planned.origin, ToRecode))

    @property
    def size(self) -> int:
        """Bytes of the result before a tar is compressed; of layers that wait for a compression, and of ones to be inflated,
        what they take now.
        """
        return sum(size for _, size in self._sizes()) if self.form is Form.FOLDER else self.tar_size

    @property
    def tar_size(self) -> int:
        """As `size`, as a tar."""
        total = len(tarstream.END) + sum(len(tarstream.folder_header(name)) for name in self.folders)
        return total + sum(tarstream.stored_size(name, size) for name, size in self._sizes())

    @property
    def size_is_exact(self) -> bool:
        """Whether `size` is known for sure."""
        return self.form in (Form.TAR, Form.FOLDER) and all(planned.size is not None for planned in self.blobs)

    @property
    def room(self) -> int:
        """Free bytes that writing may need at its height: a plain tar waits in a file of its own while it is compressed, and
        layers that are inflated grow, gzip's to what it says itself.
        """
        sizes = self.sizes
        grown = sum(max(0, _plain_size(planned.origin) - sizes[planned.name]) for planned in self.blobs)
        return (self.size + grown) * (2 if self.form in (Form.TAR_GZ, Form.TAR_ZST) else 1)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file, as far as they are known; else what its source takes."""
        return dict(self._sizes())

    def _sizes(self) -> Iterator[tuple[str, int]]:
        for planned in self.blobs:
            origin = planned.origin
            known = origin.blob.size if isinstance(origin, (Inflated, ToRecode)) else 0
            yield planned.name, known if planned.size is None else planned.size


def _plain_size(origin: object) -> int:
    """What a layer that is to be uncompressed takes then, as its last gzip stream says (its size modulo 4 GiB); else 0."""
    inflates = isinstance(origin, Inflated) or (
        isinstance(origin, ToRecode) and origin.encoding.compression is Compression.NONE
    )
    if not inflates or not isinstance(origin, (Inflated, ToRecode)) or origin.blob.compression is not Compression.GZIP:
        return 0
    source = origin.blob.open()
    return int.from_bytes(source.read_at(source.size - 4, 4), "little") if source.size >= 4 else 0
