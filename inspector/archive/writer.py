"""Which tool wrote an archive, told from evidence (formats.md A1 to A18, B1). Names of tools are never guessed from file names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.archive.faults import is_shuffled
from inspector.archive.image import Image, NodeKind, Writer
from inspector.language import say
from inspector.oci.annotations import CREATED, IMAGE_NAME, REF_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.archive.found import Found
    from inspector.archive.members import MemberTable
    from inspector.archive.source import ByteSource
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.document import Document

_BLOCK = 512
_COMPACT_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
"""Docker's graph driver writes a blank in it."""


@dataclass(frozen=True, slots=True)
class _Header:
    """The fields of a member's own header block that tell writers apart."""

    mode: int
    mtime: int


class Evidence:
    """What the writer rules look at: documents as stored, member names and order, a few tar headers."""

    def __init__(self, members: MemberTable, found: Found, outer: ByteSource | None) -> None:
        self.members = members
        self.found = found
        self._outer = outer
        self.names = [member.name for member in members.members]
        self.is_retarred = outer is None or any(m.stored_name.startswith(b"./") for m in members.members[:8])
        """Unpacked and packed again, or a folder: order and times say nothing about the first writer."""
        self.documents = {document.name: document for document in found.documents}

    def header(self, name: str) -> _Header | None:
        """The header of a member of a tar; None in a folder, or if it cannot be read."""
        member = self.members.find(name)
        if member is None or member.header_offset is None or self._outer is None:
            return None
        if member.header_offset + _BLOCK > self._outer.size:
            return None
        block = self._outer.read_at(member.header_offset, _BLOCK)
        try:
            return _Header(int(block[100:107].strip(b" \0") or b"0", 8), int(block[136:147].strip(b" \0") or b"0", 8))
        except ValueError:
            return None

    def raw(self, name: str) -> bytes:
        document = self.documents.get(name)
        return document.raw if document is not None else b""

    def value(self, name: str) -> dict[str, object]:
        document: Document | None = self.documents.get(name)
        return dict(document.value) if document is not None and isinstance(document.value, dict) else {}

    def descriptors(self) -> list[dict[str, object]]:
        """The entries of index.json."""
        entries = self.value("index.json").get("manifests")
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def annotations(self) -> list[dict[str, object]]:
        found = (entry.get("annotations") for entry in self.descriptors())
        return [entry for entry in found if isinstance(entry, dict)]

    def first(self, suffix: str) -> str | None:
        return next((name for name in self.names if name.endswith(suffix)), None)


def tell_writer(members: MemberTable, found: Found, outer: ByteSource | None) -> Writer:
    """The writer and why; `outer` is the tar itself (inflated), None for a folder."""
    evidence = Evidence(members, found, outer)
    if found.layout == "docker-save-v1":
        end = members.end
        if end is not None and (end.truncated_at is not None or end.bad_header_at is not None):
            return Writer(
                say("docker 24 or earlier"),
                (
                    say(
                        "v1 folders are there, and the end of the archive, where later versions have manifest.json, is missing"
                    ),
                ),
            )
        return Writer(
            say("docker 1.9 or earlier"),
            (
                say("there is no manifest.json, only v1 folders and repositories")
                if found.documents
                else say("there is no manifest.json, only v1 folders"),
            ),
        )
    if found.layout == "docker-dir":
        version = "version" in evidence.names
        return Writer(
            say("skopeo, podman or buildah (dir:)"),
            (
                say("manifest.json is a manifest itself and blobs are named by bare digits"),
                *((say("the file version is there"),) if version else ()),
            ),
        )
    if found.is_salvage:
        return Writer(say("unknown"), (say("the documents that would tell are missing; the archive is not whole"),))
    if found.layout == "docker-save":
        return _docker_archive(evidence, found.entries)
    if found.layout == "oci-layout+docker":
        return _both(evidence)
    return _layout(evidence)


# docker-archives ---------------------------------------------------------------------------------------


def _docker_archive(evidence: Evidence, entries: Sequence[DockerManifestEntry]) -> Writer:
    configs = [entry.config for entry in entries]
    layers = [layer for entry in entries for layer in entry.layers]
    if any(layer.startswith(("/sha256:", "blank_")) or not layer for layer in layers):
        return Writer(
            say("pack (buildpacks)"), (say("layers are called /sha256:<hex>.tar or are left out as blank files"),)
        )
    if configs and all(config.startswith("sha256:") for config in configs):
        return Writer(say("crane, ko or kaniko"), (say("configs are called sha256:<hex> and layers <hex>.tar.gz"),))
    if configs == ["config.json"] and all(layer.endswith(".tar.gz") for layer in layers):
        return Writer("jib", (say("the config is called config.json and layers are called <hex>.tar.gz"),))
    if layers and all(layer.startswith("blobs/") for layer in layers):
        text = say("rules_oci (Bazel)") if any(layer.endswith(".tar.gz") for layer in layers) else say("unknown")
        return Writer(text, (say("layers lie under blobs/, but there is no oci-layout"),))
    if layers and all("/" not in layer and layer.endswith(".tar") for layer in layers):
        return Writer(
            say("podman, skopeo or buildah (docker-archive)"),
            (say("layers are called <diff id>.tar at the top, v1 folders hold links to them"),),
        )
    if layers and all(layer.endswith("/layer.tar") for layer in layers):
        return _v1_folders(evidence)
    header = evidence.header(configs[0]) if configs and not layers else None
    if header is not None and header.mode == 0o444 and header.mtime == 0:
        return Writer(
            say("podman, skopeo or buildah (docker-archive)"),
            (say("the image has no layers; files are read-only and dated 1970"),),
        )
    return Writer(say("unknown"), (say("its manifest.json follows no writer that we know"),))


def _v1_folders(evidence: Evidence) -> Writer:
    has_version = evidence.first("/VERSION") is not None
    if not has_version:
        indented = evidence.raw("manifest.json").startswith((b"[\n", b"[ "))
        if indented:
            return Writer(
                say("nix (dockerTools.streamLayeredImage)"),
                (say("manifest.json is indented, layer folders have no VERSION"),),
            )
        return Writer(say("unknown"), (say("layer folders have no VERSION, manifest.json is compact"),))
    layer, version = evidence.first("/layer.tar"), evidence.first("/VERSION")
    header = evidence.header(layer) if layer is not None else None
    if header is not None and header.mtime in (0, 1) and not header.mode & 0o222:
        return Writer(
            say("nix (dockerTools.buildImage)"), (say("members are read-only and dated to the second 0 or 1"),)
        )
    names = evidence.names
    in_order = not evidence.is_retarred and layer is not None and version is not None
    if in_order and names.index(layer or "") < names.index(version or ""):
        return Writer(
            say("crane (legacy format) or rules_docker"),
            (say("in each folder layer.tar comes before VERSION; Docker writes VERSION first"),),
        )
    reasons = [say("each layer has a folder with VERSION, json and layer.tar, and manifest.json lists them")]
    if evidence.is_retarred:
        reasons.append(say("it was unpacked since, so the order of members tells nothing"))
    builders = sorted(
        {
            image.parsed_config.docker_version
            for image in evidence.found.images
            if image.parsed_config is not None and image.parsed_config.docker_version
        }
    )
    if builders:
        reasons.append(say("configs say they were built by Docker %s (not: saved by)", ", ".join(builders)))
    return Writer(say("docker 1.10 to 24 (graph driver)"), tuple(reasons))


# both trees --------------------------------------------------------------------------------------------


def _both(evidence: Evidence) -> Writer:
    sources = any(entry.layer_sources for entry in evidence.found.entries)
    compact = evidence.raw("oci-layout").strip() == _COMPACT_LAYOUT and "repositories" not in evidence.names
    if compact and sources:
        reasons = [say("manifest.json has LayerSources, but oci-layout has no blank and there is no repositories")]
        if evidence.names[:1] == ["oci-layout"]:
            reasons.append(say("oci-layout is the first member"))
        return Writer("regctl", tuple(reasons))
    if compact and evidence.names[:1] == ["oci-layout"]:
        return Writer("regctl", (say("oci-layout is the first member"),))
    if sources or "repositories" in evidence.names or len(evidence.raw("oci-layout")) == 31:
        return _graph_driver(evidence)
    reasons = [say("both trees are there, manifest.json has no LayerSources and there is no repositories")]
    blob = next((name for name in evidence.names if name.startswith("blobs/sha256/")), None)
    header = evidence.header(blob) if blob is not None else None
    if header is not None and header.mode == 0o444 and header.mtime == 0:
        reasons.append(say("blobs are read-only and dated 1970"))
    version = ""
    if "mediaType" not in evidence.value("index.json"):
        version = say(" before 1.7.15")
        reasons.append(say("index.json has no mediaType"))
    if any(CREATED in annotations for annotations in evidence.annotations()):
        reasons.append(say("index.json states when the image was built"))
        return Writer(say("buildx or BuildKit (type=docker)"), tuple(reasons))
    if any("config.digest" in annotations for annotations in evidence.annotations()):
        reasons.append(say("index.json names the digest of a config, as docker save by ID does"))
        return Writer(say("docker 25 or later (containerd image store)"), tuple(reasons))
    return Writer(say("containerd%s: docker with the containerd image store, ctr or nerdctl", version), tuple(reasons))


def _graph_driver(evidence: Evidence) -> Writer:
    reasons: list[str] = [say("manifest.json has LayerSources, as Docker's graph driver writes them since 25")]
    images = [i for i in evidence.found.images if i.kind is NodeKind.IMAGE and i.parsed_manifest is not None]
    manifests = evidence.value("index.json").get("manifests")
    platform = [image for image in images if image.config_descriptor is not None and image.config_descriptor.platform]
    if any(_no_layers(image) for image in images):
        return Writer(
            say("docker 25.0.0-beta.1 to 25.0.0-rc.1 (graph driver)"),
            (*reasons, say("a manifest has no layers although its config has diffIDs (moby#47065)")),
        )
    if any(_wrong_sizes(image) for image in images):
        return Writer(
            say("docker 25.0.0-rc.2 (graph driver)"),
            (*reasons, say("sizes in a manifest are not those of the layers (moby#47072)")),
        )
    if any(is_shuffled(image) or _collapsed(image) for image in images):
        return Writer(
            say("docker 25.0.0 (graph driver)"),
            (*reasons, say("a manifest lists its layers in random order (moby#47150)")),
        )
    if "manifests" in evidence.value("index.json") and manifests is None:
        return Writer(
            say("docker 25.0.0 to 25.0.2 (graph driver)"),
            (*reasons, say("index.json says null instead of a list of manifests (moby#47210)")),
        )
    if platform:
        return Writer(
            say("docker 25.0.0 to 25.0.5 or 26.0.0 (graph driver)"),
            (*reasons, say("the descriptor of a config carries a platform")),
        )
    return _later_docker(evidence, reasons)


def _later_docker(evidence: Evidence, reasons: list[str]) -> Writer:
    index, folder = evidence.header("index.json"), evidence.header("blobs/sha256")
    if index is None or folder is None or evidence.is_retarred:
        return Writer(say("docker 25.0.6 or later (graph driver)"), tuple(reasons))
    if index.mtime:
        reasons.append(say("index.json carries the time of saving, as up to 27"))
        return Writer(say("docker 25.0.6, or 26.0.1 to 27 (graph driver)"), tuple(reasons))
    reasons.append(say("index.json is dated 1970, as since 28"))
    if folder.mtime:
        reasons.append(say("the folder blobs/sha256 carries the time of saving, as up to 28"))
        return Writer(say("docker 28 (graph driver)"), tuple(reasons))
    reasons.append(say("the folder blobs/sha256 is dated 1970 too, as since 29"))
    return Writer(say("docker 29 or later (graph driver)"), tuple(reasons))


def _no_layers(image: Image) -> bool:
    manifest, config = image.parsed_manifest, image.parsed_config
    return manifest is not None and not manifest.layers and config is not None and bool(config.stated_diff_ids)


def _wrong_sizes(image: Image) -> bool:
    """Present, whole layers whose descriptors give another size."""
    pairs = [(layer.descriptor, layer.blob) for layer in image.layers]
    return any(
        descriptor is not None and blob is not None and blob.member.complete and descriptor.size != blob.size
        for descriptor, blob in pairs
    )


def _collapsed(image: Image) -> bool:
    """Layers that occur twice stand once only."""
    manifest, config = image.parsed_manifest, image.parsed_config
    if manifest is None or config is None or not manifest.layers:
        return False
    digests = [layer.digest for layer in manifest.layers]
    return len(digests) < len(config.diff_ids) and set(digests) == set(config.diff_ids)


# layouts -----------------------------------------------------------------------------------------------


def _layout(evidence: Evidence) -> Writer:
    index, layout = evidence.raw("index.json"), evidence.raw("oci-layout")
    annotations = evidence.annotations()
    image_names = any(IMAGE_NAME in entry for entry in annotations)
    if any(str(entry.get("kind", "")).startswith("dev.cosignproject.cosign/") for entry in annotations):
        return Writer(say("cosign (save)"), (say("index.json has cosign's kind annotations"),))
    nested = {str(d.get("digest")) for d in evidence.descriptors()}
    repeated = [i for i in evidence.found.images if len(i.path) > 1 and i.path[-1] in nested]
    if not image_names and (repeated or any("artifactType" in d for d in evidence.descriptors())):
        return Writer("oras", (say("index.json lists what its indexes hold once more, or artifacts by type"),))
    if any(CREATED in entry for entry in annotations):
        text = say("index.json states when the image was built")
        return Writer(say("buildx or BuildKit (type=oci)"), (text, say("there is no manifest.json")))
    if image_names:
        text = say("index.json has io.containerd.image.name, and there is no manifest.json")
        return Writer(say("containerd (ctr or nerdctl without manifest.json), or BuildKit"), (text,))
    if index.startswith(b"{\n   ") and not index.startswith(b"{\n    "):
        return Writer(say("crane (OCI format)"), (say("index.json is indented by three blanks"),))
    if layout.rstrip(b"\n") != layout and index.endswith(b"\n"):
        return Writer("umoci", (say("oci-layout and index.json end with a newline"),))
    refs = [str(entry[REF_NAME]) for entry in annotations if REF_NAME in entry]
    if len(layout) == 31 and "blobs" not in evidence.names:
        return Writer("jib", (say("oci-layout has 31 bytes and there are no folder entries"),))
    if any(ref.startswith("@") for ref in refs):
        return Writer("containerd", (say("a ref.name begins with @"),))
    reasons = [say("index.json has no name but ref.name, and there is no manifest.json")]
    if "mediaType" not in evidence.value("index.json"):
        reasons.append(say("index.json has no mediaType"))
    return Writer(say("skopeo, podman or buildah (oci-archive)"), tuple(reasons))
