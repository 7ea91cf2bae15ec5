"""An image config in words: what runs, with what, where from; and its history with the layer of each step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.oci import annotations as keys
from inspector.oci.digest import Digest
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
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abpr]-"
    # Not \b before it: where a word may begin at each `-`, a long value would be tried from each up to its end.
    r"|(?<![\w-])eyJ[\w-]{10,}+\.[\w-]{10,}+\."
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
        _section(tr("Health check"), _health_rows(execution.healthcheck)),
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
        tr("Command line as it runs"),
        line,
        tr("Entrypoint and command together, as they are started without other arguments."),
    )
    if not line:
        rows.append(
            Row(
                tr("Command line as it runs"),
                tr("none"),
                tr("The image says not what to start: it has to be given on starting."),
            )
        )
    add(
        tr("Entrypoint"),
        _words(execution.entrypoint),
        tr("Always started; arguments given on starting are added behind it."),
    )
    add(tr("Command"), _words(execution.cmd), tr("Default arguments; replaced by what is given on starting."))
    add(tr("Working directory"), execution.working_dir, tr("Where it is started; / if not stated."))
    rows.append(
        Row(tr("User"), display.safe(execution.user), tr("Name or number, and group after the colon."), monospace=True)
        if execution.user
        else Row(
            tr("User"), tr("root (not stated)"), tr("Without a user in the config, containers start as root (0:0).")
        )
    )
    add(
        tr("Ports"),
        ", ".join(_ports(execution.exposed_ports)),
        tr("Documented by the image: where it listens. That opens nothing by itself."),
    )
    add(
        tr("Volumes"),
        "  ".join(map(shlex.quote, execution.volumes)),
        tr("Folders whose content is kept outside the container."),
    )
    add(tr("Stop signal"), execution.stop_signal, tr("Sent to ask it to end; SIGTERM if not stated."))
    add(tr("Shell"), _words(execution.shell), tr("The shell of RUN and of commands written as text (Docker only)."))
    for step in execution.on_build[:MAX_ROWS]:
        add(tr("On build"), step, tr("Run when another image is built from this one (Docker only)."))
    return Section(tr("What runs"), tuple(rows))


def _words(parts: Iterable[str] | None) -> str:
    return " ".join(shlex.quote(part) for part in parts or ())


def _environment(env: Iterable[str]) -> Section:
    rows = []
    for entry in env:
        name, equals, value = entry.partition("=")
        tooltip = "" if equals else tr("Stated without a value.")
        rows.append(
            Row(
                display.safe(name, 200),
                display.safe(value, _VALUE),
                tooltip,
                secret=looks_secret(name, value),
                monospace=True,
            )
        )
    return _section(tr("Environment"), rows)


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
        shown = {"NONE": tr("none: switched off"), "CMD-SHELL": " ".join(rest), "CMD": _words(rest)}.get(
            kind, _words(check.test)
        )
        rows.append(Row(tr("Test"), display.safe(shown, _VALUE), monospace=True))
    times = (
        (tr("Interval"), check.interval),
        (tr("Time limit"), check.timeout),
        (tr("Start period"), check.start_period),
        (tr("Start interval"), check.start_interval),
    )
    rows += [Row(label, f"{value / 1e9:g} s", f"{value:,} ns") for label, value in times if 0 < value < 1 << 63]
    rows += [Row(tr("Retries"), f"{check.retries:,}")] if check.retries else []
    return rows


def origin_rows(config: ImageConfig) -> list[Row]:
    """When, by whom and with what it was made, as far as the config says."""
    rows = []
    if config.created:
        words, exact = display.moment(config.created)
        rows.append(Row(tr("Created"), words, exact))
    if config.author:
        rows.append(Row(tr("Author"), display.safe(config.author, _VALUE)))
    if config.docker_version:
        rows.append(Row(tr("Docker version"), display.safe(config.docker_version), tr("The version that built it.")))
    if config.os_version:
        rows.append(Row(tr("OS version"), display.safe(config.os_version)))
    if config.os_features:
        rows.append(Row(tr("OS features"), display.safe(", ".join(config.os_features))))
    return rows


def origin_section(config: ImageConfig) -> Section:
    """The same with platform and layers, for the page of a config."""
    rows = [Row(tr("Platform"), labels.platform(config.platform) or tr("not stated")), *origin_rows(config)]
    rows.append(Row(tr("Layers"), f"{len(config.diff_ids):,}", tr("As many as the config lists diffIDs.")))
    return Section(tr("Where it comes from"), tuple(rows))


def labels_section(found: Mapping[str, str], title: str = "") -> Section:
    """Labels or annotations, each explained where its key is known."""
    rows = []
    for key, value in found.items():
        tooltip = tr(keys.explain(key) or "")
        shown = display.safe(value, _VALUE)
        if key == keys.CREATED:
            shown, exact = display.moment(value)
            tooltip = f"{tooltip} {exact}"
        secret = looks_secret(key, value)
        link = None if secret else Digest.try_parse(value)
        rows.append(Row(display.safe(key, 300), shown, tooltip, link=link, secret=secret, monospace=True))
    return _section(title or tr("Labels"), rows)


def _section(title: str, rows: list[Row]) -> Section:
    rest = len(rows) - MAX_ROWS
    note = tr("%s more are not shown here; the JSON page has all.") % f"{rest:,}" if rest > 0 else ""
    return Section(title, tuple(rows[:MAX_ROWS]), note)


def history_rows(image: Image, node_of: Callable[[Layer], StructureNode | None]) -> tuple[HistoryRow, ...]:
    """Every step in order, each beside the layer that it made: as `Image.history` aligned them, never shifted."""
    rows = []
    largest = max((layer.size or 0 for layer in image.layers), default=0) or 1
    moments: dict[str, tuple[str, str]] = {"": ("", "")}
    for step, (entry, layer) in enumerate(image.history[:MAX_STEPS], 1):
        stated = entry.created or ""
        created, exact = moments.get(stated) or moments.setdefault(stated, display.moment(stated))
        stored = entry.created_by
        empty = entry.empty_layer
        rows.append(
            HistoryRow(
                step=step,
                layer=tr("layer %d") % layer.number
                if layer is not None
                else tr("(no layer)")
                if empty
                else tr("(not known)"),
                size=display.size(layer.size) if layer is not None else "",
                size_tooltip=display.size_exact(layer.size) if layer is not None else "",
                created=created,
                created_tooltip=exact,
                command=display.safe(labels.command(stored), _VALUE) or tr("(not stated)"),
                stored=display.safe(stored, _VALUE),
                comment=display.safe(entry.comment, _VALUE),
                node=node_of(layer) if layer is not None else None,
                share=(layer.size or 0) / largest if layer is not None else 0.0,
            )
        )
    rest = len(image.history) - MAX_STEPS
    if rest > 0:
        text = tr("%s more steps are not shown; the JSON page has all.") % f"{rest:,}"
        rows.append(HistoryRow(MAX_STEPS + 1, "", "", "", "", "", text, "", ""))
    return tuple(rows)
