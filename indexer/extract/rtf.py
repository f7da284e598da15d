"""Rich Text Format: striprtf gives the text, the head of the file title, author and keywords."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, hyperlink, make_extract, make_facts
from indexer.extract.source import Source
from indexer.model.items import Extract

_MAX_SIZE = 64 << 20
_HEAD = 64 << 10
_INFO = re.compile(r"\{\\(title|author|keywords) ?((?:[^{}\\]|\\.)*)\}")
_FIELD = re.compile(
    r'HYPERLINK\s+"([^"{}]{1,2000})"[^{}]{0,1000}\}*\s*\{\\fldrslt\s*(?:\{?(?:\\[a-z]+-?\d*\s?)*)([^{}\\]{0,300})'
)
_PICTURE = re.compile(r"(?:[0-9a-fA-F]{64,}[\r\n]*)+")
"""Pictures are written in hex; they make up most of a file and have no words."""


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if it is not Rich Text."""
    if len(source.data) > _MAX_SIZE:
        raise FileProblem(Reason.TOO_BIG, f"larger than {_MAX_SIZE >> 20} MB")
    markup = _PICTURE.sub("", source.data.decode("latin-1"))
    if not markup.lstrip().startswith("{\\rtf"):
        raise FileProblem(Reason.DAMAGED, "not Rich Text, despite its name")
    try:
        text = rtf_to_text(markup, errors="replace")
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete Rich Text file ({error})"[:200]) from error
    links = [hyperlink(target, label) for target, label in _FIELD.findall(markup)]
    return make_extract(source, [(None, text.replace("|", "\t").split("\n"))], links, _facts(markup[:_HEAD]))


def _facts(head: str) -> Facts:
    found = {
        name: rtf_to_text("{\\rtf1 " + text + "}", errors="replace") for name, text in _INFO.findall(head)
    }
    return make_facts(found.get("title", ""), found.get("author", ""), "", found.get("keywords", ""))
