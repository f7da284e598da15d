"""A body costs no more than its size allows, however it is packed."""

from __future__ import annotations

import gzip
import zlib

import pytest

from indexer.links.replies import MOST_MEMBERS, inflate


def test_members_that_hold_nothing_are_not_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    begin = zlib.decompressobj

    def note(bits: int) -> object:
        begun.append(bits)
        return begin(bits)

    monkeypatch.setattr(zlib, "decompressobj", note)
    made, _ = inflate(gzip.compress(b"", 9) * 10_000, "gzip", 5 << 20)  # each copies all that follows it
    assert made == b""
    assert len(begun) == MOST_MEMBERS


def test_a_body_of_some_members_is_whole() -> None:
    parts = [f"part {number}\n".encode() for number in range(MOST_MEMBERS)]
    made, has_more = inflate(b"".join(map(gzip.compress, parts)), "gzip", 5 << 20)
    assert made == b"".join(parts)
    assert not has_more
