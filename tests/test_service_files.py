"""The files that have the system start the watcher."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path, PureWindowsPath

PROJECT = Path(__file__).parent.parent
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_the_task_of_windows_is_for_one_user_and_shows_no_window() -> None:
    task = ET.parse(PROJECT / "config" / "indexer-task.xml")
    of_trigger = task.findtext(f".//{TASK}LogonTrigger/{TASK}UserId")
    assert of_trigger  # else whoever logs on is meant, which needs an administrator
    assert task.findtext(f".//{TASK}Principal/{TASK}UserId") == of_trigger
    assert task.findtext(f".//{TASK}LogonType") == "InteractiveToken"
    command = PureWindowsPath(task.findtext(f".//{TASK}Command") or "")
    scripts = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["gui-scripts"]
    assert command.stem in scripts
