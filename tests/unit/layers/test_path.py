from __future__ import annotations

import pytest

from inspector.layers.path import normalise, tree_keys


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"etc/passwd", b"etc/passwd"),
        (b"./etc/passwd", b"etc/passwd"),
        (b"././etc", b"etc"),
        (b"/etc", b"etc"),
        (b"//etc//x/", b"etc/x"),
        (b"etc/", b"etc"),
        (b"etc/./x", b"etc/x"),
        (b"etc/.", b"etc"),
        (b"./", b"."),
        (b"/", b"."),
        (b".", b"."),
        (b"", b"."),
        (b"./.", b"."),
        (b"../x", b"../x"),
        (b"a/../x", b"a/../x"),
        (b"..", b".."),
        (b".hidden", b".hidden"),
        (b"./..a/b.", b"..a/b."),
        (b"\xff\n/", b"\xff\n"),
    ],
)
def test_only_empty_and_dot_segments_are_dropped(name: bytes, path: bytes) -> None:
    assert normalise(name) == path


def in_tree_order(*paths: bytes) -> list[bytes]:
    keys = tree_keys(paths)
    return [paths[i] for i in sorted(range(len(paths)), key=keys.__getitem__)]


def test_a_folder_stands_directly_before_what_is_below_it() -> None:
    assert in_tree_order(b"a-b", b"a/c", b"a", b"a.b/x", b"a/b/c") == [b"a", b"a/b/c", b"a/c", b"a-b", b"a.b/x"]


def test_a_nul_in_a_name_is_no_separator() -> None:
    assert in_tree_order(b"a\0b", b"a/x", b"a", b"a\1", b"a/y") == [b"a", b"a/x", b"a/y", b"a\0b", b"a\1"]
