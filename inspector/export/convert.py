"""Documents on their way into the new archive: kept byte for byte wherever they are right, rewritten where they must be.

Manifests of docker save archives are made, Docker's media types become the specification's, what known faulty writers
got wrong is put right. A rewritten document has a new digest, so every index above it is rewritten too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.archive.image import Image, Layer, NodeKind, TreeNode
from inspector.archive.rightstack import right_stack
from inspector.errors import ExportError
from inspector.export import edits
from inspector.export.blobbag import KEPT, REWRITTEN, BlobBag, mismatch, whole
from inspector.export.contents import Contents
from inspector.export.converted import Converted
from inspector.export.edits import Edits, unwanted
from inspector.export.fields import (
    descriptor_fields,
    manifest_fields,
    platform_fault,
    platform_fields,
    top_fields,
)
from inspector.export.made import made_manifest, numbered
from inspector.export.mending import Mending
from inspector.export.options import CONVERTING, ON_INDEXES, ON_MANIFESTS, ExportOptions
from inspector.export.spelling import DESCRIPTOR, INDEX, MANIFEST, in_order, respelled
from inspector.export.storedlayers import LayerStore, StoredLayer
from inspector.language import say, say_all
from inspector.oci import mediatype
from inspector.oci.annotations import DOCKER_REFERENCE_DIGEST
from inspector.oci.descriptor import Descriptor
from inspector.oci.digest import Digest
from inspector.oci.document import Document, compact_json

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.oci.document import Json


Child = tuple[Descriptor, Converted | None]
"""One entry of an index and what became of what it leads to; None where it names nothing."""


_UNUSABLE = frozenset(("MANIF-1", "INDEX-1", "DESC-11"))
"""Faults of fields for which no loader takes a document: there is no digest worth keeping."""


class Converter:
    """Turns documents into what the new archive holds, each once; the blobs they need go into `bag`."""

    def __init__(
        self, contents: Contents, bag: BlobBag, layers: LayerStore, options: ExportOptions, mending: Mending
    ) -> None:
        self._contents = contents
        self._bag = bag
        self._layers = layers
        self._convert = options.converts_docker or options.repairs.get("docker-types", False)
        self._must_convert = options.preset in CONVERTING
        self._mending = mending
        self._edits = Edits(options)
        self._unwanted = unwanted(contents, options)
        self._done: dict[Digest, Converted] = {}
        self._made: list[Converted] = []
        self._open: set[Digest] = set()

    def all(self) -> list[Converted]:
        """Everything converted so far, in the order in which it was asked for."""
        return [*self._done.values(), *self._made]

    def new_digest(self, digest: Digest) -> Digest:
        """What a document of the source is called now; itself if it did not change."""
        done = self._done.get(digest)
        return done.digest if done is not None else digest

    def document(self, digest: Digest, media_type: str, size: int | None = None) -> Converted:
        """The document called `digest`, as a descriptor of `media_type` refers to it; `size` is what that states.

        Raises `BlobMismatch` if its bytes are others.
        """
        done = self._done.get(digest)
        if done is None:
            done = self._document(digest, media_type, size)
            self._done[digest] = done
        return done

    def _document(self, digest: Digest, media_type: str, size: int | None) -> Converted:
        node = self._contents.nodes.get(digest)
        blob = node.blob if node is not None else self._contents.archive.blobs.find(digest)
        if blob is None:
            return Converted(media_type, digest, None, KEPT, ("BLOB-6",), old=digest, old_size=size)
        whole(blob)
        document = node.document if node is not None else None
        if document is not None and digest.algorithm == "sha256" and document.digest != digest:
            raise mismatch(blob.member.name, digest, document.digest)
        if node is None or document is None or digest in self._open:
            self._bag.keep(digest, blob)
            return Converted(media_type, digest, blob.size, KEPT, old=digest, old_size=blob.size)
        self._open.add(digest)
        try:
            if node.index is not None and node.image is None:
                return self._index(node, document, blob, digest, media_type)
            if node.image is not None and node.image.parsed_manifest is not None:
                return self._manifest(node.image, document, blob, digest, media_type)
        finally:
            self._open.discard(digest)
        if node.image is not None:
            raise ExportError(
                "An outdated manifest",
                say(
                    "%s is a Docker schema 1 manifest: it has no config, and no registry or engine of today takes it. Pull the image again with a current tool.",
                    document.name,
                ),
                subject=document.name,
            )
        self._bag.keep(digest, blob)
        return Converted(media_type, digest, blob.size, KEPT, old=digest, old_size=blob.size)

    # indexes -------------------------------------------------------------------------------------------

    def _converts(self, where: str, types: Iterable[str]) -> bool:
        """Whether Docker's media types of one document become the specification's."""
        if all(mediatype.to_oci(media_type) == media_type for media_type in types):
            return self._convert
        if self._must_convert or not self._convert:
            self._mending.note("docker-types", where, "MEDIA-1", made=self._must_convert)
            return self._must_convert
        return self._mending.wants("docker-types", where, "MEDIA-1")

    def _index(self, node: TreeNode, document: Document, blob: Blob, digest: Digest, media_type: str) -> Converted:
        index = node.index
        assert index is not None
        assert isinstance(document.value, dict)
        where = f"index {digest}"
        children = [
            (child, self.document(child.digest, child.media_type, child.size) if child.digest is not None else None)
            for child in index.manifests
            if child.digest not in self._unwanted
        ]
        own = _type_of(mediatype.is_index, index.media_type, media_type)
        wanted = mediatype.to_oci(own) if self._converts(where, [own]) else own
        whys = ["MEDIA-1"] if wanted != own else []
        if any(done is not None and done.action == REWRITTEN for _, done in children):
            whys.append(say("a document below it changed"))
        whys += [edits.LEFT_OUT] if len(children) < len(index.manifests) else []
        children, is_pruned = self._without_absent(children, where)
        whys += ["BLOB-6"] if is_pruned else []
        kept = [(child, done) for child, done in children if done is not None and done.action == KEPT and done.present]
        sizes = [child for child, done in kept if child.size != done.size]
        if sizes and self._mending.wants("sizes", where, "DESC-4"):
            whys.append("DESC-4")
        fields, codes = top_fields(respelled(document.value, INDEX), wanted, is_index=True)
        rows, more = self._entries(children)
        if self._edits.annotate(fields, ON_INDEXES):
            whys.append(edits.ANNOTATIONS)
        if (codes or more) and self._wants_fields(where, [*codes, *more], whys):
            whys += dict.fromkeys([*codes, *more])
        if not whys:
            self._bag.keep(digest, blob)
            return Converted(own, digest, blob.size, KEPT, old=digest, old_size=blob.size, fields=document.value)
        moved = {str(done.old): str(done.digest) for _, done in children if done is not None and done.old is not None}
        entries: list[Json] = []
        for (child, done), right in zip(children, rows, strict=True):
            entry = right if more and more[0] in whys else respelled(child.raw, DESCRIPTOR)
            if done is not None and done.present and (done.action != KEPT or "DESC-4" in whys):
                entry |= {"mediaType": done.media_type, "digest": str(done.digest)}
                if child.size != done.size or done.digest != child.digest:
                    entry["size"] = done.size
                    entry.pop("data", None)
            annotations = entry.get("annotations")
            if isinstance(annotations, dict) and str(annotations.get(DOCKER_REFERENCE_DIGEST)) in moved:
                told = str(annotations[DOCKER_REFERENCE_DIGEST])
                entry["annotations"] = annotations | {DOCKER_REFERENCE_DIGEST: moved[told]}
            entries.append(entry)
        fields |= {"mediaType": wanted, "manifests": entries}
        return self._rewritten(in_order(fields, INDEX), wanted, blob, digest, whys, [d for _, d in children if d])

    def _wants_fields(self, where: str, codes: Sequence[str], whys: Sequence[str]) -> bool:
        """Whether to mend fields: once the digest is new anyway, and where no loader would take the document as it is."""
        default = bool(whys) or not _UNUSABLE.isdisjoint(codes)
        return self._mending.wants("document-fields", where, *codes, default=default)

    def _without_absent(self, children: list[Child], where: str) -> tuple[list[Child], bool]:
        """The children that are there, if the others are to go; so go attestations of those that went."""
        gone = {child.digest for child, done in children if done is not None and not done.present}
        if not gone or len(gone) == len(children) or not self._mending.wants("prune-absent", where, "BLOB-6"):
            return children, False
        told = {str(digest) for digest in gone}
        left = [
            (child, done)
            for child, done in children
            if child.digest not in gone and child.annotations.get(DOCKER_REFERENCE_DIGEST) not in told
        ]
        return (left, True) if left else (children, False)

    def _entries(self, children: Iterable[Child]) -> tuple[list[dict[str, Json]], list[str]]:
        """The entries of a nested index with right fields, and the codes of what was wrong in them."""
        children = list(children)
        images = [done.image for _, done in children if done is not None and done.image is not None]
        is_alone = len({str(image.platform) for image in images if image.kind is NodeKind.IMAGE}) < 2
        rows, codes = [], []
        for child, done in children:
            image = done.image if done is not None else None
            entry, found = descriptor_fields(child.raw, child, is_entry=True, image=image)
            fault = platform_fault(image, child.platform, is_alone=is_alone)
            own = platform_fields(image.platform) if fault and image is not None and image.platform else None
            if own is not None:
                entry["platform"] = own
                found.append(fault)
            rows.append(entry)
            codes += found
        return rows, codes

    def _rewritten(
        self,
        fields: dict[str, Json],
        media_type: str,
        blob: Blob,
        digest: Digest,
        whys: list[str],
        below: list[Converted],
    ) -> Converted:
        data = compact_json(fields)
        new = self._bag.document(data, REWRITTEN, say_all(whys, ", "), source=blob)
        waiting = any(done.waiting for done in below)
        return Converted(
            media_type, new, len(data), REWRITTEN, tuple(whys), waiting, old=digest, old_size=blob.size, fields=fields
        )

    # manifests that are stored -------------------------------------------------------------------------

    def _manifest(self, image: Image, document: Document, blob: Blob, digest: Digest, media_type: str) -> Converted:
        manifest = image.parsed_manifest
        assert manifest is not None
        assert isinstance(document.value, dict)
        where = f"manifest {digest}"
        own = _type_of(mediatype.is_manifest, manifest.media_type, media_type)
        is_docker = mediatype.is_docker(own)
        stated = [manifest.config, *manifest.layers]
        convert = self._converts(where, [own, *(one.media_type for one in stated if one is not None)])
        wanted = mediatype.to_oci(own) if convert else own
        whys = ["MEDIA-1"] if wanted != own else []
        config = self._config_descriptor(image, convert=convert, whys=whys)
        if self._mending.chosen.get("layer-order"):
            self._layers.learn_diff_ids(image)
        stack = right_stack(self._contents.archive, image)
        repair = "layer-order" if stack is not None and stack[1] == "MANIF-5" else "layer-list"
        if stack is not None and self._mending.wants(repair, where, stack[1]):
            whys.append(stack[1])
            stored = [
                self._placed(image, number, blob, convert=convert, by_order=stack[1] == "MANIF-5")
                for number, blob in enumerate(stack[0])
            ]
        else:
            stored = [
                self._layers.of_manifest(image, layer, convert=convert, local=self._local(image, layer))
                for layer in image.layers
                if layer.descriptor is not None
            ]
            whys += [why for layer in stored for why in layer.whys]
        if config is not None and "platform" in config:
            default = bool(whys) or _has_misplaced_platform(self._contents, image)  # a new digest costs nothing more
            if self._mending.wants("config-platform", where, "DESC-13", default=default):
                del config["platform"]
                whys.append("DESC-13")
        layers = [layer.descriptor for layer in stored]
        fields = respelled(document.value, MANIFEST)
        right, codes = manifest_fields(fields | {"config": config, "layers": list(layers)}, manifest, own or wanted)
        if image.kind is NodeKind.IMAGE and self._edits.annotate(fields, ON_MANIFESTS):
            self._edits.annotate(right, ON_MANIFESTS)
            whys.append(edits.ANNOTATIONS)
        if codes and self._wants_fields(where, codes, whys):
            whys += codes
            fields, config = right, right["config"]  # type: ignore[assignment]
            layers = right["layers"] if stack is None else layers  # type: ignore[assignment]
        is_edited = edits.LABELS in whys
        facts = {
            "old": digest,
            "old_size": blob.size,
            "image": image,
            "config_digest": Digest.parse(str(config["digest"])) if config and is_edited else image.config_digest,
            "is_edited": is_edited,
            "layers": tuple(stored),
        }
        if not whys:
            self._bag.keep(digest, blob)
            return Converted(own, digest, blob.size, KEPT, **facts)  # type: ignore[arg-type]
        fields["schemaVersion"] = 2
        if own or not is_docker:
            fields["mediaType"] = wanted or mediatype.OCI_MANIFEST
        fields.pop("config", None)
        if config is not None:
            fields["config"] = config
        fields["layers"] = [in_order(respelled(layer, DESCRIPTOR), DESCRIPTOR) for layer in layers]
        data = compact_json(in_order(fields, MANIFEST))
        whys = list(dict.fromkeys(whys))
        waiting = any(layer.waiting for layer in stored)
        new = self._bag.document(data, REWRITTEN, say_all(whys, ", "), source=blob)
        return Converted(wanted, new, len(data), REWRITTEN, tuple(whys), waiting, **facts)  # type: ignore[arg-type]

    def _config_descriptor(self, image: Image, *, convert: bool, whys: list[str]) -> dict[str, Json] | None:
        """The manifest's config descriptor, put right; the config itself goes into the bag unchanged."""
        stated = image.config_descriptor
        if stated is None:
            return None
        raw = respelled(stated.raw, DESCRIPTOR)
        wanted = mediatype.to_oci(stated.media_type) if convert else stated.media_type
        if wanted != stated.media_type:
            raw["mediaType"] = wanted
            whys.append("MEDIA-1")
        if image.config_blob is not None and stated.digest is not None:
            document = image.config
            if document is not None and stated.digest.algorithm == "sha256" and document.digest != stated.digest:
                raise mismatch(image.config_blob.member.name, stated.digest, document.digest)
            edited = self._edits.config(image)
            if edited is not None:
                raw["digest"] = str(self._bag.document(edited, REWRITTEN, edits.LABELS, source=image.config_blob))
                raw["size"] = len(edited)
                raw.pop("data", None)
                whys.append(edits.LABELS)
                return in_order(raw, DESCRIPTOR)
            self._bag.keep(stated.digest, image.config_blob)
            if stated.size != image.config_blob.size and self._mending.wants(
                "sizes", f"config {stated.digest}", "DESC-4"
            ):
                raw["size"] = image.config_blob.size
                whys.append("DESC-4")
        return in_order(raw, DESCRIPTOR)

    def _placed(self, image: Image, number: int, blob: Blob, *, convert: bool, by_order: bool) -> StoredLayer:
        """A layer at its right place; one that merely stood at another keeps its descriptor, annotations included."""
        layer = numbered(image, number, blob)
        own = next((one for one in image.layers if one.blob is blob and one.descriptor is not None), None)
        if by_order and own is not None:
            return self._layers.of_manifest(
                image, replace(own, number=layer.number, diff_id=layer.diff_id), convert=convert
            )
        return self._layers.of_blob(layer, blob)

    def _local(self, image: Image, layer: Layer) -> Blob | None:
        """The plain bytes of a layer that the manifest refers to in vain, if the archive holds them by their diffID."""
        if image.kind is not NodeKind.IMAGE or layer.blob is not None or layer.diff_id is None:
            return None
        local = self._contents.archive.blobs.find(layer.diff_id)
        if local is None or (layer.media_type and not mediatype.is_layer(layer.media_type)):
            return None
        repair = "foreign-layers" if mediatype.is_foreign(layer.media_type) else "layer-list"
        code = "BLOB-6" if layer.digest is not None else "DESC-2"
        where = f"layer {layer.digest or layer.diff_id}"
        return local if self._mending.wants(repair, where, code) else None

    def without_manifest(self, image: Image, config: bytes | None = None) -> Converted:
        """The manifest for an image that has none (see `made.made_manifest`). `config`: made for Docker up to 1.9."""
        done = made_manifest(self._contents, self._bag, self._layers, self._edits, image, config)
        self._made.append(done)
        return done


def _type_of(fits: Callable[[str], bool], own: str, stated: str) -> str:
    """The media type of a document of a known shape: its own one, else that of its descriptor; a contradiction is neither."""
    return own if fits(own) or (not own and not fits(stated)) else stated if fits(stated) else own


def _has_misplaced_platform(contents: Contents, image: Image) -> bool:
    """DESC-13 in a manifest that docker save made on the spot (25.0.0 to 25.0.5, 26.0.0).

    A manifest that came from a registry is left alone: others may have signed it. It is told by compressed layers,
    which the graph driver never has, and by manifest.json, where only the graph driver writes LayerSources for plain ones.
    """
    config, entry = image.config_descriptor, contents.docker_entry(image)
    if config is None or config.platform is None or len(image.path) != 1 or entry is None or not entry.layer_sources:
        return False
    return all(layer.blob is None or layer.blob.compression is Compression.NONE for layer in image.layers)
