"""Random access into a compressed layer: bytes from anywhere in its tar without inflating all that comes before.

While a gzip stream is inflated, copies of the decoder are kept every few mebibytes (some 45 kB each: deflate looks back
at most 32 KiB); reading starts at the nearest one. isal's decoder, which lists layers, cannot be copied; zlib-ng's can and
is nearly as fast, zlib's can and is half as fast. `indexed_gzip` would need zlib's speed, too, and a second way to read.

The other formats keep their place while one reads on, and start again at the last stream or frame that begins before the
place asked for: a layer of zstd:chunked has a frame per file, plain zstd has one.
"""

from __future__ import annotations

SPACING = 4 << 20
"""Bytes of output between two checkpoints; doubled whenever there are too many."""
MOST_CHECKPOINTS = 192
_SLICE = 1 << 20
_GZIP = 31
