"""A week as it is told: the same bytes each time, nothing but text from files, bounded, well-formed for whoever reads it. No browser."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from lxml import etree

from indexer.model.items import ItemId, Kind, Mark, RelPath
from indexer.model.team import Digest, DigestItem, DigestLink, DigestPart, Person, Rise
from indexer.page.script import ASSETS
from indexer.page.texts import languages, table
from indexer.page.weekly import marking
from indexer.page.weekly.feed import ENTRIES, feed
from indexer.page.weekly.html import MOST_HTML as MOST_PAGE
from indexer.page.weekly.html import digest_html
from indexer.page.weekly.mail import MOST_HTML, digest_mail
from indexer.page.weekly.telling import TEXTS, Links, plain, tell
from indexer.page.weekly.text import WIDTH, digest_text
from tests.page.weeks import BEGIN, EMPTY, END, FULL, attack, huge, note, question

ATOM = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "cases" / "atom.rng"))
SERVED = "https://files.example.org/team/"
NONE = Links()
HOSTILE = (
    "</script></style><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' & <!-- {{ 7*7 }} {% x %}", "]]>&#x0;",
    "Offer\r\nBcc: everybody@example.org\r\n\r\n<b>", "a\u202egpj.exe\u2066", "\ud800\udcff\x00\x1b[31m", "\ufeff\ufffe\U000e0041", "@channel <!here>",
    "=?utf-8?q?x?=", "javascript:alert(1)", "x" * 5000, "\n.\n", "  ",
)  # fmt: skip
ANY = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


class Elements(HTMLParser):
    """The elements of an HTML text, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data


def mail(digest: Digest, links: Links = NONE, **more: Any) -> EmailMessage:
    made = message_from_bytes(digest_mail(digest, "en", links, "f", **more), policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def part(made: EmailMessage, kind: str) -> str:
    body = made.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text.replace("\r\n", "\n")


def hrefs(html: str) -> list[str]:
    return [given["href"] for _, given in Elements(html).elements if "href" in given]


def all_forms(digest: Digest, language: str, links: Links) -> tuple[bytes, ...]:
    return (
        digest_html(digest, language),
        digest_mail(digest, language, links, "f"),
        feed([digest], digest.title, language, links, "f"),
        digest_text(tell(digest, language, links)).encode(),
    )


# --- what it says ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_the_same_week_gives_the_same_bytes(language: str) -> None:
    links = Links.below(SERVED)
    assert all_forms(FULL, language, links) == all_forms(FULL, language, links)
    assert str(datetime.now(UTC).year + 1).encode() not in digest_html(EMPTY, language)


def test_the_languages_have_the_same_texts() -> None:
    one, other = (table(TEXTS)[language] for language in languages())
    assert list(one) == list(other)
    for key, pattern in one.items():
        assert type(pattern) is type(other[key]), key
        pair = [sorted(set(re.findall(r"{\w+}", str(text)))) for text in (pattern, other[key])]
        assert pair[0] == pair[1], key


def test_every_text_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in (ASSETS.parent / "weekly").glob("*.py"))
    code += "".join(path.read_text("utf-8") for path in ASSETS.glob("*.j2"))
    families = ("count.", "mark.", "questions.", "why.")
    unused = [
        key
        for key in table(TEXTS)["en"]
        if not re.search(rf"[\"']{re.escape(key)}[\"']", code) and not key.startswith(families)
    ]
    assert unused == []
    known = table(TEXTS)["en"].keys() | table()["en"].keys()
    used = set(
        re.findall(
            r"""\b(?:t|texts)\(["']([\w.]+)["'][,)]""",
            code.replace(ASSETS.joinpath("page.html.j2").read_text("utf-8"), ""),
        )
    )
    assert used
    assert used <= known


@pytest.mark.parametrize("form", ["html", "mail", "text", "feed"])
def test_everything_is_told_in_order(form: str) -> None:
    links = Links.below(SERVED)
    made = {
        "html": lambda: Elements(digest_html(FULL, "en").decode()).words,
        "mail": lambda: Elements(part(mail(FULL, links), "html")).words,
        "text": lambda: digest_text(tell(FULL, "en", NONE), 10_000),
        "feed": lambda: Elements(unescape(feed([FULL], "T", "en", links, "f").decode())).words,
    }[form]()
    wanted = (
        "EU steel safeguard 2026: what changes for importers", "Critical", "Ann Lee", "Order the first quarter", "Watch", "Ben Okafor",
        "I read the quota as yearly", "Landed cost", "Act", "8D report", "Stop delivery", "Price round 2027",
        "Which of our steel parts fall under the new tariff?", "EU steel safeguard 2026.pdf", "180 °C glycol", "price clauses?",
        "what answered it was marked wrong", "Who can certify 3.1", "Brescia can", "steel tariff", "6 items this week", "none before",
        "Steel price index", "Gone", "EN 10204", "Moved to example.org", "Ann Lee", "Sales office",
    )  # fmt: skip
    at = made.index("Purchasing (11 new)" if form in ("text", "feed") else "11 new")
    for words in wanted:
        at = made.index(words, at) + 1


def test_an_empty_week_says_so_and_has_no_empty_parts() -> None:
    html = digest_html(EMPTY, "en").decode()
    assert "A quiet week" in html
    assert not {"section", "nav", "ol"} & {tag for tag, _ in Elements(html).elements}
    assert "quiet" in part(mail(EMPTY), "html")
    assert "Nothing new came" in part(mail(EMPTY), "plain")


@pytest.mark.parametrize(
    "left_out", ["parts", "answered", "open", "found", "links", "rising", "people"]
)  # fmt: skip
def test_a_part_without_anything_vanishes(left_out: str) -> None:
    nothing: dict[str, Any] = {left_out: ()}
    less = FULL._replace(**nothing)
    full, made = (Elements(digest_html(digest, "en").decode()).words for digest in (FULL, less))
    heading = {
        "parts": "11 new", "answered": "Answered", "open": "Still open", "found": "Found at last", "links": "Links that died",
        "rising": "On the rise", "people": "Who joined in",
    }[left_out]  # fmt: skip
    assert heading in full
    assert heading not in made


def test_a_level_is_told_by_shape_and_word() -> None:
    html = digest_html(FULL, "en").decode()
    for level, word in (("critical", "Critical"), ("act", "Act"), ("watch", "Watch")):
        assert re.search(
            rf'data-level="{level}"><p>\s*<span class="level"><svg aria-hidden="true"><use href="#l-{level}"/></svg>{word}',
            html,
        )
        assert f'id="l-{level}"' in html
    text = digest_text(tell(FULL, "en", Links()))
    assert all(said in text for said in ("● Critical", "◐ Act", "○ Watch"))


def test_an_open_question_with_a_find_is_told_once() -> None:
    digest = FULL._replace(open=FULL.open + FULL.found)
    told = tell(digest, "en", Links())
    asked = [one.id for group in told.groups for one in group.questions]
    assert len(asked) == len(set(asked))
    assert [group.key for group in told.groups] == ["found", "open", "answered"]


# --- links ----------------------------------------------------------------------------------------


def test_links_of_the_file_are_relative_and_encoded() -> None:
    item = DigestItem(ItemId("1" * 16), RelPath("Sales/a b#c?%/ü\udcff.pdf"), "T", Kind.PDF, BEGIN)
    found = hrefs(digest_html(FULL._replace(parts=(DigestPart("Sales", (item,)),)), "en").decode())
    assert "../../Sales/a%20b%23c%3F%25/%C3%BC%FF.pdf" in found
    assert all(href.startswith(("../../", "#", "https://")) for href in found)


@pytest.mark.parametrize("url", ["", SERVED, SERVED.rstrip("/")])
def test_links_of_mail_and_feed_are_absolute_or_text(url: str) -> None:
    links = Links.below(url)
    html, plain_text = part(mail(FULL, links), "html"), part(mail(FULL, links), "plain")
    xml = etree.fromstring(feed([FULL], "T", "en", links, "f"))
    content = "".join(xml.itertext("{*}content"))
    own = [one.get("href") for one in xml.iter("{*}link")]
    outside = {
        "https://news.example.org/economy/steel-tariff-quota",
        "https://www.example.org/standards/en-10204",
    }
    found = {*hrefs(html), *hrefs(content), *own}
    inside = found - outside
    assert found > outside if url else found == outside
    assert all(href.startswith(SERVED) for href in inside)
    path = "Purchasing/Tariffs/EU steel safeguard 2026.pdf"
    if url:
        assert f"{SERVED}_index/digest/2026-W47.html" in found
        assert f"{SERVED}{path.replace(' ', '%20')}" in found
        assert f"{SERVED}{path.replace(' ', '%20')}\n" in plain_text
    else:
        assert all(path in text for text in (html, plain_text, content))


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", " https://x", "\\\\host\\x", "ftp://x"],
)
def test_other_addresses_are_text(address: str) -> None:
    item = DigestItem(ItemId("1" * 16), RelPath("Sales/x.url"), "T", Kind.LINK, BEGIN, address)
    digest = FULL._replace(
        parts=(DigestPart("Sales", (item,)),), links=(DigestLink(RelPath("x.url"), "T", address, address),)
    )
    for made in (digest_html(digest, "en").decode(), part(mail(digest), "html")):
        assert all(href.startswith(("../../", "#")) for href in hrefs(made))


def test_a_search_of_the_page_shows_the_rest() -> None:
    found = hrefs(digest_html(FULL, "en", "indexer.html").decode())
    assert "../../indexer.html#q=in%3A%22Purchasing%22%20after%3A2026-11-16%20before%3A2026-11-23" in found


# --- whatever is in it ----------------------------------------------------------------------------

TAGS = {
    *"html head meta title style body svg symbol path circle use header p bdi a h1 span ul li div h2 h3 main section ol".split(),
    *"nav time data br b footer rect small blockquote table tr td".split(),
}


@limits(max_examples=30)
@given(st.lists(ANY, min_size=14, max_size=14), st.sampled_from(languages()))
def test_text_stays_text(texts: list[str], language: str) -> None:
    digest = attack(texts)
    for links in (Links(), Links.below(SERVED)):
        html, raw, xml, text = all_forms(digest, language, links)
        made = message_from_bytes(raw, policy=policy.default)
        assert isinstance(made, EmailMessage)
        for markup in (
            html.decode(),
            part(made, "html"),
            "".join(etree.fromstring(xml).itertext("{*}content")),
        ):
            elements = Elements(markup).elements
            assert {tag for tag, _ in elements} <= TAGS
            assert not [name for _, given in elements for name in given if name.startswith("on")]
            assert all(
                re.match(r"(?i)\.\./\.\./|#|https?:|mailto:|\Z", given.get("href", ""))
                for _, given in elements
            )
        assert ATOM.validate(etree.fromstring(xml)), ATOM.error_log
        assert not made.defects
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text.decode()
        )
        assert set(made.keys()) == {
            "Subject", "From", "X-Unsent", "Date", "Message-ID", "X-Indexer-Digest", "MIME-Version", "Content-Type",
        }  # fmt: skip


def test_a_huge_week_is_bounded() -> None:
    digest, links = huge(), Links.below(SERVED)
    made = mail(digest, links)
    assert len(digest_html(digest, "en")) < MOST_PAGE + 10_000
    assert len(part(made, "html").encode()) <= MOST_HTML
    assert len(made.as_bytes()) < 300_000
    assert len(feed([digest] * 30, "T", "en", links, "f")) < 600_000
    assert len(digest_text(tell(digest, "en", links))) < 6_000_000


@given(st.text(max_size=300), st.integers(3, 60))
def test_plain_is_bounded_and_on_one_line(text: str, most: int) -> None:
    made = plain(text, most)
    assert len(made) <= most
    assert made == made.strip()
    assert len(made.splitlines()) <= 1
    assert plain(made, most) == made


@pytest.mark.parametrize(
    "week", ["", "2026-W54", "2026-W00", "2026-47", "../../x", "2026-W47\n", "２０２６-W47"]
)
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(ValueError, match="week|Week"):
        tell(FULL._replace(week=week), "en", Links())


@pytest.mark.parametrize(
    ("week", "en", "de"),
    [
        ("2026-W47", "16–22 Nov 2026", "16.–22. Nov. 2026"),
        ("2026-W49", "30 Nov 2026 – 6 Dec 2026", "30. Nov. 2026 – 6. Dez. 2026"),
        ("2026-W53", "28 Dec 2026 – 3 Jan 2027", "28. Dez. 2026 – 3. Jan. 2027"),
        ("2026-W01", "29 Dec 2025 – 4 Jan 2026", "29. Dez. 2025 – 4. Jan. 2026"),
    ],
)
def test_the_days_of_a_week(week: str, en: str, de: str) -> None:
    assert [tell(EMPTY._replace(week=week), language, Links()).days for language in ("en", "de")] == [en, de]


# --- the mail -------------------------------------------------------------------------------------


def test_the_draft() -> None:
    made = mail(FULL)
    assert made["X-Unsent"] == "1"
    assert made["To"] is None
    assert made["Subject"] == "Team folder: Week 47, 16–22 Nov 2026"
    assert made["Date"].datetime == END
    assert made["From"].addresses[0].domain.endswith(".invalid")
    assert made.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in made.iter_parts()] == ["text/plain", "text/html"]
    raw = digest_mail(FULL, "en", Links(), "f")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_mail_that_is_sent() -> None:
    made = mail(FULL, sender="digest@example.org", to=("ann@example.org", "ben@example.org"))
    assert made["X-Unsent"] is None
    assert made["To"] == "ann@example.org, ben@example.org"
    assert made["From"].addresses[0].addr_spec == "digest@example.org"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Message-ID"] == mail(FULL._replace(parts=()))["Message-ID"]
    others = [mail(FULL._replace(week="2026-W46")), message_from_bytes(digest_mail(FULL, "en", Links(), "g"))]
    assert made["Message-ID"] not in [other["Message-ID"] for other in others]


def test_a_title_adds_no_header() -> None:
    title = "Team\r\nBcc: everybody@example.org\r\n\r\nBody"
    made = mail(FULL._replace(title=title))
    assert made["Bcc"] is None
    assert made["Subject"].startswith("Team Bcc: everybody@example.org Body: Week 47")


def test_lines_of_the_text_are_short() -> None:
    for line in digest_text(tell(FULL, "en", Links())).splitlines():
        assert len(line) <= WIDTH or " " not in line.strip() or "/" in line


# --- the feed -------------------------------------------------------------------------------------


def test_the_feed_has_the_latest_weeks_and_stable_ids() -> None:
    weeks = [EMPTY._replace(week=f"2026-W{n:02}", end=END.replace(day=n)) for n in range(1, 13)]
    xml = etree.fromstring(feed(weeks, "Team folder", "en", Links(), "f"))
    assert ATOM.validate(xml), ATOM.error_log
    entries = xml.findall("{*}entry")
    assert len(entries) == ENTRIES
    assert entries[0].findtext("{*}title").startswith("Week 12")
    assert xml.findtext("{*}updated") == entries[0].findtext("{*}updated") == "2026-11-12T00:00:00Z"
    again = etree.fromstring(
        feed([weeks[-1]._replace(title="Other")], "Other", "de", Links.below(SERVED), "f")
    )
    assert again.find("{*}entry").findtext("{*}id") == entries[0].findtext("{*}id")
    ids = [one.text for one in xml.iter("{*}id")]
    assert len(set(ids)) == len(ids)


def test_a_feed_without_weeks_is_a_feed() -> None:
    assert ATOM.validate(etree.fromstring(feed([], "", "de", Links(), "f")))


def test_the_schema_refuses_what_is_no_feed() -> None:
    made = feed([FULL], "T", "en", Links(), "f")
    for before, after in (
        (b"<id>", b"<id >x</id><id>"),
        (b"updated>", b"published>"),
        (b"Z</updated>", b"</updated>x"),
    ):
        broken = etree.fromstring(re.sub(before, after, made))
        assert not ATOM.validate(broken), before


# --- knowing our own ------------------------------------------------------------------------------


def test_each_form_has_its_mark_near_its_beginning() -> None:
    for made in all_forms(FULL, "en", Links())[:3]:
        mark = marking.mark_of(made)
        assert re.fullmatch("[0-9a-f]{32}", mark)
        assert made.count(mark.encode()) == 1
    marks = {
        marking.mark_of(digest_html(digest, language))
        for digest, language in itertools.product((FULL, EMPTY), languages())
    }
    assert len(marks) == 4


def test_a_digest_tells_what_it_shows() -> None:
    shown = marking.shown_in(digest_html(FULL, "en"))
    items = {item.id for one in FULL.parts for item in one.items}
    questions = {one.id for one in (*FULL.open, *FULL.found, *FULL.answered)}
    assert shown.ids == items | questions
    notes = {note.path for one in FULL.parts for item in one.items for note in item.notes}
    answers = {answer.path for one in FULL.answered for answer in one.answers}
    assert notes | answers | {"Sales/Links.txt", "Purchasing/Suppliers/Audit Brescia.docx"} <= shown.paths
    assert all(type(path) is str for path in shown.paths)


@pytest.mark.parametrize(
    "path", ["a\"b&'<c>.txt", "two  blanks .txt", "\udcff.txt", "x" * 3_000, "tab\t.txt", "&amp;.txt"]
)
def test_paths_are_read_back_exactly(path: str) -> None:
    item = DigestItem(ItemId("2" * 16), RelPath(path), "T", Kind.TEXT, BEGIN)
    shown = marking.shown_in(digest_html(EMPTY._replace(parts=(DigestPart("", (item,)),)), "en"))
    assert (set(shown.ids), set(shown.paths)) == ({item.id}, {path})


@pytest.mark.parametrize(
    "value",
    ["", "[", "[]", "1", "[[1],[]]", '[["x"],[]]', '[[],["../x"]]', "[[],[1]]", "[" * 100_000, "[null,null]"],
)
def test_what_somebody_changed_is_unknown(value: str) -> None:
    html = re.sub(
        rb'hidden value="[^"]*"',
        b'hidden value="' + value.replace('"', "&#34;").encode() + b'"',
        digest_html(FULL, "en"),
    )
    assert marking.shown_in(html) == marking.UNKNOWN


def test_counts_and_marks() -> None:
    item = DigestItem(
        ItemId("2" * 16), RelPath("x.txt"), "", Kind.TEXT, BEGIN, notes=tuple(note(f"N{n}", "nonsense", 17, "x") for n in range(9)),
        marks={Mark.WRONG: 1, Mark.OUTDATED: 0},
    )  # fmt: skip
    digest = EMPTY._replace(
        parts=(DigestPart("", (item,), 1_200),), rising=(Rise("x", 1, 0.5),), people=(Person("A", 1),),
        open=(question(1, "Q?", "Ann", FULL.open[0].state),) * 50,
    )  # fmt: skip
    told = tell(digest, "en", Links())
    shown = told.parts[0].noted[0]
    assert (told.parts[0].name, told.parts[0].total, shown.title) == ("Top of the folder", 1_201, "x.txt")
    assert (shown.more, shown.marks, shown.notes[0].level) == (3, (("wrong", "1 person says: wrong"),), "")
    assert told.summary[0] == "1,201 new items"
    assert told.rising[0].said == "1 item this week, 0.5 a week before"
    assert (len(told.groups[0].questions), told.groups[0].more) == (40, 10)


def test_what_people_write_reads_as_text() -> None:
    said = note("Ann", "", 17, "# So what\n\nI read **both** pages:\n\n- the quota is yearly\n- ask `Bo`\n")
    item = DigestItem(
        ItemId("2" * 16),
        RelPath("x.txt"),
        "Price list",
        Kind.TEXT,
        BEGIN,
        "",
        "Price list · Valid from March.",
        (said,),
    )
    told = tell(EMPTY._replace(parts=(DigestPart("", (item,)),)), "en", Links()).parts[0].noted[0]
    assert told.text == "Valid from March."
    assert told.notes[0].text == "So what · I read both pages: · the quota is yearly · ask Bo"
