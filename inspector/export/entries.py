"""The entries of the new index.json: which document each leads to, and under which name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.export.contents import Contents
from inspector.export.mending import Mending
from inspector.language import say, say_n
from inspector.oci.annotations import IMAGE_NAME, REF_NAME
from inspector.oci.descriptor import Descriptor
from inspector.oci.digest import Digest
from inspector.oci.index import ImageIndex
from inspector.oci.reference import Reference, is_full_reference, qualify

_SHOWN = 80
"""Characters of a name in a note."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One descriptor of the new index.json. `target` is a document of the source, or an image that has no manifest there.

    `name` is fully qualified, None if there is none; `word` is a bare ref.name that is no reference. `descriptor` is the
    source's. `is_new`: the source's index.json does not list it; `why` says why this one does. `is_listed`: False for an
    image that index.json is not to list, so that only manifest.json tells of it.
    """

    target: Digest | Image
    name: str | None = None
    word: str | None = None
    descriptor: Descriptor | None = None
    is_new: bool = False
    why: str = ""
    is_listed: bool = True
    place: int = 0
    """Of which of the merged archives it is."""
    joins: tuple[Entry, ...] = ()
    """The entries of several archives whose platforms this one has together (`joining.py`)."""

    @property
    def ref_name(self) -> str | None:
        """What goes into `org.opencontainers.image.ref.name`: the tag, as Docker and containerd write it."""
        if self.name is None:
            return self.word
        return Reference.parse(self.name).tag

    @property
    def familiar_tag(self) -> str | None:
        """What goes into RepoTags: the name as Docker prints it; None for a name without tag, which Docker refuses."""
        reference = Reference.parse(self.name) if self.name is not None else None
        return reference.familiar if reference is not None and reference.tag and not reference.digest else None

    @property
    def media_type(self) -> str:
        return self.descriptor.media_type if self.descriptor is not None else ""


def entries_of(contents: Contents, mending: Mending) -> list[Entry]:
    """Every image of the archive, in the order of index.json; what it leaves out comes after it (moby#51389, #47210)."""
    listed = list(_listed(contents))
    found = _with_repo_tags(contents, listed, mending)
    covered: set[Digest] = set()
    for entry in found:
        assert isinstance(entry.target, Digest)
        covered.update(node.digest for node in contents.below(entry.target) if node.digest is not None)
    lost = list(_unlisted(contents, covered))
    if not listed:
        return lost
    for entry in lost:
        found.append(replace(entry, is_listed=mending.wants("lost-images", _where(entry), "INDEX-11")))
    return found


def without_absent(contents: Contents, entries: list[Entry], mending: Mending) -> list[Entry]:
    """The entries whose document is there, if the others are to go (BLOB-6); all of them if none would be left."""
    present = [e for e in entries if isinstance(e.target, Image) or contents.is_there(e.target)]
    if not present or len(present) == len(entries):
        return entries
    gone = [entry for entry in entries if entry not in present]
    wanted = [mending.wants("prune-absent", _where(entry), "BLOB-6") for entry in gone]
    return present if all(wanted) else entries


def _where(entry: Entry) -> str:
    """For people: the name, else the digest of what it leads to."""
    return entry.name or entry.word or (entry.target.key if isinstance(entry.target, Image) else str(entry.target))


def lost_names(archive: ImageArchive) -> Iterator[str]:
    """A sentence if the source gives names that are no image references: no loader takes them, so they are not written."""
    index = archive.root_document("index.json")
    told = [tag for entry in archive.docker_entries for tag in entry.repo_tags]
    if index is not None and isinstance(index.value, dict):
        told += [d.annotations.get(IMAGE_NAME, "") for d in ImageIndex.parse(index)[0].manifests]
    lost = list(dict.fromkeys(name for name in told if name and qualify(name) is None))
    if lost:
        listed = ", ".join(name if len(name) <= _SHOWN else name[:_SHOWN] + "…" for name in lost[:3])
        more = ", …" if len(lost) > 3 else ""
        yield say_n(
            "%(count)s name is no image name and left out: %(listed)s.",
            "%(count)s names are no image names and left out: %(listed)s.",
            len(lost),
            count=f"{len(lost):,}",
            listed=listed + more,
        )


def _listed(contents: Contents) -> Iterator[Entry]:
    document = contents.archive.root_document("index.json")
    if document is None or not isinstance(document.value, dict):
        return
    index, _ = ImageIndex.parse(document)
    for descriptor in index.manifests:
        if descriptor.digest is not None:
            yield _named(descriptor.digest, descriptor)


def _named(digest: Digest, descriptor: Descriptor) -> Entry:
    image_name = descriptor.annotations.get(IMAGE_NAME) or None
    ref_name = descriptor.annotations.get(REF_NAME) or None
    name = qualify(image_name) if image_name is not None else None
    if name is None and ref_name is not None and is_full_reference(ref_name):
        name = qualify(ref_name)
    word = ref_name if name is None else None
    return Entry(digest, name, word, descriptor)


def _with_repo_tags(contents: Contents, entries: list[Entry], mending: Mending) -> list[Entry]:
    """Names that only manifest.json gives go to the entry that leads to the same config (COMPAT-6)."""
    taken = {entry.name for entry in entries if entry.name is not None}
    found = list(entries)
    for place, entry in enumerate(entries):
        assert isinstance(entry.target, Digest)
        tags = [tag for image in contents.images_below(entry.target) for tag in image.repo_tags]
        for name in dict.fromkeys(qualify(tag) for tag in tags):
            if name is None or name in taken or not mending.wants("names", name, "COMPAT-6"):
                continue
            current = found[place]
            fits = current.word is None or current.word == Reference.parse(name).tag
            taken.add(name)
            if current.name is None and fits:
                found[place] = replace(current, name=name, word=None, why="COMPAT-6")
            else:
                found.append(replace(current, name=name, word=None, is_new=True, why="COMPAT-6"))
    return found


def _unlisted(contents: Contents, covered: set[Digest]) -> Iterator[Entry]:
    """Documents and images that index.json does not lead to, or all of them where there is none."""
    covered = set(covered)
    for digest, node in contents.nodes.items():
        if digest in covered or node.kind is NodeKind.ABSENT or node.document is None:
            continue
        if node.image is None and node.index is None:
            continue
        covered.update(below.digest for below in contents.below(digest) if below.digest is not None)
        names = node.image.names if node.image is not None else ()
        yield from _entries(digest, names, "INDEX-11")
    for image in contents.archive.images:
        if image.manifest is None:
            yield from _entries(image, image.names, say("the source has none"))


def _entries(target: Digest | Image, names: Iterable[str], why: str) -> Iterator[Entry]:
    named = [Entry(target, name, is_new=True, why=why) for name in names]
    yield from named or [Entry(target, is_new=True, why=why)]
