"""How well is the article of a page found, compared with all of its text and with other libraries?

    python scripts/bench/links.py FOLDER [--detail] [--out FILE.md]

FOLDER has `html/ID.html.gz` and `ground-truth.json`, as in the public article extraction benchmark: for each ID the text
(`articleBody`) and, if known, `title` and `date` (YYYY-MM-DD). Precision and recall of words, and of runs of four words, are
those of a page, both counted with repetitions; F1 is that of their means over the pages. Each page is read by all in turn, after
a first page that loads what they need. readability-lxml and resiliparse are compared if they are installed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from indexer.extract import article
from indexer.extract.html import decode_html, parse_markup
from indexer.extract.source import Origin, Source

WORD = re.compile(r"\w+")


@dataclass
class Row:
    """What one way gave: precision and recall of each page, in words and in runs of four, and computing time."""

    words: list[tuple[float, float]] = field(default_factory=list)
    runs: list[tuple[float, float]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def share(got: list[str], true: list[str], length: int) -> tuple[float, float]:
    """Return precision and recall of the runs of that many words."""
    found, wanted = (
        Counter(tuple(words[n : n + length]) for n in range(max(1, len(words) - length + 1)))
        for words in (got, true)
    )
    both = (found & wanted).total()
    return both / found.total(), both / wanted.total()


def f1(pages: list[tuple[float, float]]) -> float:
    precision, recall = (statistics.mean(page[n] for page in pages) for n in (0, 1))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def of_page(source: Source) -> str:
    return article.find_article(source).text


def of_link(source: Source) -> str:
    return "\n".join(passage.text for passage in article.read(source).passages)


def all_text(source: Source) -> str:
    return parse_markup(decode_html(source.data)).text


def by_trafilatura(source: Source) -> str:
    import trafilatura

    return trafilatura.extract(decode_html(source.data), with_metadata=False) or ""


def by_readability(source: Source) -> str:
    import lxml.html
    from readability import Document  # type: ignore[import-not-found, unused-ignore]

    try:
        return str(lxml.html.fromstring(Document(decode_html(source.data)).summary()).text_content())
    except Exception as error:  # noqa: BLE001 - a peer that fails on a page has no text of it
        print(f"readability-lxml: {error}")
        return ""


def by_resiliparse(source: Source) -> str:
    from resiliparse.extract.html2text import (  # type: ignore[import-not-found, unused-ignore]
        extract_plain_text,
    )

    return str(extract_plain_text(decode_html(source.data), main_content=True))


WAYS: dict[str, tuple[Callable[[Source], str], str]] = {
    "indexer: the article": (of_page, ""),
    "indexer: all passages of the link": (of_link, ""),
    "indexer: all text of the page": (all_text, ""),
    "trafilatura, default": (by_trafilatura, "trafilatura"),
    "readability-lxml": (by_readability, "readability"),
    "resiliparse": (by_resiliparse, "resiliparse"),
}
"""Name to function and the module that it needs."""


def measure(sources: dict[str, Source], truth: dict[str, dict[str, str]], detail: bool) -> dict[str, Row]:
    ways = {name: do for name, (do, needs) in WAYS.items() if not needs or importlib.util.find_spec(needs)}
    for do in ways.values():
        do(next(iter(sources.values())))
    rows = {name: Row() for name in ways}
    for key, source in sources.items():
        true = WORD.findall(truth[key]["articleBody"])
        for name, do in ways.items():
            began = time.process_time()
            text = do(source)
            rows[name].ms.append((time.process_time() - began) * 1000)
            got = WORD.findall(text)
            rows[name].words.append(share(got, true, 1))
            rows[name].runs.append(share(got, true, 4))
        if detail:
            print(
                key[:12], *(f"{rows[name].words[-1][0]:.2f}/{rows[name].words[-1][1]:.2f}" for name in ways)
            )
    return rows


def told(sources: dict[str, Source], truth: dict[str, dict[str, str]]) -> str:
    """Return how many titles and dates are right, of those that are known."""
    right: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for key, source in sources.items():
        page = article.find_article(source)
        made = {"title": page.title, "date": page.created.date().isoformat() if page.created else ""}
        for what, value in made.items():
            if wanted := truth[key].get(what):
                known[what] += 1
                right[what] += " ".join(wanted.split()).casefold() == value.casefold()
    return ", ".join(f"{what}: {right[what]} of {known[what]} right" for what in ("title", "date"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detail", action="store_true", help="precision/recall of words of each page")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    truth = json.loads((options.folder / "ground-truth.json").read_text("utf-8"))
    sources = {}
    for key, row in truth.items():
        data = gzip.decompress((options.folder / "html" / f"{key}.html.gz").read_bytes())
        name = f"{key}.html"
        sources[key] = Source(Path(name), name, data, 1 << 24, "html", origin=Origin(row.get("url", "")))
    lines = [
        "| | word F1 | precision, recall | F1 of four words | ms a page: mean, p95 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, row in measure(sources, truth, options.detail).items():
        precision, recall = (statistics.mean(page[n] for page in row.words) for n in (0, 1))
        late = sorted(row.ms)[int(0.95 * (len(row.ms) - 1))]
        lines.append(
            f"| {name} | {f1(row.words):.3f} | {precision:.3f}, {recall:.3f} | {f1(row.runs):.3f}"
            f" | {statistics.mean(row.ms):.0f}, {late:.0f} |"
        )
    text = "\n".join([*lines, "", f"{len(sources)} pages; {told(sources, truth)}"])
    print(text)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
