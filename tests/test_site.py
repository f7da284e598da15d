"""Which site an address is on, and which sites a person means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.model.site import is_within, site_of, wanted_site

CASES = json.loads((Path(__file__).parent / "cases" / "sites.json").read_text("utf-8"))


@pytest.mark.parametrize(("url", "site"), CASES["sites"])
def test_site(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(("site", "wanted", "expected"), CASES["within"])
def test_within(site: str, wanted: str, expected: bool) -> None:
    assert is_within(site, wanted_site(wanted)) is expected


@given(st.text(max_size=80), st.text(st.sampled_from("abn0-.üßх"), max_size=30))
def test_any_string_has_a_site_and_every_site_finds_itself(rest: str, host: str) -> None:
    for url in (rest, f"https://{rest}", f"https://xn--{host}/{rest}", f"https://{host}/{rest}"):
        site = site_of(url)
        assert site == site.lower()
        if site and ":" not in site:
            assert site_of(f"https://{site}/") in (site, site.removeprefix("www."))
            assert is_within(f"below.{site}", site)
