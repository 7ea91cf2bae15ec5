"""How each layer is stored in the new archive, and the descriptor that says so."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob, compute_digest
from inspector.archive.compression import Compression
from inspector.archive.image import Image, Layer, NodeKind
from inspector.errors import BlobMismatch, BlobMissing
from inspector.export.blobbag import BlobBag, mismatch, stand_in, whole
from inspector.export.layerreader import LayerReader
from inspector.export.mending import Mending
from inspector.export.options import ExportOptions
from inspector.export.planned import Recoded, ToRecode
from inspector.export.recompress import Encoding
from inspector.language import mark, say
from inspector.oci import mediatype
from inspector.oci.annotations import depends_on_stored_bytes
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink

if TYPE_CHECKING:
    from inspector.oci.document import Json

_COMPARING = mark("Comparing diffIDs")
_OCI_CAN = (Compression.NONE, Compression.GZIP, Compression.ZSTD)


@dataclass(frozen=True, slots=True, eq=False)
class StoredLayer:
    """`descriptor` goes into the manifest. `digest` names the stored bytes of a layer that the new archive holds
    (a stand-in while `waiting` for a compression); None for one that it does not hold. `whys`: what changed, as codes of findings or words.
    """

    descriptor: dict[str, Json]
    digest: Digest | None
    is_tar: bool
    whys: tuple[str, ...] = ()
    waiting: bool = False
    blob: Blob | None = None
    """The bytes of the source that it is made of."""

    @property
    def is_foreign(self) -> bool:
        """Whether its descriptor says that it may lie elsewhere."""
        return mediatype.is_foreign(str(self.descriptor.get("mediaType", "")))


class LayerStore:
    """Decides about layers, once per blob, and puts them into the bag."""

    def __init__(
        self,
        bag: BlobBag,
        options: ExportOptions,
        mending: Mending,
        recoded: Mapping[Digest, Recoded],
        token: CancelToken,
        sink: ProgressSink,
        place: int = 0,
    ) -> None:
        self._bag = bag
        self._place = place
        self._mending = mending
        self._wanted = options.encoding()
        self._forced = options.is_forced
        self._limits = options.limits
        self._recoded = recoded
        self._token = token
        self._sink = sink

    def learn_diff_ids(self, image: Image) -> None:
        """Inflate the image's compressed layers to know what they are; one that is damaged stays unknown."""
        blobs = [layer.blob for layer in image.layers if layer.blob is not None]
        waiting = [b for b in blobs if b.compression is not Compression.NONE and b.diff_id is None]
        total, done = sum(blob.size for blob in waiting), 0
        for blob in waiting:
            reader = LayerReader(whole(blob), self._token, self._limits)
            with suppress(BlobMismatch):
                for _ in reader.plain():
                    self._sink(Progress(_COMPARING, done + reader.read, total, blob.member.name))
                reader.record()
            done += blob.size

    # layers of stored manifests ------------------------------------------------------------------------

    def of_manifest(self, image: Image, layer: Layer, *, convert: bool, local: Blob | None = None) -> StoredLayer:
        """A layer that a stored manifest lists. `convert`: Docker's types become the specification's.

        `local`: the uncompressed bytes of a layer that the manifest refers to in vain, as Docker 25 and later stores foreign ones.
        """
        descriptor = layer.descriptor
        assert descriptor is not None
        raw = dict(descriptor.raw)
        where = say("layer %s", descriptor.digest or layer.diff_id or layer.number)
        if local is not None and layer.diff_id is not None:
            self._bag.keep(layer.diff_id, local)
            raw.pop("urls", None)
            foreign = mediatype.is_foreign(descriptor.media_type)
            ordinary = not foreign or self._is_ordinary_now(where)
            plain = mediatype.OCI_LAYER if ordinary else mediatype.OCI_NONDISTRIBUTABLE
            raw |= {"mediaType": plain, "digest": str(layer.diff_id), "size": local.size}
            raw.pop("data", None)
            whys = (
                say("foreign layer stored here uncompressed") if foreign else say("layer stored here uncompressed"),
            )
            return StoredLayer(raw, layer.diff_id, is_tar=True, whys=whys, blob=local)
        media_type = descriptor.media_type
        is_layer = image.kind is NodeKind.IMAGE and mediatype.is_layer(media_type)
        if layer.blob is None or descriptor.digest is None:
            wanted = mediatype.to_oci(media_type) if convert else media_type
            raw["mediaType"] = wanted
            return StoredLayer(raw, None, is_layer, ("MEDIA-1",) if wanted != media_type else ())
        if is_layer and not mediatype.is_encrypted(media_type):
            encoding = self._encoding_for(layer.blob, foreign=mediatype.is_foreign(media_type))
            if encoding is not None:
                docker = not convert and _is_docker(media_type)
                return self._recode(layer.blob, encoding, raw, layer.diff_id, docker=docker)
        digest, why = self._under_sha256(descriptor.digest, layer.blob, where)
        changes = [why] if why else []
        self._bag.keep(digest, layer.blob)
        wanted = self._label(media_type, layer.blob, where, convert=convert) if is_layer else media_type
        if wanted != media_type:
            changes.append("MEDIA-1" if _is_docker(media_type) and convert else "MANIF-9")
        if is_layer and mediatype.is_foreign(wanted) and self._is_ordinary_now(where):
            wanted = mediatype.layer_type(mediatype.declared_compression(wanted) or "none")
            raw.pop("urls", None)
            changes.append("LAYER-20")
        if descriptor.size != layer.blob.size and self._mending.wants("sizes", where, "DESC-4"):
            raw["size"] = layer.blob.size
            changes.append("DESC-4")
        if changes:
            raw |= {"mediaType": wanted, "digest": str(digest)}
        is_tar = is_layer and not mediatype.is_encrypted(media_type)
        return StoredLayer(raw, digest, is_tar, tuple(changes), blob=layer.blob)

    def _is_ordinary_now(self, where: str) -> bool:
        return self._mending.wants("distributable", where, "LAYER-20")

    def _under_sha256(self, digest: Digest, blob: Blob, where: str) -> tuple[Digest, str]:
        """The digest to call `blob` by, and why it is another. A new one is given only to bytes that were seen to be those of the old one."""
        if digest.algorithm == "sha256":
            return digest, ""
        if not digest.checkable:
            self._mending.note("sha256", where, "BLOB-4", made=False)
            return digest, ""
        if not self._mending.wants("sha256", where, "BLOB-4"):
            return digest, ""
        found = compute_digest(blob, self._token, self._sink, digest.algorithm, stage=mark("Computing digests"))
        if found != digest:
            raise mismatch(blob.member.name, digest, found)
        return blob.computed or compute_digest(blob, self._token, self._sink, stage=mark("Computing digests")), "BLOB-4"

    def _label(self, media_type: str, blob: Blob, where: str, *, convert: bool) -> str:
        """The type that tells the truth about the stored bytes; `media_type` itself wherever it does."""
        if mediatype.is_encrypted(media_type) or blob.compression not in _OCI_CAN:
            return mediatype.to_oci(media_type) if convert else media_type
        true = blob.compression.value
        fits = mediatype.declared_compression(media_type) == true
        if not fits:
            # Docker's plain type stands on compressed blobs, too: no lie there, only silence.
            silent = media_type == mediatype.DOCKER_LAYER
            fits = not (silent and convert) and not self._mending.wants("compression-labels", where, "MANIF-9")
        if fits:
            return mediatype.to_oci(media_type) if convert or not _is_docker(media_type) else media_type
        if _is_docker(media_type) and not convert:
            return _docker_type(true)
        return mediatype.layer_type(true, nondistributable=mediatype.is_foreign(media_type))

    # layers of manifests that are made here ------------------------------------------------------------

    def of_files(self, image: Image, layer: Layer, foreign: Mapping[str, Json] | None = None) -> StoredLayer:
        """A layer that only manifest.json lists. `foreign`: its entry in LayerSources, if it has one there.

        Raises `BlobMissing` if the archive lacks it and nothing says where it is.
        """
        is_foreign = foreign is not None and mediatype.is_foreign(str(foreign.get("mediaType", "")))
        if layer.blob is None:
            if is_foreign and foreign is not None:
                raw = dict(foreign)
                raw["mediaType"] = mediatype.to_oci(str(raw.get("mediaType", "")))
                return StoredLayer(raw, None, is_tar=True)
            raise missing(image, layer)
        return self.of_blob(layer, layer.blob, foreign=is_foreign)

    def of_blob(self, layer: Layer, blob: Blob, *, foreign: bool = False) -> StoredLayer:
        """A layer whose descriptor is made from its stored bytes."""
        encoding = self._encoding_for(blob, foreign=foreign)
        if encoding is not None:
            return self._recode(blob, encoding, {}, layer.diff_id)
        digest = self.digest_of(layer, blob)
        self._bag.keep(digest, blob)
        media_type = mediatype.layer_type(blob.compression.value, nondistributable=foreign)
        return StoredLayer(
            {"mediaType": media_type, "digest": str(digest), "size": blob.size}, digest, is_tar=True, blob=blob
        )

    def digest_of(self, layer: Layer, blob: Blob) -> Digest:
        """The digest of a layer's stored bytes; read to its end if nothing states it."""
        if layer.blob is blob and layer.digest is not None:
            return layer.digest
        if blob.compression is Compression.NONE and layer.diff_id is not None:
            return layer.diff_id
        return blob.computed or compute_digest(blob, self._token, self._sink, stage=mark("Computing digests"))

    # compressing anew ----------------------------------------------------------------------------------

    def _encoding_for(self, blob: Blob, *, foreign: bool) -> Encoding | None:
        """How the layer must be stored instead; None if it stays as it is."""
        if blob.compression not in _OCI_CAN:
            self._mending.note("layer-coding", blob.member.name)  # the specification has no type for xz, bzip2 and lz4
            return self._wanted or Encoding(Compression.NONE, 0)
        if self._wanted is None or foreign:
            return None
        same = blob.compression is self._wanted.compression
        return None if same and not (self._forced and self._wanted.level) else self._wanted

    def _recode(
        self, blob: Blob, encoding: Encoding, raw: dict[str, Json], diff_id: Digest | None, *, docker: bool = False
    ) -> StoredLayer:
        word = encoding.compression.value
        why = say("layers as %s", encoding) if word != "none" else say("layers uncompressed")
        waiting = stand_in(blob, self._place)
        done = self._recoded.get(waiting)
        digest = done.digest if done is not None else waiting
        if done is not None:
            self._bag.recoded(blob, done, why)
        else:
            self._bag.recode(ToRecode(blob, waiting, encoding, diff_id), why)
        raw["mediaType"] = _docker_type(word) if docker else mediatype.layer_type(word)
        raw |= {"digest": str(digest), "size": done.size if done is not None else 0}
        raw.pop("data", None)
        annotations = raw.get("annotations")
        if isinstance(annotations, dict):
            left = {key: value for key, value in annotations.items() if not depends_on_stored_bytes(key)}
            raw["annotations"] = left
            if not left:
                del raw["annotations"]
        return StoredLayer(raw, digest, is_tar=True, whys=(why,), waiting=done is None, blob=blob)


def missing(image: Image, layer: Layer) -> BlobMissing:
    """The error for a layer without which an image cannot be written."""
    name = image.names[0] if image.names else image.key
    return BlobMissing(
        "A layer is missing",
        say(
            "Layer %(number)s of %(name)s (%(diff_id)s) is not in the archive, so no manifest can be made for this image. Export the other images with --image, or get the archive again.",
            number=layer.number,
            name=name,
            diff_id=layer.diff_id or layer.digest or say("digest unknown"),
        ),
        subject=name,
    )


def _is_docker(media_type: str) -> bool:
    return mediatype.is_docker(media_type.removesuffix("+encrypted"))


def _docker_type(word: str) -> str:
    return mediatype.DOCKER_LAYER if word == "none" else f"{mediatype.DOCKER_LAYER}.{word}"
