"""The page's data files are the same however its items are batched."""

from __future__ import annotations

import pytest

from indexer.page import segments
from tests.page.test_cases import make_entries


@pytest.mark.parametrize("size", [1, 7, 60, 120, 121])
def test_batches_make_no_difference(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    entries = make_entries(1)
    whole = segments.encode(entries, 64)
    monkeypatch.setattr(segments, "BATCH_ITEMS", size)
    assert segments.encode(entries, 64) == whole
