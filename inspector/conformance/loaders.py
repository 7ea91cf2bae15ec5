"""Will it load? Per loader a verdict, the rules that decide it, and a sentence (formats.md B2, E).

Forecasts follow how the loaders work, for a machine of linux/amd64 and their newest versions that were measured: Docker
28.5 (both stores), containerd 2.1, podman 5.8, skopeo 1.22, crane 0.20, umoci 0.6. After a quick check blobs count as
what they claim to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.compression import Compression
from inspector.conformance import loader_index, loader_manifestjson
from inspector.conformance.forecast import Forecast, Trouble, is_refused, made_of, warns, wrong
from inspector.conformance.loader_containerd import CTR, DOCKERD, KIND, Engine, imports
from inspector.conformance.loader_outer import DOCKER, unreadable
from inspector.conformance.trees import loaded_from_index, loaded_from_manifest_json, one_name_two_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from inspector.conformance.case import Case

NAMES: Final = {
    "docker-graphdriver": "Docker, graph driver (docker load)",
    "docker-containerd": "Docker, containerd image store (docker load)",
    "containerd": "containerd (ctr images import, nerdctl, k3s)",
    "podman": "podman load",
    "skopeo-oci": "skopeo oci-archive:",
    "skopeo-docker": "skopeo docker-archive:",
    "crane": "crane (push, validate --tarball)",
    "umoci": "umoci (unpacked folder)",
    "kind": "kind load image-archive",
}
"""Loader as in `check --json` → for people."""
READS_MANIFEST_JSON: Final = frozenset(("docker-graphdriver", "skopeo-docker", "crane"))


def forecast(case: Case) -> tuple[Forecast, ...]:
    """One forecast per loader, in the order of `NAMES`."""
    found = []
    for loader in NAMES:
        case.token.check()
        troubles = [*_MAKERS[loader](case), *_other_tree(case, loader)]
        found.append(made_of(loader, troubles, _fine(case, loader)))
    return tuple(found)


def _fine(case: Case, loader: str) -> str:
    if loader in READS_MANIFEST_JSON or case.top is None or (loader == "podman" and len(case.top.index.manifests) > 1):
        return loaded_from_manifest_json(case)
    return loaded_from_index(case)


def _other_tree(case: Case, loader: str) -> Iterator[Trouble]:
    """Where the two trees differ: what this loader gets is not what the others get."""
    if case.top is None or not case.docker:
        return
    codes = {(finding.code, finding.where.object) for finding in case.archive.findings}
    if loader in READS_MANIFEST_JSON:
        if any(True for _ in one_name_two_images(case)):
            yield wrong("COMPAT-6", "One of these names stands for another image in index.json.")
        if ("COMPAT-6", "manifest.json") in codes:
            yield warns("COMPAT-6", "Images that only index.json lists are not loaded.")
    elif any(code == "INDEX-11" for code, _ in codes) and loader != "podman":
        yield warns("INDEX-11", "Images that only manifest.json lists are not loaded.")


def _containerd(engine: Engine) -> Callable[[Case], Iterable[Trouble]]:
    return lambda case: imports(case, engine)


def _podman(case: Case) -> Iterator[Trouble]:
    """oci-archive first, then docker-archive; the first that succeeds."""
    outer = list(unreadable(case, DOCKER, unpacks=True, folder_is_fine=True))
    yield from outer
    if is_refused(outer):
        return
    first = list(loader_index.podman_first(case))
    if not is_refused(first):
        yield from first
        return
    second = list(loader_manifestjson.docker_archive(case)) if case.is_tar else []
    if case.archive.layout == "docker-dir" and not case.is_tar:
        if not all(image.complete for image in case.images):
            yield from first
        return
    if not case.is_tar or (is_refused(second) and (case.top is not None or not case.docker)):
        yield from first if case.top is not None else second
        return
    yield from second


def _skopeo_oci(case: Case) -> Iterator[Trouble]:
    yield from unreadable(case, DOCKER, unpacks=True)
    yield from loader_index.skopeo(case)


def _umoci(case: Case) -> Iterator[Trouble]:
    # It takes a folder: whatever unpacks the archive decides how it may be compressed.
    yield from unreadable(case, frozenset(Compression), folder_is_fine=True)
    yield from loader_index.umoci(case)


_MAKERS: Final[dict[str, Callable[[Case], Iterable[Trouble]]]] = {
    "docker-graphdriver": loader_manifestjson.graph_driver,
    "docker-containerd": _containerd(DOCKERD),
    "containerd": _containerd(CTR),
    "podman": _podman,
    "skopeo-oci": _skopeo_oci,
    "skopeo-docker": loader_manifestjson.skopeo,
    "crane": loader_manifestjson.crane,
    "umoci": _umoci,
    "kind": _containerd(KIND),
}
