"""Blobs: what is claimed, what was computed, and what may therefore be said."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from inspector.archive.blobstore import Blob, BlobState, BlobStore, compute_digest
from inspector.archive.compression import Compression
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import MemberTable, read_tar_members
from inspector.archive.source import MemorySource
from inspector.errors import Cancelled
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ignore_progress
from tests.builders.rawtar import raw_entry, raw_header

DATA = b"layer" * 1000
RIGHT = Digest.of(DATA)
WRONG = Digest.of(b"something else")


@pytest.fixture
def table() -> MemberTable:
    tar = raw_entry(b"a", DATA) + raw_entry(b"b", gzip.compress(DATA)) + raw_header(b"l", kind=b"2", link=b"a")
    cut = raw_header(b"cut", 5000) + b"1234"
    return read_tar_members(MemorySource(tar + cut), DEFAULT_LIMITS, CancelToken(), ignore_progress)


@pytest.fixture
def store(table: MemberTable) -> BlobStore:
    return BlobStore(table)


def add(store: BlobStore, table: MemberTable, name: str, claimed: Digest | None = None) -> Blob:
    member = table.find(name)
    assert member is not None
    return store.add(member, claimed)


def verify(blob: Blob) -> Digest:
    return compute_digest(blob, CancelToken(), ignore_progress)


def test_states(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "a", RIGHT)
    assert (blob.state, blob.computed, blob.size) == (BlobState.UNCHECKED, None, 5000)
    assert verify(blob) == RIGHT
    assert (blob.state, blob.computed) == (BlobState.VERIFIED, RIGHT)
    blob.forget()
    assert (blob.state, blob.computed) == (BlobState.UNCHECKED, None)


def test_a_blob_that_is_not_what_it_claims(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "a", WRONG)
    verify(blob)
    assert blob.state is BlobState.WRONG
    assert store.find(WRONG) is blob
    assert store.find(RIGHT) is blob
    blob.forget()
    assert store.find(RIGHT) is None


def test_a_blob_without_a_claim_is_never_verified(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "a")
    verify(blob)
    assert (blob.state, blob.computed) == (BlobState.UNCHECKED, RIGHT)
    assert add(store, table, "a", RIGHT) is blob
    assert blob.state is BlobState.VERIFIED


def test_another_algorithm(store: BlobStore, table: MemberTable) -> None:
    claimed = Digest.parse("sha512:" + hashlib.sha512(DATA).hexdigest())
    blob = add(store, table, "a", claimed)
    verify(blob)
    assert blob.state is BlobState.UNCHECKED, "a sha256 says nothing about a sha512"
    assert compute_digest(blob, CancelToken(), ignore_progress, "sha512") == claimed
    assert (blob.state, blob.computed) == (BlobState.VERIFIED, RIGHT)
    with pytest.raises(ValueError):
        compute_digest(blob, CancelToken(), ignore_progress, "shake_128")


def test_a_cut_blob_is_wrong_whatever_its_bytes(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "cut", Digest.of(b"1234"))
    assert verify(blob) == Digest.of(b"1234")
    assert (blob.state, blob.computed) == (BlobState.WRONG, None)


def test_one_blob_per_member(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "a", RIGHT)
    assert add(store, table, "l", WRONG) is blob, "a link leads to the same member"
    assert blob.claimed == RIGHT
    assert store.find(WRONG) is store.find(RIGHT) is blob
    other = add(store, table, "b", RIGHT)
    assert store.find(RIGHT) is blob, "the first claim counts"
    assert list(store.all()) == [blob, other]
    assert len(store) == 2
    assert store.by_member("./a") is store.by_member("l") is blob
    assert store.by_member("cut") is None
    assert store.by_member("none") is None


def test_compression_comes_from_the_bytes(store: BlobStore, table: MemberTable) -> None:
    assert add(store, table, "a").compression is Compression.NONE
    assert add(store, table, "b").compression is Compression.GZIP
    assert add(store, table, "cut").compression is Compression.NONE


def test_progress_and_cancel(store: BlobStore, table: MemberTable) -> None:
    blob = add(store, table, "a", RIGHT)
    told: list[Progress] = []
    compute_digest(blob, CancelToken(), told.append, stage="Looking")
    assert (told[-1].done, told[-1].total, told[-1].stage, told[-1].subject) == (5000, 5000, "Looking", "a")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        compute_digest(blob, token, ignore_progress)
