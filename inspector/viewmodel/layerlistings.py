"""What is in the layers of one open archive, as far as it was read: each layer is listed once, and its tar kept open a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from inspector.layers.content import open_layer
from inspector.layers.stack import ImageListings, list_image

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image, Layer
    from inspector.archive.limits import Limits
    from inspector.archive.source import ByteSource
    from inspector.layers.cache import ListingCache
    from inspector.layers.table import Listing
    from inspector.progress import CancelToken, ProgressSink

CACHED_ENTRIES = 1_000_000
"""File entries of layers that were listed, kept for going back to them (some 100 bytes each)."""

_OPEN_TARS = 8


class LayerListings:
    """Listings by blob, from any thread; those that an earlier start kept on disk (`cache`) are unconfirmed until read again.

    `learned` is told of every listing that is kept: it may have findings, and a diffID that is not the stated one.
    """

    def __init__(self, cache: ListingCache | None, learned: Callable[[Layer, Listing], None]) -> None:
        self._cache = cache
        self._learned = learned
        self._lock = threading.Lock()
        self._closed = False
        self._listings: OrderedDict[Blob, Listing] = OrderedDict()
        self._unconfirmed: set[Blob] = set()
        """Whose listings are from the cache, and nothing was computed since."""
        self._tars: OrderedDict[Blob, ByteSource] = OrderedDict()

    def known(self) -> dict[Blob, Listing]:
        """Listings made so far."""
        with self._lock:
            return dict(self._listings)

    def read(self) -> dict[Blob, Listing]:
        """Those of `known` that were read since the archive was opened: findings of theirs are complete."""
        return {blob: listing for blob, listing in self.known().items() if blob not in self._unconfirmed}

    def of(self, layers: Iterable[Layer]) -> dict[Blob, Listing]:
        """Listings of these layers made so far, or kept on disk by an earlier start; for workers."""
        found = self.known()
        if self._cache is None:
            return found
        wanted = {layer.blob: layer for layer in layers if layer.blob is not None and layer.blob not in found}
        for blob, layer in wanted.items():
            listing = self._cache.load(blob, layer.diff_id)
            if listing is not None:
                self.keep(layer, listing)
                self._unconfirmed.add(blob)
                found[blob] = listing
        return found

    def of_image(
        self, image: Image, limits: Limits, token: CancelToken, sink: ProgressSink, *, up_to: int | None = None
    ) -> ImageListings:
        """Those of all layers of an image, or of the layers up to number `up_to`; reads what is not known, and keeps it.

        For workers. Raises as `layers.stack.list_image`.
        """
        found = list_image(
            image,
            up_to=up_to,
            known=self.of(image.layers[:up_to]),
            token=token,
            sink=sink,
            limits=limits,
            on_layer=lambda number, listing: self.keep(image.layers[number - 1], listing),
        )
        token.check()
        return found

    def unconfirmed(self, layers: Iterable[Layer]) -> list[Layer]:
        """Those whose listings are from the cache: shown, but not verified."""
        return [layer for layer in layers if layer.blob in self._unconfirmed]

    def confirm(self, layer: Layer, fresh: Listing) -> bool:
        """Take over what was computed of a layer that is shown from the cache; False if it has to be shown anew."""
        blob = layer.blob
        if blob is None:
            return True
        with self._lock:
            self._unconfirmed.discard(blob)
            self._tars.pop(blob, None)
            shown = self._listings.get(blob)
        if shown is None or not shown.same_rows(fresh):
            if self._cache is not None:
                self._cache.clear()  # what was wrong once is not trusted again
            self.keep(layer, fresh)
            return False
        as_told = shown.findings == fresh.findings
        shown.digest, shown.diff_id, shown.findings = fresh.digest, fresh.diff_id, fresh.findings
        shown.checkpoints = fresh.checkpoints
        self.keep(layer, shown)
        return as_told

    def keep(self, layer: Layer, listing: Listing) -> None:
        """Remember a listing, here and for the next start. Those that were not used for longest go first."""
        if self._cache is not None and layer.blob is not None and self._listings.get(layer.blob) is not listing:
            self._cache.keep(layer.blob, listing)
        self._learned(layer, listing)
        with self._lock:
            if layer.blob is None or self._closed:
                return
            self._listings[layer.blob] = listing
            if listing.digest is not None:
                self._unconfirmed.discard(layer.blob)
            self._listings.move_to_end(layer.blob)
            while len(self._listings) > 1 and sum(map(len, self._listings.values())) > CACHED_ENTRIES:
                self._listings.popitem(last=False)

    def tar_of(self, blob: Blob, listing: Listing, limits: Limits) -> ByteSource:
        """The uncompressed tar of a layer. Kept open: a second read in a compressed one starts where the first has been."""
        with self._lock:
            tar = self._tars.get(blob)
            if tar is None:
                tar = self._tars[blob] = open_layer(blob, listing, limits)
            self._tars.move_to_end(blob)
            while len(self._tars) > _OPEN_TARS:
                self._tars.popitem(last=False)
        return tar

    def take_over(self, other: LayerListings) -> None:
        """Know what `other`, of the same open archive, knows."""
        with other._lock:
            self._listings = OrderedDict(other._listings)
            self._unconfirmed = set(other._unconfirmed)

    def close(self) -> None:
        """Forget all, and keep nothing that still comes."""
        # Without the lock: a worker may hold it while a slow disk answers, and the window waits for nobody.
        self._closed = True
        self._listings.clear()
        self._tars.clear()
