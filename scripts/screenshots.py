"""Takes the pictures of the README: the demo folder's page after a search, light and dark.

    python scripts/screenshots.py [DIRECTORY]

Each picture is small: few colours, as the page itself has.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import make_demo
from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SEARCH = "#q=shaft+seal"
PICTURES = (("page.png", "light"), ("page-dark.png", "dark"))
SIZE = {"width": 1120, "height": 800}
COLOURS = 64
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def main() -> int:
    """Return 0 if all pictures were taken."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs"
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
        folder = Path(scratch) / "Team folder"
        make_demo(folder)
        state = ["--state-dir", str(Path(scratch) / "state")]
        subprocess.run(
            [sys.executable, "-m", "indexer", "-q", *state, "scan", str(folder)], cwd=PROJECT, check=True
        )
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name, scheme in PICTURES:
            picture = take(browser, folder / "index.html", scheme)
            (target / name).write_bytes(picture)
            print(f"{target / name}: {len(picture) // 1024} KB")
        browser.close()
    return 0


def take(browser: Browser, page: Path, scheme: str) -> bytes:
    """Return a picture of the page after the search."""
    context = browser.new_context(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")  # type: ignore[arg-type]
    opened = context.new_page()
    opened.goto(page.as_uri() + SEARCH)
    expect(opened.locator("#results mark").first).to_be_visible()
    expect(opened.locator("#results")).to_have_attribute("aria-busy", "false")
    expect(opened.locator("#facets label").first).to_be_visible()
    raw = opened.screenshot()
    context.close()
    few = Image.open(io.BytesIO(raw)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    few.save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    sys.exit(main())
