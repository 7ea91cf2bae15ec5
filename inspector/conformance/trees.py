"""Whether manifest.json and index.json describe the same images, and which of them a loader of each would get.

Opening tells images and names that only one of the two lists (INDEX-11, COMPAT-6). What is left, and worst, is told here:
the same name for different images. Docker's graph driver, skopeo docker-archive and crane read manifest.json; containerd,
Docker on it, skopeo oci-archive and umoci read index.json; podman tries index.json first (formats.md B2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.opening import some
from inspector.conformance.compat_rules import COMPAT_6
from inspector.conformance.rules import Check
from inspector.conformance.walk import Walk
from inspector.findings import Finding, Fix, Severity
from inspector.language import say
from inspector.oci.annotations import IMAGE_NAME, REF_NAME
from inspector.oci.reference import is_full_reference, qualify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.digest import Digest

_SHOWN: Final = 3


def configs_by_name(case: Case) -> dict[str, set[Digest]]:
    """Full name → configs of all images that index.json leads to under it; entries without such a name are left out."""
    found: dict[str, set[Digest]] = {}
    below: dict[Digest, set[Digest]] = {}
    for entry in case.top.index.manifests if case.top is not None else ():
        name = _full_name(entry)
        if name is None or entry.digest is None:
            continue
        if entry.digest not in below:
            below[entry.digest] = _configs(case, entry)
        found.setdefault(name, set()).update(below[entry.digest])
    return found


def _full_name(entry: Descriptor) -> str | None:
    name = entry.annotations.get(IMAGE_NAME, "")
    if not name:
        ref_name = entry.annotations.get(REF_NAME, "")
        name = ref_name if is_full_reference(ref_name) else ""
    return qualify(name) if name else None


def _configs(case: Case, entry: Descriptor) -> set[Digest]:
    walk = Walk(case, every_platform=True)
    walk.visit(entry)
    images = [node.image for node in walk.images if node.image is not None and node.image.kind == "image"]
    return {image.config_digest for image in images if image.config_digest is not None}


def one_name_two_images(case: Case) -> Iterator[Finding]:
    """COMPAT-6: a tag of manifest.json that is another image in index.json."""
    there = configs_by_name(case) if case.docker else {}
    for view in case.docker:
        for number, tag in enumerate(view.entry.repo_tags):
            name = qualify(tag)
            configs = there.get(name) if name is not None else None
            if not configs or view.config_digest is None or view.config_digest in configs:
                continue
            yield COMPAT_6.broken(
                Severity.ERROR,
                "One name stands for two images",
                "Docker without containerd loads the image of manifest.json under this name, containerd and Docker on it load "
                "the one of index.json.",
                at="manifest.json",
                pointer=f"{view.entry.pointer}.RepoTags[{number}]",
                digest=view.config_digest,
                expected=say("%(tag)s, as index.json: config %(some)s", tag=tag, some=some(sorted(configs), _SHOWN)),
                found=say("%(tag)s: config %(config_digest)s", tag=tag, config_digest=view.config_digest),
                fix=Fix.CHOICE,
            )


def loaded_from_index(case: Case) -> str:
    """What a loader of index.json gets, in words."""
    entries = case.top.index.manifests if case.top is not None else ()
    names = [
        entry.annotations.get(IMAGE_NAME) or entry.annotations.get(REF_NAME) or entry.stated_digest[:19]
        for entry in entries
    ]
    return _in_words(names, "index.json")


def loaded_from_manifest_json(case: Case) -> str:
    """What a loader of manifest.json gets, in words."""
    if case.archive.layout == "docker-save-v1":
        found = [image.names or (image.key.removeprefix("v1:")[:12],) for image in case.images]
        return _in_words([name for names in found for name in names], "repositories")
    names: list[str] = []
    for view in case.docker:
        names += view.entry.repo_tags or (str(view.config_digest or view.entry.config)[:19],)
    return _in_words(names, "manifest.json")


def _in_words(names: list[str], document: str) -> str:
    unique = list(dict.fromkeys(names))
    return (
        say("From %(document)s it loads %(some)s.", document=document, some=some(unique, _SHOWN))
        if unique
        else say("%s lists nothing to load.", document)
    )


QUICK: Final[tuple[Check, ...]] = (one_name_two_images,)
