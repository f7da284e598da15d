"""What is dropped is found: mailboxes, wrong names, passwords, scans, hyperlinks, readers from outside."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.contract.conftest import Indexer
from tests.extract.samples import SAMPLES, make_docx, make_mail
from tests.extract.test_formats import encrypted

DOCS = Path(__file__).parents[2] / "docs"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


def put(indexer: Indexer, name: str, data: bytes) -> Path:
    path = indexer.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_each_mail_of_a_mailbox_is_an_item(indexer: Indexer) -> None:
    path = put(indexer, "mails.mbox", SAMPLES["a.mbox"])
    indexer.scan()
    found = indexer.json("please", "read", "tariff")
    assert {(r["path"], r["title"], r["type"]) for r in found["results"]} == {
        ("mails.mbox", "First", "mail"), ("mails.mbox", "Second", "mail")}  # fmt: skip
    before = {r["title"]: r["id"] for r in found["results"]}
    third = b"From bob@example.org Sat Nov 21 09:12:44 2026\n" + make_mail("Third", attach=False)
    path.write_bytes(SAMPLES["a.mbox"] + b"\n" + third)
    indexer.scan()
    after = {r["title"]: r["id"] for r in indexer.json("please", "read", "tariff")["results"]}
    assert after == {**before, "Third": after["Third"]}
    path.write_bytes(third)
    indexer.scan()
    assert [r["title"] for r in indexer.json("please", "read", "tariff")["results"]] == ["Third"]
    path.unlink()
    indexer.scan()
    assert indexer.json("tariff")["total"] == 0


def test_a_copied_mailbox_needs_no_reading_again(indexer: Indexer) -> None:
    put(indexer, "a.mbox", SAMPLES["a.mbox"])
    indexer.scan()
    put(indexer, "b.mbox", SAMPLES["a.mbox"])
    indexer.scan()
    assert sorted(r["path"] for r in indexer.json("first")["results"]) == ["a.mbox", "b.mbox"]


def test_what_is_named_wrongly_is_read_and_told(indexer: Indexer) -> None:
    put(indexer, "prices.docx", SAMPLES["a.xlsx"])
    put(indexer, "page.xls", SAMPLES["a.html"])
    indexer.scan()
    (found,) = indexer.json("12.5")["results"]
    assert (found["path"], found["type"]) == ("prices.docx", "sheet")
    assert "prices.docx is of kind sheet" in indexer.ok("status", code=1)
    (indexer.folder / "prices.docx").rename(indexer.folder / "moved.docx")
    indexer.scan()
    assert indexer.json("12.5")["results"][0]["type"] == "sheet"


def test_a_password_in_the_settings_opens_what_was_closed(indexer: Indexer) -> None:
    put(indexer, "closed.docx", encrypted(make_docx(), "summer"))
    indexer.scan()
    assert "ENCRYPTED" in indexer.ok("failed")
    indexer.ok("scan", str(indexer.folder), INDEXER_EXTRACT_PASSWORDS="winter,summer")
    assert indexer.paths("tariff") == ["closed.docx"]
    state = b"".join(path.read_bytes() for path in indexer.state.rglob("*") if path.is_file())
    assert b"summer" not in state


def test_hyperlinks_are_found_by_address_and_words(indexer: Indexer) -> None:
    put(indexer, "slides.pptx", SAMPLES["a.pptx"])
    put(indexer, "sheet.xlsx", SAMPLES["a.xlsx"])
    indexer.scan()
    assert indexer.paths("example.org/plan") == ["slides.pptx"]
    assert indexer.paths("example.org/source") == ["sheet.xlsx"]


def scan_of(words: str, path: Path) -> None:
    image = Image.new("L", (1200, 300), 255)
    ImageDraw.Draw(image).text((40, 100), words, 0, ImageFont.load_default(64))
    image.save(path)


@needs_tesseract
def test_words_in_pictures_are_found_after_everything_else(indexer: Indexer) -> None:
    scan_of("customs declaration", indexer.folder / "photo.png")
    scan_of("second sheet", indexer.folder / "fax.pdf")
    put(indexer, "note.txt", b"plain words")
    indexer.scan()
    assert indexer.paths("plain") == ["note.txt"]
    assert "NO_TEXT" in indexer.ok("failed", "--all")
    indexer.ok("scan", str(indexer.folder), INDEXER_EXTRACT_OCR="true")
    assert indexer.paths("declaration") == ["photo.png"]
    (found,) = indexer.json("second", "sheet")["results"]
    assert (found["path"], found["page"]) == ("fax.pdf", 1)
    assert "NO_TEXT" not in indexer.ok("failed", "--all")
    assert indexer.json("declaration")["results"][0]["type"] == "image"
    shutil.copy(indexer.folder / "photo.png", indexer.folder / "copy.png")
    (indexer.folder / "photo.png").unlink()
    indexer.ok(
        "scan", str(indexer.folder), PATH="", INDEXER_EXTRACT_OCR="true"
    )  # without Tesseract: what is known stays known
    assert indexer.paths("declaration") == ["copy.png"]


def test_a_reader_from_outside(indexer: Indexer, tmp_path: Path) -> None:
    """The example of docs/readers.md, exactly as written there, installed."""
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", (DOCS / "readers.md").read_text("utf-8"), re.DOTALL)
    site = tmp_path / "site"
    about = site / "indexer_recipes-1.0.dist-info"
    about.mkdir(parents=True)
    for name, code in blocks:
        (site / name).write_text(code, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: indexer-recipes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[indexer.readers]\nrecipe = indexer_recipes:read\n")
    put(indexer, "soup.recipe", b"Carrot soup\n\n2 carrots\n\nBoil them.\n")
    put(indexer, "bad.recipe", b"\xff\xfe\xff")
    indexer.scan()
    assert indexer.json("carrots")["total"] == 0
    indexer.ok("scan", str(indexer.folder), PYTHONPATH=str(site))
    (found,) = indexer.json("carrots")["results"]
    assert (found["path"], found["title"]) == ("soup.recipe", "Carrot soup")
    assert "not a recipe" in indexer.ok("failed")
    namespace: dict[str, object] = {}
    test = dict(blocks)["test_recipes.py"].replace("from indexer_recipes import read\n", "")
    exec(dict(blocks)["indexer_recipes.py"] + test, namespace)
    namespace["test_keeps_the_contract"]()  # type: ignore[operator]
