"""What runs in the browser? The parts of the page's script as one, each behind those that it takes names from. Pure.

The parts are modules, each with the names that it takes and offers at its top. A page opened from a disk can load no module,
so they are put one behind the other, without these lines, and share one scope.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from indexer.model.items import IS_VALUES, KINDS, TEAM_FOLDERS, Mark
from indexer.model.links import FOUND_BY_IS, LinkState
from indexer.model.notes import LEVELS
from indexer.model.query import MISTAKEN_FILTERS
from indexer.page.texts import Texts
from indexer.terms import compounds
from indexer.terms.languages import CODES, LANGUAGES, function_words
from indexer.terms.suffixes import SUFFIXES
from indexer.terms.weighing import OPINIONS

ASSETS = Path(__file__).parent / "assets"
BEGINNING = "page.js"
"""The part that begins: all others are brought by it, directly or not."""
GIVEN = "given.js"
"""What the parts call the one that is made here and not a file: `assets/given.d.ts` says what it offers."""

_TAKES = re.compile(r'^import \{([\w$,\s]+)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_OFFERS = re.compile(r"^export \{([\w$,\s]+)\};\n", re.MULTILINE)
_TYPES = re.compile(r"/\*\*\s.*?\*/ ?", re.DOTALL)


def script_file(language: str = "en") -> tuple[str, bytes]:
    """Return name and content of the page's script in a language; the name is made of the content."""
    content = f'(() => {{\n"use strict";\n{bundle(BEGINNING, language=language)}}})();\n'.encode()
    return f"p-{hashlib.sha256(content).hexdigest()[:16]}.js", content


def bundle(*parts: str, language: str = "en") -> str:
    """Return some parts and all that they take names from as one script."""
    found = "\n".join(bare(source(name)) for name in in_order(*parts) if name != GIVEN)
    return given(language) + found


def in_order(*parts: str) -> tuple[str, ...]:
    """Return some parts and all that they take names from, each behind those; raise ValueError if that can't be."""
    found: dict[str, None] = {}

    def add(name: str, within: tuple[str, ...]) -> None:
        if name in within:
            raise ValueError("parts take names from one another: " + " ".join((*within, name)))
        if name not in found:
            for other in takes(source(name)):
                add(other, (*within, name))
            found[name] = None

    for part in parts:
        add(part, ())
    return tuple(found)


def source(name: str) -> str:
    """Return the text of a part; what is given has none."""
    return "" if name == GIVEN else (ASSETS / name).read_text("utf-8")


def takes(code: str) -> Mapping[str, tuple[str, ...]]:
    """Return which names a part says it takes, by the part that they are from."""
    return {name: _listed(names) for names, name in _TAKES.findall(code)}


def offers(code: str) -> tuple[str, ...]:
    """Return which names a part says it offers."""
    return tuple(name for names in _OFFERS.findall(code) for name in _listed(names))


def bare(code: str) -> str:
    """Return a script without what it takes and offers, types, indentation, empty lines and lines that are comments."""
    for left_out in (_TAKES, _OFFERS, _TYPES):
        code = left_out.sub("", code)
    lines = (line.strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def given(language: str = "en") -> str:
    """Return what the parts are given: the texts of a language, and the lists that Python has too."""
    values = {
        "TEXTS": Texts(language).table,
        "KINDS": KINDS,
        "LEVELS": LEVELS,
        "CODES": CODES,
        "SUFFIXES": SUFFIXES,
        "COMPOUND_WORDS": " ".join(sorted(compounds.known_words())),
        "STATES": [str(state) for state in LinkState if state is not LinkState.UNCHECKED],
        "FOUND_BY_IS": FOUND_BY_IS,
        "IS_VALUES": IS_VALUES,
        "TEAM_FOLDERS": TEAM_FOLDERS,
        "MARKS": list(map(str, Mark)),
        "OPINIONS": OPINIONS,
        "MISTAKEN_FILTERS": sorted(MISTAKEN_FILTERS),
        "FUNCTION_WORDS": {code: sorted(function_words((code,))) for code in LANGUAGES},
    }
    return "".join(f"const {name} = {data(value)};\n" for name, value in values.items())


def data(value: object) -> Markup:
    """Return JSON that nothing in it can end, to stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no "<" is left


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())
