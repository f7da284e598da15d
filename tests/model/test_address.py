"""Which addresses are one page? Cases: tests/cases/addresses.json."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.model.address import address_key, ascii_address

CASES = json.loads((Path(__file__).parent.parent / "cases" / "addresses.json").read_text("utf-8"))
PARTS = st.sampled_from(
    "http:// https:// mailto: www. m. mobile. amp. en. example.com müller.de google.com [::1] :443 :80 :x /amp /amp/s/"
    " .amp .html / // .. . ? & = # ! #!/ %2e %2F %25 % %4 utm_source=1 id=2 amp=1 + @ xn--a \ud800 ü İ \u3002"
    " cdn.ampproject.org /c/s/".split()
) | st.text(max_size=3)
ADDRESSES = st.lists(PARTS, max_size=12).map("".join)


@pytest.mark.parametrize("forms", CASES["one page"], ids=lambda forms: forms[0])
def test_one_page_has_one_key(forms: list[str]) -> None:
    assert {address_key(form): form for form in forms}.keys() == {address_key(forms[0])}


@pytest.mark.parametrize("others", CASES["other pages"], ids=lambda others: others[0])
def test_other_pages_have_other_keys(others: list[str]) -> None:
    assert [pair for pair in combinations(others, 2) if len(set(map(address_key, pair))) == 1] == []


@given(ADDRESSES | ADDRESSES.map("https://".__add__))
@example("https://a.b/amp/amp.amp.amp")
@example("https://a.b//amp/x")
def test_a_key_is_its_own(url: str) -> None:
    assert address_key(address_key(url)) == address_key(url)


@given(ADDRESSES.map("https://example.com/".__add__))
def test_an_address_in_ascii_is_the_same_page(url: str) -> None:
    try:
        plain = ascii_address(url)
    except ValueError:
        return
    assert plain.isascii()
    assert plain.isprintable()
    assert ascii_address(plain) == plain
    assert address_key(plain) == address_key(url)
    assert urlsplit(plain).hostname == urlsplit(url).hostname
