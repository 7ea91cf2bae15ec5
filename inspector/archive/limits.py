"""Named limits for everything that an archive may ask of us.

Each read, table and chain in this program is bounded by one field of `Limits`. Reaching one raises
`inspector.errors.LimitReached` with the field's name, so that a caller can offer to go on with
`limits.raised(name)`. Nothing is ever cut in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from inspector.errors import LimitReached
from inspector.language import say

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds; all sizes in bytes. The numbers follow security.md section 5 and formats.md F1."""

    json_bytes: int = 4 * MIB
    """One JSON document (containers/image and the registries take 4 MiB)."""
    config_bytes: int = 8 * MIB
    """One image config."""
    json_depth: int = 128
    json_values: int = 1_000_000

    tar_extension_bytes: int = MIB + 64 * KIB
    """One PAX or GNU extension header, or one PAX 1.0 sparse map: 1 MiB of value and room for its key."""
    tar_extensions_in_row: int = 64
    """Extension headers before one entry; real tars use at most three."""
    name_bytes: int = 64 * KIB
    """One entry name or link target."""
    sparse_extents: int = 500_000
    """Data extents of all sparse files of one tar together."""
    oddities_per_code: int = 100
    """Findings of one kind that are kept one by one; the rest are counted."""
    trailing_scan_bytes: int = 4 * MIB
    """How far behind the end of a seekable tar we look for hidden data (and the same from its very end)."""
    layer_entries: int = 5_000_000

    members: int = 5_000_000
    """Members of the outer archive, or files of a layout folder."""
    links: int = 10
    """Links followed to reach one member."""
    folder_depth: int = 16
    """How deep a layout folder is looked into."""
    duplicate_compare_bytes: int = 64 * MIB
    """Bytes read, over all duplicates, to tell whether they are equal."""

    index_depth: int = 16
    descriptors: int = 100_000

    blob_bytes: int = 128 * GIB
    """Stored bytes of one blob that are hashed or inflated without asking: a sparse file of a terabyte takes hours."""
    spool_bytes: int = 64 * GIB
    """An outer compressed archive, inflated."""
    inflate_ratio: int = 200
    """Output per input byte that is believed once `inflate_free_bytes` came out."""
    inflate_free_bytes: int = GIB
    """Output for which no ratio is asked."""
    zstd_window: int = 128 * MIB
    """A zstd frame's window; skopeo, containerd and `zstd -d` without `--long` stop there too."""

    def refuse_blob(self, name: str, size: int) -> None:
        """Raise `LimitReached` ("blob_bytes") if a blob of `size` bytes is too large to be read through unasked."""
        if size > self.blob_bytes:
            raise LimitReached(
                "blob_bytes",
                self.blob_bytes,
                say(
                    "%(name)s has %(size)s bytes; more than %(blob_bytes)s are not read through unasked, since that may take hours.",
                    name=name or say("The layer"),
                    size=f"{size:,}",
                    blob_bytes=f"{self.blob_bytes:,}",
                ),
                subject=name,
            )

    def raised(self, name: str, factor: int = 8) -> Limits:
        """The same limits with `name` made `factor` times larger; ValueError for an unknown name."""
        if name not in {field.name for field in fields(self)}:
            raise ValueError(f"there is no limit called {name}")
        return replace(self, **{name: getattr(self, name) * factor})


DEFAULT_LIMITS = Limits()
