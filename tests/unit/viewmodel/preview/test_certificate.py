"""Certificates in words; openssl said the same of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inspector.viewmodel.preview.certificate import describe, starts_certificate
from inspector.viewmodel.preview.der import DerError, read
from tests.builders.contents import ED25519, RSA, pem

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("data", [RSA, pem(RSA), b"# remark\n" + pem(RSA)])
def test_a_certificate_in_words(data: bytes) -> None:
    assert starts_certificate(data)
    assert describe(data, NOW) == (
        "Subject: C=DE, O=Prüf, CN=test.example\n"
        "Issuer: itself\n"
        "Valid from: 2026-11-24 12:02:40 UTC\n"
        "Valid until: 2036-11-21 12:02:40 UTC\n"
        "Names: a.example, 10.0.0.1, ::1, x@y.z, https://q\n"
        "Key: RSA, 2048 bits\n"
        "Signature: SHA-256, RSA\n"
        "May sign others: yes\n"
        "Serial number: 11:9e:23:ea:23:1e:58:9c:e1:3b:22:22:9c:a0:f5:62:a7:32:53:a0\n"
        "SHA-256: 8dd453e4cfb3b1eb0b45df8e89e3ec88b41ca00ee0bd6766043ab9f0ac28be35"
    )


def test_a_bundle_and_one_that_is_broken() -> None:
    shown = describe(pem(RSA) + pem(RSA[:-9]) + b"-----BEGIN CERTIFICATE-----\n!\n-----END" + pem(ED25519), NOW)
    assert shown is not None
    assert shown.count("It cannot be read.") == 2
    assert "Certificate 4\n  Subject: CN=ed\n" in shown
    assert "Valid until: 2026-12-24 12:02:40 UTC (expired)" in shown
    assert "Key: Ed25519" in shown


@pytest.mark.parametrize(
    "data", [b"", b"0", b"\x30\x82\xff\xff", b"\x30\x80\0\0", b"-----BEGIN CERTIFICATE-----", pem(b"x"), b"\x30\0"]
)
def test_what_is_no_certificate(data: bytes) -> None:
    assert describe(data, NOW) is None


@pytest.mark.parametrize("data", [b"", b"x", b"text\n" + pem(RSA), b"-----BEGIN RSA PRIVATE KEY-----", b"\x30\x05\1\1"])
def test_what_does_not_start_like_one(data: bytes) -> None:
    assert not starts_certificate(data)


def test_names_in_it_are_made_harmless() -> None:
    shown = describe(RSA.replace(b"test.example", b"\x1b[31m\ntest.e"), NOW)
    assert shown is not None
    assert "\x1b" not in shown
    assert shown.count("\n") == 9


@pytest.mark.parametrize("data", [b"\x1f\x81\0\0", b"\x30\x85" + bytes(9), b"\x04\x02a", b"\x04\x82\xff"])
def test_der_ends_where_the_bytes_do(data: bytes) -> None:
    with pytest.raises(DerError):
        read(data)


def test_object_identifiers() -> None:
    assert read(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b").oid() == "1.2.840.113549.1.1.11"
    assert read(b"\x06\x03\x55\x1d\x11").oid() == "2.5.29.17"
    for broken in (b"\x06\0", b"\x06\x01\x80", b"\x02\x01\x01"):
        with pytest.raises(DerError):
            read(broken).oid()
