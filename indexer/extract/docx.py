"""Word documents: all of their text, not just the paragraphs.

python-docx opens them; the text is taken from the XML itself (ISO/IEC 29500), because python-docx leaves out text boxes,
content controls, notes, insertions, fields and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import hyperlink, make_extract
from indexer.extract.drawing import chosen, embedded, lines_aside
from indexer.extract.inside import read_parts
from indexer.extract.package import Package, attribute, local, opened
from indexer.extract.source import Source
from indexer.extract.word_package import open_word
from indexer.model.items import Extract, Link

_ORDER = ("header", "document", "footnotes", "endnotes", "comments", "footer")
_HEADING = re.compile(
    r"(?:title|titel|heading ?1|berschrift ?1|\u00fcberschrift ?1|titre ?1?)$", re.IGNORECASE
)
_ANY_HEADING = re.compile(
    r"(?:title|titel|titre|heading ?[1-9]|berschrift ?[1-9]|\u00fcberschrift ?[1-9]|titre ?[1-9])$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r'HYPERLINK\s+(?:"([^"]+)"|([^\s\\"]\S*))', re.IGNORECASE)
_MAX_FIELDS = 20
_MAX_LABEL = 300


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if the file is encrypted, damaged or a bomb."""
    with opened(source, "Word document") as zipped:
        package, facts, edges, commenters = open_word(zipped)
        main = package.main_part()
        names = _text_parts(package, main, edges)
        roots = {name: package.parse(name) for name in names}
        walks = {name: _walk(root) for name, root in roots.items()}
        lines = [line for walk in walks.values() for line in walk.lines]
        lines += [*commenters, *(line for name in names for line in lines_aside(package, name))]
        links = [
            link
            for name, walk in walks.items()
            for link in (*_hyperlinks(package, name, roots[name]), *walk.links)
        ]
        parts = [part for name in names for part in _files_within(package, name)]
        first = next(_headings(roots.get(main), _HEADING), "")
        headings = list(_headings(roots.get(main), _ANY_HEADING))
    return make_extract(source, [(None, lines)], links, facts, first, headings, read_parts(source, parts))


def _text_parts(package: Package, main: str, edges: Iterable[str]) -> list[str]:
    """Return the names of the parts with text in reading order, those in `edges` before others of their rank."""
    found = dict.fromkeys(edges, "")
    found.update(dict.fromkeys([main] if main else [], "document"))
    for kind, target, outside in package.relations(main).values() if main else ():
        if kind in _ORDER and not outside and package.has(target):
            found[target] = kind
    known = {name.lower() for name in found}
    for name in package.names:
        folder, _, file = name.lower().rpartition("/")
        stem = file.removesuffix(".xml").rstrip("0123456789")
        if folder == "word" and stem in _ORDER and file.endswith(".xml") and name.lower() not in known:
            found[name] = stem
    if "document" not in found.values():
        raise FileProblem(Reason.DAMAGED, "no document in it")
    return sorted((name for name, kind in found.items() if kind), key=lambda name: _ORDER.index(found[name]))


def _files_within(package: Package, part: str) -> Iterator[tuple[str, bytes]]:
    """Yield what is embedded in a part: documents shown within it, and files opened from it."""
    for name in package.related(part, "aFChunk"):
        yield name.rpartition("/")[2], package.read(name)
    yield from embedded(package, part)


def _headings(root: etree._Element | None, styles: re.Pattern[str]) -> Iterator[str]:
    """Yield the paragraphs whose style is among those named."""
    for style in root.iter("{*}pStyle") if root is not None else ():
        if styles.match(attribute(style, "val")):
            paragraph = style.getparent().getparent()
            yield "".join(text.text or "" for text in paragraph.iter("{*}t"))


# --- one part from beginning to end ---------------------------------------------------------------


@dataclass(slots=True)
class _Field:
    """An open field: its instruction, and what it shows (None: not reached yet)."""

    instruction: list[str] = field(default_factory=list)
    shown: list[str] | None = None


@dataclass(slots=True)
class _Walk:
    """What is collected on the way through a part."""

    lines: list[str] = field(default_factory=list)
    """Paragraphs; those inside text boxes come before the one that holds them."""
    links: list[Link] = field(default_factory=list)
    """Addresses of fields."""
    texts: list[list[str]] = field(default_factory=lambda: [[]])
    """The texts of open paragraphs, and of what is outside any paragraph."""
    fields: list[_Field] = field(default_factory=list)
    chosen: list[etree._Element | None] = field(default_factory=list)
    """For each open choice, the alternative that is read."""

    def say(self, text: str) -> None:
        self.texts[-1].append(text)
        for begun in self.fields:
            if begun.shown is not None and len(begun.shown) < _MAX_LABEL:
                begun.shown.append(text[:_MAX_LABEL])

    def end_paragraph(self) -> None:
        text = "".join(self.texts.pop()) if len(self.texts) > 1 else ""
        if text.strip():
            self.lines.append(text)

    def turn_field(self, mark: etree._Element) -> None:
        """Note the beginning of a field, of its shown text, and its end."""
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            if len(self.fields) < _MAX_FIELDS:
                self.fields.append(_Field())
            for entry in _chosen_entry(mark):
                self.say(entry)
        elif self.fields and kind == "separate":
            self.fields[-1].shown = []
        elif self.fields and kind == "end":
            ended = self.fields.pop()
            self.link("".join(ended.instruction), "".join(ended.shown or ()))

    def link(self, instruction: str, label: str) -> None:
        match = _ADDRESS.search(instruction)
        if match:
            self.links.append(hyperlink(match[1] or match[2], label))


_SPOKEN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SILENT = frozenset({"del", "moveFrom", "tabs"})
"""Deleted text, and positions of tab stops."""
_SEEN = tuple(
    "{*}" + name
    for name in (
        *_SPOKEN, *_SILENT, "p", "t", "docPr", "textpath", "fldChar", "fldSimple", "instrText", "AlternateContent", "Choice", "Fallback",
    )
)  # fmt: skip


def _walk(root: etree._Element) -> _Walk:
    """Walk through a part."""
    walk = _Walk()
    steps = etree.iterwalk(root, events=("start", "end"), tag=_SEEN)
    names: dict[object, str] = {}
    for event, element in steps:
        tag = element.tag
        name = names.get(tag) or names.setdefault(tag, local(element))
        if event == "end":
            if name == "p":
                walk.end_paragraph()
            elif name == "AlternateContent":
                walk.chosen.pop()
        elif name == "t":
            if element.text:
                walk.say(element.text)
        elif name == "p":
            walk.texts.append([])
        elif name in _SPOKEN:
            walk.say(_SPOKEN[name])
        elif name in _SILENT or (name in ("Choice", "Fallback") and element not in walk.chosen[-1:]):
            steps.skip_subtree()
        elif name == "instrText":
            if walk.fields and walk.fields[-1].shown is None:
                walk.fields[-1].instruction.append(element.text or "")
        elif name == "fldChar":
            walk.turn_field(element)
        elif name == "fldSimple":
            walk.link(
                attribute(element, "instr"), "".join(t.text or "" for t in element.iter("{*}t"))[:_MAX_LABEL]
            )
        elif name == "AlternateContent":
            walk.chosen.append(chosen(element))
        elif name == "docPr":
            walk.lines += filter(None, dict.fromkeys((element.get("descr"), element.get("title"))))
        elif name == "textpath" and element.get("string"):
            walk.lines.append(element.get("string"))
    return walk


def _chosen_entry(mark: etree._Element) -> Iterator[str]:
    """Yield the entry chosen in a drop-down field: nothing else holds the shown text."""
    for choice in mark.iter("{*}ddList"):
        entries = [attribute(entry, "val") for entry in choice.iterfind("{*}listEntry")]
        given = next(choice.iterfind("{*}result"), next(choice.iterfind("{*}default"), None))
        number = attribute(given, "val") if given is not None else "0"
        if number.isdecimal() and len(number) < 6 and int(number) < len(entries):
            yield entries[int(number)]


def _hyperlinks(package: Package, part: str, root: etree._Element) -> Iterator[Link]:
    targets = {
        key: target
        for key, (kind, target, outside) in package.relations(part).items()
        if outside and kind == "hyperlink"
    }
    for element in root.iter("{*}hyperlink", "{*}hlinkClick") if targets else ():
        target = targets.get(attribute(element, "id"), "")
        if target:
            yield hyperlink(target, "".join(text.text or "" for text in element.iter("{*}t")))
