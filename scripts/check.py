"""Check form and types: of Python with ruff and mypy, of the page's script with biome and tsc. `--fix` fixes what it can."""

from __future__ import annotations

import subprocess
import sys

import setup_node
import setup_venv

ASSETS = setup_venv.PROJECT / "indexer" / "page" / "assets"


def main() -> int:
    """Return 0 if nothing is to be mended."""
    python = str(setup_venv.ensure("test"))
    fix = "--fix" in sys.argv[1:]
    steps = (
        [python, "-m", "ruff", "format", *([] if fix else ["--check"]), "."],
        [python, "-m", "ruff", "check", *(["--fix"] if fix else []), "."],
        [python, "-m", "mypy"],
        *of_the_page(fix=fix),
    )
    results = [subprocess.run(step, cwd=setup_venv.PROJECT, check=False).returncode for step in steps]
    return int(any(results))


def of_the_page(*, fix: bool) -> list[list[str]]:
    """Return the commands that check the page's script; none, and a line that says so, if they can't be had."""
    try:
        programs = setup_node.ensure()
    except setup_node.NoNode as error:
        print(f"the page's script is not checked: {error}", flush=True)
        return []
    biome, tsc = (setup_node.program(programs, name) for name in ("biome", "tsc"))
    config = f"--config-path={setup_node.HERE / 'lint.json'}"
    return [
        [biome, "lint", config, "--error-on-warnings", *(["--write"] if fix else []), str(ASSETS)],
        [tsc, "--project", str(setup_node.HERE), "--pretty", "false"],
    ]


if __name__ == "__main__":
    sys.exit(main())
