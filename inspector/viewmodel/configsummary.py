"""An image config in words: what runs, with what, where from; and its history with the layer of each step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.oci import annotations as keys
from inspector.viewmodel import display, labels
from inspector.viewmodel.pages import HistoryRow, Row, Section

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.oci.config import Execution, Healthcheck, ImageConfig
    from inspector.viewmodel.tree import StructureNode

MAX_ROWS = 1000
"""Rows of one section; the rest is counted."""

MAX_STEPS = 10_000
"""Steps of a history that are shown."""

_VALUE = 4000
_SECRET_NAME = re.compile(
    r"(?:^|[_.\-])(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRETS?|TOKENS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH|CREDENTIALS?|COOKIE)"
    r"(?:$|[_.\-])|PASSWORD|SECRET|TOKEN|APIKEY|CREDENTIAL",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abpr]-|\beyJ[\w-]{10,}\.[\w-]{10,}\."
    r"|://[^/\s:@]+:[^/\s@]+@"
)
_PUBLIC = frozenset({"PWD", "OLDPWD", "GPG_KEY", "GPG_KEYS"})


def looks_secret(name: str, value: str) -> bool:
    """Whether a value is better hidden until asked for, by its name or its looks."""
    if not value or name in _PUBLIC:
        return False
    return _SECRET_NAME.search(name) is not None or _SECRET_VALUE.search(value) is not None


def config_sections(config: ImageConfig) -> tuple[Section, ...]:
    """What the config says, by what a person asks first; sections with nothing to say are left out."""
    execution = config.execution
    sections = (
        _running(execution),
        _environment(execution.env),
        labels_section(execution.labels),
        _section("Health check", _health_rows(execution.healthcheck)),
    )
    return tuple(section for section in sections if section.rows)


def command_line(execution: Execution) -> str:
    """The command line as it runs: entrypoint followed by command, quoted for a shell; "" if there is none."""
    return " ".join(shlex.quote(part) for part in (*(execution.entrypoint or ()), *(execution.cmd or ())))


def _running(execution: Execution) -> Section:
    rows: list[Row] = []

    def add(label: str, value: str, tooltip: str = "", *, monospace: bool = True) -> None:
        if value:
            rows.append(Row(label, display.safe(value, _VALUE), tooltip, monospace=monospace))

    line = command_line(execution)
    add(
        "Command line as it runs", line, "Entrypoint and command together, as they are started without other arguments."
    )
    if not line:
        rows.append(
            Row("Command line as it runs", "none", "The image says not what to start: it has to be given on starting.")
        )
    add("Entrypoint", _words(execution.entrypoint), "Always started; arguments given on starting are added behind it.")
    add("Command", _words(execution.cmd), "Default arguments; replaced by what is given on starting.")
    add("Working directory", execution.working_dir, "Where it is started; / if not stated.")
    rows.append(
        Row("User", display.safe(execution.user), "Name or number, and group after the colon.", monospace=True)
        if execution.user
        else Row("User", "root (not stated)", "Without a user in the config, containers start as root (0:0).")
    )
    add(
        "Ports",
        ", ".join(_ports(execution.exposed_ports)),
        "Documented by the image: where it listens. That opens nothing by itself.",
    )
    add(
        "Volumes",
        "  ".join(map(shlex.quote, execution.volumes)),
        "Folders whose content is kept outside the container.",
    )
    add("Stop signal", execution.stop_signal, "Sent to ask it to end; SIGTERM if not stated.")
    add("Shell", _words(execution.shell), "The shell of RUN and of commands written as text (Docker only).")
    for step in execution.on_build[:MAX_ROWS]:
        add("On build", step, "Run when another image is built from this one (Docker only).")
    return Section("What runs", tuple(rows))


def _words(parts: Iterable[str] | None) -> str:
    return " ".join(shlex.quote(part) for part in parts or ())


def _environment(env: Iterable[str]) -> Section:
    rows = []
    for entry in env:
        name, equals, value = entry.partition("=")
        tooltip = "" if equals else "Stated without a value."
        rows.append(
            Row(
                display.safe(name, 200),
                display.safe(value, _VALUE),
                tooltip,
                secret=looks_secret(name, value),
                monospace=True,
            )
        )
    return _section("Environment", rows)


def _ports(ports: Iterable[str]) -> list[str]:
    parted = (port.partition("/") for port in sorted(ports, key=_port_key))
    return [f"{number}/{protocol or 'tcp'}" for number, _, protocol in parted]


def _port_key(port: str) -> tuple[int, str]:
    number = port.partition("/")[0]
    return (int(number), port) if number.isdecimal() and len(number) < 6 else (1 << 20, port)


def _health_rows(check: Healthcheck | None) -> list[Row]:
    if check is None:
        return []
    rows = []
    if check.test:
        kind, *rest = check.test
        shown = {"NONE": "none: switched off", "CMD-SHELL": " ".join(rest), "CMD": _words(rest)}.get(
            kind, _words(check.test)
        )
        rows.append(Row("Test", display.safe(shown, _VALUE), monospace=True))
    times = (
        ("Interval", check.interval),
        ("Time limit", check.timeout),
        ("Start period", check.start_period),
        ("Start interval", check.start_interval),
    )
    rows += [Row(label, f"{value / 1e9:g} s", f"{value:,} ns") for label, value in times if 0 < value < 1 << 63]
    rows += [Row("Retries", f"{check.retries:,}")] if check.retries else []
    return rows


def origin_rows(config: ImageConfig) -> list[Row]:
    """When, by whom and with what it was made, as far as the config says."""
    rows = []
    if config.created:
        words, exact = display.moment(config.created)
        rows.append(Row("Created", words, exact))
    if config.author:
        rows.append(Row("Author", display.safe(config.author, _VALUE)))
    if config.docker_version:
        rows.append(Row("Docker version", display.safe(config.docker_version), "The version that built it."))
    if config.os_version:
        rows.append(Row("OS version", display.safe(config.os_version)))
    if config.os_features:
        rows.append(Row("OS features", display.safe(", ".join(config.os_features))))
    return rows


def origin_section(config: ImageConfig) -> Section:
    """The same with platform and layers, for the page of a config."""
    rows = [Row("Platform", labels.platform(config.platform) or "not stated"), *origin_rows(config)]
    rows.append(Row("Layers", f"{len(config.diff_ids):,}", "As many as the config lists diffIDs."))
    return Section("Where it comes from", tuple(rows))


def labels_section(found: Mapping[str, str], title: str = "Labels") -> Section:
    """Labels or annotations, each explained where its key is known."""
    rows = []
    for key, value in found.items():
        tooltip = keys.explain(key) or ""
        shown = display.safe(value, _VALUE)
        if key == keys.CREATED:
            shown, exact = display.moment(value)
            tooltip = f"{tooltip} {exact}"
        rows.append(Row(display.safe(key, 300), shown, tooltip, secret=looks_secret(key, value), monospace=True))
    return _section(title, rows)


def _section(title: str, rows: list[Row]) -> Section:
    rest = len(rows) - MAX_ROWS
    note = f"{rest:,} more are not shown here; the JSON page has all." if rest > 0 else ""
    return Section(title, tuple(rows[:MAX_ROWS]), note)


def history_rows(image: Image, node_of: Callable[[Layer], StructureNode | None]) -> tuple[HistoryRow, ...]:
    """Every step in order, each beside the layer that it made: as `Image.history` aligned them, never shifted."""
    rows = []
    moments: dict[str, tuple[str, str]] = {"": ("", "")}
    for step, (entry, layer) in enumerate(image.history[:MAX_STEPS], 1):
        stated = entry.created or ""
        created, exact = moments.get(stated) or moments.setdefault(stated, display.moment(stated))
        stored = entry.created_by
        empty = entry.empty_layer
        rows.append(
            HistoryRow(
                step=step,
                layer=f"layer {layer.number}" if layer is not None else "(no layer)" if empty else "(not known)",
                size=display.size(layer.size) if layer is not None else "",
                size_tooltip=display.size_exact(layer.size) if layer is not None else "",
                created=created,
                created_tooltip=exact,
                command=display.safe(labels.command(stored), _VALUE) or "(not stated)",
                stored=display.safe(stored, _VALUE),
                comment=display.safe(entry.comment, _VALUE),
                node=node_of(layer) if layer is not None else None,
            )
        )
    rest = len(image.history) - MAX_STEPS
    if rest > 0:
        text = f"{rest:,} more steps are not shown; the JSON page has all."
        rows.append(HistoryRow(MAX_STEPS + 1, "", "", "", "", "", text, "", ""))
    return tuple(rows)
