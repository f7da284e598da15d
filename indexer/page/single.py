"""How is a page of one file made? Everything is within the HTML, to be mailed or opened on a phone."""

from __future__ import annotations

from collections.abc import Mapping

from indexer.errors import UserError
from indexer.model.team import TeamData
from indexer.page import told
from indexer.page.datafile import MemoryFiles, contain, pointer, script
from indexer.page.differences import Source
from indexer.page.edition import Edition
from indexer.page.entry import FORMAT, fold_of
from indexer.page.making import make
from indexer.page.segments import PageSegment

MOST_ITEMS = 5_000


def single(
    source: Source, now: int, text_limit: int, most_mb: int, synonyms: list[object], team: TeamData
) -> tuple[Edition, Mapping[str, bytes]]:
    """Return the state of everything in `source`, and its data files with `head.js` by name.

    Raise UserError if that is more than `most_mb` MB.
    """
    items = sorted((item.date.timestamp(), item.id, item.content_number) for item, _ in source.items())
    if len(items) > MOST_ITEMS:
        raise UserError(_too_large(f"{len(items):,} items", f"{MOST_ITEMS:,} items"))
    contents = [content for _, _, content in items if content]
    shared = {fold_of(content) for content in contents if contents.count(content) > 1}
    files = MemoryFiles()
    entries = source.entries([item_id for _, item_id, _ in items])
    root, blobs = make(files, [], entries, text_limit=text_limit, shared=shared, is_open=True)
    segment = PageSegment(files, root, blobs)
    edition = Edition([segment], segment)
    facts = {
        "format": FORMAT, **edition.facts(now), "synonyms": synonyms, "segments": [], "open": root,
        "written": int(items[-1][0]) if items else 0,
    }  # fmt: skip
    if team_files := told.put(files, team):
        facts["team"] = team_files
    # Without the time of writing: with it, the same page would differ each time.
    head = files.put("h", contain(facts, blobs))
    made = {f"{name}.js": script(name, raw) for name, raw in files.raw.items()}
    size = sum(map(len, made.values()))
    if size > most_mb << 20:
        raise UserError(_too_large(f"{size / (1 << 20):.0f} MB", f"{most_mb} MB (page.single_mb)"))
    return edition, {**made, "head.js": pointer(head, "")}


def _too_large(have: str, limit: str) -> str:
    return (
        f"the page is too large for one file ({have}, the limit is {limit}): leave subfolders out (page.scope) or set"
        ' page.mode = "files"'
    )
