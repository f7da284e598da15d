"""Check form and types: ruff format, ruff lint, mypy strict. `--fix` mends what can be mended."""

from __future__ import annotations

import subprocess
import sys

import setup_venv


def main() -> int:
    """Return 0 where nothing is to be mended."""
    python = str(setup_venv.ensure("test"))
    fix = "--fix" in sys.argv[1:]
    steps = (
        ["ruff", "format", *([] if fix else ["--check"]), "."],
        ["ruff", "check", *(["--fix"] if fix else []), "."],
        ["mypy"],
    )
    results = [
        subprocess.run([python, "-m", *step], cwd=setup_venv.PROJECT, check=False).returncode
        for step in steps
    ]
    return int(any(results))


if __name__ == "__main__":
    sys.exit(main())
