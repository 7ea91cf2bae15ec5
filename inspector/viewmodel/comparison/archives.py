"""In what two archives, or two images, differ: documents, layers, files; as one JSON document and as lines of text.

`--json` (keys may be added, never renamed):

    {"a": "A", "b": "B", "same": false, "complete": true, "only_a": [IMAGE], "only_b": [IMAGE],
     "images": [{"a": IMAGE, "b": IMAGE, "same": false, "complete": true,
       "documents": [{"document": "manifest|config|names", "a": "sha256:…|null", "b": …}],
       "fields": [{"document": "manifest|config", "pointer": "$.config.Env[2]", "a": …, "b": …}],
       "layers": [{"change": "same|recompressed|added|removed", "a": 1, "b": 1, "digest_a": "…", "digest_b": "…",
                   "diff_id_a": "…", "diff_id_b": "…"}],
       "files": [{"path": "etc/passwd", "change": "added|removed|modified", "a": ENTRY, "b": ENTRY,
                  "differs": ["content", "type", "link", "mode", "owner", "time", "xattrs"]}]}]}

IMAGE has names, platform, manifest_digest and config_digest; ENTRY what `files --json` has, with its layer. A side on
which nothing is there is null, and in `fields` its key is left out. `uncompared` in `differs`: a content that could not
be read. Without an image named, images go together by manifest, config, name and platform, or platform alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.select import select_image
from inspector.language import mark, tr
from inspector.layers.changes import Aspect
from inspector.layers.difference import FileDifference, compare
from inspector.layers.merged import Merged, merge
from inspector.layers.stack import list_image
from inspector.progress import CancelToken, ProgressSink, ignore_progress
from inspector.viewmodel.comparison.pairing import Paired, fields, layers, pair
from inspector.viewmodel.display import safe
from inspector.viewmodel.entryjson import entry_json, text_of

_SIGNS = {"same": "=", mark("recompressed"): "~", "added": "+", "removed": "-"}
_LONGEST = 120


def compare_archives(
    a: ImageArchive,
    b: ImageArchive,
    *,
    images: tuple[str | None, str | None] = (None, None),
    platform: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    token: CancelToken,
    sink: ProgressSink = ignore_progress,
) -> dict[str, Any]:
    """The document above, without `a` and `b`. `images`: one of each, by name or digest; else all that go together.

    Every layer of both is read. Raises `UsageError` (no such image), `BlobError`, `LayerError`, `Cancelled`.
    """
    paired = _choose(a, b, images[0], images[1], platform)
    compared = [_compare(left, right, limits, token, sink) for left, right in paired.pairs]
    return {
        "same": not (paired.only_a or paired.only_b) and all(image["same"] for image in compared),
        "complete": all(image["complete"] for image in compared),
        "images": compared,
        "only_a": [_head(image) for image in paired.only_a],
        "only_b": [_head(image) for image in paired.only_b],
    }


def _choose(a: ImageArchive, b: ImageArchive, image_a: str | None, image_b: str | None, platform: str | None) -> Paired:
    """One image of each if one was named, else all that go together."""
    if image_a or image_b or platform:
        return Paired([(select_image(a, image_a, platform), select_image(b, image_b, platform))], [], [])
    both = [[image for image in archive.images if image.kind is NodeKind.IMAGE] for archive in (a, b)]
    if not (both[0] or both[1]):
        both = [list(a.images), list(b.images)]
    return pair(*both)


def _compare(left: Image, right: Image, limits: Limits, token: CancelToken, sink: ProgressSink) -> dict[str, Any]:
    listed = [list_image(image, token=token, sink=sink, limits=limits) for image in (left, right)]
    before, after = (merge(found.listings) for found in listed)
    differences = compare(before, after, lambda n: left.layers[n].blob, lambda n: right.layers[n].blob, token)
    documents: list[dict[str, object]] = []
    inner: list[dict[str, object]] = []
    for name, a, b, digest_a, digest_b in (
        ("manifest", left.manifest, right.manifest, left.manifest_digest, right.manifest_digest),
        ("config", left.config, right.config, left.config_digest, right.config_digest),
    ):
        if digest_a != digest_b:
            documents.append({"document": name, "a": digest_a, "b": digest_b})
        if a is not None and b is not None and a.digest != b.digest:
            inner += [{"document": name} | field for field in fields(a.value, b.value)]
    if left.names != right.names:
        documents.append({"document": "names", "a": list(left.names), "b": list(right.names)})
    stacks = [
        list(zip(image.layers, found.listings, strict=True)) for image, found in zip((left, right), listed, strict=True)
    ]
    layer_changes = list(layers(*stacks))
    complete = all(found.complete for found in listed)
    same_layers = all(layer["change"] == "same" for layer in layer_changes)
    return {
        "a": _head(left),
        "b": _head(right),
        "same": complete and not documents and not inner and same_layers and not differences,
        "complete": complete,
        "documents": documents,
        "fields": inner,
        "layers": layer_changes,
        "files": [_file(difference, before, after) for difference in differences],
    }


def _head(image: Image) -> dict[str, object]:
    return {
        "names": list(image.names),
        "platform": str(image.platform) if image.platform is not None else None,
        "manifest_digest": image.manifest_digest,
        "config_digest": image.config_digest,
    }


def _file(difference: FileDifference, before: Merged, after: Merged) -> dict[str, object]:
    shown: dict[str, object] = {
        "path": text_of(difference.path),
        "change": difference.kind.value,
        "differs": list(_words(difference.aspects)),
    }
    for side, merged, row in (("a", before, difference.before), ("b", after, difference.after)):
        shown[side] = _entry(merged, row) if row is not None else None
    return shown


@lru_cache
def _words(aspects: Aspect) -> tuple[str, ...]:
    return tuple(aspect.name.lower() for aspect in aspects if aspect.name is not None)


def _entry(merged: Merged, row: int) -> dict[str, object]:
    whole = entry_json(merged.listings[merged.layers[row]], merged.entries[row])
    kept = ("type", "mode", "uid", "gid", "size", "mtime", "linkname", "xattrs")
    return {key: whole[key] for key in kept} | {"layer": merged.layers[row] + 1}


def lines_of(document: dict[str, Any]) -> Iterator[str]:
    for side, sign in (("only_a", "-"), ("only_b", "+")):
        for head in document[side]:
            yield f"{sign} " + tr("image %s") % _title(head)
    for image in document["images"]:
        title = _title(image["a"])
        if image["same"]:
            yield "= " + tr("image %s") % title
            continue
        other = _title(image["b"])
        both = tr("image %s and %s") % (title, other) if other != title else tr("image %s") % title
        yield f"~ {both}"
        yield from _image_lines(image)
    if document["same"]:
        yield tr("The same documents, layers and files.")


def _image_lines(image: dict[str, Any]) -> Iterator[str]:
    for changed in image["documents"]:
        yield f"  {changed['document']}: {_value(changed, 'a')} → {_value(changed, 'b')}"
    for field in image["fields"]:
        # What the manifest says of config and layers follows from them, and they are told.
        if field["document"] == "manifest" and field["pointer"].startswith(("$.layers[", "$.config.")):
            continue
        yield f"  {field['document']} {_visible(field['pointer'])}: {_value(field, 'a')} → {_value(field, 'b')}"
    for layer in image["layers"]:
        if layer["change"] != "same":
            number = layer["a"] or layer["b"]
            digest = layer["digest_a"] or layer["digest_b"] or layer["diff_id_a"] or layer["diff_id_b"]
            what = tr("layer %s %s (%s)") % (number, digest, tr(layer["change"]))
            yield f"  {_SIGNS[layer['change']]} {what}"
    same = sum(layer["change"] == "same" for layer in image["layers"])
    yield "  " + tr("%s of %s layers are the same") % (same, len(image["layers"]))
    letters = {"added": "A", "removed": "D", "modified": "M"}
    for file in image["files"]:
        differs = f" ({', '.join(file['differs'])})" if file["differs"] else ""
        yield f"  {letters[file['change']]} {_visible(file['path'])}{differs}"
    if not image["files"]:
        yield "  " + tr("the files are the same")


def _title(head: dict[str, Any]) -> str:
    names: Sequence[str] = head["names"]
    digest = head["manifest_digest"] or head["config_digest"] or ""
    words = [_visible(names[0]) if names else tr("unnamed"), _visible(head["platform"] or ""), digest[:19]]
    return " ".join(word for word in words if word)


def _value(field: dict[str, Any], side: str) -> str:
    if side not in field:
        return "(absent)"
    text = json.dumps(field[side], ensure_ascii=False)
    return _visible(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _visible(text: str) -> str:
    return safe(text, limit=sys.maxsize)
