"""in-toto statements, plain or in a DSSE envelope: what is stated, about which image."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from inspector.errors import InspectorError
from inspector.language import tr
from inspector.oci.digest import Digest
from inspector.oci.document import JsonLimits, parse_document
from inspector.viewmodel import display, labels
from inspector.viewmodel.pages import Row

if TYPE_CHECKING:
    from inspector.oci.document import Json

_SUBJECTS = 50
_BUILD_FACTS = (
    ("Builder", ("predicate", "builder", "id")),
    ("Builder", ("predicate", "runDetails", "builder", "id")),
    ("Build type", ("predicate", "buildType")),
    ("Build type", ("predicate", "buildDefinition", "buildType")),
    ("Document", ("predicate", "name")),
    ("Source", ("predicate", "invocation", "configSource", "uri")),
    ("Started", ("predicate", "metadata", "buildStartedOn")),
    ("Started", ("predicate", "runDetails", "metadata", "startedOn")),
    ("Finished", ("predicate", "metadata", "buildFinishedOn")),
    ("Finished", ("predicate", "runDetails", "metadata", "finishedOn")),
)


def statement_rows(raw: bytes, name: str, limits: JsonLimits) -> list[Row]:
    """What a statement says, in rows; one row that says so if it is none. Its claims are not checked here."""
    try:
        value = _unwrapped(parse_document(raw, name, limits=limits).value, name, limits)
    except InspectorError as error:
        return [Row(tr("Statement"), display.safe(tr(error.title)), display.safe(tr(error.message)))]
    if not isinstance(value, dict) or not isinstance(value.get("predicateType"), str):
        return []
    uri = str(value["predicateType"])
    rows = [Row(tr("States"), labels.predicate(uri), display.safe(uri))]
    subjects = value.get("subject")
    for subject in subjects[:_SUBJECTS] if isinstance(subjects, list) else []:
        rows += _subject(subject)
    for label, path in _BUILD_FACTS:
        found = _at(value, path)
        if isinstance(found, str) and found:
            words, exact = display.moment(found) if label in ("Started", "Finished") else (display.safe(found), "")
            rows.append(Row(tr(label), words, exact))
    packages = _at(value, ("predicate", "packages"))
    if isinstance(packages, list):
        rows.append(Row(tr("Packages"), f"{len(packages):,}"))
    return rows


def _unwrapped(value: Json, name: str, limits: JsonLimits) -> Json:
    """The statement inside a DSSE envelope; anything else as it is."""
    if not isinstance(value, dict) or not isinstance(value.get("payload"), str) or "payloadType" not in value:
        return value
    try:
        payload = base64.b64decode(str(value["payload"]), validate=True)
    except (binascii.Error, ValueError):
        return value
    return parse_document(payload, name, limits=limits).value


def _subject(subject: Json) -> list[Row]:
    if not isinstance(subject, dict):
        return []
    digests = subject.get("digest")
    stated = {f"{k}:{v}" for k, v in digests.items() if isinstance(v, str)} if isinstance(digests, dict) else set()
    digest = next((found for found in map(Digest.try_parse, sorted(stated)) if found is not None), None)
    named = subject.get("name")
    shown = display.safe(named) if isinstance(named, str) and named not in ("", "_", "-") else ""
    return [
        Row(
            tr("About"),
            shown or (display.short(digest) if digest else tr("not stated")),
            str(digest or ""),
            link=digest,
        )
    ]


def _at(value: Json, path: tuple[str, ...]) -> Json:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
