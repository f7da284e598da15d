"""A system with a low limit of watched directories, or none: all is found anyway, and `status` says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from .conftest import COMMON, Office, fill


def limited(office: Office, what: str, number: int) -> Office:
    """Return it with a daemon under a limit of watches or instances of inotify; skip if that can't be had."""
    setting = f"/proc/sys/user/max_inotify_{what}"
    prefix = ("unshare", "-Ur", "sh", "-c", f'echo {number} > {setting} && exec "$@"', "sh")
    if not sys.platform.startswith("linux") or not shutil.which("unshare"):
        pytest.skip("needs Linux and `unshare`")
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("no user namespace of one's own is allowed here")
    return replace(office, prefix=prefix, more={"INDEXER_WATCH_POLL_S": "2"})


@pytest.mark.parametrize(
    ("what", "number", "said"), [("watches", 12, "max_user_watches"), ("instances", 0, "instance limit")]
)
def test_a_limit_of_watching(office: Office, what: str, number: int, said: str) -> None:
    office = limited(office, what, number)
    for n in range(30):
        fill(office.folder / f"d{n}", 2, f"x{n}y")
    office.scan()
    with office.following():
        office.wait_for(lambda: any(said in problem for problem in office.problems()))
        for n in range(0, 30, 7):
            (office.folder / f"d{n}/new.txt").write_text(f"{COMMON} newest number{n}", "utf-8")
        office.wait_until_equal(lambda: office.found("newest"), {f"d{n}/new.txt" for n in range(0, 30, 7)})
        (office.folder / "d29/x29y0.txt").unlink()
        office.wait_for(lambda: office.found("x29yword0") == set())
        office.see_that_all_is_as_undisturbed("x3yword1")
