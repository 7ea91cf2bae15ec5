"""How an image is to be run: the `config` object of an image config (config.md, and what Docker adds to it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from inspector.findings import Severity
from inspector.language import say

if TYPE_CHECKING:
    from inspector.oci.json_reader import Json
    from inspector.oci.node import Node

_CODE: Final = "CONFIG-7"
_NAMES: Final = (
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "ArgsEscaped",
    "Healthcheck",
    "Shell",
    "OnBuild",
)
_HEALTH_NAMES: Final = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """Docker's health check. `test` begins with NONE, CMD or CMD-SHELL; durations are nanoseconds, 0 is the default."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0

    @classmethod
    def parse(cls, node: Node) -> Self | None:
        if not isinstance(node.value, dict):
            if node.value is not None:
                node.wrong(say("an object"), code=_CODE, severity=Severity.WARNING)
            return None
        node = node.spelled(_HEALTH_NAMES)

        def number(name: str) -> int:
            return node[name].as_int(0, code=_CODE, severity=Severity.WARNING)

        return cls(
            test=words(node["Test"]) or (),
            interval=number("Interval"),
            timeout=number("Timeout"),
            start_period=number("StartPeriod"),
            start_interval=number("StartInterval"),
            retries=number("Retries"),
        )


@dataclass(frozen=True, slots=True)
class Execution:
    """Execution parameters as stated, in stored order; JSON null is absent.

    `entrypoint`, `cmd` and `shell` tell None (absent) from () (stated as empty). `env` are the `NAME=value` texts,
    `exposed_ports` the `port[/proto]` names, `volumes` the paths. `raw` holds all fields, unknown ones included.
    """

    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    working_dir: str = ""
    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] | None = None
    on_build: tuple[str, ...] = ()
    args_escaped: bool = False
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, node: Node) -> Self:
        """The parameters at `node`, empty ones if there are none. Findings: CONFIG-7, CONFIG-9, JSON-5."""
        if not isinstance(node.value, dict):
            if node.value is not None:
                node.wrong(say("an object"), code=_CODE, severity=Severity.WARNING)
            return cls()
        raw = node.value
        node = node.spelled(_NAMES)
        return cls(
            env=words(node["Env"]) or (),
            entrypoint=words(node["Entrypoint"]),
            cmd=words(node["Cmd"]),
            working_dir=node["WorkingDir"].as_str("", code=_CODE, severity=Severity.WARNING),
            user=node["User"].as_str("", code=_CODE, severity=Severity.WARNING),
            exposed_ports=_names(node["ExposedPorts"]),
            volumes=_names(node["Volumes"]),
            labels=node["Labels"].as_str_map(code="CONFIG-9", null_allowed=True, severity=Severity.WARNING),
            stop_signal=node["StopSignal"].as_str("", code=_CODE, severity=Severity.WARNING),
            healthcheck=Healthcheck.parse(node["Healthcheck"]),
            shell=words(node["Shell"]),
            on_build=words(node["OnBuild"]) or (),
            args_escaped=node["ArgsEscaped"].as_bool(code=_CODE, severity=Severity.WARNING),
            raw=raw,
        )


def words(node: Node) -> tuple[str, ...] | None:
    """A list of texts; a single text is taken as one word, as Docker does (strslice), but told."""
    if isinstance(node.value, str):
        node.wrong(say("an array of texts"), code=_CODE, severity=Severity.WARNING)
        return (node.value,)
    return node.as_str_list(code=_CODE, severity=Severity.WARNING)


def _names(node: Node) -> tuple[str, ...]:
    """The names of a Go set (`map[string]struct{}`); a list of texts is taken too, but told."""
    if isinstance(node.value, dict):
        return tuple(node.value)
    if node.value is None:
        return ()
    node.wrong(say("an object whose names count"), code=_CODE, severity=Severity.WARNING)
    return tuple(entry for entry in node.value if isinstance(entry, str)) if isinstance(node.value, list) else ()
