"""The history as a Dockerfile: what each builder leaves in it, and histories that fit nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.oci.config import HistoryEntry
from inspector.viewmodel.dockerfile import dockerfile
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.shellbreaks import broken
from inspector.viewmodel.tree import NodeType
from tests.builders import Bundle, ImageSpec, docker_25, layer_tar

Opener = Callable[[Bundle | Path], ArchiveSession]
Steps = Callable[..., str]


@pytest.fixture
def text_of(session_of: Opener) -> Steps:
    """The text for a history given as commands; one that begins with `-` makes no layer."""

    def run(*commands: str, layers: int | None = None, comments: Sequence[str] = ()) -> str:
        history = [
            HistoryEntry(created_by=command.removeprefix("-"), empty_layer=command.startswith("-"))
            for command in commands
        ]
        made = sum(not entry.empty_layer for entry in history) if layers is None else layers
        tars = tuple(layer_tar({f"f{number}": b"x"}) for number in range(made))
        stated = [
            {"created_by": entry.created_by, "empty_layer": entry.empty_layer}
            | ({"comment": comments[at]} if at < len(comments) else {})
            for at, entry in enumerate(history)
        ]
        session = session_of(docker_25([ImageSpec(tars, more_config={"history": stated})]))
        image = next(node.image for node in session.tree.nodes if node.type is NodeType.IMAGE)
        assert image is not None
        return dockerfile(image)

    return run


def alone(command: str) -> str:
    """The text for one step that made no layer."""
    image: Any = SimpleNamespace(history=((HistoryEntry(created_by=command, empty_layer=True), None),), layers=())
    return dockerfile(image)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        # classic builder
        ('/bin/sh -c #(nop)  CMD ["/bin/sh"]', 'CMD ["/bin/sh"]'),
        ('/bin/sh -c #(nop)  ENTRYPOINT ["/bin/sh" "-c"]', 'ENTRYPOINT ["/bin/sh", "-c"]'),
        (f"/bin/sh -c #(nop) ADD file:{'a' * 64} in / ", "ADD file:aaaaaaaaaaaa… in /"),
        (f"/bin/sh -c #(nop) COPY --chown=1:2file:{'a' * 64} in /x ", "COPY --chown=1:2file:aaaaaaaaaaaa… in /x"),
        ("/bin/sh -c #(nop)  ENV A=1", "ENV A=1"),
        ("/bin/sh -c #(nop)  EXPOSE 443 53/udp", "EXPOSE 443 53/udp"),
        ("/bin/sh -c #(nop)  VOLUME [/a /b/with space]", 'VOLUME ["/a", "/b/with space"]'),
        ("/bin/sh -ec #(nop)  USER app", "USER app"),
        ("/bin/sh -c apk add curl", "RUN apk add curl"),
        ("|1 A=b c /bin/sh -c echo $A", "# build arguments: A=b c\nRUN echo $A"),
        ("cmd /S /C #(nop) WORKDIR C:\\app", "WORKDIR C:\\app"),
        # BuildKit
        ("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", "# build arguments: A=1 B=2\nRUN make"),
        ("RUN /bin/bash -o pipefail -c a | b # buildkit", "# with /bin/bash -o pipefail -c\nRUN a | b"),
        ("RUN cmd /S /C dir # buildkit", "RUN dir"),
        ("RUN /bin/sh -c echo a\necho b # buildkit", "RUN <<EOF\necho a\necho b\nEOF"),
        ("RUN /bin/sh -c <<X\necho EOF\nX # buildkit", "RUN <<X\necho EOF\nX"),
        ("COPY a /b # buildkit", "COPY a /b"),
        ("EXPOSE map[443/tcp:{} 53/udp:{}]", "EXPOSE 443/tcp 53/udp"),
        ("EXPOSE [443/tcp 53/udp]", "EXPOSE 443/tcp 53/udp"),
        ("SHELL [/bin/bash -c]", 'SHELL ["/bin/bash", "-c"]'),
        (
            'HEALTHCHECK &{["CMD-SHELL" "curl -f \\"x\\" || exit 1"] "30s" "3s" "0s" "0s" \'\\x03\'}',
            'HEALTHCHECK --interval=30s --timeout=3s --retries=3 \\\n    CMD curl -f "x" || exit 1',
        ),
        ('HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}', "HEALTHCHECK NONE"),
        ("HEALTHCHECK &{nonsense", "HEALTHCHECK &{nonsense"),
        ("ENV A=b C=d e F=", 'ENV A=b \\\n    C="d e" \\\n    F='),
        ('LABEL a="x y=z" b=\'c d\'', 'LABEL a="x y=z" \\\n    b=\'c d\''),
        ('ENV A=say "$x"', 'ENV A="say \\"\\$x\\""'),
        ("ENV A b c", "ENV A b c"),
        # neither
        ("", "# the step is not stated"),
        ("umoci repack", "# not from a Dockerfile: umoci repack"),
        ("/bin/bash", "# not from a Dockerfile: /bin/bash"),
        ("/bin/sh -c ", "# not from a Dockerfile: /bin/sh -c"),
        ("run x", "# not from a Dockerfile: run x"),
        ("COPY a\n# layer 9 · 1 Byte", "COPY a # layer 9 · 1 Byte"),
        ("bazel\nRUN evil\x1b[2J\u202e", "# not from a Dockerfile: bazel␊RUN evil␛[2J⟨U+202E⟩"),
        ("ENV A=b\nRUN evil", 'ENV A="b␊RUN evil"'),
    ],
)  # fmt: skip
def test_one_step(stored: str, shown: str) -> None:
    assert alone(stored) == f"{shown}\n"


def test_each_step_stands_below_its_layer(text_of: Steps) -> None:
    text = text_of("COPY a / # buildkit", "-ENV A=1", "RUN /bin/sh -c true # buildkit", comments=["", "", "by hand"])
    one, env, two = text.strip().split("\n\n")
    assert one.split("\n") == [one.split("\n")[0], "COPY a /"]
    assert one.startswith("# layer 1 · ")
    assert env == "ENV A=1"
    assert two.startswith("# layer 2 · ")
    assert two.endswith("\n# comment: by hand\nRUN true")


def test_a_stated_shell_is_not_said_again(text_of: Steps) -> None:
    text = text_of("-SHELL [/bin/bash -ec]", "RUN /bin/bash -ec make # buildkit")
    assert "# with" not in text
    assert "\nRUN make\n" in text


def test_a_history_that_does_not_fit_is_not_shifted(text_of: Steps) -> None:
    text = text_of("COPY a / # buildkit", "-ENV A=1", layers=2)
    assert "the image has 2" in text
    assert "# a layer, not known which\nCOPY a /" in text
    assert "# layer 1" in text
    assert text.count("# the history does not say what made it") == 2
    too_long = text_of("COPY a /", "COPY b /", "COPY c /", layers=1)
    assert too_long.count("# a layer, not known which") == 3
    assert text_of(layers=1).count("does not say") == 1


def test_lines_break_where_their_author_broke_them() -> None:
    assert broken("set -eux; \tapk add \t\ta \t\tb; \tif x; then \t\techo 'c   d'; \tfi") == [
        "set -eux;", "apk add", "    a", "    b;", "if x; then", "    echo 'c   d';", "fi",
    ]  # fmt: skip
    assert broken("apt-get update     && apt-get install -y         curl     && rm x") == [
        "apt-get update", "&& apt-get install -y", "    curl", "&& rm x",
    ]  # fmt: skip


def test_lines_without_traces_break_at_what_joins_commands() -> None:
    assert broken("a && b") == ["a && b"]
    long = "x" * 80
    assert broken(f"{long} && (b && c; d) || echo \"e && f; g\" '; h'; if a; then b; fi; i \\; j") == [
        long, "&& (b && c; d)", "|| echo \"e && f; g\" '; h';", "if a; then b; fi;", "i \\; j",
    ]  # fmt: skip
    assert broken(f"{long} && echo $(a && b) `c && d` # e && f")[1:] == ["&& echo $(a && b) `c && d` # e && f"]
    assert broken(" ") == [" "]


@pytest.mark.parametrize(
    "piece",
    ['\\"', '"', "'", " ", "\t", "&&", "(", "`", "|1 ", " -a", "a=", '"a" ', '] "1s" "1s" \'', "\\", "; if ", "#"],
)
@pytest.mark.parametrize(
    "start", ["/bin/sh -c ", "ENV A=", "HEALTHCHECK &{[", "CMD [", "VOLUME [", "|1 ", "RUN /bin/sh", "SHELL [", ""]
)
def test_a_hostile_step_takes_no_longer_than_its_length(piece: str, start: str) -> None:
    before = time.process_time()
    assert alone(start + piece * (250_000 // len(piece)) + "x")
    assert time.process_time() - before < 3
