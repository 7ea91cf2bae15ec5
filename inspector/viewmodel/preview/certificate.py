"""X.509 certificates (RFC 5280) in words: whose, by whom, from when to when, for which names, with what key.

Nothing is verified: a signature or a chain says nothing about a file in an image.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from datetime import UTC, datetime
from typing import Final

from inspector.language import mark, tr
from inspector.viewmodel import display
from inspector.viewmodel.preview.der import BIT_STRING, BOOLEAN, INTEGER, SEQUENCE, SET, DerError, Element, read

MOST_CERTIFICATES: Final = 300
_MOST_NAMES: Final = 200
_MOST_PEM: Final = 128 << 10
_BEGIN: Final = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")
_END: Final = b"-----END"
_ATTRIBUTES: Final = {
    "2.5.4.3": "CN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O",
    "2.5.4.11": "OU", "1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.25": "DC", "2.5.4.97": "organizationIdentifier",
}  # fmt: skip
_CURVES: Final = {
    "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521", "1.3.132.0.10": "secp256k1",
}  # fmt: skip
_KEYS: Final = {
    "1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.10": "RSA-PSS", "1.2.840.10040.4.1": "DSA",
    "1.2.840.10045.2.1": "EC", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
}  # fmt: skip
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.4": "MD5, RSA", "1.2.840.113549.1.1.5": "SHA-1, RSA", "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.2.840.113549.1.1.11": "SHA-256, RSA", "1.2.840.113549.1.1.12": "SHA-384, RSA",
    "1.2.840.113549.1.1.13": "SHA-512, RSA", "1.2.840.10045.4.1": "SHA-1, ECDSA", "1.2.840.10045.4.3.2": "SHA-256, ECDSA",
    "1.2.840.10045.4.3.3": "SHA-384, ECDSA", "1.2.840.10045.4.3.4": "SHA-512, ECDSA",
    "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
}  # fmt: skip
_ALTERNATIVE_NAMES: Final = "2.5.29.17"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_TIME: Final = re.compile(rb"(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")
_TITLE: Final = mark("Certificate %d")


def starts_certificate(head: bytes) -> bool:
    """Whether a file begins like a certificate, PEM or DER, or a bundle of them with remarks between."""
    found = _BEGIN.search(head[:4096])
    before = head[: found.start()].strip() if found else b"x"
    if found and (not before or before.startswith((b"#", b"Certificate:", b"Bag Attributes"))):
        return True
    return head[:2] == b"\x30\x82" and head[4:6] == b"\x30\x82"


def describe(data: bytes, now: datetime | None = None) -> str | None:
    """All certificates in `data`, PEM or DER, in lines for people; None if there is none that can be read."""
    now = now or datetime.now(UTC)
    stored = [data] if data[:1] == b"\x30" else _pem_blocks(data)
    parts: list[str] = []
    for number, der in enumerate(stored, 1):
        title = tr(_TITLE) % number
        try:
            lines = _lines(der, now)
        except (ValueError, IndexError, OverflowError):
            lines = [tr("It cannot be read.")]
            if len(stored) == 1:
                return None
        parts.append("\n".join([title, *(f"  {line}" for line in lines)]) if len(stored) > 1 else "\n".join(lines))
    return "\n\n".join(parts) or None


def _pem_blocks(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    for begin in _BEGIN.finditer(data):
        end = data.find(_END, begin.end(), begin.end() + _MOST_PEM)
        if end >= 0 and len(found) < MOST_CERTIFICATES:
            try:
                found.append(base64.b64decode(data[begin.end() : end], validate=False))
            except binascii.Error:
                found.append(b"")
    return found


def _lines(der: bytes, now: datetime) -> list[str]:
    certificate = read(der)
    signed, algorithm = certificate.expect(SEQUENCE).children()[:2]
    fields = signed.expect(SEQUENCE).children()
    if fields[0].tag == 0xA0:  # the version; absent in version 1
        del fields[0]
    serial, _, issuer, validity, subject, key = fields[:6]
    start, end = validity.expect(SEQUENCE).children()[:2]
    own = issuer.content == subject.content
    until = _moment(end)
    extensions = _extensions(fields[6:])
    names = extensions.get(_ALTERNATIVE_NAMES)
    lines = [
        _row(tr("Subject"), _name(subject)),
        _row(tr("Issuer"), tr("itself") if own else _name(issuer)),
        _row(tr("Valid from"), _shown(start)),
        _row(tr("Valid until"), _shown(end) + (tr(" (expired)") if until is not None and until < now else "")),
        _row(tr("Names"), ", ".join(_alternative_names(names)) if names else ""),
        _row(tr("Key"), _key(key)),
        _row(tr("Signature"), _algorithm(algorithm)),
        _row(tr("May sign others"), tr("yes") if _is_authority(extensions.get(_BASIC_CONSTRAINTS)) else tr("no")),
        _row(tr("Serial number"), serial.expect(INTEGER).content[:64].hex(":")),
        _row("SHA-256", hashlib.sha256(certificate.whole).hexdigest()),
    ]
    return [line for line in lines if line]


def _row(label: str, value: str) -> str:
    return f"{label}: {display.safe(value, 4000)}" if value else ""


def _name(name: Element) -> str:
    parts: list[str] = []
    for relative in name.expect(SEQUENCE).children()[:_MOST_NAMES]:
        for pair in relative.expect(SET).children()[:_MOST_NAMES]:
            kind, value = pair.expect(SEQUENCE).children()[:2]
            oid = kind.oid()
            parts.append(f"{_ATTRIBUTES.get(oid, oid)}={value.text()}")
    return ", ".join(parts)


def _moment(time: Element) -> datetime | None:
    found = _TIME.fullmatch(time.content)
    if found is None:
        return None
    year, *rest = map(int, found.groups())
    if len(found[1]) == 2:  # RFC 5280, 4.1.2.5.1
        year += 1900 if year >= 50 else 2000
    try:
        return datetime(year, *rest, tzinfo=UTC)  # type: ignore[arg-type, misc]  # six numbers
    except ValueError:
        return None


def _shown(time: Element) -> str:
    moment = _moment(time)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else time.content[:40].decode("ascii", "replace")


def _key(key: Element) -> str:
    algorithm, bits = key.expect(SEQUENCE).children()[:2]
    kind, *parameters = algorithm.expect(SEQUENCE).children()
    oid = kind.oid()
    word = _KEYS.get(oid, oid)
    if word == "EC" and parameters:
        curve = parameters[0].oid() if parameters[0].tag == 0x06 else ""
        return f"EC, {_CURVES.get(curve, curve)}"
    if word in ("RSA", "RSA-PSS"):
        modulus = read(bits.expect(BIT_STRING).content, 1).expect(SEQUENCE).children()[0].expect(INTEGER)
        return tr("%s, %d bits") % (word, int.from_bytes(modulus.content[:8192], "big").bit_length())
    return word


def _algorithm(algorithm: Element) -> str:
    oid = algorithm.expect(SEQUENCE).children()[0].oid()
    return _SIGNATURES.get(oid, oid)


def _extensions(rest: list[Element]) -> dict[str, Element]:
    """The values of the extensions, read; one that is broken is left out."""
    found: dict[str, Element] = {}
    for field in rest:
        if field.tag == 0xA3:
            for extension in read(field.content).expect(SEQUENCE).children():
                kind, *_, value = extension.expect(SEQUENCE).children()
                try:
                    found[kind.oid()] = read(value.content)
                except DerError:
                    continue
    return found


def _alternative_names(names: Element) -> list[str]:
    shown: list[str] = []
    for name in names.children()[:_MOST_NAMES]:
        if name.tag in (0x81, 0x82, 0x86):
            shown.append(name.content.decode("ascii", "replace"))
        elif name.tag == 0x87 and len(name.content) in (4, 16):
            shown.append(str(ipaddress.ip_address(name.content)))
        elif name.tag == 0xA4:
            shown.append(_name(read(name.content)))
    return shown


def _is_authority(constraints: Element | None) -> bool:
    if constraints is None:
        return False
    return any(child.tag == BOOLEAN and child.content not in (b"", b"\0") for child in constraints.children())
