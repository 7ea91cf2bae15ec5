"""Archives bent at random where it hurts: single bytes, blocks, tar headers, JSON values, and the insides of layers.

What was changed is repaired around it (checksums of headers; digests, sizes and diffIDs up the chain), so that a mutant gets
past the first check and deep into the program. The same seed and number give the same mutant.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.builders import (
    Bundle,
    Entry,
    compress,
    containerd,
    docker_19,
    docker_24,
    docker_25,
    docker_dir,
    image,
    kaniko,
    podman_docker_archive,
    umoci,
)

MOST_BYTES = 200_000
_BLOCK = 512
_FIELDS = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12),
           "type": (156, 1), "link": (157, 100), "magic": (257, 8), "prefix": (345, 155)}  # fmt: skip
_BYTES = (b"", b"\0", b"/", b".", b"..", b"../../x", b"/etc/passwd", b".wh.x", b".wh..wh..opq", b"a/" * 49, b"\xff\xfe", b"<b>",
          b"77777777777", b"00000000000", b"-1", b"\x80" + bytes(10) + b"\x01", b"\xff" * 12, b"\x80" + b"\xff" * 11, b" 12 ", b"9",
          b"0", b"1", b"2", b"3", b"5", b"7", b"x", b"g", b"L", b"K", b"S", b"V", b"M", b"\0" * 12, b"ustar  \0", b"ustar\x0000")  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**70, 0.5, "", "x", "../../x", "\ud800", "\x1b[2J", "\u202egpj", "<img src=x>",
    "sha256:" + "a" * 64, "sha256:", "sha512:" + "b" * 128, "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip", "2024-13-45T99:99:99Z",
    [], {}, [None], [[[[[[]]]]]], {"": ""}, {"digest": "sha256:" + "c" * 64, "size": 1}, "x" * 5000, ["x"] * 200,
)  # fmt: skip


def seeds(corpus: Path | None) -> list[Callable[[], Bundle]]:
    """Archives to begin with: one of each writer that the builders know, and small real ones."""
    app = image("docker.io/library/app:1")
    arm = image("docker.io/library/app:1", seed="arm", architecture="arm64")
    found: list[Callable[[], Bundle]] = [
        lambda: docker_19([app, arm]),
        lambda: docker_24([app]),
        lambda: docker_25([app, arm]),
        lambda: containerd([app], nested=True, attested=True, absent=[arm]),
        lambda: podman_docker_archive([app]),
        lambda: kaniko([app]),
        lambda: docker_dir(app),
        lambda: umoci({"a": app, "b": arm}),
    ]
    real = sorted(corpus.glob("*.tar")) if corpus is not None else []
    small = [path for path in real if path.stat().st_size <= MOST_BYTES and "truncated" not in path.name]
    return found + [partial(_load, path) for path in small]


def _load(path: Path) -> Bundle:
    """A real archive; tarfile may read it, since it was written by a tool that we trust."""
    kinds = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink"}
    entries = []
    with tarfile.open(path) as tar:
        for info in tar:
            file = tar.extractfile(info) if info.isreg() else None
            kind = kinds.get(info.type, "file")
            entries.append(
                Entry(info.name, file.read() if file else b"", kind, info.linkname, info.mode, int(info.mtime))
            )
    return Bundle(tuple(entries))


def mutant(seed: int, number: int, bases: list[Callable[[], Bundle]]) -> bytes:
    """The archive that this number stands for."""
    chance = random.Random(f"{seed}:{number}")
    bundle = chance.choice(bases)()
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        bundle = chance.choice((_bend_json, _bend_json, _bend_layer, _shuffle))(chance, bundle)
    data = bundle.tar()
    for _ in range(chance.choice((0, 0, 1, 1, 3, 10))):
        data = chance.choice((_bend_header, _bend_header, _flip, _move_blocks, _cut))(chance, data)
    if chance.random() < 0.1:
        data = compress(data, chance.choice(("gzip", "zstd", "xz", "bzip2", "lz4")))
        if chance.random() < 0.5:
            data = _flip(chance, data)
    return data


# ---------------------------------------------------------------- bytes and blocks


def _flip(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 30))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.choice((0, 255, chance.randrange(256)))
    return bytes(changed)


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] if chance.random() < 0.7 else data[:at] + bytes(chance.randrange(2000)) + data[at:]


def _move_blocks(chance: random.Random, data: bytes) -> bytes:
    """Drop, double, or swap stretches of whole blocks."""
    count = len(data) // _BLOCK
    if count < 4:
        return data
    start, length, to = chance.randrange(count), chance.choice((1, 1, 2, 5)), chance.randrange(count)
    piece = data[start * _BLOCK : (start + length) * _BLOCK]
    how = chance.choice(("drop", "double", "swap"))
    if how == "drop":
        return data[: start * _BLOCK] + data[(start + length) * _BLOCK :]
    if how == "double":
        return data[: to * _BLOCK] + piece + data[to * _BLOCK :]
    return data[: to * _BLOCK] + piece + data[to * _BLOCK + len(piece) :]


def _headers(data: bytes) -> list[int]:
    """Where blocks lie that look like headers."""
    return [at for at in range(0, len(data) - _BLOCK + 1, _BLOCK) if data[at + 257 : at + 262] == b"ustar"]


def _bend_header(chance: random.Random, data: bytes) -> bytes:
    """One field of one header becomes something else; the checksum is mostly made right again."""
    places = _headers(data)
    if not places:
        return data
    at = chance.choice(places)
    header = bytearray(data[at : at + _BLOCK])
    start, width = _FIELDS[chance.choice(list(_FIELDS))]
    value = chance.choice(_BYTES)[:width]
    header[start : start + width] = value.ljust(width, b"\0")
    if chance.random() < 0.9:
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
    return data[:at] + bytes(header) + data[at + _BLOCK :]


def _extended(chance: random.Random, data: bytes) -> bytes:
    """A PAX header put before one entry."""
    places = _headers(data)
    at = chance.choice(places) if places else 0
    key = chance.choice(("path", "linkpath", "size", "mtime", "uid", "SCHILY.xattr.user.x", "GNU.sparse.major", "GNU.sparse.map",
                         "GNU.sparse.realsize", "hdrcharset", "comment"))  # fmt: skip
    value = chance.choice(("", "1", "-1", "x", "../../x", "9" * 20, "1.5", "0,1,2,3", "a" * 300, "\0"))
    body = f" {key}={value}\n".encode()
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    payload = str(length + chance.choice((0, 0, 0, 0, 1, -1, 10**6))).encode() + body
    block = bytearray(_BLOCK)
    block[:5] = b"pax/x"
    block[100:108] = b"0000644\0"
    block[124:136] = b"%011o\0" % len(payload)
    block[156:157] = chance.choice((b"x", b"x", b"g"))
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return data[:at] + bytes(block) + payload + bytes(-len(payload) % _BLOCK) + data[at:]


# ---------------------------------------------------------------- documents and layers, repaired up the chain


def _shuffle(chance: random.Random, bundle: Bundle) -> Bundle:
    entries = list(bundle.entries)
    how = chance.choice(("drop", "double", "order", "rename"))
    at = chance.randrange(len(entries))
    if how == "drop":
        del entries[at]
    elif how == "double":
        entries.insert(chance.randrange(len(entries)), entries[at])
    elif how == "order":
        chance.shuffle(entries)
    else:
        entries[at] = replace(
            entries[at], name=chance.choice((chance.choice(entries).name, "../x", "index.json", "x" * 90))
        )
    return Bundle(tuple(entries)) if entries else bundle


def _bend_json(chance: random.Random, bundle: Bundle) -> Bundle:
    names = [entry.name for entry in bundle.entries if entry.kind == "file" and entry.data[:1] in (b"{", b"[")]
    if not names:
        return bundle
    name = chance.choice(names)
    try:
        value = json.loads(bundle.data(name))
    except ValueError:
        return bundle
    spots = list(_places(value))
    if not spots:
        return bundle
    *way, last = chance.choice(spots)
    holder = value
    for step in way:
        holder = holder[step]
    how = chance.random()
    if how < 0.6:
        holder[last] = chance.choice(_VALUES)
    elif how < 0.8:
        del holder[last]
    elif isinstance(holder, list):
        holder += holder[:1] * chance.choice((1, 3, 100))
    else:
        holder[chance.choice(("manifests", "layers", "config", "subject", "urls", "data", "x"))] = chance.choice(
            _VALUES
        )
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        text = chance.choice((b"\xef\xbb\xbf" + text, text + b"x", text[:-1], text.replace(b":", b": ", 1), text * 2))
    return _repaired(bundle, name, text) if chance.random() < 0.8 else bundle.replacing(name, text)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))


def _bend_layer(chance: random.Random, bundle: Bundle) -> Bundle:
    """A layer unpacked, bent, packed again; its digest, size and diffID follow."""
    layers = [(entry.name, tar) for entry in bundle.entries if entry.kind == "file" and (tar := _tar_of(entry.data))]
    if not layers:
        return bundle
    name, tar = chance.choice(layers)
    bent = tar
    for _ in range(chance.choice((1, 2, 5))):
        bent = chance.choice((_bend_header, _bend_header, _extended, _move_blocks, _flip, _cut))(chance, bent)
    stored = bundle.data(name)
    packed = gzip.compress(bent, 1, mtime=0) if stored[:2] == b"\x1f\x8b" else bent
    if chance.random() < 0.1:
        packed = _flip(chance, packed)
    return _repaired(bundle, name, packed, (_digest(tar), _digest(bent)))


def _tar_of(data: bytes) -> bytes | None:
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(4 << 20)
        except (OSError, EOFError, zlib.error):
            return None
    return data if data[257:262] == b"ustar" else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _repaired(bundle: Bundle, name: str, data: bytes, *renamed: tuple[str, str]) -> Bundle:
    """`name` gets new content, and everything that names its digest or size follows, as often as it takes."""
    waiting = [(name, data, renamed)]
    for _ in range(30):
        if not waiting:
            break
        name, data, also = waiting.pop()
        old = bundle.data(name)
        swaps = [(_digest(old), _digest(data)), *also]
        sizes = (len(old), len(data))
        bundle = bundle.replacing(name, data)
        for entry in bundle.entries:
            if entry.kind != "file" or entry.data[:1] not in (b"{", b"["):
                continue
            text = entry.data
            for before, after in swaps:
                if before.encode() in text:
                    text = text.replace(before.encode(), after.encode())
                    text = text.replace(b'"size":%d,' % sizes[0], b'"size":%d,' % sizes[1])
            if text != entry.data and all(entry.name != other for other, *_ in waiting):
                waiting.append((entry.name, text, ()))
        for before, after in swaps:
            bundle = bundle.renamed(lambda stored, before=before, after=after: stored.replace(before, after))  # type: ignore[misc]
            waiting = [(stored.replace(before, after), text, more) for stored, text, more in waiting]
    return bundle
