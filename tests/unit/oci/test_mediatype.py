import pytest

from inspector.oci import mediatype


@pytest.mark.parametrize(
    ("docker", "oci"),
    [
        (mediatype.DOCKER_MANIFEST, mediatype.OCI_MANIFEST),
        (mediatype.DOCKER_LIST, mediatype.OCI_INDEX),
        (mediatype.DOCKER_CONFIG, mediatype.OCI_CONFIG),
        (mediatype.DOCKER_LAYER, mediatype.OCI_LAYER),
        (mediatype.DOCKER_LAYER_GZIP, mediatype.OCI_LAYER_GZIP),
        (mediatype.DOCKER_LAYER_ZSTD, mediatype.OCI_LAYER_ZSTD),
        (mediatype.DOCKER_FOREIGN_GZIP, mediatype.OCI_NONDISTRIBUTABLE_GZIP),
        (mediatype.DOCKER_LAYER_GZIP + "+encrypted", mediatype.OCI_LAYER_GZIP + "+encrypted"),
        (mediatype.DOCKER_SCHEMA1, mediatype.DOCKER_SCHEMA1),
        ("text/plain", "text/plain"),
    ],
)
def test_docker_types_have_oci_twins(docker: str, oci: str) -> None:
    assert mediatype.to_oci(docker) == oci
    assert mediatype.to_oci(oci) == oci


def test_layers_say_how_they_are_compressed() -> None:
    assert mediatype.declared_compression(mediatype.DOCKER_LAYER) == "none"
    assert mediatype.declared_compression(mediatype.OCI_NONDISTRIBUTABLE_ZSTD) == "zstd"
    assert mediatype.declared_compression(mediatype.OCI_LAYER_GZIP + "+encrypted") == "gzip"
    assert mediatype.declared_compression(mediatype.IN_TOTO) is None
    assert mediatype.declared_compression(None) is None
    for word in ("none", "gzip", "zstd"):
        for nondistributable in (False, True):
            made = mediatype.layer_type(word, nondistributable=nondistributable)
            assert mediatype.declared_compression(made) == word
            assert mediatype.is_foreign(made) == nondistributable
    with pytest.raises(ValueError, match="xz"):
        mediatype.layer_type("xz")


def test_families() -> None:
    assert mediatype.is_index(mediatype.DOCKER_LIST)
    assert mediatype.is_manifest(mediatype.DOCKER_MANIFEST)
    assert not mediatype.is_manifest(mediatype.DOCKER_SCHEMA1)
    assert mediatype.is_schema1(mediatype.DOCKER_SCHEMA1_SIGNED)
    assert mediatype.is_config(mediatype.OCI_CONFIG)
    assert not mediatype.is_config(mediatype.OCI_EMPTY)
    assert mediatype.is_layer(mediatype.DOCKER_FOREIGN_GZIP)
    assert mediatype.is_docker(mediatype.DOCKER_FOREIGN_GZIP)
    # Loaders compare byte by byte, so a different case is a different type.
    assert not mediatype.is_manifest(mediatype.OCI_MANIFEST.upper())
    assert not mediatype.is_manifest(mediatype.OCI_MANIFEST + "; charset=utf-8")


def test_words_for_people() -> None:
    assert mediatype.in_words(mediatype.OCI_MANIFEST) == "OCI image manifest"
    assert mediatype.in_words(mediatype.OCI_LAYER_GZIP + "+encrypted") == "OCI layer, gzip, encrypted"
    assert mediatype.in_words("application/x") == "application/x"
