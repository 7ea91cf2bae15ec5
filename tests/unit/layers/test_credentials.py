from __future__ import annotations

import time

import pytest

from inspector.layers.credentials import secret_variable, suspects


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DB_PASSWORD", "GITHUB_TOKEN", "aws_secret_access_key", "API_KEY", "APIKEY", "MY_SECRET_1"]
)
def test_names_that_usually_hold_a_secret(name: str) -> None:
    assert secret_variable(name)


@pytest.mark.parametrize(
    "name", ["PATH", "TOKENIZER", "PASSWORD_FILE", "SECRETARY", "GPG_KEY", "TOKEN_URL", "KEYBOARD", ""]
)
def test_names_that_do_not(name: str) -> None:
    assert not secret_variable(name)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("/bin/sh -c curl -H x TOKEN=abc123 y", ["value of TOKEN"]),
        ("|1 NPM_TOKEN=s3cret /bin/sh -c npm ci", ["value of NPM_TOKEN"]),
        ("ENV DB_PASSWORD='x y'", ["value of DB_PASSWORD"]),
        ("TOKEN= PASSWORD='' SECRET=$(cat x) API_KEY=\"$K\"", []),
        ("echo ghp_" + "a" * 36, ["GitHub token"]),
        ("AKIAABCDEFGHIJKLMNOP", ["AWS access key"]),
        ("git clone https://user:pass@host/x", ["password in an address"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["private key"]),
        ("-----BEGIN PUBLIC KEY-----", []),
        ("COPY . /app # buildkit", []),
    ],
)
def test_texts(text: str, what: list[str]) -> None:
    assert [suspect.what for suspect in suspects(text)] == what


def test_hostile_texts_cost_little() -> None:
    start = time.process_time()
    for text in ("TOKEN=" * 100_000, "a" * 1_000_000, "https://" * 100_000, "eyJ" * 300_000, "A=" * 300_000):
        suspects(text)
    assert time.process_time() - start < 3
