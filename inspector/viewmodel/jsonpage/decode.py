"""What is packed inside a string of a JSON document: base64 `data` and DSSE payloads, in-toto statements, JSON in a string."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.errors import InspectorError
from inspector.language import tr
from inspector.oci.document import JsonLimits, parse_document
from inspector.viewmodel import display, labels
from inspector.viewmodel.jsonpage.text import JsonText, visible
from inspector.viewmodel.jsonpage.view import pretty_lines

if TYPE_CHECKING:
    from inspector.oci.document import Json
    from inspector.progress import CancelToken

MOST = 8 << 20
"""Characters of a string that is decoded."""
_LIMITS = JsonLimits(json_bytes=2 * MOST)
_SHORTEST = 24
_HEX_SHOWN = 512
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_KEYS = frozenset(
    {
        "data", "payload", "sig", "signature", "Signature", "cert", "rawBytes", "body", "canonicalizedBody", "Payload",
        "SignedEntryTimestamp", "signedEntryTimestamp", "inclusionPromise", "protected", "content", "Data",
        "moby.buildkit.buildinfo.v1", "moby.buildkit.cache.v0", "dev.cosignproject.cosign/signature",
    }
)  # fmt: skip
"""Keys whose values are base64 by their specification: decoded even if what comes out is no text."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is inside: how it was packed, what it is, and its lines."""

    title: str
    text: JsonText


def may_decode(key: str | None, value: str) -> bool:
    """Whether it is worth a try, by the first characters of a value as written; quick."""
    inner = value[1:].lstrip()
    if value[:1] != '"' or len(inner) < 2:
        return False
    if inner[0] in "{[":
        return True
    match = _BASE64.match(inner)
    if match is None:
        return False
    return key in _KEYS or (match.end() >= _SHORTEST and _HEX.fullmatch(inner[:_SHORTEST]) is None)


def decode(key: str | None, literal: str, token: CancelToken) -> Decoded | None:
    """What the string `literal` (as written, with quotes) of `key` holds; None if it is no more than a text.

    Raises `Cancelled`. Takes time linear to the size, and belongs into a worker.
    """
    if len(literal) > MOST:
        return None
    value = _parsed(literal.encode("utf-8", "surrogatepass"))
    if not isinstance(value, str):
        return None
    token.check()
    if value.lstrip()[:1] in ("{", "["):
        inner = _parsed(value.encode("utf-8", "replace"))
        if isinstance(inner, (dict, list)):
            return Decoded(_titled(tr("JSON inside a string"), inner, len(value)), _json_text(value, token))
        return None
    raw = _unpacked(value)
    if raw is None:
        return None
    token.check()
    packed = tr("Decoded from base64")
    inner = _parsed(raw) if raw.lstrip()[:1] in (b"{", b"[") else None
    if isinstance(inner, (dict, list)):
        return Decoded(_titled(packed, inner, len(raw)), _json_text(raw.decode("utf-8", "backslashreplace"), token))
    text = _text_of(raw)
    if text is not None:
        return Decoded(f"{packed}: {tr('text')}, {display.size(len(raw))}", JsonText(visible(text).split("\n")))
    if key not in _KEYS:
        return None
    return Decoded(f"{packed}: {tr('bytes')}, {display.size(len(raw))}", JsonText(_dump(raw)))


def _titled(packed: str, value: Json, size: int) -> str:
    what = "JSON"
    if isinstance(value, dict):
        predicate = value.get("predicateType")
        if isinstance(predicate, str):
            what = tr("in-toto statement, %s") % labels.predicate(predicate)
        elif "payload" in value and "payloadType" in value:
            what = tr("signed envelope (DSSE)")
    return f"{packed}: {what}, {display.size(size)}"


def _json_text(text: str, token: CancelToken) -> JsonText:
    return pretty_lines(visible(text), token)


def _parsed(raw: bytes) -> Json:
    try:
        return parse_document(raw, "string", limits=_LIMITS).value
    except InspectorError:
        return None


def _unpacked(value: str) -> bytes | None:
    joined = "".join(value.split())
    if _BASE64.fullmatch(joined) is None:
        return None
    joined = joined.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text_of(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if text and all(letter.isprintable() or letter in "\n\r\t" for letter in text) else None


def _dump(raw: bytes) -> list[str]:
    shown = raw[:_HEX_SHOWN]
    lines = [f"{at:04x}  {shown[at : at + 16].hex(' ')}" for at in range(0, len(shown), 16)]
    return [*lines, "…"] if len(raw) > len(shown) else lines
