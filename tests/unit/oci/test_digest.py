import hashlib

import pytest

from inspector.oci import digest
from inspector.oci.digest import Digest, hasher

HEX = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_is_its_text_and_knows_its_parts() -> None:
    parsed = Digest.parse(f"sha256:{HEX}")
    assert parsed == f"sha256:{HEX}"
    assert f"{parsed}" == f"sha256:{HEX}"
    assert (parsed.algorithm, parsed.encoded, parsed.short) == ("sha256", HEX, HEX[:12])
    assert parsed.checkable
    assert {parsed: 1}[Digest.of(b"{}")] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        f"sha256:{HEX.upper()}",
        f"sha256:{HEX}\n",
        f"sha256:{HEX[:-1]}",
        f"sha256:{HEX}0",
        f"SHA256:{HEX}",
        f"sha512:{HEX}",
        "sha256:../../../../etc/passwd",
        "sha256:" + "٠" * 64,  # digits, but not hexadecimal ones
        f"sha256 :{HEX}",
        f"sha256::{HEX}",
        "sha256:",
        ":abc",
        "a+:abc",
        "other:" + "a" * 5000,
        "other:abc/../../etc/passwd",
        "other:abc\n",
        None,
        7,
        True,
        [f"sha256:{HEX}"],
        {"sha256": HEX},
        f"sha256:{HEX}".encode(),
    ],
)
def test_refuses_what_is_no_digest_with_a_sentence(text: object) -> None:
    with pytest.raises(ValueError) as caught:
        Digest.parse(text)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert len(sentence) < 300
    assert Digest.try_parse(text) is None


@pytest.mark.parametrize(
    "text", ["multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "sha256+b64u:LCa0a2j_xo="]
)
def test_takes_unregistered_algorithms_but_cannot_check_them(text: str) -> None:
    assert Digest.parse(text) == text
    assert not Digest.parse(text).checkable


def test_registered_lengths() -> None:
    for algorithm in ("sha256", "sha384", "sha512"):
        expected = f"{algorithm}:{hashlib.new(algorithm, b'x').hexdigest()}"
        assert Digest.of(b"x", algorithm) == Digest.parse(expected) == expected
    assert not Digest.parse("blake3:" + "0" * 64).checkable


def test_hasher_knows_a_fixed_table_only() -> None:
    with pytest.raises(ValueError, match="md5"):
        hasher("md5")


def test_the_empty_descriptor_has_its_digest() -> None:
    assert digest.EMPTY_JSON.encoded == HEX
