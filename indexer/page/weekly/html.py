"""How does a week look as a file beside the page? One file that needs no script; the same digest gives the same bytes. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from markupsafe import Markup

from indexer.model.team import Digest
from indexer.page.render import fill, style
from indexer.page.script import ASSETS
from indexer.page.weekly.marking import marked
from indexer.page.weekly.telling import MOST, Links, fitting
from indexer.page.weekly.told import Told

MOST_HTML = 500_000
"""Bytes of the file."""
_ICON = re.compile(r'<symbol id="i-.*?</symbol>', re.DOTALL)


def digest_html(digest: Digest, language: str, page: str = "index.html") -> bytes:
    """Return a week as HTML, to lie two directories below the folder; `page` is the name of the page there."""
    told, _ = fitting(digest, language, Links("../../", page), MOST, lambda told: _html(told, ""), MOST_HTML)
    return marked(lambda mark: _html(told, mark))


def _html(told: Told, mark: str) -> bytes:
    css = style("look.css", "digest.css")
    sheet = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return fill(
        "digest.html.j2", told=told, t=told.texts, mark=mark, contents=_contents(told), shows=json.dumps([told.ids, told.paths]),
        css=Markup(css), icons=Markup(_icons()),  # noqa: S704 - our own files
        policy=f"default-src 'none'; style-src 'sha256-{sheet}'; img-src data:; base-uri 'none'; form-action 'none'",
    )  # fmt: skip


def _contents(told: Told) -> list[tuple[str, str, int]]:
    """Return the sections: where each begins, its name, and how much is in it."""
    parts = [(f"d{number}", part.name, part.total) for number, part in enumerate(told.parts, start=1)]
    rest = (
        ("questions", "questions", sum(len(group.questions) + group.more for group in told.groups)),
        ("rising", "rising", len(told.rising)),
        ("links", "links", len(told.links)),
        ("people", "people", len(told.people)),
    )
    return parts + [(anchor, told.texts(key), n) for anchor, key, n in rest if n]


def _icons() -> str:
    """Return the icons of the page."""
    return "\n".join(_ICON.findall((ASSETS / "page.html.j2").read_text("utf-8")))
