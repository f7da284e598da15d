"""What an earlier process left: what can be believed is taken in, all else is deleted, and nothing else is touched."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from indexer.links.messages import MOST_MESSAGE, pack_outcome
from indexer.links.spool import KEPT_S, _told_name, clear, gather, keep_body, keep_outcome, release
from indexer.model.links import Answer, Outcome

READ, FAILED = Outcome(Answer.READ, 200), Outcome(Answer.FAILED, 404)


def test_what_is_left_is_found_until_it_is_released(tmp_path: Path) -> None:
    read = READ._replace(body=keep_body(tmp_path, b"a page"))
    for key, outcome in (("a", FAILED), ("a", read), ("b", FAILED)):  # the last one of a key counts
        keep_outcome(tmp_path, key, pack_outcome(key, outcome))
    for _ in range(2):
        assert gather(tmp_path, 100, time.time()) == {"a": read, "b": FAILED}
    release(tmp_path, "a", read)
    assert gather(tmp_path, 100, time.time()) == {"b": FAILED}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "what", ["old", "of tomorrow", "cut", "of another", "without body", "large", "endless", "a link"]
)
def test_what_can_not_be_believed_is_deleted(tmp_path: Path, what: str) -> None:
    (tmp_path / "other").write_bytes(b"of somebody else")
    body = keep_body(tmp_path, b"a page")
    packed = pack_outcome("b" if what == "of another" else "a", READ._replace(body=body))
    keep_outcome(tmp_path, "a", packed[:-5] if what == "cut" else packed)
    told = tmp_path / _told_name("a")
    if what in ("old", "of tomorrow"):
        moment = time.time() + (1 if what == "of tomorrow" else -1) * (KEPT_S + 60)
        os.utime(told, (moment, moment))
    elif what == "without body":
        (tmp_path / body).unlink()
    elif what == "endless":
        told.write_bytes(b" " * MOST_MESSAGE + packed)
    elif what == "a link":
        if sys.platform == "win32":
            pytest.skip("links need rights there")
        (tmp_path / "other").write_bytes(packed)
        told.unlink()
        told.symlink_to(tmp_path / "other")
    assert gather(tmp_path, 3 if what == "large" else 100, time.time()) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_all_can_be_deleted(tmp_path: Path) -> None:
    keep_outcome(tmp_path, "a", pack_outcome("a", READ._replace(body=keep_body(tmp_path, b"a page"))))
    (tmp_path / "other").touch()
    clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
    clear(tmp_path / "nowhere")
