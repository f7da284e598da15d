"""What hosts asked of earlier processes counts as long as they said, and whatever is in the file does no harm."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.links.limits import MOST_LATER_S
from indexer.links.robots import Rules
from indexer.links.wishes import Wish, Wishes

NOW = 1.8e9


def told(wishes: Wishes) -> dict[tuple[str, float], tuple[str, int] | None]:
    return {
        (wish.of, wish.until): (wish.rules.text, wish.rules.lost_by) if wish.rules else None
        for wish in wishes.known
    }


def test_wishes_count_until_their_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "wishes"
    first = Wishes(path, NOW, 5_000)
    assert first.known == []
    first.note(Wish("a.test", NOW + 50))
    first.note(Wish("a.test", NOW + 90))
    first.note(Wish("http://a.test", NOW + 60, Rules("User-agent: *\nDisallow: /\udcff")))
    first.note(Wish("http://b.test", NOW + 70, Rules(lost_by=502)))
    first.note(Wish("c.test", NOW + 2 * MOST_LATER_S))  # by a clock that was wrong
    for _ in range(2):
        assert told(Wishes(path, NOW + 65, 5_000)) == {
            ("a.test", NOW + 90): None,
            ("http://b.test", NOW + 70): ("", 502),
        }
    assert told(Wishes(path, NOW + 91, 5_000)) == {}
    assert path.read_bytes() == b""


def test_a_process_knows_since_when_nobody_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "wishes"
    now = time.time()
    first = Wishes(path, now, 1_000)
    assert first.idle_s == float("inf")
    os.utime(path, (now - 50, now - 50))
    assert 45 < Wishes(path, now, 1_000).idle_s < 55
    os.utime(path, (now - 50, now - 50))
    first.mark()
    assert Wishes(path, now, 1_000).idle_s < 5


def test_a_file_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "wishes"
    wishes = Wishes(path, NOW, 1_000)
    for number in range(100):
        wishes.note(Wish(f"http://{number}.test", NOW + 50, Rules("Disallow: /")))
    assert 900 < path.stat().st_size <= 1_000
    (tmp_path / "gone").mkdir()
    for place in (tmp_path / "gone", tmp_path / "gone" / "there" / "wishes"):
        lost = Wishes(place, NOW, 1_000)
        lost.note(Wish("a.test", NOW + 50))
        assert lost.known == []


LINE = st.sampled_from(
    [
        b'["a.test", 1800000050.0, null]',
        b'["http://a.test", 1800000050, ["Disallow: /", 0]]',
        b"[" * 5_000,
        b"\xff",
        b"{}",
        b'["a", "b", "c"]',
        b'["a", 1e999, null]',
        b'["a", NaN, null]',
        b'["a", 1800000050, ["x"]]',
        b"[1, 1800000050, 7]",
        b"null",
    ]
)


@settings(max_examples=50)
@given(st.lists(LINE), st.integers(0, 60))
def test_whatever_is_in_the_file_does_no_harm(tmp_path_factory, lines: list[bytes], cut: int) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("w") / "wishes"
    whole = b"\n".join(lines)
    path.write_bytes(whole[: len(whole) - cut] if cut < len(whole) else whole)
    wishes = Wishes(path, NOW, 10_000)
    assert all(NOW < wish.until <= NOW + MOST_LATER_S for wish in wishes.known)
    wishes.note(Wish("last.test", NOW + 5))
    assert ("last.test", NOW + 5) in told(Wishes(path, NOW, 10_000))
