"""Any archive with bytes changed, cut, doubled or JSON bent opens, or is refused with an error of ours."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.archive.detect import open_archive
from inspector.cli.show import to_json, to_lines
from inspector.errors import InspectorError
from tests.builders import (
    Bundle,
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

APP = image("docker.io/library/app:1")
ARM = image("docker.io/library/app:1", seed="arm", architecture="arm64")
BUNDLES: list[Callable[[], Bundle]] = [
    lambda: docker_19([APP, ARM]),
    lambda: docker_24([APP]),
    lambda: docker_25([APP, ARM]),
    lambda: containerd([APP], nested=True, attested=True, absent=[ARM]),
    lambda: podman_docker_archive([APP]),
    lambda: kaniko([APP]),
    lambda: docker_dir(APP),
    lambda: umoci({"a": APP, "b": ARM}),
]


def opens_or_is_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.tar"
        path.write_bytes(data)
        with contextlib.suppress(InspectorError), open_archive(path) as archive:
            json.dumps(to_json(archive))
            assert list(to_lines(archive))


@settings(max_examples=150)
@given(st.data())
def test_changed_bytes(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(BUNDLES))().tar())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    opens_or_is_refused(bytes(raw))


@settings(max_examples=100)
@given(st.sampled_from(BUNDLES), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["cut", "drop", "twice", "gzip"]))
def test_cut_and_spliced(make: Callable[[], Bundle], start: float, end: float, how: str) -> None:
    raw = make().tar()
    first, last = sorted((int(start * len(raw)), int(end * len(raw))))
    if how == "cut":
        raw = raw[:last]
    elif how == "drop":
        raw = raw[:first] + raw[last:]
    elif how == "twice":
        raw = raw[:last] + raw[first:]
    else:
        raw = compress(raw, "gzip")
        raw = raw[: int(end * len(raw))]
    opens_or_is_refused(raw)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "sha256:" + "a" * 64, "../../x", "\ud800", "application/vnd.oci.image.index.v1+json"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key in value:
            found += places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            found += places(value[index], (*path, index))
    return found


@settings(max_examples=250)
@given(st.data())
def test_bent_documents(data: st.DataObject) -> None:
    bundle = data.draw(st.sampled_from(BUNDLES))()
    documents = [e.name for e in bundle.entries if e.kind == "file" and e.data[:1] in (b"{", b"[")]
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(documents))
        value = json.loads(bundle.data(name))
        spots = places(value)
        if not spots:
            continue
        *way, last = data.draw(st.sampled_from(spots))
        holder = value
        for step in way:
            holder = holder[step]
        if data.draw(st.booleans()):
            holder[last] = data.draw(VALUES)
        else:
            del holder[last]
        bundle = bundle.replacing(name, json.dumps(value).encode())
    opens_or_is_refused(bundle.tar())
