"""What comes out of a reading process is data of a known form, whoever made it: the process may be somebody else's."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import Reason
from indexer.model.items import Extract, Kind, Link, Passage
from indexer.model.readings import Reading, about_to_json, pack_passages, unpack_passages

WHOLE = Reading(
    "d", "k",
    Extract(title="T", created=datetime(2024, 1, 2, tzinfo=UTC), links=(Link("https://example.org/", "x"),), pictures=(1,)),
    pack_passages([Passage("words", 3), Passage("more")]), b"terms", (Reason.TRUNCATED, "a part"), Kind.MAIL, (Reading("e", "k#0"), Reading("f", "k#1")),
)  # fmt: skip


def packed(facts: object, passages: bytes = b"", rest: bytes = b"") -> bytes:
    head = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
    return struct.pack("<III", len(head), len(passages), 0) + head + passages + rest


def facts(about: dict[str, object] | None = None, lengths: object = ()) -> list[object]:
    whole = {**json.loads(about_to_json(Extract())), **(about or {})}
    return ["d", "k", json.dumps(whole), None, None, lengths]


def nested(levels: int) -> Reading:
    reading = Reading("innermost")
    for _ in range(levels):
        reading = Reading("d", messages=(reading,))
    return reading


def test_a_reading_comes_out_as_it_went_in() -> None:
    assert Reading.unpack(WHOLE.pack()) == WHOLE
    assert Reading.unpack(nested(10).pack()) == nested(10)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\0" * 11,
        b"\xff" * 40,
        WHOLE.pack()[:-1],
        WHOLE.pack() + b"x",
        nested(30).pack(),
        packed(b"[" * 100_000),
        packed(b'["d","k",' + b"[" * 100_000),
        packed([1, 2, None, None, None, []]),
        packed(facts(lengths=[-5, 5])),
        packed(facts(lengths=["x"])),
        packed(facts(lengths=[1 << 70])),
        packed(facts(lengths=None)),
        packed(["d", "k", None, ["NO_SUCH", "x"], None, []]),
        packed(["d", "k", None, [], "no such", []]),
        packed(["d", "k", "[" * 100_000, None, None, []]),
        packed(facts({"title": 5})),
        packed(facts({"tags": [["x"]]})),
        packed(facts({"scans": ["x"]})),
        packed(facts({"scans": [-1]})),
        packed(facts({"created": "2024-01-02T00:00:00"})),
        packed(facts({"links": [["javascript:alert(1)", "x", "", [], None, ""]]})),
        packed(facts({"links": [[7, "x", "", [], None, ""]]})),
        packed(facts({"links": [["https://example.org/", "x"]]})),
        packed(facts(), b"no deflated bytes"),
        packed(facts(), zlib.compress(b"{}")[:-3]),
        packed(facts(), zlib.compress(b'[["x", "page"]]')),
        packed(facts(), zlib.compress(b"[5]")),
        packed(facts(), zlib.compress(b"[" * 100_000)),
    ],
)
def test_anything_else_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Reading.unpack(junk)


@given(st.data())
def test_no_damage_gets_further_than_a_refusal(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE.pack())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(Reading.unpack(bytes(damaged)), Reading)
    except ValueError:
        pass


def test_deflated_text_without_end_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.model.readings._MOST_TEXT", 1 << 20)
    bomb = zlib.compress(b'[["' + b" " * (64 << 20) + b'", 1]]', 1)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"."):
            unpack_passages(bomb)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
