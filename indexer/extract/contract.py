"""What does every reader promise? A check to run on a sample, for our readers and those from outside."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from indexer.errors import FileProblem
from indexer.extract.kinds import suffix_of
from indexer.extract.passages import clean_text
from indexer.extract.source import Source
from indexer.model.items import Extract

_LIMIT = 100_000
_DAMAGES = 12


def check_reader(read: Callable[[Source], Extract], name: str, data: bytes) -> Extract:
    """Return what `read` makes of a sample; raise AssertionError if it breaks what readers promise.

    The sample must give text or links. Nothing but FileProblem may be raised for damaged bytes.
    """

    problems: list[str] = []

    def attempt(content: bytes, text_limit: int = _LIMIT) -> Extract | None:
        try:
            return read(Source(Path(name), name, content, text_limit, suffix_of(name)))
        except FileProblem as problem:
            problems.append(problem.detail)
            return None

    extract = attempt(data)
    assert extract is not None, "a whole sample is read"
    assert extract.passages or extract.links or extract.messages or extract.pictures, (
        "a sample says something"
    )
    _check_extract(extract, _LIMIT)
    assert attempt(data) == extract, "the same bytes give the same extract"
    short = attempt(data, 10)
    assert short is not None
    _check_extract(short, 10)
    chance = random.Random(len(data))
    hurt = [b"", b"\0" * 100, data[: len(data) // 2], chance.randbytes(500), data + chance.randbytes(50)]
    for _ in range(_DAMAGES):
        changed = bytearray(data)
        for _ in range(max(1, len(data) // 100)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        hurt.append(bytes(changed))
    for content in hurt:
        made = attempt(content)
        if made is not None:
            _check_extract(made, _LIMIT)
    assert all(detail and "\n" not in detail for detail in problems), (
        "a problem says in one line what is wrong"
    )
    return extract


def _check_extract(extract: Extract, text_limit: int) -> None:
    assert isinstance(extract, Extract)
    assert sum(len(passage.text) for passage in extract.passages) <= text_limit, "text keeps to its limit"
    for passage in extract.passages:
        assert passage.text.strip(), "a passage has text"
        assert passage.text == clean_text(passage.text), "text is clean"
        assert passage.page_number is None or passage.page_number >= 1, "pages count from 1"
    for link in extract.links:
        assert link.url is None or link.url.startswith(("http://", "https://", "mailto:")), (
            "only what may be followed"
        )
        assert (link.url is None) == bool(link.refused), "a refused link says why"
    assert extract.created is None or extract.created.tzinfo is not None, "times know their zone"
    for message in extract.messages:
        _check_extract(message, text_limit)
