from __future__ import annotations

import pytest

from inspector.viewmodel import labels


@pytest.mark.parametrize(
    ("created_by", "command"),
    [
        ('/bin/sh -c #(nop)  CMD ["/bin/sh"]', 'CMD ["/bin/sh"]'),
        ("/bin/sh -c #(nop) ADD file:abc in / ", "ADD file:abc in /"),
        ("/bin/sh -c apk add --no-cache curl", "RUN apk add --no-cache curl"),
        ("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"),
        ("RUN |1 VERSION=3 /bin/sh -c echo $VERSION # buildkit", "RUN echo $VERSION"),
        ("|1 VERSION=3 /bin/sh -c echo $VERSION", "RUN echo $VERSION"),
        ("COPY . / # buildkit", "COPY . /"),
        ("/bin/bash -c set -e;     ls", "RUN set -e; ls"),
        ("bazel build ...", "bazel build ..."),
        ("", ""),
    ],
)
def test_steps_as_the_dockerfile_had_them(created_by: str, command: str) -> None:
    assert labels.command(created_by) == command


def test_names() -> None:
    assert labels.names(["docker.io/library/alpine:3.20", "ghcr.io/a/b:1"]) == "alpine:3.20, ghcr.io/a/b:1"
    assert labels.names([f"x:{n}" for n in range(10)]) == "x:0, x:1, x:2 and 7 more"
    assert labels.familiar("no reference\u202e!") == "no reference⟨U+202E⟩!"


def test_predicates_and_artifacts() -> None:
    assert labels.predicate("https://slsa.dev/provenance/v0.2") == "build provenance (SLSA 0.2)"
    assert labels.predicate("https://example.com/x") == "https://example.com/x"
    assert labels.artifact(None) == "artifact"
    assert labels.artifact("application/vnd.example+json") == "artifact application/vnd.example+json"
