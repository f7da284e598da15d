"""What nobody sees on a web page is not searched; what somebody may see is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract.html import parse_markup
from indexer.extract.visible import read_sheets

HIDDEN = [
    '<p style="display:none">secret</p>',
    '<p style="color:red; DISPLAY : NONE !important">secret</p>',
    '<div style="visibility:hidden"><p>secret</p></div>',
    '<div style="opacity:0">secret</div>',
    '<div style="mso-hide:all">secret</div>',
    '<span style="color:transparent">secret</span>',
    '<div style="font-size:0"><b>secret</b></div>',
    '<div style="font-size: 0px; line-height:0">secret</div>',
    "<p hidden>secret</p>",
    '<p hidden="">secret</p>',
    "<h2 hidden>secret</h2>",
    "<h2>open<span hidden>secret</span></h2>",
    '<a href="https://example.org/secret" style="display:none">x</a>',
    '<a href="https://example.org/x"><span hidden>secret</span>x</a>',
    '<style>.off { display: none }</style><p class="a off b">secret</p>',
    '<style>/* {} */ p.off, #gone{visibility:hidden}</style><p id="gone">secret</p>',
    "<style>@media print{.x{color:red}} .off{display:none}</style><p class=off>secret</p>",
    "<style>.off{color:red;margin:0;display:none;padding:0} p{margin:0}</style><p class=off>secret</p>",
    '<img hidden alt="secret">',
]
SEEN = [
    "<p>secret</p>",
    '<p aria-hidden="true">secret</p>',
    '<p hidden="until-found">secret</p>',
    '<p style="display:block">secret</p>',
    '<p style="opacity:0.5">secret</p>',
    '<p style="font-size:0.8em">secret</p>',
    '<td style="font-size:0px"><div style="font-size:13px">secret</div></td>',
    '<style>.t{font-size:14px}</style><div style="font-size:0"><div class="t">secret</div></div>',
    '<style>@media print{.off{display:none}}</style><p class="off">secret</p>',
    '<style>.tab{display:none} .tab.active{display:block}</style><p class="tab">secret</p>',
    "<style>.off{display:none} @media (min-width:9px){.off{display:block}}</style><p class=off>secret</p>",
    '<style>.off p{display:none}</style><p class="off">secret</p>',
    '<style>.off{display:none</style><p class="of">secret</p>',
    "<details><summary>more</summary>secret</details>",
]


@pytest.mark.parametrize("markup", HIDDEN)
def test_hidden(markup: str) -> None:
    page = parse_markup(f"<html><body><p>before</p>{markup}<p>after</p></body></html>")
    assert "secret" not in f"{page.text} {page.links} {page.headings}"
    assert "before" in page.text
    assert "after" in page.text


@pytest.mark.parametrize("markup", SEEN)
def test_seen(markup: str) -> None:
    assert "secret" in parse_markup(f"<html><body><table><tr>{markup}</table></body></html>").text


@given(st.text(alphabet="{}@.#a-;:, /*\n", max_size=200))
def test_any_style_sheet_is_gone_through(text: str) -> None:
    read_sheets([text])
