"""What the watcher logs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from indexer.cli.log import logging_to


def test_a_thread_that_dies_is_one_line_and_its_traceback_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def die() -> None:
        raise OSError(64, "The network name\nis no longer available")

    with logging_to(tmp_path, verbose=False, quiet=False):
        thread = threading.Thread(target=die)
        thread.start()
        thread.join()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no longer available" in said
    assert "Traceback" in (tmp_path / "watch.log").read_text("utf-8")
