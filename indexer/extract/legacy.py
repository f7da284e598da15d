"""Word files from before 2007: read by a helper program, if one is installed."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path

import olefile

from indexer.errors import FileProblem, Reason
from indexer.extract import docx, programs, rtf
from indexer.extract.document import Facts, make_extract, make_facts
from indexer.extract.encrypted import OLE, decrypt_office
from indexer.extract.source import Source
from indexer.model.items import Extract

_TIMEOUT_S = 40.0
_SMALL_TIMEOUT_S = 8.0
_FOREIGN = (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
_SMALL = (("antiword", ("-m", "UTF-8.txt", "-w", "0")), ("catdoc", ("-w", "-d", "utf-8")))
"""Helpers that take milliseconds, with their arguments for UTF-8 and long lines."""


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if the file is damaged or no helper is installed, naming one."""
    data = decrypt_office(source)
    if data.lstrip()[:5] == b"{\\rtf":
        return rtf.read(source)
    if not data.startswith(OLE):
        raise FileProblem(Reason.DAMAGED, "not an old Word file, despite its name")
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        file = directory / "file.doc"
        file.write_bytes(data)
        text = _by_small_helper(file, directory)
        if text:
            return make_extract(
                source, [(None, text.replace("\f", "\n\n").split("\n\n"))], (), summary_facts(data)
            )
        return _by_office(source, file, directory)


def _by_small_helper(file: Path, directory: Path) -> str:
    """Return the text from antiword or catdoc; nothing if neither is installed or finds any."""
    for name, arguments in _SMALL:
        program = programs.find(name)
        if program is None:
            continue
        try:
            raw = programs.run(
                program, *arguments, str(file), timeout_s=_SMALL_TIMEOUT_S, directory=directory
            )
        except FileProblem:
            continue  # it hangs on some damaged files; the other may do better
        if text := raw.decode("utf-8", "replace").strip():
            return text
    return ""


def _by_office(source: Source, file: Path, directory: Path) -> Extract:
    program = programs.find("soffice")
    if program is None:
        if programs.find("antiword") or programs.find("catdoc"):
            raise FileProblem(Reason.NO_TEXT, "the helper programs find no text in it")
        raise FileProblem(
            Reason.UNSUPPORTED,
            "old Word files need a helper program: install antiword, catdoc or LibreOffice",
        )
    made = directory / "out" / "file.docx"
    profiles = directory / "first", directory / "second"
    for profile in profiles:
        programs.run(
            program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--convert-to", "docx",
            "--outdir", str(directory / "out"), str(file), timeout_s=_TIMEOUT_S, directory=directory,
        )  # fmt: skip
        if made.exists() or not profiles[0].exists():
            break
        # It may only have made its profile and want to be started again; its socket is named after the profile's
        # place, and its former socket would be in the way.
        profiles[0].rename(profiles[1])
    if not made.exists():
        raise FileProblem(Reason.DAMAGED, "LibreOffice can't open it")
    return docx.read(replace(source, data=made.read_bytes(), suffix="docx"))


def summary_facts(data: bytes) -> Facts:
    """Return the facts in the summary stream (MS-OLEPS)."""
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
