"""How is the page rendered? One HTML file that shows the newest items before any data is loaded. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from indexer.model.links import LinkState
from indexer.page.entry import DAY_S, FOLLOWED, Row, moment_of, path_href, shown
from indexer.page.script import ASSETS, bare, data, script_file
from indexer.page.texts import Texts

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST = 20
"""The number of items in the HTML itself."""

_DATA_FILE = re.compile(rb'F\("([a-z]-[0-9a-f]{16})","([A-Za-z0-9+/=]*)",([0-9]{1,10})\)\n?')
_POINTER = re.compile(rb'H\((\{"now":"[a-z0-9-]*","before":"[a-z0-9-]*"\})\)\n?')
_MOST_TEXT = 200
_SHOWN_NAMES = 2
"""Names beside a mark."""


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the newest items, for the list in the HTML itself."""

    row: Row
    text: str = ""
    """The beginning of its text."""
    copies: int = 0
    notes: Sequence[tuple[Row, str]] = ()
    """Notes on it, each with the beginning of its text."""
    saved: Row | None = None
    """The saved copy of the page behind it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page."""

    html: bytes
    digest: str
    """32 hex digits: 16 of what it is made of (title, markup, look, script, language), which must never be old, then 16 of
    the items and counts it shows, which may lag. The time of writing is no part of it."""


def render(
    title: str,
    *,
    home: Mapping[str, Any],
    newest: Sequence[Newest],
    directory: str,
    written_at: datetime,
    language: str = "en",
    embedded: Mapping[str, bytes] | None = None,
    has_board: bool = False,
) -> Page:
    """Return the page whose files are in `directory`.

    `home` are the counts of a head (docs/page-format.md), `newest` the items in order. With `embedded` (data files and
    `head.js` by name) the page has its script and its data within itself and needs no directory. If it `has_board`, the list
    waits for the questions above it.
    """
    name, code = script_file(language)
    script = code.decode() if embedded is not None else _bootstrap(f"{directory}/{name}")
    template = (ASSETS / "page.html.j2").read_text("utf-8")
    css = style("look.css", "page.css")
    texts = Texts(language)
    items = [_item(one, texts) for one in newest[:FIRST]]
    digest = _digest(title, directory, script, css, template) + _digest(
        dict(home), items, sorted(embedded or ()), *([True] if has_board else [])
    )
    page = {
        "title": shown(title),
        "digest": digest,
        "directory": directory,
        "has_board": has_board,
        "policies": _policies(script, css, is_whole=embedded is not None),
        "css": Markup(css),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own files
        "home": data(home),
        "total": int(home["total"]),
        "newest": items,
        "written": texts("written", when=f"{texts.day(written_at)}, {written_at.astimezone(UTC):%H:%M} UTC"),
        "is_whole": embedded is not None,
        "embedded": [_embedded(name, content) for name, content in sorted((embedded or {}).items())],
    }
    return Page(fill("page.html.j2", page=page, t=texts), digest)


def fill(template: str, **values: object) -> bytes:
    """Return a file made of a template, in which every text of `values` is text, whatever it holds."""
    return _environment().get_template(template).render(**values).encode("utf-8", "replace")


def _digest(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _policies(script: str, css: str, *, is_whole: bool) -> tuple[str, ...]:
    """Return what the browser may run: this very style, this very script and what it brings, nothing else.

    Both policies hold. By the first a file runs only if the script brings it, by the second only if it lies on the same disk
    or server. No policy can name the files one by one: docs/decisions/022.
    """
    ours, look = (
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
        for part in (script, css)
    )
    rest = f"style-src {look}; img-src data:; base-uri 'none'; form-action 'none'"
    if is_whole:
        return (f"default-src 'none'; script-src {ours}; {rest}",)
    return (
        f"default-src 'none'; script-src {ours} 'strict-dynamic'; {rest}",
        f"script-src {ours} 'self'",
    )


def _bootstrap(address: str) -> str:
    """Return the one script in the page: it brings the other one, and asks again while a sync client has yet to.

    If the address has a search, the list waits for its answer (page.css says how long).
    """
    code = bare((ASSETS / "boot.js").read_text("utf-8")).replace("\n", "")
    return code.replace("ADDRESS", json.dumps(address).replace("<", "\\u003c"))


def style(*names: str) -> str:
    """Return style sheets as one, without comments and line ends."""
    css = "\n".join((ASSETS / name).read_text("utf-8") for name in names)
    return re.sub(r"\n\s*", "", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def _embedded(name: str, content: bytes) -> dict[str, object]:
    """Return what the template needs of a data file; raise ValueError for anything else, so that nothing else gets in."""
    if name.removesuffix(".js") == "head":
        match = _POINTER.fullmatch(content)
        if match is None:
            raise ValueError("not a pointer")
        return {"id": "head", "length": None, "content": Markup(match[1].decode())}  # noqa: S704 - letters and digits
    match = _DATA_FILE.fullmatch(content)
    if match is None or match[1].decode() != name.removesuffix(".js"):
        raise ValueError(f"{name} is not a data file")
    return {"id": match[1].decode(), "length": int(match[3]), "content": match[2].decode()}


def _item(one: Newest, texts: Texts) -> dict[str, object]:
    """Return what the template shows of an item; assets/result.js does the same in the browser."""
    row, path = one.row, shown(one.row.path)
    moment = moment_of(row.date)
    is_web = bool(FOLLOWED.match(row.url)) and not row.is_saved_copy
    return {
        "id": row.id,
        "path": path,
        "kind": str(row.kind),
        "label": texts(f"kind.{row.kind}"),
        "title": row.title or path,
        "href": row.url if is_web else path_href(row.path),
        "is_web": is_web,
        "address": short_address(row.url),
        "iso": moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "day": texts.day(moment),
        "folders": path.split("/")[:-1],
        "author": _person(row.author),
        "online_only": row.facts.online_only,
        "is_cut": row.facts.is_cut,
        "health": "" if row.facts.state is LinkState.UNCHECKED else str(row.facts.state),
        "since": "" if row.facts.since is None else texts.day(moment_of(row.facts.since * DAY_S)),
        "moved_to": {"href": row.facts.moved_to, "shown": short_address(row.facts.moved_to)},
        "question": row.facts.question,
        "marks": [(str(mark), _people(n, names)) for mark, n, names in row.facts.marks],
        "has_text": row.text >= 0,
        "conflict": row.facts.conflict.rpartition("/")[2],
        "text": _beginning(" ".join(one.text.split())),
        "copies": one.copies,
        "saved": path_href(one.saved.path) if one.saved else "",
        "links": sum(bool(FOLLOWED.match(address)) for address, _ in row.links),
        "notes": [_note(note, said, texts) for note, said in one.notes],
    }


def _note(row: Row, text: str, texts: Texts) -> dict[str, str]:
    level = row.facts.level
    return {
        "by": _person(row.author) or texts("kind.note"),
        "level": level,
        "label": texts(f"level.{level}") if level else "",
        "text": _beginning(" ".join(text.split())),
    }


def _people(n: int, names: Sequence[str]) -> str:
    shown_names = [_person(name).replace("_", " ") for name in names[:_SHOWN_NAMES]]
    rest = n - len(shown_names)
    return ", ".join(shown_names) + (f" +{rest}" if rest > 0 else "")


def _person(author: str) -> str:
    """Return a person's name without the address that may stand behind it."""
    return re.sub(r"(\S)\s*<[^<>]*>$", r"\1", author)


def _beginning(text: str) -> str:
    """Return as much of a text as the script shows without hits."""
    if len(text) <= _MOST_TEXT:
        return text
    blank = text.rfind(" ", 0, _MOST_TEXT + 1)
    return text[: blank if blank > _MOST_TEXT / 2 else _MOST_TEXT] + " …"


def short_address(url: str) -> str:
    """Return an address for people to read."""
    bare = re.sub(r"^[a-z]+:(?://)?(?:www\.)?", "", url, flags=re.IGNORECASE).rstrip("/")
    return bare[:59] + "…" if len(bare) > 60 else bare


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # most passes write no page

    return Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
