"""Snippets show why: in range, about as long as promised, hits marked where they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.index.snippet import WIDTH, snippet
from indexer.model.items import Passage
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
    positions = sorted(at for form in wanted for at in terms.positions.get(form, ()))
    made = snippet(
        [Passage(text, n + 1) for n, text in enumerate(texts)], terms.starts, positions, frozenset(wanted)
    )
    assert len(made.text) <= WIDTH + 60
    assert "\n" not in made.text
    last = 0
    for start, end in made.highlights:
        assert last <= start < end <= len(made.text)
        (token,) = tokens(made.text[start:end])
        assert token.form in wanted or token.marked_stem in wanted
        last = end
    if positions:
        assert made.highlights
        assert made.page_number


def test_far_hits_are_found_on_their_page() -> None:
    texts = ["nothing here " * 200] * 30
    texts[23] = "word " * 100 + "the glycol seal holds" + " word" * 100
    terms = index_passages(texts)
    made = snippet(
        [Passage(text, n + 1) for n, text in enumerate(texts)], terms.starts, list(terms.positions["glycol"]),
        frozenset({"glycol", "seal"}),
    )  # fmt: skip
    assert made.page_number == 24
    assert [made.text[a:b] for a, b in made.highlights] == ["glycol", "seal"]
    assert made.text.startswith("… ")
    assert made.text.endswith(" …")


def test_without_a_hit_it_is_the_beginning() -> None:
    made = snippet([Passage("The beginning of it.", 1)], [0], [], frozenset())
    assert (made.text, made.highlights, made.page_number) == ("The beginning of it.", (), None)
    assert snippet([], [], [], frozenset()).text == ""


def test_a_hit_longer_than_the_snippet() -> None:
    text = f"start zebra {'a' * 300} end"
    made = snippet((Passage(text),), (0,), (2,), frozenset({"a" * 64}))
    assert made.text
    assert all(0 <= begin < end <= len(made.text) for begin, end in made.highlights)
