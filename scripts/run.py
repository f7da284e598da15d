"""Set everything up and run the main job: `python3 scripts/run.py [FOLDER] [--once]`.

Without FOLDER a demo folder of sample documents is made and shown. `--once` ends after the first scan.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import setup_venv


def main() -> int:
    """Return the exit code of the command that was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="the folder to index (default: a demo folder)")
    parser.add_argument("--once", action="store_true", help="end after the first scan")
    given = parser.parse_args()
    python = setup_venv.ensure("run")
    folder = given.folder.expanduser().absolute() if given.folder else _demo(python)
    if folder is None:
        return 2
    command = [str(python), "-m", "indexer"]
    try:
        code = subprocess.run([*command, "scan", str(folder)], check=False).returncode
        if code:
            return code
        page = next((folder / n for n in ("index.html", "indexer.html") if (folder / n).exists()), None)
        if page:
            print(f"the page: {page.as_uri()}", flush=True)
        if given.once:
            return 0
        return subprocess.run([*command, "watch", str(folder)], check=False).returncode
    except KeyboardInterrupt:
        return 130


def _demo(python: Path) -> Path | None:
    folder = setup_venv.PROJECT / "demo-folder"
    made = subprocess.run(
        [str(python), str(Path(__file__).with_name("demo.py")), os.fspath(folder)], check=False
    )
    return None if made.returncode else folder


if __name__ == "__main__":
    sys.exit(main())
