"""The text of an item as lines: hits, pages, where to begin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.cli.screen import Screen
from indexer.cli.show import Hits, Line, glimpse, text_lines, whole
from indexer.model.items import Passage
from indexer.terms.words import tokens

MATCHED = frozenset({"tariff", "=tariff", "steel", "日本", "en", "resume"})
WORDS = st.sampled_from(
    [
        "tariff",
        "Tariffs",
        "steel-pump",
        "SteelPump",
        "日本語",
        "résumé,",
        "x",
        "EN10204",
        "\t",
        "  ",
        "ü",
        "café",
    ]
)
PAGES = (Passage("first line\nneedle one", 1), Passage("still page one", 1), Passage("a\nneedle two\nb", 2))


@given(st.lists(WORDS | st.text(max_size=8), max_size=12).map(" ".join))
def test_hits_are_those_of_the_words_of_the_line(line: str) -> None:
    expected = [(t.start, t.end) for t in tokens(line, "en") if t.is_any_of(MATCHED)]
    hits = Hits(MATCHED, "en")
    assert hits.spans(line) == expected
    assert hits.spans(line) == expected  # from what is known


def lines(screen: Screen, *, wrap: bool = False) -> list[Line]:
    return list(text_lines(PAGES, Hits(frozenset({"needle"}), "en"), screen, wrap=wrap))


def test_a_quiet_line_stands_before_each_page() -> None:
    assert [line.text for line in lines(Screen())] == [
        "── page 1 ──", "first line", "needle one", "", "still page one", "", "── page 2 ──", "a", "needle two", "b",
    ]  # fmt: skip
    assert [line.text for line in lines(Screen()) if line.is_hit] == ["needle one", "needle two"]
    assert "\x1b[1;33mneedle\x1b[0m one" in [line.text for line in lines(Screen(colour=True))]


def test_lines_are_as_long_as_the_screen_is_wide_where_they_are_wrapped() -> None:
    assert [line.text for line in lines(Screen(width=6), wrap=True)][1:5] == [
        "first",
        "line",
        "needle",
        "one",
    ]
    assert [line.text for line in lines(Screen(width=6), wrap=True) if line.is_hit] == ["needle", "needle"]


def test_reading_begins_a_little_above_the_first_hit() -> None:
    many = [Line(f"line {number}", number == 40) for number in range(60)]
    text, start = whole(["Title"], many)
    assert text.splitlines()[start - 1] == "line 37"
    assert whole(["Title"], [Line("no hit")]) == ("Title\n\nno hit\n", 1)
    assert (
        glimpse(["Title"], many, 3)
        == "Title\n\nline 37\nline 38\nline 39\nline 40\nline 41\nline 42\nline 43\n"
    )
    assert glimpse(["Title"], many[:30], 2) == "Title\n\nline 0\nline 1\n"
