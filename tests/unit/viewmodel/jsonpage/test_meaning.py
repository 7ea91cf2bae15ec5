from __future__ import annotations

import pytest

from inspector.oci import mediatype
from inspector.viewmodel.jsonpage.meaning import meaning


@pytest.mark.parametrize(
    ("pointer", "key", "value", "said"),
    [
        ("$.mediaType", "mediaType", mediatype.OCI_INDEX, "OCI image index. It lists manifests"),
        (
            "$.layers[0].mediaType",
            "mediaType",
            mediatype.OCI_LAYER_ZSTD,
            "OCI layer, zstd\nWhat kind of content this is.",
        ),
        ("$.layers[0].digest", "digest", "sha256:00", "The name of the content: the hash of its bytes."),
        ("$.config.Env", "Env", "[", "Environment variables that the command is given."),
        ("$.config.digest", "digest", "sha256:00", "The name of the content"),
        ("$.labels.digest", "digest", "sha256:00", ""),
        ("$.config.User", "User", "1000", "Who the command runs as"),
        ("$.rootfs.diff_ids", "diff_ids", "[", "The hashes of the layers when unpacked"),
        ("$.history[3].created", "created", "2024-05-01T10:00:00Z", "2024-05-01 10:00"),
        ("$.annotations.size", "size", "12", "12 bytes"),
        ('$.annotations["org.label-schema.name"]', "org.label-schema.name", "x", "A label of the former Label Schema"),
        ('$.config.Labels["maintainer"]', "maintainer", "x", "Who looks after the image."),
        ('$.config.Labels["User"]', "User", "x", ""),
        ("$.maintainer", "maintainer", "x", ""),
        ("$.config.Env[0]", "", "PATH=/bin", ""),
        ("", "", "", ""),
    ],
)
def test_what_a_line_means(pointer: str, key: str, value: str, said: str) -> None:
    found = meaning(pointer, key, value)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_every_media_type_of_ours_has_words() -> None:
    every = vars(mediatype).items()
    named = [value for name, value in every if name.isupper() and isinstance(value, str) and "/" in value]
    assert len(named) > 30
    assert [media_type for media_type in named if not meaning("", "", media_type)] == []
