import pytest

from inspector.oci import annotations


@pytest.mark.parametrize(
    "key",
    [
        annotations.REF_NAME,
        annotations.IMAGE_NAME,
        annotations.CREATED,
        annotations.DOCKER_REFERENCE_DIGEST,
        "org.opencontainers.image.licenses",
        annotations.DISTRIBUTION_SOURCE_PREFIX + "docker.io",
        annotations.ZSTD_CHUNKED_PREFIX + "manifest-checksum",
    ],
)
def test_known_keys_are_explained_in_a_sentence(key: str) -> None:
    sentence = annotations.explain(key)
    assert sentence is not None
    assert sentence.endswith(".")


def test_unknown_keys_are_not() -> None:
    assert annotations.explain("com.example.key") is None


def test_keys_that_compression_makes_wrong() -> None:
    assert annotations.depends_on_stored_bytes(annotations.STARGZ_TOC)
    assert annotations.depends_on_stored_bytes(annotations.ZSTD_CHUNKED_PREFIX + "x")
    assert not annotations.depends_on_stored_bytes(annotations.TITLE)
