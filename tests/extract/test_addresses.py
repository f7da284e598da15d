"""Only what may be followed comes out of an address."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract.addresses import check_address, find_addresses


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        (" HTTP://Example.org ", "http://Example.org"),
        ("ht\ntps://exam\tple.org/x", "https://example.org/x"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/ü", "https://example.org/ü"),
    ],
)
def test_followed(raw: str, url: str) -> None:
    assert check_address(raw) == (url, "")


@pytest.mark.parametrize(
    "raw",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
        "javascript%3Aalert(1)", "vbscript:x", "data:text/html,<b>", "file:///etc/passwd", "FiLe:////host/share",
        "\\\\host\\share", "//host/share", "smb://host/x", "search-ms:query=x", "ms-word:ofe|u|https://example.org",
        "https://user@example.org/", "https://example.org@evil.example/", "https:///nohost", "http:example.org",
        "https://exa\u202emple.org/", "", "   ", "example.org", "https://" + "a" * 5000, "mailto:", "https://[bad",
        "https://example.org:99999999/", "https:\\\\example.org\\x",
    ],
)  # fmt: skip
def test_refused(raw: str) -> None:
    url, reason = check_address(raw)
    assert url is None
    assert reason


SCHEMES = st.sampled_from(
    [
        "http:",
        "https:",
        "HTTPS:",
        "mailto:",
        "javascript:",
        "data:",
        "file:",
        "\x00java\tscript:",
        "//",
        "\\\\",
        "",
    ]
)


@given(
    st.one_of(
        st.text(),
        st.tuples(SCHEMES, st.text()).map("".join),
        st.tuples(SCHEMES, st.just("//"), st.text()).map("".join),
    )
)
def test_nothing_else_ever_comes_out(raw: str) -> None:
    url, reason = check_address(raw)
    assert (url is None) == bool(reason)
    if url is None:
        return
    assert url.startswith(("http://", "https://", "mailto:"))
    assert not any(c < " " or c in '<>"' for c in url)
    if not url.startswith("mailto:"):
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.username is None


def test_found_in_text_without_the_sentence_around_them() -> None:
    text = "See (https://example.org/a_(b)), <https://example.org/c>, and mailto:x@example.org. No: javascript:alert(1)"
    assert [place.address for place in find_addresses(text)] == [
        "https://example.org/a_(b)", "https://example.org/c", "mailto:x@example.org",
    ]  # fmt: skip
