"""The parts of a plan: which entries are written, what became of each document, which blobs that takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from inspector.archive.image import Image, NodeKind
from inspector.errors import BlobMissing, ExportError
from inspector.export import legacyconfig
from inspector.export.blobbag import BlobBag
from inspector.export.choose import chosen
from inspector.export.contents import Contents
from inspector.export.convert import Converter
from inspector.export.converted import Converted
from inspector.export.entries import Entry, entries_of, lost_names, without_absent
from inspector.export.options import ExportOptions, Preset
from inspector.export.planned import KEPT, PlannedImage, Recoded
from inspector.export.repairs import Mending, PlannedRepair, with_findings
from inspector.export.storedlayers import LayerStore
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive


class Layout:
    """The parts of a plan: which entries, what became of each document, which blobs."""

    def __init__(
        self,
        archive: ImageArchive,
        options: ExportOptions,
        token: CancelToken,
        sink: ProgressSink,
        recoded: Mapping[Digest, Recoded],
    ) -> None:
        self.archive = archive
        self.options = options
        self.notes: dict[str, None] = {}
        self.contents = Contents(archive)
        self.bag = BlobBag()
        self.mending = Mending(options.repairs)
        layers = LayerStore(self.bag, options, self.mending, recoded, token, sink)
        self.converter = Converter(self.contents, self.bag, layers, options, self.mending)
        all_entries = entries_of(self.contents, self.mending)
        if not all_entries:
            raise ExportError("There is nothing to export", f"{archive.path} lists no image and no other document.")
        all_entries = without_absent(self.contents, all_entries, self.mending)
        self.entries, told = chosen(self.contents, all_entries, options, self.mending)
        self.notes |= dict.fromkeys([*told, *lost_names(archive)])
        self._token = token
        self._sink = sink
        self._made: dict[str, Converted] = {}
        self.rows = [(entry, self._convert(entry)) for entry in self.entries]
        self._refuse_what_was_cut_off()
        self._keep_orphans()

    def _convert(self, entry: Entry) -> Converted:
        self._token.check()
        if isinstance(entry.target, Digest):
            size = entry.descriptor.size if entry.descriptor is not None else None
            return self.converter.document(entry.target, entry.media_type, size)
        done = self._made.get(entry.target.key)
        if done is None:
            config, image = None, entry.target
            if image.v1_ids:
                config, image = legacyconfig.made(self.archive, image, self.options.limits, self._token, self._sink)
            done = self._made[image.key] = self.converter.without_manifest(image, config)
        return done

    def _refuse_what_was_cut_off(self) -> None:
        """Parts may be absent on purpose, but not from an archive that lacks its end: there they were lost."""
        if not any(finding.code in ("ARC-1", "LAYOUT-4") for finding in self.archive.findings):
            return
        for done in self.converter.all():
            lost = [layer for layer in done.layers if layer.digest is None and not layer.is_foreign]
            config_is_lost = (
                done.image is not None and done.image.config_blob is None and done.config_digest is not None
            )
            if lost or not done.present or (config_is_lost and done.old is not None):
                raise BlobMissing(
                    "The archive is cut off",
                    f"{self.archive.path} ends too early, and parts that its images need are not in what is there. "
                    "Get it again, or choose other images.",
                    subject=str(self.archive.path),
                )

    def _keep_orphans(self) -> None:
        """Blobs that nothing refers to, where they are not to be left out; never with a choice of images."""
        options = self.options
        if options.images or options.platforms or options.preset is Preset.CLASSIC_DOCKER:
            return
        for blob in self.archive.blobs.all():
            if blob.claimed is None or blob in self.bag.sources or blob.claimed in self.bag:
                continue
            if blob.member.name.startswith("blobs/") and not self.mending.wants("orphans", blob.member.name, "BLOB-5"):
                self.bag.keep(blob.claimed, blob)

    def repairs(self) -> tuple[PlannedRepair, ...]:
        """What planning met that could be mended, and what opening found that no new archive can have."""
        return with_findings(self.mending.planned(), self.archive.findings, self.options.preset)

    def below(self, entry: Entry) -> list[Converted]:
        """What became of the runnable images that an entry leads to."""
        if isinstance(entry.target, Image):
            return [self._convert(entry)]
        return [
            self.converter.document(node.digest, node.image.manifest_media_type or "")
            for node in self.contents.below(entry.target)
            if node.image is not None and node.image.kind is NodeKind.IMAGE and node.digest is not None
        ]

    def images(self) -> tuple[PlannedImage, ...]:
        """The runnable images, each once, with all the names that lead to it."""
        found: dict[Digest, tuple[Converted, dict[str, None]]] = {}
        for entry in self.entries:
            for done in self.below(entry):
                if done.present:
                    names = found.setdefault(done.digest, (done, {}))[1]
                    if entry.name is not None:
                        names.setdefault(entry.name)
        return tuple(_planned(done, tuple(names)) for done, names in found.values())


def _planned(done: Converted, names: tuple[str, ...]) -> PlannedImage:
    image = done.image
    assert image is not None
    return PlannedImage(
        names=names,
        platform=str(image.platform) if image.platform is not None else None,
        source_manifest_digest=done.old,
        manifest_digest=None if done.waiting else done.digest,
        config_digest=done.config_digest,
        kept=done.action == KEPT,
        id_kept=not image.v1_ids,
    )
