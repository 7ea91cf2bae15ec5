"""The parts of a plan: which entries are written, what became of each document, which blobs that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.archive.image import Image, NodeKind
from inspector.errors import BlobMissing, ExportError, UsageError
from inspector.export import legacyconfig
from inspector.export.blobbag import BlobBag
from inspector.export.choose import chosen, meant
from inspector.export.contents import Contents
from inspector.export.convert import Converter
from inspector.export.converted import Converted
from inspector.export.edits import Edits
from inspector.export.entries import Entry, entries_of, lost_names, without_absent
from inspector.export.joining import joined
from inspector.export.mending import Mending, PlannedRepair, with_findings
from inspector.export.names import named, without_repeats
from inspector.export.options import ExportOptions, Preset
from inspector.export.planned import KEPT, PlannedImage, Recoded
from inspector.export.storedlayers import LayerStore
from inspector.language import say
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, ProgressSink

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive, TreeNode


class Part:
    """One of the archives that go into the new one: its documents, and what became of them."""

    def __init__(self, layout: Layout, archive: ImageArchive, place: int, recoded: Mapping[Digest, Recoded]) -> None:
        options, mending = layout.options, layout.mending
        self.options = replace(options, images=()) if place and options.of_first else options
        self.archive = archive
        self.place = place
        self.contents = Contents(archive)
        layers = LayerStore(layout.bag, options, mending, recoded, layout.token, layout.sink, place)
        self.converter = Converter(self.contents, layout.bag, layers, options, mending)
        self.made: dict[str, Converted] = {}

    def entries(self, layout: Layout, *, is_alone: bool) -> list[Entry]:
        """The entries that were chosen, under the names that they have."""
        found = entries_of(self.contents, layout.mending)
        if not found:
            raise ExportError(
                "There is nothing to export", say("%s lists no image and no other document.", self.archive.path)
            )
        found = without_absent(self.contents, found, layout.mending)
        found, told = chosen(self.contents, found, self.options, layout.mending, is_alone=is_alone)
        layout.notes |= dict.fromkeys([*told, *lost_names(self.archive)])
        return [replace(entry, place=self.place) for entry in found] if self.place else found


class Layout:
    """The parts of a plan: which entries, what became of each document, which blobs. `archives`: the first one and those
    that are merged into it.
    """

    def __init__(
        self,
        archives: Sequence[ImageArchive],
        options: ExportOptions,
        token: CancelToken,
        sink: ProgressSink,
        recoded: Mapping[Digest, Recoded],
    ) -> None:
        self.archive = archives[0]
        self.options = options
        self.token = token
        self.sink = sink
        self.recoded = recoded
        self.notes: dict[str, None] = {}
        self.bag = BlobBag()
        self.mending = Mending(options.repairs)
        self.parts = [Part(self, archive, place, recoded) for place, archive in enumerate(archives)]
        all_contents = [part.contents for part in self.parts]
        is_alone = len(self.parts) == 1
        entries = [entry for part in self.parts for entry in part.entries(self, is_alone=is_alone)]
        if not is_alone:
            self._refuse_what_nobody_has(entries)
        entries = named(all_contents[:1] if options.of_first else all_contents, entries, options)
        rows = [(entry, self._convert(entry)) for entry in entries]
        self.replaced: dict[Digest, Converted] = {}
        """Indexes that are not written, each with the one that lists what it listed."""
        self._new: list[Converted] = []
        self.rows = rows if is_alone else self._joined(without_repeats(rows))
        self.entries = [entry for entry, _ in self.rows]
        for part in self.parts:
            _refuse_what_was_cut_off(part)
            self._keep_orphans(part)

    def documents(self) -> list[Converted]:
        """Everything that was converted."""
        found = [*self._new, *(done for part in self.parts for done in part.converter.all())]
        return [done for done in found if done.digest not in self.replaced]

    def nodes(self) -> Iterator[TreeNode]:
        """The documents as stored."""
        for part in self.parts:
            yield from part.contents.nodes.values()

    def new_digest(self, digest: Digest) -> Digest:
        """What a document of a source is called now; itself if it did not change."""
        found = (part.converter.new_digest(digest) for part in self.parts)
        return next((new for new in found if new != digest), digest)

    def _refuse_what_nobody_has(self, entries: Sequence[Entry]) -> None:
        for word in self.options.images:
            if not any(meant(p.contents, [e for e in entries if e.place == p.place], word) for p in self.parts):
                raise UsageError(say("There is no image %s", word), "None of the archives has it.")
        if not entries:
            raise UsageError("There is nothing to export", "None of the archives has what was chosen.")

    def _convert(self, entry: Entry) -> Converted:
        self.token.check()
        part = self.parts[entry.place]
        if isinstance(entry.target, Digest):
            size = entry.descriptor.size if entry.descriptor is not None else None
            return part.converter.document(entry.target, entry.media_type, size)
        done = part.made.get(entry.target.key)
        if done is None:
            config, image = None, entry.target
            if image.v1_ids:
                config, image = legacyconfig.made(part.archive, image, self.options.limits, self.token, self.sink)
            done = part.made[image.key] = part.converter.without_manifest(image, config)
        return done

    def _joined(self, rows: list[tuple[Entry, Converted]]) -> list[tuple[Entry, Converted]]:
        """The rows with one index for each name that several archives have for different platforms."""
        paths = [str(part.archive.path) for part in self.parts]
        notes = self.notes if self.options.preset is not Preset.CLASSIC_DOCKER else {}  # which has no index to tell of
        found = joined(rows, self.below, self.bag, Edits(self.options), paths, notes)
        listed = {done.digest for _, done in found}
        for done in self.documents():
            listed.update(_listed_by(done))
        for entry, index in found:
            if entry.joins:
                self._new.append(index)
            for done in map(self._convert, entry.joins):
                if done.fields is not None and done.digest not in listed and done.digest in self.bag:
                    self.bag.drop(done.digest)
                    self.replaced[done.digest] = index
        return found

    def _keep_orphans(self, part: Part) -> None:
        """Blobs that nothing refers to, where they are not to be left out; never with a choice of images."""
        options = part.options
        is_partial = options.images or options.platforms or not (options.attestations and options.signatures)
        if is_partial or options.labels or options.preset is Preset.CLASSIC_DOCKER:
            return
        for blob in part.archive.blobs.all():
            if blob.claimed is None or blob in self.bag.sources or blob.claimed in self.bag:
                continue
            if blob.member.name.startswith("blobs/") and not self.mending.wants("orphans", blob.member.name, "BLOB-5"):
                self.bag.keep(blob.claimed, blob)

    def repairs(self) -> tuple[PlannedRepair, ...]:
        """What planning met that could be mended, and what opening found that no new archive can have."""
        found = [finding for part in self.parts for finding in part.archive.findings]
        return with_findings(self.mending.planned(), found, self.options.preset)

    def below(self, entry: Entry) -> list[Converted]:
        """What became of the runnable images that an entry leads to."""
        if entry.joins:
            return [done for one in entry.joins for done in self.below(one)]
        if isinstance(entry.target, Image):
            return [self._convert(entry)]
        part = self.parts[entry.place]
        return [
            part.converter.document(node.digest, node.image.manifest_media_type or "")
            for node in part.contents.below(entry.target)
            if node.image is not None and node.image.kind is NodeKind.IMAGE and node.digest is not None
        ]

    def images(self) -> tuple[PlannedImage, ...]:
        """The runnable images, each once, with all the names that lead to it."""
        found: dict[Digest, tuple[Converted, dict[str, None], dict[str, None]]] = {}
        for entry in self.entries:
            for done in self.below(entry):
                if done.present:
                    _, names, words = found.setdefault(done.digest, (done, {}, {}))
                    if entry.name is not None:
                        names.setdefault(entry.name)
                    if entry.word is not None:
                        words.setdefault(entry.word)
        return tuple(_planned(done, tuple(names), tuple(words)) for done, names, words in found.values())


def _listed_by(done: Converted) -> Iterator[Digest]:
    """What an index lists."""
    stated = done.fields.get("manifests") if done.fields is not None else None
    for child in stated if isinstance(stated, list) else ():
        digest = Digest.try_parse(child.get("digest")) if isinstance(child, dict) else None
        if digest is not None:
            yield digest


def _refuse_what_was_cut_off(part: Part) -> None:
    """Parts may be absent on purpose, but not from an archive that lacks its end: there they were lost."""
    if not any(finding.code in ("ARC-1", "LAYOUT-4") for finding in part.archive.findings):
        return
    for done in part.converter.all():
        lost = [layer for layer in done.layers if layer.digest is None and not layer.is_foreign]
        config_is_lost = done.image is not None and done.image.config_blob is None and done.config_digest is not None
        if lost or not done.present or (config_is_lost and done.old is not None):
            raise BlobMissing(
                "The archive is cut off",
                say(
                    "%s ends too early, and parts that its images need are not in what is there. Get it again, or choose other images.",
                    part.archive.path,
                ),
                subject=str(part.archive.path),
            )


def _planned(done: Converted, names: tuple[str, ...], words: tuple[str, ...]) -> PlannedImage:
    image = done.image
    assert image is not None
    return PlannedImage(
        names=names,
        platform=str(image.platform) if image.platform is not None else None,
        source_manifest_digest=done.old,
        manifest_digest=None if done.waiting else done.digest,
        config_digest=done.config_digest,
        kept=done.action == KEPT,
        id_kept=not (image.v1_ids or done.is_edited),
        words=words,
    )
