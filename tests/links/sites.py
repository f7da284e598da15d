"""The kinds of pages and sites that are met in life, and in which state each link is expected to be."""

from __future__ import annotations

import gzip
import io
import itertools
import socket
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.links.conftest import LIMITS
from tests.links.web import PUBLIC, Answer, drip, page, redirect

NEWS = "http://news.test/a"
TEXT = b"<html><p>An article about tariffs."
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHAIN: dict[str, Answer] = {f"/c{n}": redirect(f"/c{n + 1}") for n in range(20)}
BOMB = gzip.compress(bytes(30_000_000), 9)
GREEK = "Οι δασμοί στον χάλυβα αυξάνονται από τον Ιανουάριο"
LANGUAGES = [
    ("German", "windows-1252", "Zölle auf Stahlträger erhöhen sich im nächsten Frühjahr"),
    ("French", "iso-8859-15", "Les droits de douane sur l'acier augmenteront dès février"),
    ("Polish", "iso-8859-2", "Cła na stal wzrosną już w lutym, mówią źródła"),
    ("Russian", "koi8-r", "Пошлины на сталь вырастут в феврале"),
    ("Ukrainian", "windows-1251", "Мито на сталь зросте їхнім коштом у лютому"),
    ("Greek", "iso-8859-7", GREEK),
    ("Turkish", "windows-1254", "Çelik gümrük vergileri şubat ayında artıyor"),
    ("Japanese", "shift_jis", "鉄鋼の関税は二月に引き上げられます"),
    ("Japanese of Unix", "euc-jp", "鉄鋼の関税は二月に引き上げられます"),
    ("Chinese", "gb18030", "钢铁关税将于二月上调，进口商担忧"),
    ("Chinese of Taiwan", "big5", "鋼鐵關稅將於二月調漲，進口商擔憂"),
    ("Korean", "euc-kr", "철강 관세가 이월에 인상됩니다"),
    ("Arabic", "windows-1256", "سترتفع الرسوم الجمركية على الصلب في فبراير"),
    ("Hebrew", "windows-1255", "המכסים על פלדה יעלו בפברואר"),
]
"""Languages, each with an encoding that its older sites have, and a sentence."""
SAID_BY_HOST, SAID_BY_PAGE = "said by the host", "said by the page"


def article(words: str, encoding: str = "utf-8", says: str = "") -> bytes:
    """Return a page with an article of this sentence, written again and again."""
    meta = f"<meta charset={encoding}>" if says == SAID_BY_PAGE else ""
    paragraphs = f"<p>{words}. {words}.</p>" * 4
    return f"<html><head>{meta}<title>News</title></head><body><article>{paragraphs}</article></body></html>".encode(
        encoding
    )


def kind(encoding: str, says: str) -> str:
    """Return what the host says of the page."""
    return f"text/html; charset={encoding}" if says == SAID_BY_HOST else "text/html"


def pdf(words: str) -> bytes:
    """Return a PDF of one line."""
    drawn = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF"
    return f"{made}xref\n0 6\n0000000000 65535 f \n{table}{end}".encode()


def word_bomb() -> bytes:
    """Return a small archive named as a Word document, of which a part would be large."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", bytes(20_000_000))
    return made.getvalue()


PDF, WORD_BOMB = pdf("What steel tariffs cost"), word_bomb()


class Site(NamedTuple):
    """A link, and what becomes of it."""

    what: str
    answers: Mapping[str, Answer]
    """By path, or by host and path."""
    url: str
    state: str
    """After its first check."""
    more: dict[str, Any]
    """What else is expected: of the outcome by its names; `body`, `length` of what was fetched; `words` of the text; `paths` that
    were asked for; how many `connections`. And how the world is: `names` as they resolve, one that is `unreachable`."""


_ROWS: list[tuple[Any, ...]] = [
    # What it is, answers by path, address, the state after its first check, more that is expected.
    ("a page", {"/a": page(ETag='"1"', Last_Modified="Mon")}, NEWS, "ok",
     {"body": TEXT, "status": 200, "url": NEWS, "etag": '"1"', "last_modified": "Mon",
      "content_type": "text/html", "moved_to": "", "detail": "", "is_soft_gone": False}),
    ("a page over TLS", {"/a": page()}, "https://news.test/a", "ok", {"body": TEXT}),
    ("a charset", {"/a": page(kind='Text/HTML; Charset="KOI8-R"')}, NEWS, "ok",
     {"content_type": "text/html", "charset": "koi8-r"}),
    ("no length", {"/a": HEAD + b"\r\n" + TEXT}, NEWS, "ok", {"body": TEXT}),
    ("chunks", {"/a": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n<p>\r\n0\r\n\r\n"}, NEWS, "ok",
     {"body": b"<p>"}),
    ("a PDF", {"/a": page(b"%PDF-1.7", kind="application/pdf")}, NEWS, "ok", {"body": b"%PDF-1.7"}),
    ("a PDF of no type", {"/a": page(b"%PDF-1.7", kind="application/octet-stream")}, NEWS, "ok",
     {"body": b"%PDF-1.7"}),
    ("bytes of no type", {"/a": page(b"\0\1", kind="application/octet-stream")}, NEWS, "ok", {"body": b""}),
    ("a film", {"/a": page(b"\0" * 500_000, kind="video/mp4")}, NEWS, "ok", {"body": b"", "status": 200}),
    ("no content", {"/a": page(b"", "204 No Content")}, NEWS, "ok", {"body": b""}),
    ("fragment", {"/a?q=1": page()}, "http://news.test/a?q=1#part", "ok", {"url": "http://news.test/a?q=1"}),
    ("letters", {"/%C3%A4%20": page()}, "http://news.test/ä%20", "ok", {"body": TEXT}),
    ("a host in letters", {"/a": page()}, "http://bücher.test/a", "ok", {"url": "http://xn--bcher-kva.test/a"}),
    # Encodings.
    ("gzip", {"/a": page(gzip.compress(TEXT), Content_Encoding="gzip")}, NEWS, "ok", {"body": TEXT}),
    ("gzip in parts", {"/a": page(gzip.compress(TEXT) * 2, Content_Encoding="gzip")}, NEWS, "ok",
     {"body": TEXT * 2}),
    ("deflate", {"/a": page(zlib.compress(TEXT), Content_Encoding="deflate")}, NEWS, "ok", {"body": TEXT}),
    ("bare deflate", {"/a": page(zlib.compress(TEXT)[2:-4], Content_Encoding="deflate")}, NEWS, "ok",
     {"body": TEXT}),
    ("brotli, unasked", {"/a": page(b"\x0b\x02", Content_Encoding="br")}, NEWS, "ok",
     {"body": b"", "detail": "sent in an encoding that was not asked for: its text is not read"}),
    ("not gzip", {"/a": page(b"oh no", Content_Encoding="gzip")}, NEWS, "ok", {"body": b""}),
    # Sizes and times.
    ("a bomb", {"/a": page(BOMB, Content_Encoding="gzip")}, NEWS, "ok", {"body": bytes(100_000)}),
    ("an endless page", {"/a": drip(itertools.repeat(HEAD + b"\r\n" + b"x" * 50_000), 0)}, NEWS, "ok",
     {"length": LIMITS.body}),
    ("a large PDF", {"/a": page(b"%PDF" * 30_000, kind="application/pdf")}, NEWS, "ok", {"body": b""}),
    ("an endless PDF", {"/a": drip([HEAD.replace(b"text/html", b"application/pdf") + b"\r\n", b"%" * 200_000], 0)},
     NEWS, "ok", {"body": b""}),
    ("a dripping page", {"/a": drip([HEAD + b"\r\n", *[b"x"] * 100])}, NEWS, "failing",
     {"detail": "not read within 0.6 seconds in all"}),
    ("a dripping head", {"/a": drip([b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 100])}, NEWS, "failing",
     {"detail": "not read within 0.6 seconds in all"}),
    ("dripping redirects", {f"/{n}": drip([redirect(f"/{n + 1}")[:20], redirect(f"/{n + 1}")[20:]], 0.15) for n in range(9)},
     "http://news.test/0", "failing", {}),
    ("a large head", {"/a": HEAD + b"A: b\r\n" * 50_000}, NEWS, "failing", {}),
    ("nonsense", {"/a": b"SSH-2.0-OpenSSH\r\n\r\n"}, NEWS, "failing", {}),
    ("nothing", {"/a": b""}, NEWS, "failing", {}),
    ("half a page", {"/a": HEAD + b"Content-Length: 99\r\n\r\n<p>"}, NEWS, "failing", {}),
    # Statuses.
    ("401", {"/a": page(b"", "401 No")}, NEWS, "sign-in", {"status": 401}),
    ("403", {"/a": page(b"", "403 No")}, NEWS, "sign-in", {"status": 403}),
    ("407", {"/a": page(b"", "407 No")}, NEWS, "sign-in", {"status": 407}),
    ("404", {}, NEWS, "failing", {"status": 404, "detail": "the host answers 404"}),
    ("410", {"/a": page(b"", "410 Gone")}, NEWS, "failing", {"status": 410}),
    ("500", {"/a": page(b"", "500 Oh")}, NEWS, "failing", {"status": 500}),
    ("503", {"/a": page(b"", "503 Oh")}, NEWS, "failing", {"status": 503}),
    ("503 for a while", {"/a": page(b"", "503 Oh", Retry_After="120")}, NEWS, "unchecked", {"later_s": 120.0}),
    ("429", {"/a": page(b"", "429 Oh")}, NEWS, "unchecked", {"status": 429, "later_s": 3600.0}),
    ("429 for a while", {"/a": page(b"", "429 Oh", Retry_After="7")}, NEWS, "unchecked", {"later_s": 7.0}),
    ("429 for ever", {"/a": page(b"", "429 Oh", Retry_After="9" * 300)}, NEWS, "unchecked", {"later_s": 86400.0}),
    ("429 until a date", {"/a": page(b"", "429 Oh", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")}, NEWS,
     "unchecked", {"later_s": 86400.0}),
    ("429, nobody knows", {"/a": page(b"", "429 Oh", Retry_After="soon")}, NEWS, "unchecked", {"later_s": 3600.0}),
    ("304, unasked", {"/a": page(b"", "304 Same")}, NEWS, "failing", {"status": 304}),
    # Redirects.
    ("moved", {"/a": redirect("/b", 301), "/b": redirect("//other.test/c", 308), "/c": page()}, NEWS, "moved",
     {"url": "http://other.test/c", "moved_to": "http://other.test/c"}),
    ("moved, then not for good", {"/a": redirect("/b", 301), "/b": redirect("/c", 307), "/c": redirect("/d", 301), "/d": page()},
     NEWS, "moved", {"url": "http://news.test/d", "moved_to": "http://news.test/b"}),
    ("not for good", {"/a": redirect("b?x=ä#y"), "/b?x=%C3%A4": page()}, NEWS, "ok", {"moved_to": ""}),
    ("moved to nothing", {"/a": redirect("/b", 301)}, NEWS, "failing", {"status": 404, "moved_to": ""}),
    ("ten redirects", CHAIN | {"/c10": page()}, "http://news.test/c0", "ok", {"url": "http://news.test/c10"}),
    ("eleven", CHAIN | {"/c11": page()}, "http://news.test/c0", "failing", {"status": 302}),
    ("a circle", {"/a": redirect("/b"), "/b": redirect("/a")}, NEWS, "failing",
     {"detail": "its redirects come to no end"}),
    ("a circle for those without cookies", {"/a": redirect("/a", Set_Cookie="a=b")}, NEWS, "sign-in", {}),
    ("a redirect to nowhere", {"/a": page(b"", "302 Oh")}, NEWS, "failing", {"status": 302}),
    ("down to http", {"https://": b"", "/a": redirect("http://other.test/b", 301), "/b": page()}, "https://news.test/a",
     "moved", {"moved_to": "http://other.test/b", "detail": "a redirect leads from https to http"}),
    # Signing in.
    ("a sign-in page", {"/a": redirect("/users/Login?next=/a"), "/users/Login?next=/a": page()}, NEWS,
     "sign-in", {"status": 200}),
    ("a sign-in host", {"/a": redirect("http://sso.corp.test/x"), "/x": page()}, NEWS, "sign-in", {}),
    ("a sign-in page that fails", {"/a": redirect("/oauth2/authorize")}, NEWS, "sign-in", {"status": 404}),
    ("a sign-in page not for machines", {"/a": redirect("/login"), "/robots.txt": page(b"User-agent: *\nDisallow: /login")},
     NEWS, "sign-in", {}),
    ("by way of a sign-in host", {"/a": redirect("http://idp.test.org/authorize"), "/authorize": redirect("http://news.test/b"),
                                  "/b": page()}, NEWS, "ok", {"url": "http://news.test/b"}),
    ("the sign-in page itself", {"/login": page()}, "http://news.test/login", "ok", {}),
    ("an author", {"/a": redirect("/authors/login-smith"), "/authors/login-smith": page()}, NEWS, "ok", {}),
    # What is asked of machines.
    ("not for machines", {"/robots.txt": page(b"User-agent: *\nDisallow: /*.html$")}, "http://news.test/a.html", "refused",
     {"detail": "the site's robots.txt asks not to be read", "paths": []}),
    ("not for us", {"/robots.txt": page(b"User-agent: indexer/9\nDisallow: /\n\nUser-agent: *\nAllow: /")},
     NEWS, "refused", {"paths": []}),
    ("for us", {"/robots.txt": page(b"User-agent: *\nDisallow: /\n\nUser-agent: Indexer\nAllow: /"), "/a": page()},
     NEWS, "ok", {}),
    ("rules for one whose name begins as ours", {"/robots.txt": page(b"User-agent: index\nDisallow: /"), "/a": page()},
     NEWS, "ok", {}),
    ("rules in a plain file", {"/robots.txt": page(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /", kind="x/y")},
     NEWS, "refused", {}),
    ("rules elsewhere", {"/robots.txt": redirect("http://other.test/r", 301), "/r": page(b"User-agent: *\nDisallow: /")},
     NEWS, "refused", {}),
    ("rules in a circle", {"/robots.txt": redirect("/robots.txt"), "/a": page()}, NEWS, "ok", {}),
    ("rules in a private place", {"/robots.txt": redirect("http://10.0.0.1/"), "/a": page()}, NEWS, "ok", {}),
    ("no rules for strangers", {"/robots.txt": page(b"", "403 No"), "/a": page()}, NEWS, "ok", {}),
    ("rules that can't be had", {"/robots.txt": page(b"", "500 Oh"), "/a": page()}, NEWS, "failing",
     {"status": 500, "has_no_rules": True, "paths": []}),
    ("rules that a busy host has", {"/robots.txt": page(b"", "503 Oh", Retry_After="60"), "/a": page()}, NEWS,
     "unchecked", {"later_s": 60.0, "has_no_rules": False, "paths": []}),
    ("rules that can't be had for now", {"/robots.txt": page(b"", "429 Oh", Retry_After="9"), "/a": page()},
     NEWS, "unchecked", {"later_s": 9.0, "paths": []}),
    ("endless rules", {"/robots.txt": drip(itertools.repeat(HEAD + b"\r\n" + b"User-agent: *\n" * 1000), 0), "/a": page()},
     NEWS, "ok", {}),
    ("a redirect to what is not for machines", {"/a": redirect("http://other.test/b"), "/b": page(),
                                               "other.test/robots.txt": page(b"User-agent: *\nDisallow: /b")},
     NEWS, "refused", {"paths": ["/a"]}),
    # Articles in languages and encodings.
    *[
        (f"an article in {language}, {way}", {"/a": page(article(words, encoding, says=way), kind=kind(encoding, way))}, NEWS, "ok",
         {"words": words})
        for language, encoding, words in LANGUAGES
        for way in ("said by the host", "said by the page")
    ],
    ("a byte order mark", {"/a": page(article(GREEK, "utf-8-sig"))}, NEWS, "ok", {"words": GREEK}),
    ("a byte order mark of UTF-16", {"/a": page(article(GREEK, "utf-16"))}, NEWS, "ok", {"words": GREEK}),
    ("an encoding that nobody knows", {"/a": page(article(GREEK, "utf-8"), kind="text/html; charset=klingon")}, NEWS, "ok",
     {"words": GREEK}),
    ("an encoding that the page says otherwise", {"/a": page(article(GREEK, "utf-8", says="said by the page"))}, NEWS, "ok",
     {"words": GREEK}),
    ("no encoding at all", {"/a": page(article(GREEK, "utf-8"))}, NEWS, "ok", {"words": GREEK}),
    # Types that are not what they say.
    ("a page that says that it is plain text", {"/a": page(article("Steel tariffs"), kind="text/plain")}, NEWS, "ok",
     {"words": "Steel tariffs"}),
    ("a picture that says that it is a page", {"/a": page(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(900))}, NEWS, "ok", {}),
    ("a page that says that it is a PDF", {"/a": page(article("Steel tariffs"), kind="application/pdf")}, NEWS, "ok", {}),
    ("a PDF that says that it is a page", {"/a": page(PDF)}, NEWS, "ok", {"words": "steel tariffs"}),
    ("a whole PDF", {"/a": page(PDF, kind="application/pdf")}, NEWS, "ok", {"words": "steel tariffs"}),
    ("a bomb in a Word document", {"/a": page(WORD_BOMB, kind="application/vnd.openxmlformats-officedocument.wordprocessingml.document")},
     NEWS, "ok", {}),
    ("a feed", {"/a": page(b"<?xml version='1.0'?><rss><channel><title>News</title></channel></rss>", kind="application/xml")},
     NEWS, "ok", {}),
    ("JSON", {"/a": page(b'{"a": 1}', kind="application/json")}, NEWS, "ok", {"body": b""}),
    ("an empty page", {"/a": page(b"")}, NEWS, "ok", {"body": b""}),
    ("a page of scripts", {"/a": page(b"<html><div id=root></div><script src=/app.js></script>")}, NEWS, "ok", {}),
    ("deep nesting", {"/a": page(b"<div>" * 15_000)}, NEWS, "ok", {}),
    ("a page that leads on by itself", {"/a": page(b"<meta http-equiv=refresh content='0;url=http://10.0.0.1/'>moved")}, NEWS, "ok",
     {"paths_begin": ["/a"]}),
    # Bombs of other encodings.
    ("a brotli bomb", {"/a": page(b"\xcb\xff\xff\x03" * 5_000, Content_Encoding="br")}, NEWS, "ok", {"body": b""}),
    ("a zstd bomb", {"/a": page(b"\x28\xb5\x2f\xfd" + bytes(5_000), Content_Encoding="zstd")}, NEWS, "ok", {"body": b""}),
    ("a bomb in a bomb", {"/a": page(gzip.compress(BOMB), Content_Encoding="gzip, gzip")}, NEWS, "ok", {"body": b""}),
    ("a bomb of robots", {"/robots.txt": page(BOMB, Content_Encoding="gzip"), "/a": page()}, NEWS, "ok", {}),
    ("a bomb in a failure", {"/a": page(BOMB, "404 No", Content_Encoding="gzip")}, NEWS, "failing", {}),
    ("an endless failure", {"/a": drip(itertools.repeat(b"HTTP/1.1 500 Oh\r\n\r\n" + b"x" * 50_000), 0)}, NEWS, "failing", {}),
    ("an endless redirect", {"/a": drip([b"HTTP/1.1 302 Oh\r\nLocation: /b\r\n\r\n", *[b"x" * 50_000] * 50], 0), "/b": page()},
     NEWS, "ok", {}),
    # Hosts and connections.
    ("nobody listens", {}, NEWS, "failing", {"unreachable": ConnectionRefusedError(111, "refused"), "status": None}),
    ("no such host", {}, NEWS, "failing", {"names": {"news.test": [socket.gaierror(socket.EAI_NONAME, "no")]}, "status": None}),
    ("a certificate of another host", {"/a": page()}, "https://stranger.test/a", "failing", {"status": None}),
    ("a host in another alphabet", {"/a": page()}, "http://новости.test/a", "ok", {"url": "http://xn--b1amnebsh.test/a"}),
    ("a host that can't be", {}, "http://news..test/a", "refused", {"connections": 0}),
    ("a name that turns to this machine", {"/a": page()}, NEWS, "refused", {"names": {"news.test": [[PUBLIC], ["127.0.0.1"]]},
                                                                          "paths": []}),
    ("a name with one private address", {"/a": page()}, NEWS, "refused", {"names": {"news.test": [[PUBLIC, "10.0.0.1"]]},
                                                                        "connections": 0}),
    ("a redirect to a name that is private", {"/a": redirect("http://wiki.test/b")}, NEWS, "refused",
     {"names": {"wiki.test": [["192.168.1.9"]]}, "paths": ["/a"]}),
    *[
        (f"a redirect to {where}", {"/a": redirect(where, 301)}, NEWS, "refused", {"paths": ["/a"], "moved_to": "", "names": {"localhost": [["127.0.0.1"]]}})
        for where in ("file:///etc/passwd", "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0/", "data:,x",
                      "http://[::ffff:169.254.169.254]/", "http://169.254.169.254/latest/meta-data/", "http://news.test:22/",
                      "http://me:secret@news.test/", "gopher://news.test/")
    ],
    # Walls.
    ("402", {"/a": page(b"", "402 Pay")}, NEWS, "sign-in", {"status": 402}),
    ("451", {"/a": page(b"", "451 No")}, NEWS, "failing", {"status": 451}),
    ("999, as LinkedIn says to machines", {"/a": page(b"", "999 Denied")}, NEWS, "sign-in", {"status": 999}),
    ("a wall that asks for people", {"/a": page(b"wait", "503 Oh", Cf_Mitigated="challenge")}, NEWS, "sign-in", {"status": 503}),
    ("a wall on the site's rules", {"/robots.txt": page(b"", "403 Oh"), "/a": page(b"", "403 Oh")}, NEWS, "sign-in", {}),
    ("502", {"/a": page(b"", "502 Oh")}, NEWS, "failing", {"status": 502}),
    ("504", {"/a": page(b"", "504 Oh")}, NEWS, "failing", {"status": 504}),
]  # fmt: skip
SITES = [Site(*row) for row in _ROWS]


class Story(NamedTuple):
    """A link over weeks."""

    what: str
    life: Sequence[tuple[Mapping[str, Answer], float, str]]
    """Answers, until which day they are given, and the state at its end."""
    words: str = ""
    """What its text says in the end."""
    most_asked: int = 99
    """How often the page is asked for at most."""


UP, OTHER = page(article("What tariffs cost")), page(article("The weather on Sunday will be fine"))
NOTICE = page(article("Sorry, the page was not found"))
SHELL, SHELL2 = (
    page(article(words)) for words in ("Welcome to our shop", "Welcome to our new and larger shop")
)
BUSY, FAULT = page(b"", "503 Oh", Retry_After="3600"), page(b"", "500 Oh")
FOR_SALE = page(article("This domain is for sale"))


def everywhere(answer: Answer) -> Mapping[str, Answer]:
    """Return what a host says that answers all addresses alike."""
    return {"": answer}


UP_AT_A, NOTHING, DEAD = {"/a": UP}, dict[str, Answer](), everywhere(FAULT)
STORIES: list[Story] = [
    Story("it stays", [(UP_AT_A, 0, "ok"), (UP_AT_A, 60, "ok")], "What tariffs cost", 12),
    Story("it changes", [(UP_AT_A, 0, "ok"), ({"/a": OTHER}, 10, "ok")], "The weather on Sunday"),
    Story("it has not changed", [({"/a": page(article("What tariffs cost"), ETag='"1"')}, 0, "ok"),
                                ({"/a": page(b"", "304 Same")}, 30, "ok")], "What tariffs cost", 6),
    Story("it dies and comes back", [(UP_AT_A, 0, "ok"), (NOTHING, 9, "failing"), (NOTHING, 20, "gone"), (UP_AT_A, 60, "ok")],
          "What tariffs cost", 25),
    Story("it dies for ever", [(UP_AT_A, 0, "ok"), (NOTHING, 20, "gone"), (NOTHING, 200, "gone")], "What tariffs cost", 20),
    Story("it never was there", [(NOTHING, 0, "failing"), (NOTHING, 6.9, "failing"), (NOTHING, 11, "gone")], "", 9),
    Story("it says that it is gone", [(UP_AT_A, 0, "ok"), ({"/a": page(b"", "410 Gone")}, 20, "gone")], "What tariffs cost"),
    Story("a fault that heals", [(UP_AT_A, 0, "ok"), ({"/a": FAULT}, 8.4, "failing"), (UP_AT_A, 12, "ok"), (UP_AT_A, 40, "ok")]),
    Story("a fault at first", [({"/a": FAULT}, 0, "failing"), (UP_AT_A, 1, "ok")], "What tariffs cost"),
    Story("a page with a fault for ever", [({"/a": FAULT}, 0, "failing"), ({"/a": FAULT}, 11, "gone")]),
    Story("a host with a fault for ever", [(DEAD, 0, "failing"), (DEAD, 6.9, "failing"), (DEAD, 11, "gone"), (UP_AT_A, 60, "ok")]),
    Story("a host with a fault that heals", [(UP_AT_A, 0, "ok"), (DEAD, 9, "failing"), (UP_AT_A, 13, "ok")], "What tariffs cost"),
    Story("only its rules have a fault", [({"/robots.txt": FAULT, "/a": UP}, 0, "failing"),
                                         ({"/robots.txt": FAULT, "/a": UP}, 11, "ok"),
                                         ({"/robots.txt": FAULT, "/a": UP}, 60, "ok")], "What tariffs cost"),
    Story("a host that is busy for ever", [({"/a": BUSY}, 0, "unchecked"), ({"/a": BUSY}, 3, "unchecked")], "", 80),
    Story("a host that is busy for a while", [(UP_AT_A, 0, "ok"), ({"/a": BUSY}, 9, "ok"), (UP_AT_A, 12, "ok")]),
    Story("too many questions", [({"/a": page(b"", "429 Oh", Retry_After="86400")}, 5, "unchecked"), (UP_AT_A, 8, "ok")],
          "What tariffs cost", 9),
    Story("it moves for good", [(UP_AT_A, 0, "ok"), ({"/a": redirect("/b", 301), "/b": UP}, 9, "moved"),
                                ({"/a": redirect("/b", 301), "/b": UP}, 30, "moved")], "What tariffs cost"),
    Story("it moves, and dies there", [({"/a": redirect("/b", 308), "/b": UP}, 0, "moved"), ({"/a": redirect("/b", 308)}, 20, "gone")],
          "What tariffs cost"),
    Story("it moves for a while", [(UP_AT_A, 0, "ok"), ({"/a": redirect("/b", 307), "/b": UP}, 9, "ok")]),
    Story("it leads to itself", [(UP_AT_A, 0, "ok"), ({"/a": redirect("/b"), "/b": redirect("/a")}, 9, "failing")]),
    Story("it leads to this machine", [(UP_AT_A, 0, "ok"), ({"/a": redirect("http://127.0.0.1/")}, 9, "refused"),
                                       (UP_AT_A, 18, "ok")], "What tariffs cost"),
    Story("it hides", [(UP_AT_A, 0, "ok"), ({"/a": redirect("/login"), "/login": OTHER}, 9, "sign-in"), (UP_AT_A, 18, "ok")],
          "What tariffs cost"),
    Story("it asks not to be read", [(UP_AT_A, 0, "ok"), ({"/a": OTHER, "/robots.txt": page(b"User-agent: *\nDisallow: /")}, 9, "refused"),
                                     (UP_AT_A, 18, "ok")], "What tariffs cost", 6),
    Story("a friendly page instead of it", [(UP_AT_A, 0, "ok"), (everywhere(SHELL), 9, "failing"), (everywhere(SHELL), 20, "gone"),
                                            (UP_AT_A, 60, "ok")], "What tariffs cost"),
    Story("a friendly page for a day", [(UP_AT_A, 0, "ok"), (everywhere(SHELL), 8.4, "failing"), (UP_AT_A, 13, "ok")],
          "What tariffs cost"),
    Story("all lead to the first page", [(UP_AT_A, 0, "ok"), ({"": redirect("/"), "/": SHELL}, 9, "failing"),
                                         ({"": redirect("/"), "/": SHELL}, 20, "gone")], "What tariffs cost"),
    Story("all led to the first page from the beginning", [({"": redirect("/"), "/": SHELL}, 0, "ok"),
                                                           ({"": redirect("/"), "/": SHELL}, 30, "ok")]),
    Story("an application that makes its pages in the browser", [(everywhere(SHELL), 0, "ok"), (everywhere(SHELL2), 9, "ok"),
                                                                 (everywhere(SHELL2), 40, "ok")], "our new and larger shop"),
    Story("a friendly notice from the beginning", [(everywhere(NOTICE), 0, "failing"), (everywhere(NOTICE), 11, "gone")]),
    Story("a notice as an article", [({"/a": NOTICE}, 0, "ok"), ({"/a": NOTICE}, 20, "ok")], "the page was not found"),
    Story("its domain is sold", [(UP_AT_A, 0, "ok"), (everywhere(FOR_SALE), 9, "failing"), (everywhere(FOR_SALE), 20, "gone")],
          "What tariffs cost"),
    Story("a page about a domain for sale", [({"/a": FOR_SALE}, 0, "ok"), ({"/a": FOR_SALE}, 20, "ok")], "domain is for sale"),
    Story("its text is lost", [(UP_AT_A, 0, "ok"), ({"/a": page(b"")}, 9, "ok")]),
    Story("it becomes a film", [(UP_AT_A, 0, "ok"), ({"/a": page(b"\0", kind="video/mp4")}, 9, "ok")]),
    Story("it becomes a PDF", [(UP_AT_A, 0, "ok"), ({"/a": page(PDF, kind="application/pdf")}, 9, "ok")], "steel tariffs"),
]  # fmt: skip
