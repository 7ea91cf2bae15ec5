"""What an export can mend, as a vocabulary: each repair with what it changes, and the words that choose some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from inspector.errors import UsageError
from inspector.language import mark, say


class Mode(StrEnum):
    """Whether a repair is made unless somebody says otherwise."""

    ALWAYS = "always"
    """The form of the new archive leaves no other way."""
    DEFAULT = "default"
    CHOICE = "choice"


class Digests(StrEnum):
    """What a repair does to digests; image IDs are kept by every one."""

    KEPT = "kept"
    MANIFEST = "manifest"
    """Those of the mended manifests and of the indexes above them are new."""
    INDEX = "index"
    """Those of the mended indexes are new; manifests keep theirs."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that an export can mend. `title`: what is done; `effect`: what that changes; `codes`: of its findings.

    `why_always`: why it cannot be left off.
    """

    id: str
    codes: tuple[str, ...]
    title: str
    effect: str
    digests: Digests = Digests.KEPT
    mode: Mode = Mode.DEFAULT
    why_always: str = ""


REPAIRS: Final[tuple[Repair, ...]] = (
    Repair(
        "tar",
        ("ARC-1", "ARC-3", "ARC-5", "ARC-6", "ARC-7", "ARC-9"),
        mark("Write the tar anew: plain names, folders before files, no times, nothing around it"),
        mark("Only what stands around the files changes."),
        mode=Mode.ALWAYS,
        why_always=mark("A new file is written."),
    ),
    Repair(
        "duplicates",
        ("ARC-2",),
        mark("Keep the last one of files with the same name"),
        mark("Readers that took the first one see what all others see."),
        mode=Mode.ALWAYS,
        why_always=mark("One name can hold one file."),
    ),
    Repair(
        "links",
        ("ARC-4",),
        mark("Store files instead of links"),
        mark("Readers that follow no links find every blob."),
        mode=Mode.ALWAYS,
        why_always=mark("Blobs are written as plain files."),
    ),
    Repair(
        "blob-names",
        ("BLOB-2", "BLOB-3", "BLOB-7", "DESC-2"),
        mark("Call every blob by its digest"),
        mark("Files are renamed, their content is the same."),
        mode=Mode.ALWAYS,
        why_always=mark("A layout finds blobs by this name only."),
    ),
    Repair(
        "oci-layout",
        ("LAYOUT-1", "LAYOUT-2", "LAYOUT-3", "LAYOUT-6", "LAYOUT-8"),
        mark("Write the file oci-layout and the folder blobs"),
        mark("Readers of OCI layouts recognise the archive."),
        mode=Mode.ALWAYS,
        why_always=mark("A layout is none without them."),
    ),
    Repair(
        "index-json",
        ("LAYOUT-4", "LAYOUT-5", "INDEX-1", "INDEX-3", "INDEX-4", "DESC-1", "DESC-3", "DESC-11", "ANNOT-1", "JSON-1", "JSON-2", "JSON-4"),
        mark("Write index.json anew, as the specification has it"),
        mark("Nothing refers to index.json by a digest."),
        mode=Mode.ALWAYS,
        why_always=mark("Every reader of a layout begins there."),
    ),
    Repair(
        "manifest-json",
        ("COMPAT-1", "COMPAT-2", "COMPAT-3", "COMPAT-5", "COMPAT-6", "COMPAT-7", "COMPAT-8", "MANIF-5"),
        mark("Write manifest.json anew, in agreement with index.json"),
        mark("docker load and index.json lead to the same images."),
        mode=Mode.ALWAYS,
        why_always=mark("Docker-compatible archives have it; the preset Strict OCI leaves it out."),
    ),
    Repair(
        "layer-coding",
        (),
        mark("Unpack layers that are compressed with xz, bzip2 or lz4"),
        mark("The specification has no media type for these; the files in the layers are the same."),
        Digests.MANIFEST,
        Mode.ALWAYS,
        mark("No descriptor can describe them as they are."),
    ),
    Repair(
        "index-media-type",
        ("INDEX-2",),
        mark("State the media type of index.json"),
        mark("Tools tell it from a Docker manifest list."),
    ),
    Repair(
        "index-fields",
        ("DESC-6", "DESC-8", "DESC-9", "DESC-13"),
        mark("Take wrong fields out of the entries of index.json"),
        mark("Wrong embedded data, addresses and artifact types go."),
    ),
    Repair(
        "lost-images",
        ("INDEX-11",),
        mark("List images that index.json forgot"),
        mark("Loaders that read index.json see every image."),
    ),
    Repair(
        "names",
        ("COMPAT-6", "ANNOT-6"),
        mark("Give every image all its names, in both annotations"),
        mark("Docker, containerd and podman load it under the same names."),
    ),
    Repair(
        "platforms",
        ("DESC-10", "INDEX-6", "INDEX-7"),
        mark("State the platforms of the configs in index.json"),
        mark("Loaders choose the right image of several."),
    ),
    Repair(
        "sizes",
        ("DESC-4",),
        mark("Correct stated sizes"),
        mark("Loaders no longer stop at a blob of another size."),
        Digests.MANIFEST,
    ),
    Repair(
        "layer-list",
        ("MANIF-4", "MANIF-6", "BLOB-6", "DESC-2"),
        mark("Complete the list of layers from the config"),
        mark("Loaders of index.json get the whole file system."),
        Digests.MANIFEST,
    ),
    Repair(
        "layer-order",
        ("MANIF-5",),
        mark("Put the layers in the order of the config"),
        mark("Loaders of index.json get the right file system."),
        Digests.MANIFEST,
    ),
    Repair(
        "compression-labels",
        ("MANIF-9",),
        mark("Name the compression that the layers really have"),
        mark("Loaders no longer fail while unpacking; the layers stay as they are."),
        Digests.MANIFEST,
    ),
    Repair(
        "config-platform",
        ("DESC-13",),
        mark("Take the platform out of the config's descriptor"),
        mark("Registries that refuse such a manifest take it."),
        Digests.MANIFEST,
    ),
    Repair(
        "docker-types",
        ("MEDIA-1", "MANIF-7", "MANIF-8", "INDEX-2"),
        mark("Turn Docker's media types into OCI's"),
        mark("umoci and other strict readers take it; configs and layers stay byte for byte."),
        Digests.MANIFEST,
    ),
    Repair(
        "foreign-layers",
        ("LAYER-20", "BLOB-6"),
        mark("Refer to the copies of foreign layers that the archive holds"),
        mark("The image no longer needs another server."),
        Digests.MANIFEST,
    ),
    Repair(
        "orphans",
        ("BLOB-5", "ARC-10"),
        mark("Leave out files that nothing refers to"),
        mark("The archive is smaller; no image loses anything."),
    ),
    Repair(
        "document-fields",
        ("MANIF-1", "MANIF-2", "INDEX-1", "INDEX-2", "INDEX-6", "INDEX-7", "DESC-6", "DESC-8", "DESC-9", "DESC-10", "DESC-11", "DESC-13",
         "ANNOT-1"),
        mark("Put right the fields of manifests and nested indexes"),
        mark("Versions, media types, annotations and platforms are as the specification has them."),
        Digests.MANIFEST,
        Mode.CHOICE,
    ),
    Repair(
        "point-at-complete",
        ("BLOB-6",),
        mark("Lead from index.json straight to the images that are complete"),
        mark("The index over absent platforms goes, with its attestations; manifests are kept byte for byte."),
        mode=Mode.CHOICE,
    ),
    Repair(
        "prune-absent",
        ("BLOB-6",),
        mark("Take absent platforms out of nested indexes"),
        mark("Loaders that want all platforms take it; signatures of the index no longer fit."),
        Digests.INDEX,
        Mode.CHOICE,
    ),
    Repair(
        "sha256",
        ("BLOB-4",),
        mark("Name blobs by sha256"),
        mark("containerd, umoci and crane read no other digests; the blobs stay byte for byte."),
        Digests.MANIFEST,
        Mode.CHOICE,
    ),
    Repair(
        "distributable",
        ("LAYER-20",),
        mark("Make foreign layers ordinary ones"),
        mark("Registries store them; whether that is allowed is a matter of their licence."),
        Digests.MANIFEST,
        Mode.CHOICE,
    ),
)  # fmt: skip
"""In the order in which people are told of them."""

BY_ID: Final[Mapping[str, Repair]] = {repair.id: repair for repair in REPAIRS}
ALWAYS: Final = frozenset(repair.id for repair in REPAIRS if repair.mode is Mode.ALWAYS)
ALL: Final = frozenset(BY_ID) - {"prune-absent", "distributable"}
"""All at once: `point-at-complete` mends what `prune-absent` would, and a licence is nobody's default."""


def chosen_by(words: Sequence[str]) -> dict[str, bool]:
    """What words of the command line choose, each on top of those before: repair → whether it is made.

    `all`, `none`, `default`, an id, or `no-` and an id. A first id means that one alone; a first `no-` leaves the others
    to their defaults. Raises `UsageError` for another word.
    """
    found = {} if not words or words[0].startswith("no-") else dict.fromkeys(BY_ID, False)
    for word in words:
        if word in ("all", "none"):
            found = {name: word == "all" and name in ALL for name in BY_ID}
        elif word == "default":
            found = {}
        elif word in BY_ID:
            found[word] = True
        elif word.removeprefix("no-") in BY_ID:
            found[word.removeprefix("no-")] = False
        else:
            raise UsageError(
                "There is no such repair",
                say("%(word)s: choose all, none, default, %(known)s.", word=word, known=", ".join(BY_ID)),
            )
    return found


def check(chosen: Iterable[str]) -> None:
    """Raises `UsageError` for a repair that does not exist."""
    for word in sorted(set(chosen) - set(BY_ID)):
        raise UsageError(
            "There is no such repair", say("%(word)s: choose from %(known)s.", word=word, known=", ".join(BY_ID))
        )
