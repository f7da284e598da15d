"""Word and PowerPoint files of before 2007: read by a helper program, where one is installed."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path

import olefile

from indexer.errors import FileProblem, Reason
from indexer.extract import docx, pptx, programs
from indexer.extract.document import Facts, make_extract, make_facts
from indexer.extract.encrypted import OLE, decrypt_office
from indexer.extract.source import Source
from indexer.model import Extract

_TIMEOUT_S = 50.0
_FOREIGN = (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
_FILTERS = {"doc": ("docx", docx.read), "ppt": ("pptx", pptx.read)}


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem where the file is damaged or no helper is installed, naming one."""
    form = "ppt" if source.suffix in ("ppt", "pps", "pot") else "doc"
    data = decrypt_office(source)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        file = directory / f"file.{form}"
        file.write_bytes(data)
        text = _by_small_helper(form, file, directory)
        if text.strip():
            sections = [(None, text.replace("\f", "\n\n").split("\n\n"))]
            return make_extract(source, sections, (), _facts(data))
        return _by_office(source, form, file, directory)


def _by_small_helper(form: str, file: Path, directory: Path) -> str:
    """Return the text by antiword or catdoc, which take milliseconds; nothing where they can't."""
    if form == "ppt":
        calls: list[tuple[str, tuple[str, ...]]] = [("catppt", ("-d", "utf-8", str(file)))]
    else:
        calls = [
            ("antiword", ("-m", "UTF-8.txt", "-w", "0", str(file))),
            ("catdoc", ("-w", "-d", "utf-8", str(file))),
        ]
    for name, arguments in calls:
        program = programs.find(name)
        if program is None:
            continue
        text = programs.run(program, *arguments, timeout_s=_TIMEOUT_S, directory=directory).decode(
            "utf-8", "replace"
        )
        if len(text.split()) > 2:
            return text
    return ""


def _by_office(source: Source, form: str, file: Path, directory: Path) -> Extract:
    program = programs.find("soffice")
    if program is None:
        if programs.find("catppt" if form == "ppt" else "antiword") or programs.find("catdoc"):
            raise FileProblem(Reason.DAMAGED, "the helper programs find no text in it; LibreOffice may")
        what = "catdoc or LibreOffice" if form == "ppt" else "antiword, catdoc or LibreOffice"
        raise FileProblem(Reason.UNSUPPORTED, f"old Office files need a helper program: install {what}")
    if not file.read_bytes().startswith(OLE):
        raise FileProblem(Reason.DAMAGED, "not an Office file, whatever its name says")
    suffix, reader = _FILTERS[form]
    home = (directory / "profile").as_uri()
    programs.run(
        program, f"-env:UserInstallation={home}", "--headless", "--norestore", "--convert-to", suffix,
        "--outdir", str(directory / "out"), str(file), timeout_s=_TIMEOUT_S, directory=directory,
    )  # fmt: skip
    made = directory / "out" / f"file.{suffix}"
    if not made.exists():
        raise FileProblem(Reason.DAMAGED, "LibreOffice can't open it")
    return reader(replace(source, data=made.read_bytes(), suffix=suffix))


def _facts(data: bytes) -> Facts:
    """Return what the summary stream says (MS-OLEPS)."""
    if not data.startswith(OLE):
        return Facts()
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            meta = file.get_metadata()
            page = f"cp{meta.codepage or 1252}"
            texts = [_decode(raw, page) for raw in (meta.title, meta.author, meta.keywords)]
            created = meta.create_time.isoformat() if meta.create_time else ""
    except _FOREIGN:
        return Facts()
    return make_facts(texts[0], texts[1], created, texts[2])


def _decode(raw: object, page: str) -> str:
    if not isinstance(raw, bytes):
        return str(raw or "")
    try:
        return raw.decode("utf-8" if page in ("cp65001", "cp-535") else page, "replace")
    except LookupError:
        return raw.decode("cp1252", "replace")
