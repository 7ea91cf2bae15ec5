"""The layers of one image: each listed once, and compared with what its config says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspector.archive.blobstore import Blob
from inspector.archive.image import Image, Layer
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.errors import BlobError, BlobMissing, InspectorError, LayerError
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import say, say_all
from inspector.layers.listing import OnRows, list_layer
from inspector.layers.table import Listing
from inspector.oci.mediatype import in_words, is_encrypted, is_layer
from inspector.progress import CancelToken, ProgressSink, ignore_progress


def list_image_layer(
    layer: Layer,
    image: Image | None = None,
    *,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
    on_rows: OnRows | None = None,
    with_digests: bool = True,
) -> Listing:
    """`list_layer` for a layer of an image, with finding CONFIG-4 or MANIF-5 if its diffID is not what the config says.

    Raises `BlobMissing` if the archive does not hold it, `LayerError` with the media type's name if it is no tar, and
    as `list_layer` does.
    """
    if layer.blob is None:
        raise BlobMissing(
            say("Layer %s is not in the archive", layer.number),
            say(
                "%s is named but its bytes are not stored here. The image was probably saved without it; save it again, with all its layers.",
                layer.digest or say("The layer"),
            ),
            subject=layer.digest or "",
        )
    try:
        listing = list_layer(
            layer.blob, token=token, sink=sink, limits=limits, on_rows=on_rows, with_digests=with_digests
        )
    except LayerError as error:
        raise _with_media_type(error, layer.media_type) from error
    if not len(listing) and is_encrypted(layer.media_type):
        raise _encrypted(layer.blob.member.name, layer.media_type)
    listing.findings += compare_diff_id(layer, listing, image)
    return listing


def _with_media_type(error: LayerError, media_type: str | None) -> LayerError:
    if is_encrypted(media_type):
        return _encrypted(error.subject, media_type)
    if media_type is not None and not is_layer(media_type):
        told = say_all((in_words(media_type), f" ({media_type}): ", say(error.message)), "")
        return LayerError(error.title, told, subject=error.subject)
    return error


def _encrypted(name: str, media_type: str | None) -> LayerError:
    return LayerError(
        "The layer is encrypted",
        say(
            "%(name)s: its media type is %(media_type)s. Its files can be seen only after it was decrypted with its owner's key.",
            name=name,
            media_type=media_type,
        ),
        subject=name,
    )


def compare_diff_id(layer: Layer, listing: Listing, image: Image | None = None) -> tuple[Finding, ...]:
    """One finding if the computed diffID is not the stated one: MANIF-5 if it is another layer's, else CONFIG-4."""
    found, stated = listing.diff_id, layer.diff_id
    if found is None or stated is None or found == stated or found.algorithm != stated.algorithm:
        return ()
    where = Where(
        image.config.name if image is not None and image.config is not None else "config",
        pointer=f"$.rootfs.diff_ids[{layer.number - 1}]",
        digest=layer.digest,
    )
    others = [other.number for other in image.layers if other.diff_id == found] if image is not None else []
    if others:
        finding = Finding(
            "MANIF-5",
            Severity.ERROR,
            say("Layer %s is not in its place", layer.number),
            say(
                "Its content is that of layer %s of the config: the layers are out of order, as Docker 25.0.0 wrote them. Loaders refuse it or build a wrong file system.",
                others[0],
            ),
            where,
            stated,
            found,
            Fix.AUTOMATIC,
            "image-spec manifest.md, layers",
        )
    else:
        finding = Finding(
            "CONFIG-4",
            Severity.ERROR,
            say("Layer %s is not what the config says", layer.number),
            say(
                "The uncompressed tar has another digest than diff_ids[%s] of the config: layer or config is damaged or was changed. Docker refuses to load it.",
                layer.number - 1,
            ),
            where,
            stated,
            found,
            Fix.NONE,
            "image-spec config.md, rootfs.diff_ids",
        )
    return (finding,)


@dataclass(frozen=True, slots=True)
class ImageListings:
    """One listing per layer of an image, base first.

    A layer that cannot be read has an empty, incomplete one, and `errors` says why (by layer number, from 1).
    """

    listings: tuple[Listing, ...]
    errors: Mapping[int, InspectorError]

    @property
    def complete(self) -> bool:
        """Whether every layer was read to its end."""
        return not self.unread

    @property
    def unread(self) -> tuple[int, ...]:
        """Numbers of the layers that could not be read, or not to their end."""
        cut = (number for number, listing in enumerate(self.listings, 1) if not listing.complete)
        return tuple(sorted({*self.errors, *cut}))


def list_image(
    image: Image,
    *,
    up_to: int | None = None,
    known: Mapping[Blob, Listing] | None = None,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
    on_layer: Callable[[int, Listing], None] | None = None,
    with_digests: bool = True,
) -> ImageListings:
    """The listings of all layers, or of those up to number `up_to`; layers that share a blob share a listing.

    Listings in `known` are not made again. `on_layer` gets the number and listing of each layer that could be read. What is
    wrong with one layer (`BlobError`, `LayerError`) does not stop the others.

    Raises `LayerError` if there are layers and none of them is a tar; `LimitReached`, `Cancelled`, `SourceChanged`.
    """
    made: dict[Blob, Listing] = dict(known or {})
    listings: list[Listing] = []
    errors: dict[int, InspectorError] = {}
    for layer in image.layers[:up_to]:
        listing = made.get(layer.blob) if layer.blob is not None else None
        if listing is None:
            try:
                listing = list_image_layer(
                    layer, image, token=token, sink=sink, limits=limits, with_digests=with_digests
                )
            except (BlobError, LayerError) as error:
                errors[layer.number] = error
                listing = Listing()
            else:
                if layer.blob is not None:
                    made[layer.blob] = listing
        listings.append(listing)
        if on_layer is not None and layer.number not in errors:
            on_layer(layer.number, listing)
    refused = [error for error in errors.values() if isinstance(error, LayerError)]
    if refused and len(refused) == len(listings):
        raise refused[0]
    return ImageListings(tuple(listings), errors)
