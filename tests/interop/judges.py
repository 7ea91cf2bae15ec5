"""Outside tools as judges of an exported archive. Each looks at it in its own way; none shares code with ours."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME, REF = "io.containerd.image.name", "org.opencontainers.image.ref.name"
_ZSTD = "zstd"


def run(*command: object, cwd: Path | None = None) -> str:
    """Standard output; the tool's words in the assertion if it refuses."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120, cwd=cwd,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


class Layout:
    """An exported layout: a folder, or a tar, unpacked once by Python's tarfile for the tools that read folders only."""

    def __init__(self, archive: Path, work: Path) -> None:
        self._work = work
        self.place = f"oci:{archive}" if archive.is_dir() else f"oci-archive:{archive}"
        self.folder = archive if archive.is_dir() else work / "layout"
        if not archive.is_dir():
            with tarfile.open(archive, "r:") as tar:
                # Debian 12's Python 3.11.2 knows no `filter` yet, 3.12 warns where none is set.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(self.folder)
        self.index: list[dict[str, Any]] = json.loads((self.folder / "index.json").read_bytes())["manifests"]

    def blob(self, digest: str) -> Any:
        return json.loads((self.folder / "blobs" / digest.replace(":", "/")).read_bytes())

    def has(self, digest: str) -> bool:
        return (self.folder / "blobs" / digest.replace(":", "/")).exists()

    def images(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Every runnable image with all its parts: its descriptor and its manifest, each digest once."""
        waiting = list(self.index)
        seen = set()
        while waiting:
            descriptor = waiting.pop(0)
            if descriptor["digest"] in seen or not self.has(descriptor["digest"]):
                continue
            seen.add(descriptor["digest"])
            document = self.blob(descriptor["digest"])
            if "manifests" in document:
                waiting += document["manifests"]
            elif _is_image(document) and all(self.has(d["digest"]) for d in (document["config"], *document["layers"])):
                yield descriptor, document

    def view(self, descriptor: dict[str, Any]) -> Path:
        """A layout that lists only `descriptor`, as `judge`, with the same blobs."""
        folder = self._work / "view"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.symlink(self.folder / "blobs", folder / "blobs")
        shutil.copy(self.folder / "oci-layout", folder)
        single = {key: descriptor[key] for key in ("mediaType", "digest", "size")} | {"annotations": {REF: "judge"}}
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [single]}))
        return folder


def _is_image(manifest: dict[str, Any]) -> bool:
    config = manifest.get("config", {}).get("mediaType", "")
    layers = [layer["mediaType"] for layer in manifest["layers"]]
    return config.endswith(("image.config.v1+json", "container.image.v1+json")) and all(
        "tar" in kind and "in-toto" not in kind and not kind.endswith("+encrypted") for kind in layers
    )


def skopeo_oci(skopeo: str, layout: Layout, work: Path) -> int:
    """Inspects and copies every image, by name from the archive itself where the name is unique; how many there were."""
    refs = [d.get("annotations", {}).get(REF) for d in layout.index]
    count = 0
    for descriptor, manifest in layout.images():
        places = [place for place, d in enumerate(layout.index) if d["digest"] == descriptor["digest"]]
        ref = refs[places[0]] if places else None
        if len(layout.index) == 1 and places:
            source = layout.place
        elif ref and refs.count(ref) == 1:
            source = f"{layout.place}:{ref}"
        else:
            source = f"oci:{layout.view(descriptor)}:judge"
        raw = run(skopeo, "inspect", "--raw", source)
        assert f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}" == descriptor["digest"]
        copied = _copy(skopeo, source, work)
        assert copied["config"]["digest"] == manifest["config"]["digest"]
        count += 1
    return count


def skopeo_nested(skopeo: str, layout: Layout, work: Path) -> None:
    """A multi-platform archive of one entry is read through its index."""
    if len(layout.index) != 1 or "index" not in layout.index[0]["mediaType"]:
        return
    for descriptor, manifest in layout.images():
        config = layout.blob(manifest["config"]["digest"])
        variant = ("--override-variant", config["variant"]) if config.get("variant") else ()
        copied = _copy(
            skopeo, layout.place, work,
            "--override-os", config["os"], "--override-arch", config["architecture"], *variant,
        )  # fmt: skip
        assert copied["config"]["digest"] == manifest["config"]["digest"], descriptor


def skopeo_docker(skopeo: str, archive: Path, work: Path) -> int:
    """Every image of manifest.json: skopeo checks each layer against its diffID. How many there were."""
    with tarfile.open(archive, "r:") as tar:
        file = tar.extractfile("manifest.json")
        assert file is not None
        entries = json.load(file)
    for position, entry in enumerate(entries):
        config = entry["Config"].rpartition("/")[2].removesuffix(".json")
        places = [f"{archive}:{tag}" for tag in entry["RepoTags"] or ()]
        for place in places or [f"{archive}:@{position}"]:
            inspected = json.loads(run(skopeo, "inspect", "--config", "--raw", f"docker-archive:{place}"))
            assert len(inspected["rootfs"]["diff_ids"] or ()) == len(entry["Layers"])
        copied = _copy(skopeo, f"docker-archive:{(places or [f'{archive}:@{position}'])[0]}", work)
        assert copied["config"]["digest"] == f"sha256:{config}"
    return len(entries)


def _copy(skopeo: str, source: str, work: Path, *options: str) -> dict[str, Any]:
    target = work / "copy"
    shutil.rmtree(target, ignore_errors=True)
    run(skopeo, "--insecure-policy", *options, "copy", "--quiet", source, f"dir:{target}")
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_bytes())
    return manifest


def umoci_unpack(umoci: str, layout: Layout, work: Path) -> int:
    """Unpacks every image that umoci 0.4.7 can read; it checks sizes, digests and diffIDs on its way."""
    count = 0
    for descriptor, manifest in layout.images():
        kinds = {layer["mediaType"] for layer in manifest["layers"]}
        if any(_ZSTD in kind or "docker" in kind for kind in kinds | {manifest["mediaType"]}) or not kinds:
            continue
        bundle = work / "bundle"
        shutil.rmtree(bundle, ignore_errors=True)
        run(umoci, "unpack", "--rootless", "--image", f"{layout.view(descriptor)}:judge", bundle)
        assert (bundle / "rootfs").is_dir()
        count += 1
        for folder, _, _ in os.walk(bundle):
            os.chmod(folder, 0o700)
    return count


def image_tool(tool: str, layout: Layout) -> bool:
    """oci-image-tool knows neither zstd nor artifacts nor attestations, and wants everything to be there."""
    text = b"".join(
        path.read_bytes()
        for path in (layout.folder / "blobs").glob("*/*")
        if path.stat().st_size < 1 << 20 and path.read_bytes()[:1] == b"{"
    )
    words = (b"+zstd", b"vnd.docker", b"in-toto", b"artifactType", b"nondistributable", b"oci.empty", b"+encrypted")
    manifests = [layout.blob(d["digest"]) for d in layout.index if layout.has(d["digest"])]
    children = [child for document in manifests for child in document.get("manifests", ())]
    nested = any("index" in child["mediaType"] for child in children)
    absent = not all(layout.has(d["digest"]) for d in (*layout.index, *children))
    empty = any(document.get("layers") == [] for document in manifests)
    if any(word in text for word in words) or nested or absent or empty:
        return False
    run(tool, "validate", "--type", "image", layout.folder)
    return True
