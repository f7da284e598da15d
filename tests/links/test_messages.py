"""What the fetching process says is believed only as far as it is checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.links.messages import Request, pack_outcome, pack_request, unpack_outcome, unpack_request
from indexer.model.links import Answer, Outcome

WHOLE = Outcome(
    Answer.READ, 200, "http://a.test/", "http://a.test/", "moved", 0.0, '"1"', "Mon", "text/html", "utf-8",
    "0" * 32 + ".body", True,
)  # fmt: skip


def test_they_come_back_as_they_were() -> None:
    assert unpack_outcome(pack_outcome("k", WHOLE)) == ("k", WHOLE)
    request = Request("http://ä.test/\ud800", "e", "l", True)
    assert unpack_request(pack_request("k", request)) == ("k", request)


def test_a_detail_is_one_short_line() -> None:
    told = unpack_outcome(pack_outcome("k", WHOLE._replace(detail="a\nb\x1b[31m" + "c" * 999)))[1].detail
    assert told.startswith("ab[31mccc") and len(told) == 300


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("answer", "fine"), ("answer", []), ("answer", None), ("status", True), ("status", 99), ("status", "200"),
        ("url", "javascript:alert(1)"), ("url", "http://a/\u202e"), ("url", "http://" + "a" * 5_000), ("url", None),
        ("moved_to", "file:///x"), ("detail", "a\nb"), ("detail", "x" * 301), ("later_s", -1), ("later_s", 1e9),
        ("later_s", float("nan")), ("later_s", True), ("etag", "x" * 501), ("etag", "a\r\nb"), ("content_type", "Text"),
        ("charset", "a b"), ("body", "../../x"), ("body", "0" * 32), ("body", "0" * 32 + ".body\n"), ("is_soft_gone", 1),
        ("more", 1),
    ],
)  # fmt: skip
def test_what_it_would_not_say_is_refused(field: str, value: Any) -> None:
    said = json.dumps(["k", WHOLE._asdict() | {field: value}]).encode()
    with pytest.raises(ValueError):
        unpack_outcome(said)


def test_only_a_page_that_came_has_a_body() -> None:
    with pytest.raises(ValueError):
        unpack_outcome(pack_outcome("k", WHOLE._replace(answer=Answer.FAILED)))


@given(st.binary(max_size=80) | st.text('[]{}",:0ek', max_size=40).map(str.encode))
def test_any_bytes_are_refused(said: bytes) -> None:
    with pytest.raises(ValueError):
        unpack_outcome(said)


def test_deep_json_is_refused() -> None:
    with pytest.raises(ValueError):
        unpack_outcome(b"[" * 60_000)
