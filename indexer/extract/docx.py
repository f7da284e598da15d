"""Word documents: all of their text, not just the paragraphs.

python-docx opens the file and tells its parts; the text is taken from the XML itself, because its objects leave out
text boxes, content controls, notes, insertions and more. Strict files, which it refuses, are opened as the zip they
are (ISO/IEC 29500).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import docx
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.link_list import find_links, make_link
from indexer.extract.passages import clean_text, gather, limit
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model import Extract, Link

_MAX_UNPACKED = 256 << 20
_MAX_ENTRIES = 20_000
_MAX_RATIO = 400
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PARTS = ("header", "document", "footnotes", "endnotes", "comments", "footer")
_SKIP = frozenset(
    {"del", "delText", "instrText", "Fallback", "moveFrom", "rPr", "pPr", "sectPr", "tblPr", "tcPr", "trPr"}
)
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem where the file is encrypted, damaged or a bomb."""
    package = _open(source.data)
    try:
        roots = {name: _parse(package, name) for name in _text_parts(package)}
        facts = _facts(source.data, package)
        lines = [line for root in roots.values() for line in _paragraphs(root)]
        links = [link for name, root in roots.items() for link in _hyperlinks(package, name, root)]
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, KeyError, NotImplementedError, EOFError, OSError,
            RuntimeError, ValueError) as error:  # fmt: skip
        raise FileProblem(Reason.DAMAGED, f"not a whole Word document ({error})"[:200]) from error
    found = find_links(_with_addresses(lines, links))
    if found:
        lines, links = found.rest.split("\n"), list(found.links)
    passages, truncated = limit(gather(clean_text(line).strip() for line in lines), source.text_limit)
    title, author, created, tags = facts
    return Extract(
        passages, title, author, created, tags, tuple(links), is_link_list=bool(found), truncated=truncated
    )


def _open(data: bytes) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        if _ENCRYPTED_STREAM in data:
            raise FileProblem(Reason.ENCRYPTED, "it needs a password")
        raise FileProblem(Reason.DAMAGED, "an old Word file under a new name")
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise FileProblem(Reason.DAMAGED, "not a Word document, or cut off") from error
    entries = package.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED:
        raise FileProblem(Reason.TOO_BIG, f"unpacks to {unpacked >> 20} MB in {len(entries):,} parts")
    if any(e.file_size > 8 << 20 and e.file_size > _MAX_RATIO * max(1, e.compress_size) for e in entries):
        raise FileProblem(Reason.TOO_BIG, "packed far tighter than any text: a zip bomb, most likely")
    return package


def _text_parts(package: zipfile.ZipFile) -> list[str]:
    """Return the names of the parts with text, in reading order."""
    main = _main_part(package)
    found = [(_PARTS.index("document"), main)] if main else []
    for name in package.namelist():
        folder, _, file = name.rpartition("/")
        stem = file.removesuffix(".xml").rstrip("0123456789")
        if name == main or not file.endswith(".xml"):
            continue
        if folder.lower() == "word" and stem in _PARTS:
            found.append((_PARTS.index(stem), name))
        elif folder.lower() == "word/diagrams" and stem == "data":
            found.append((len(_PARTS), name))
    if not any(rank == _PARTS.index("document") for rank, _ in found):
        raise FileProblem(Reason.DAMAGED, "no document in it")
    return [name for _, name in sorted(found)]


def _main_part(package: zipfile.ZipFile) -> str:
    """Return the name of the document itself, as the package says; empty where it doesn't."""
    if "_rels/.rels" not in package.namelist():
        return ""
    for relation in _parse(package, "_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            target = relation.get("Target", "").lstrip("/")
            return target if target in package.namelist() else ""
    return ""


def _parse(package: zipfile.ZipFile, name: str) -> etree._Element:
    return etree.fromstring(package.read(name), _PARSER)


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _paragraphs(root: etree._Element) -> Iterator[str]:
    """Yield the text of each paragraph; those inside text boxes come before the one that holds them."""
    done: list[str] = []
    open_texts: list[list[str]] = [[]]
    skipping: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = _local(element)
        if skipping is not None:
            if event == "end" and element is skipping:
                skipping = None
            continue
        if event == "start":
            if name in _SKIP:
                skipping = element
            elif name == "p":
                open_texts.append([])
            elif name == "tab":
                open_texts[-1].append("\t")
            elif name in ("br", "cr"):
                open_texts[-1].append("\n")
            elif name == "noBreakHyphen":
                open_texts[-1].append("-")
            elif name == "t" and element.text:
                open_texts[-1].append(element.text)
        elif name == "p" and len(open_texts) > 1:
            text = "".join(open_texts.pop())
            if text.strip():
                done.append(text)
            if len(done) > 500:
                yield from done
                done.clear()
    yield from done


def _relations(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, _, file = part.rpartition("/")
    name = f"{folder}/_rels/{file}.rels".lstrip("/")
    if name not in package.namelist():
        return {}
    return {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in _parse(package, name)
        if relation.get("TargetMode") == "External" and relation.get("Type", "").endswith("/hyperlink")
    }


def _hyperlinks(package: zipfile.ZipFile, part: str, root: etree._Element) -> Iterator[Link]:
    targets = _relations(package, part)
    seen = set()
    for element in root.iter("{*}hyperlink") if targets else ():
        target = next(
            (targets[v] for k, v in element.attrib.items() if k.endswith("}id") and v in targets), ""
        )
        text = "".join(t.text or "" for t in element.iter("{*}t")).strip()
        if target and (target, text) not in seen:
            seen.add((target, text))
            link = make_link(target, clean_text(text))
            if link.url:
                yield link


def _with_addresses(lines: list[str], links: list[Link]) -> list[str]:
    """Return the lines with the address of a hyperlink put beside its words, so that lists of links are seen."""
    by_text = {link.title: link.url for link in links if link.url and link.title}
    return [
        f"{line} {by_text[line.strip()]}" if line.strip() in by_text and "://" not in line else line
        for line in lines
    ]


def _facts(data: bytes, package: zipfile.ZipFile) -> tuple[str, str, datetime | None, tuple[str, ...]]:
    """Return title, author, date of creation and keywords."""
    try:
        properties = docx.Document(io.BytesIO(data)).core_properties
        title, author, keywords, created = (
            properties.title,
            properties.author,
            properties.keywords,
            properties.created,
        )
    except (
        PackageNotFoundError,
        KeyError,
        ValueError,
        AttributeError,
        TypeError,
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
    ):
        title, author, keywords, created = *_core(package), None
    tags = (tag.strip() for tag in (keywords or "").replace(";", ",").split(","))
    if created and created.tzinfo is None:
        created = created.replace(tzinfo=UTC)
    return (
        sensible_title(title),
        " ".join((author or "").split())[:200],
        created,
        tuple(t for t in tags if t)[:50],
    )


def _core(package: zipfile.ZipFile) -> tuple[str, str, str]:
    """Return title, author and keywords of a file that python-docx refuses."""
    if "docProps/core.xml" not in package.namelist():
        return "", "", ""
    found = {_local(element): element.text or "" for element in _parse(package, "docProps/core.xml")}
    return found.get("title", ""), found.get("creator", ""), found.get("keywords", "")
