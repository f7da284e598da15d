"""Any XML: the words between the tags. If it can't be parsed, it is read as plain text."""

from __future__ import annotations

from lxml import etree

from indexer.extract import text
from indexer.extract.document import make_extract, make_facts
from indexer.extract.package import local, parse_xml
from indexer.extract.source import Source
from indexer.model.items import Extract


def read(source: Source) -> Extract:
    """Return the text of the elements, one a line, and their attributes' values."""
    try:
        root = parse_xml(source.data)
    except (etree.LxmlError, ValueError):
        return text.read(source)
    lines: list[str] = []
    title = ""
    for element in root.iter():
        if local(element) == "title" and not title:
            title = element.text or ""
        values = [value for value in element.attrib.values() if " " in value.strip()]
        lines += filter(str.strip, (element.text or "", *values, element.tail or ""))
    if not lines:
        return text.read(source)
    return make_extract(source, [(None, lines)], (), make_facts(title, "", "", ""))
