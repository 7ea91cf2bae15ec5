"""`show FILE`: the structure of an archive, as a tree for people or as JSON for programs (cli.md)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from inspector.cli.imagechoice import add_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import Image, ImageArchive, Layer, TreeNode
    from inspector.cli.console import Console

NAME = "show"
HELP = "show what is in an archive: its images, platforms and layers"

_MOST_DEPTH = 24
_STEP_WIDTH = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE and --json."""
    add_file(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a tree")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the structure; 0 also if there are findings (that is what `check` is for)."""
    with console.open_archive(arguments.file) as archive:
        if arguments.json:
            console.out_json(to_json(archive))
        else:
            for line in to_lines(archive):
                console.out(line)
    return 0


def to_json(archive: ImageArchive) -> dict[str, object]:
    """The document of `show --json`; keys may be added, never renamed."""
    return {
        "file": str(archive.path),
        "size": archive.size,
        "compression": str(archive.compression),
        "layout": archive.layout,
        "writer": archive.writer.text,
        "writer_evidence": list(archive.writer.evidence),
        "images": [_image(image) for image in archive.images],
        "findings": [finding.to_json() for finding in archive.findings],
    }


def _image(image: Image) -> dict[str, object]:
    return {
        "names": list(image.names),
        "ref_names": list(image.ref_names),
        "kind": str(image.kind),
        "platform": str(image.platform) if image.platform is not None else None,
        "manifest_digest": image.manifest_digest,
        "manifest_media_type": image.manifest_media_type,
        "config_digest": image.config_digest,
        "path": list(image.path),
        "source": image.source,
        "subject": image.subject,
        "artifact_type": image.artifact_type,
        "complete": image.complete,
        "layers": [_layer(layer) for layer in image.layers],
    }


def _layer(layer: Layer) -> dict[str, object]:
    return {
        "digest": layer.digest,
        "diff_id": layer.diff_id,
        "media_type": layer.media_type,
        "size": layer.size,
        "compression": str(layer.compression),
        "present": layer.present,
    }


def to_lines(archive: ImageArchive) -> Iterator[str]:
    """The tree: index → manifests → config and layers, then how many findings there are."""
    from inspector.viewmodel import display

    compressed = f", {archive.compression}" if archive.compression != "none" else ""
    yield f"{archive.path.name}: {archive.layout}, {display.size(archive.size)}{compressed}"
    yield f"written by: {archive.writer.text}"
    waiting: list[tuple[str, str, TreeNode, str]] = []
    _push(waiting, "", [(root, "") for root in archive.roots])
    while waiting:
        prefix, branch, node, role = waiting.pop()
        yield f"{prefix}{branch}{_title(node, role)}"
        below = prefix + ("   " if branch == "└─ " else "│  ")
        nested = [(child, "") for child in node.children] + [(child, "referrer: ") for child in node.referrers]
        details = list(_details(node)) if node.image is not None else []
        for number, line in enumerate(details, 1):
            yield f"{below}{'└─ ' if number == len(details) and not nested else '├─ '}{line}"
        if len(below) // 3 <= _MOST_DEPTH:
            _push(waiting, below, nested)
        elif nested:
            yield f"{below}└─ …"
    yield from _summary(archive)


def _push(waiting: list[tuple[str, str, TreeNode, str]], prefix: str, nodes: list[tuple[TreeNode, str]]) -> None:
    for number, (node, role) in enumerate(reversed(nodes)):
        waiting.append((prefix, "├─ " if number else "└─ ", node, role))


def _title(node: TreeNode, role: str) -> str:
    image = node.image
    words = [", ".join(node.names)] if node.names else []
    platform = image.platform if image is not None else (node.descriptor.platform if node.descriptor else None)
    if platform is not None and not platform.is_unknown:
        words.append(str(platform))
    words.append(_kind_in_words(node))
    if node.digest is not None:
        words.append(node.digest.short)
    if image is not None and image.kind == "image" and not image.complete:
        words.append("incomplete")
    return role + "  ".join(words)


def _kind_in_words(node: TreeNode) -> str:
    from inspector.oci.mediatype import in_words

    media_type = node.descriptor.media_type if node.descriptor is not None else ""
    if node.kind == "absent":
        return f"{in_words(media_type) or 'manifest'}, not in the archive"
    if node.kind == "unreadable":
        return f"{in_words(media_type) or 'document'}, cannot be read"
    if node.kind == "artifact" and node.image is not None and node.image.artifact_type:
        return f"artifact {in_words(node.image.artifact_type)}"
    return str(node.kind)


def _details(node: TreeNode) -> Iterator[str]:
    from inspector.viewmodel import display

    image = node.image
    if image is None:
        return
    if image.config_digest is not None:
        size = display.size(image.config_blob.size) if image.config_blob is not None else "not in the archive"
        yield f"config  {image.config_digest.short}  {size}"
    for layer in image.layers:
        words = [f"layer {layer.number}"]
        digest = layer.digest or layer.diff_id
        words += [digest.short] if digest is not None else []
        words.append(display.size(layer.size) if layer.size is not None else "size unknown")
        words += [str(layer.compression)] if layer.compression != "none" else []
        if not layer.present:
            words.append("not in the archive" if layer.blob is None else "cut off")
        step = " ".join((layer.history.created_by if layer.history is not None else "").split())
        words += [step if len(step) <= _STEP_WIDTH else step[: _STEP_WIDTH - 1] + "…"] if step else []
        yield "  ".join(words)


def _summary(archive: ImageArchive) -> Iterator[str]:
    counts: dict[str, int] = {}
    for finding in sorted(archive.findings, key=lambda finding: -finding.severity):
        counts[finding.severity.word] = counts.get(finding.severity.word, 0) + 1
    if not counts:
        yield "no findings while opening; `check` looks deeper"
        return
    words = [f"{count:,} {word}{'s' if count != 1 and word != 'info' else ''}" for word, count in counts.items()]
    yield f"findings: {', '.join(words)}"
    worst = [finding for finding in archive.findings if finding.severity.word == "error"]
    for finding in worst[:5]:
        at = f" ({finding.where.object})" if finding.where.object else ""
        yield f"  {finding.code}  {finding.title}{at}"
    if len(worst) > 5:
        yield f"  … and {len(worst) - 5:,} more errors"
