"""Snippets show why: in range, about as long as promised, hits marked where they stand."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from indexer.index.snippet import WIDTH, Snippet, snippet
from indexer.model.items import Passage
from indexer.terms.one_line import one_line
from indexer.terms.text_terms import index_passages
from indexer.terms.words import tokens

PASSAGES = st.lists(
    st.lists(st.sampled_from(["steel", "tariffs", "pump", "résumé", "x" * 50, "\n", "of"]), max_size=90).map(
        " ".join
    ),
    max_size=6,
)


@given(PASSAGES, st.sets(st.sampled_from(["steel", "=tariff", "resume", "zzz"])))
def test_properties(texts: list[str], wanted: set[str]) -> None:
    terms = index_passages(texts)
    positions = [list(terms.positions.get(form, ())) for form in wanted]
    groups = [frozenset((form,)) for form in wanted]
    made = snippet([Passage(text, n + 1) for n, text in enumerate(texts)], terms.starts, positions, groups)
    assert len(made.text) <= WIDTH + 80
    assert "\n" not in made.text
    last = 0
    for start, end in made.highlights:
        assert last <= start < end <= len(made.text)
        (token,) = tokens(made.text[start:end])
        assert token.form in wanted or token.marked_stem in wanted
        last = end
    if any(positions):
        assert made.highlights
        assert made.page_number


def test_far_hits_are_found_on_their_page() -> None:
    texts = ["nothing here " * 200] * 30
    texts[23] = "word " * 100 + "the glycol seal holds" + " word" * 100
    terms = index_passages(texts)
    made = snippet(
        [Passage(text, n + 1) for n, text in enumerate(texts)], terms.starts,
        [terms.positions["glycol"], terms.positions["seal"]], [frozenset({"glycol"}), frozenset({"seal"})],
    )  # fmt: skip
    assert made.page_number == 24
    assert [made.text[a:b] for a, b in made.highlights] == ["glycol", "seal"]
    assert made.text.startswith("… ")
    assert made.text.endswith(" …")


def test_without_a_hit_it_is_the_beginning() -> None:
    made = snippet([Passage("The beginning of it.", 1)], [0], [], [])
    assert (made.text, made.highlights, made.page_number) == ("The beginning of it.", (), None)
    assert snippet([], [], [], []).text == ""


def test_a_hit_longer_than_the_snippet() -> None:
    text = f"start zebra {'a' * 300} end"
    made = snippet((Passage(text),), (0,), [(2,)], [frozenset({"a" * 64})])
    assert made.text
    assert all(0 <= begin < end <= len(made.text) for begin, end in made.highlights)


def made_of(texts: list[str], *words: str, title: str = "", width: int = WIDTH) -> Snippet:
    """Return the snippet of some pages that shows some words."""
    terms = index_passages(texts)
    return snippet(
        [Passage(text, n + 1) for n, text in enumerate(texts)], terms.starts,
        [list(terms.positions.get(word, ())) for word in words], [frozenset((word,)) for word in words],
        title=title, width=width,
    )  # fmt: skip


def test_the_passage_with_the_most_words_is_shown_not_the_one_with_the_most_hits() -> None:
    texts = ["steel " * 50, "other words", "The tariff on steel is low.", "steel tariff again", "tariff"]
    made = made_of(texts, "steel", "tariff")
    assert (made.page_number, made.text) == (3, "The tariff on steel is low.")
    assert made.pages == (4,)
    assert made_of(texts, "tariff").pages == (4, 5)


def test_it_does_not_begin_with_the_title() -> None:
    made = made_of(["# Frame contract\n\nThe frame is made of steel."], "steel", title="Frame contract")
    assert made.text == "The frame is made of steel."
    assert (
        made_of(["Frame contracts of steel"], "steel", title="Frame contract").text
        == "Frame contracts of steel"
    )
    assert made_of(["Frame contract"], "contract", title="Frame contract").text == "Frame contract"


def test_it_begins_and_ends_with_a_sentence_where_that_fits() -> None:
    sentence = "Nothing of interest is said in this sentence. "
    made = made_of([sentence * 9 + "The glycol seal holds for years. " + sentence * 9], "glycol")
    assert made.text.startswith("The glycol seal holds")
    assert made.text.endswith("sentence.")


def test_two_fragments_show_what_is_far_apart() -> None:
    filler = "word " * 200
    made = made_of([f"{filler} the glycol is blue {filler} the seal is grey {filler}"], "glycol", "seal")
    assert [made.text[a:b] for a, b in made.highlights] == ["glycol", "seal"]
    assert made.text.count("…") == 3


def test_one_line_shows_where_lines_ended() -> None:
    for text, line in (
        ("Kind regards\nMona\nSales", "Kind regards · Mona · Sales"),
        ("A paragraph that goes\non here.\n\nAnother one.", "A paragraph that goes on here. · Another one."),
        ("Name\tAge\nBob\t3", "Name · Age · Bob · 3"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a · b · 1 · 2"),
        ("## Head\n- *one*\n- two", "Head · *one* · two"),
        ("see [the guide](https://example.org/z), **bold** and `code`", "see the guide, bold and code"),
        (f"picture {'QUJD' * 40} end", "picture … end"),
        ("3 * 4 > 2, a_b_c and snake__case", "3 * 4 > 2, a_b_c and snake__case"),
    ):
        assert one_line(text) == line


def test_one_line_takes_no_time_for_texts_made_to_take_it() -> None:
    size = 50_000
    began = time.process_time()
    for text in ("-" * size + "x", "--" + " " * size + "x", "-- " * size + "x", "|-" * size + "x", "a|b|" + " |" * size,
                 "[" * size, "**a " * size, "__" + "a " * size, "\n- " * size, "." + " " * size, "A" * size):  # fmt: skip
        one_line(text)
    assert time.process_time() - began < 5
