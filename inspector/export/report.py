"""What people are told of a plan: one line for each thing that is kept, rewritten, added or dropped, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from inspector.archive.image import Image, NodeKind
from inspector.archive.members import Member, MemberKind
from inspector.export.converted import Converted
from inspector.export.diffids import compared
from inspector.export.edits import unwanted
from inspector.export.options import Preset
from inspector.export.planned import ADDED, DROPPED, KEPT, REWRITTEN, Change, PlannedBlob
from inspector.language import say, say_all, say_n
from inspector.oci import mediatype
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.export.layout import Layout, Part

_ROOT = ("index.json", "manifest.json", "oci-layout")
_MOST_DROPPED = 1000
_WORDS = {
    "MEDIA-1": say("Docker's media types became OCI's"),
    "MANIF-4": say("the list of layers was empty"),
    "MANIF-5": say("the layers stood in the wrong order"),
    "MANIF-6": say("layers were missing in it"),
    "MANIF-9": say("a layer's media type named another compression"),
    "DESC-4": say("a stated size was wrong"),
    "DESC-13": say("the config's descriptor carried a platform"),
}


def changes_of(layout: Layout, blobs: Sequence[PlannedBlob]) -> tuple[Change, ...]:
    """Every line of the sheet: root documents, documents, configs and layers, then what is left out."""
    found = [_root_change(layout, planned) for planned in blobs if planned.name in _ROOT]
    documents = layout.documents()
    found += [change for change in map(_document_change, documents) if change is not None]
    made = {done.digest for done in documents if done.present}
    configs = {done.config_digest for done in documents}
    layers = {layer.digest for done in documents for layer in done.layers}
    for planned in layout.bag:
        if planned.digest in made and planned.digest is not None:
            continue
        kind = "config" if planned.digest in configs else "layer" if planned.digest in layers else "blob"
        found.append(_blob_change("layer" if planned.digest is None else kind, planned))
    return (*found, *_dropped(layout))


def _root_change(layout: Layout, planned: PlannedBlob) -> Change:
    stored = layout.archive.root_document(planned.name)
    old, size = (str(stored.digest), len(stored.raw)) if stored is not None else (None, None)
    why = "" if planned.action == KEPT else _root_why(layout, planned.name, is_new=stored is None)
    return Change(planned.name, planned.action, why, old, str(planned.digest), size, planned.size)


def _root_why(layout: Layout, name: str, *, is_new: bool) -> str:
    if name == "oci-layout":
        return "LAYOUT-1" if is_new else say("written as the specification has it")
    if name == "manifest.json":
        return say("for loaders that read no index.json") if is_new else say("paths and names as in index.json")
    if is_new:
        return "LAYOUT-4"
    whys = [entry.why for entry in layout.entries if entry.why]
    whys += [say("digests below it changed") for _, done in layout.rows if done.action == REWRITTEN][:1]
    codes = [f.code for f in layout.archive.findings if f.where.object == "index.json" and f.fix.value == "automatic"]
    return say_all(dict.fromkeys([*codes, *whys]), ", ") or say("names and platforms stated in full")


def _kind(done: Converted) -> str:
    if done.image is not None and done.image.kind is not NodeKind.IMAGE:
        return done.image.kind.value
    return "index" if mediatype.is_index(done.media_type) else "manifest"


def _document_change(done: Converted) -> Change | None:
    if not done.present:
        return None
    new = None if done.waiting else str(done.digest)
    old = str(done.old) if done.old is not None else None
    shown = old if done.old is not None else new or "(new)"
    return Change(f"{_kind(done)} {shown}", done.action, say_all(done.whys, ", "), old, new, done.old_size, done.size)


def _blob_change(kind: str, planned: PlannedBlob) -> Change:
    new = str(planned.digest) if planned.digest is not None else None
    if planned.action == KEPT:
        return Change(f"{kind} {new}", KEPT, "", new, new, planned.size, planned.size)
    blob = getattr(planned.origin, "blob", None)
    old = blob.claimed or blob.computed if blob is not None else None
    return Change(
        f"{kind} {old or new}", planned.action, planned.why,
        str(old) if old else None, new, blob.size if blob is not None else None, planned.size,
    )  # fmt: skip


def _dropped(layout: Layout) -> Iterator[Change]:
    for digest, index in layout.replaced.items():
        now = say("the new index") if index.waiting else say("index %s", index.digest.short)
        yield Change(f"index {digest}", DROPPED, say("%s has what it lists", now), str(digest))
    for part in layout.parts:
        yield from _dropped_of(layout, part, f"{part.archive.path.name}: " if part.place else "")


def _dropped_of(layout: Layout, part: Part, prefix: str) -> Iterator[Change]:
    archive, options = part.archive, part.options
    members = archive.members
    used = {blob.member.name for blob in archive.blobs.all() if blob in layout.bag.sources}
    chosen = bool(options.images or options.platforms)
    left = [
        member
        for member in members.members
        if member.kind is MemberKind.FILE and member.name not in used and member.name not in _ROOT
    ]
    stored = archive.root_document("manifest.json")
    if options.preset is not Preset.DOCKER_COMPATIBLE and stored is not None:
        why = say("not part of an OCI layout")
        yield Change(f"{prefix}manifest.json", DROPPED, why, str(stored.digest), None, len(stored.raw))
    for member in left[:_MOST_DROPPED]:
        yield Change(prefix + member.name, DROPPED, _why_dropped(member, chosen=chosen), None, None, member.size)
    if len(left) > _MOST_DROPPED:
        rest = left[_MOST_DROPPED:]
        total = sum(member.size for member in rest)
        yield Change(
            say("%(prefix)s%(rest)s more files", prefix=prefix, rest=f"{len(rest):,}"),
            DROPPED,
            say("nothing refers to them"),
            None,
            None,
            total,
        )


def _why_dropped(member: Member, *, chosen: bool) -> str:
    last = member.name.rpartition("/")[2]
    if last in ("VERSION", "json") and member.name.count("/") == 1:
        return say("legacy v1 file")
    if member.name in ("repositories", "version"):
        return say("not part of an OCI layout")
    if member.name.startswith("blobs/") or last == "layer.tar":
        return say("not chosen, or nothing refers to it") if chosen else say("nothing refers to it")
    return say("not chosen") if chosen else say("no part of any image")


# notes ---------------------------------------------------------------------------------------------------


def notes_of(layout: Layout) -> tuple[str, ...]:
    """Sentences for the result line and the sheet; the important ones first."""
    documents = layout.documents()
    notes = [
        *_wrong_diff_ids(layout),
        *new_ids(layout),
        *_left_out(layout),
        *_rewritten(documents),
        *_orphaned(layout, documents),
    ]
    made = [done for done in documents if done.action == ADDED and done.image is not None]
    if made:
        notes.append(
            say_n(
                "%s manifest made from manifest.json and config: the digest is not the one of a registry.",
                "%s manifests made from manifest.json and config: the digest is not the one of a registry.",
                len(made),
                f"{len(made):,}",
            )
        )
    notes += _absent(layout, documents)
    repeated = [name for part in layout.parts for name in part.archive.members.duplicates]
    if repeated:
        notes.append(
            say_n(
                "%s name stood in the source several times (ARC-2); the last one of each counts.",
                "%s names stood in the source several times (ARC-2); the last one of each counts.",
                len(repeated),
                f"{len(repeated):,}",
            )
        )
    return tuple(dict.fromkeys([*notes, *layout.notes]))


def _wrong_diff_ids(layout: Layout) -> Iterator[str]:
    wrong = compared(layout.documents(), layout.recoded).wrong
    if wrong:
        yield say_n(
            "%(count)s layer (%(listed)s) is not what the diffID in the config says. The copy is as in the source, and engines that unpack it refuse it.",
            "%(count)s layers (%(listed)s) are not what the diffID in the config says. The copy is as in the source, and engines that unpack it refuse it.",
            len(wrong),
            count=f"{len(wrong):,}",
            listed=", ".join(digest.short for digest in wrong[:3]) + (", …" if len(wrong) > 3 else ""),
        )


def new_ids(layout: Layout) -> Iterator[str]:
    """Why an image ID is not the source's."""
    if any(done.image is not None and done.image.v1_ids for done in layout.documents()):
        yield say("Docker up to 1.9 stored no config: one was made, so the image ID is new.")
    edited = {done.config_digest for done in layout.documents() if done.is_edited}
    if edited:
        yield say_n(
            "Labels were edited in %s config: the image ID is new, and so is every digest above.",
            "Labels were edited in %s configs: the image IDs are new, and so is every digest above.",
            len(edited),
            f"{len(edited):,}",
        )


def _left_out(layout: Layout) -> Iterator[str]:
    for part in layout.parts:
        left = unwanted(part.contents, layout.options)
        if left:
            yield say_n(
                "%s document that describe images (attestations, signatures) were left out; whoever asks for them will find none.",
                "%s documents that describe images (attestations, signatures) were left out; whoever asks for them will find none.",
                len(left),
                f"{len(left):,}",
            )


def _rewritten(documents: Sequence[Converted]) -> Iterator[str]:
    rewritten = [done for done in documents if done.action == REWRITTEN]
    if not rewritten:
        return
    reasons = dict.fromkeys(why for done in rewritten for why in done.whys if why != "a document below it changed")
    yield say_n(
        "The digests of %(count)s document changed: %(words)s.",
        "The digests of %(count)s documents changed: %(words)s.",
        len(rewritten),
        count=f"{len(rewritten):,}",
        words=say_all((say(_WORDS.get(why, why)) for why in reasons), "; "),
    )


def _orphaned(layout: Layout, documents: Sequence[Converted]) -> Iterator[str]:
    """Who names a digest that is no longer there (formats.md D1)."""
    moved = {done.old: done for done in documents if done.action == REWRITTEN and done.old != done.digest}
    written = {done.old for done in documents if done.old is not None}
    for node in layout.nodes():
        image = node.image
        if image is None or image.subject is None or image.kind is NodeKind.IMAGE:
            continue
        if image.subject in layout.replaced and node.digest in written:
            yield say(
                "%(name)s %(digest)s was made for the index %(subject)s, which is not written: %(instead)s has what it lists.",
                name=_name(image),
                digest=node.digest.short,
                subject=image.subject.short,
                instead=layout.replaced[image.subject].digest.short,
            )
        if image.subject not in moved or node.digest not in written:
            continue
        now = "" if moved[image.subject].waiting else say(", which is now %s", moved[image.subject].digest.short)
        yield say(
            "%(name)s %(digest)s was made for %(subject)s%(now)s: it is kept, but what it vouches for is the old digest.",
            name=_name(image),
            digest=node.digest.short,
            subject=image.subject.short,
            now=now,
        )


def _name(image: Image) -> str:
    if image.kind is NodeKind.ATTESTATION:
        return say("The attestation")
    return say("The signature or other referrer")


def _absent(layout: Layout, documents: Sequence[Converted]) -> Iterator[str]:
    gone = [done for done in documents if not done.present]
    if gone:
        platforms = dict.fromkeys(_platforms(layout, {done.digest for done in gone}))
        listed = f" ({', '.join(platforms)})" if platforms else ""
        yield say_n(
            "%(count)s document that an index lists is not in the source%(listed)s; the index is left as it is, and loaders that want every platform may refuse it.",
            "%(count)s documents that an index lists are not in the source%(listed)s; the index is left as it is, and loaders that want every platform may refuse it.",
            len(gone),
            count=f"{len(gone):,}",
            listed=listed,
        )
    outside = [layer for done in documents for layer in done.layers if layer.digest is None]
    if outside:
        yield say_n(
            "%s layer not in the source; the manifest still refers to them.",
            "%s layers not in the source; the manifest still refers to them.",
            len(outside),
            f"{len(outside):,}",
        )


def _platforms(layout: Layout, gone: set[Digest]) -> Iterable[str]:
    for node in layout.nodes():
        for child in node.index.manifests if node.index is not None else ():
            if child.digest in gone and child.platform is not None and not child.platform.is_unknown:
                yield str(child.platform)
