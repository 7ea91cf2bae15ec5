"""What a line of an image's JSON means, for a person who does not know OCI words: fields, media types, annotations, times, sizes.

Field names are explained where image-spec and Docker define them (config.md, manifest.md, descriptor.md, image-index.md,
image-layout.md), not inside annotations and labels, whose keys belong to whoever wrote them.
"""

from __future__ import annotations

import re

from inspector.language import mark, tr
from inspector.oci import annotations as keys
from inspector.oci import mediatype
from inspector.viewmodel import display

_SIZES = {"size", "Size"}
_FREE = {"annotations", "Labels", "labels"}
"""Below these, keys are anybody's."""

_FIELDS = {
    "mediaType": mark("What kind of content this is."),
    "digest": mark("The name of the content: the hash of its bytes."),
    "size": mark("How many bytes the content has."),
    "urls": mark("Where the content may be fetched from. This program never does."),
    "annotations": mark("Notes of whoever made this, by key."),
    "data": mark("The content itself, in base64, so that nobody has to fetch it."),
    "artifactType": mark("What kind of artifact this is, if it is no runnable image."),
    "platform": mark("The machine and system that this is for."),
    "schemaVersion": mark("Version of this format; always 2."),
    "manifests": mark("What this index lists: one entry for each image, platform or attestation."),
    "config": mark("How the image is run; in a manifest, where that is stored."),
    "layers": mark("The files of the image, base first, each layer on top of those before it."),
    "subject": mark("The manifest that this one is about."),
    "imageLayoutVersion": mark("The version of the OCI image layout; 1.0.0 is the only one."),
    "architecture": mark("The kind of processor."),
    "os": mark("The operating system."),
    "variant": mark("The variant of the processor, such as v7 or v8 of ARM."),
    "os.version": mark("The version of the operating system; Windows demands that it fits."),
    "os.features": mark("What the operating system has to offer."),
    "created": mark("When it was built."),
    "author": mark("Who built it."),
    "rootfs": mark("The layers that make the file system."),
    "diff_ids": mark("The hashes of the layers when unpacked, base first. They tie the config to its layers."),
    "history": mark("The steps that built the image, oldest first."),
    "created_by": mark("The command of this step."),
    "empty_layer": mark("Whether this step made no layer, as ENV or CMD make none."),
    "comment": mark("A remark of the tool that built this step."),
    "RepoTags": mark("The names under which docker load knows the image."),
    "Layers": mark("The members of the archive that are the layers, base first."),
    "LayerSources": mark("What a registry calls each layer, by diffID."),
    "Parent": mark("The ID of the image that this one was built on, on the machine that saved it."),
    "Config": mark("The member of the archive that is the config."),
    "container_config": mark("The container that committed the last step. Loaders ignore it."),
    "docker_version": mark("The version of Docker that built it."),
    "predicateType": mark("What kind of statement this is."),
    "predicate": mark("What is stated."),
    "payloadType": mark("What the payload is once it is decoded."),
    "payload": mark("What was signed, in base64."),
    "signatures": mark("Signatures over the payload. This program does not check them."),
    "v1Compatibility": mark("The config of one layer as Docker 1.9 wrote it: JSON inside a string."),
}
_CONFIG = {
    "User": mark("Who the command runs as; root if it is empty."),
    "ExposedPorts": mark("Ports on which the program listens. This opens nothing by itself."),
    "Env": mark("Environment variables that the command is given."),
    "Entrypoint": mark("What is always started; arguments are added behind it."),
    "Cmd": mark("Default arguments, or the command if there is no entrypoint."),
    "Volumes": mark("Folders whose content is kept outside the container."),
    "WorkingDir": mark("The folder in which the command starts."),
    "Labels": mark("Notes of whoever built the image, by key."),
    "StopSignal": mark("The signal that asks the program to end."),
    "ArgsEscaped": mark("Whether the command is one string that must not be escaped again (Windows)."),
    "Memory": mark("Withdrawn: a memory limit. Nothing reads it."),
    "MemorySwap": mark("Withdrawn: a limit of memory and swap. Nothing reads it."),
    "CpuShares": mark("Withdrawn: a share of processor time. Nothing reads it."),
    "Healthcheck": mark("A command that tells whether the program is well (Docker only)."),
    "OnBuild": mark("Steps that run when another image is built from this one (Docker only)."),
    "Shell": mark("The shell for commands that are written as text (Docker only)."),
    "Hostname": mark("The name of the container that built this. Loaders ignore it."),
    "Domainname": mark("Of the container that built this. Loaders ignore it."),
    "Image": mark("The image that the last step was built on. Loaders ignore it."),
    "Tty": mark("Of the container that built this. Loaders ignore it."),
    "AttachStdin": mark("Of the container that built this. Loaders ignore it."),
    "AttachStdout": mark("Of the container that built this. Loaders ignore it."),
    "AttachStderr": mark("Of the container that built this. Loaders ignore it."),
    "OpenStdin": mark("Of the container that built this. Loaders ignore it."),
    "StdinOnce": mark("Of the container that built this. Loaders ignore it."),
    "NetworkDisabled": mark("Of the container that built this. Loaders ignore it."),
    "MacAddress": mark("Of the container that built this. Loaders ignore it."),
}
_MEDIA = {
    mediatype.OCI_INDEX: mark("It lists manifests, usually of one image for several platforms."),
    mediatype.DOCKER_LIST: mark("Docker's own form of an image index."),
    mediatype.OCI_MANIFEST: mark("It names one config and the layers of an image or artifact."),
    mediatype.DOCKER_MANIFEST: mark("Docker's own form of an image manifest; an export can turn it into the OCI one."),
    mediatype.OCI_CONFIG: mark("How an image is run, and the hashes of its unpacked layers."),
    mediatype.DOCKER_CONFIG: mark("How an image is run; the same as the OCI config but for its name."),
    mediatype.OCI_EMPTY: mark("Two bytes, {}: a place that must be filled where there is nothing to say."),
    mediatype.IN_TOTO: mark("A statement about an image: how it was built, or what is in it."),
    mediatype.DSSE: mark("A signed envelope around a statement."),
}
_STEP = re.compile(r'\.([^.\[]+)|\["((?:[^"\\]|\\.)*)"\]')
_MOST_POINTER = 4000


def meaning(pointer: str, key: str, value: str) -> str:
    """One line for each thing there is to say, the value first; "" if there is nothing. Texts are safe and plain.

    `value` is as written, without quotes, and may be cut; `pointer` is that of the line.
    """
    steps = [plain or quoted for plain, quoted in _STEP.findall(pointer[:_MOST_POINTER])]
    above = steps[:-1] if key else steps
    free = bool(_FREE.intersection(above))
    lines = _of_value(key, value)
    explained = keys.explain(key) if "." in key or free else None
    if explained:
        lines.append(tr(explained))
    elif key and not free:
        runs = above[-1:] in (["config"], ["container_config"])
        sentence = (_CONFIG.get(key) if runs else None) or _FIELDS.get(key)
        if sentence:
            lines.append(tr(sentence))
    return "\n".join(lines)


def _of_value(key: str, value: str) -> list[str]:
    if "/" in value:
        words = mediatype.in_words(value)
        if words != value:
            sentence = _MEDIA.get(value, "")
            return [f"{tr(words)}. {tr(sentence)}" if sentence else tr(words)]
    if key in _SIZES and value.isdecimal() and len(value) < 20:
        return [display.size_exact(int(value))]
    if len(value) >= 20 and value[4:5] == "-" and (words := display.moment(value)[0]) != value:
        return [words]
    return []
