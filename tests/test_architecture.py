"""Who may import whom, and which library is known where: the rules of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "indexer"
STANDARD_PARTS = (
    "__main__",
    "cli",
    "daemon",
    "work",
    "listening",
    "health",
    "app",
    "pipeline",
    "looking",
    "publication",
    "finder",
    "compare",
    "guard",
    "rounds",
)
ROOMS = ("folder", "extract", "index", "page", "catalogue")
LOW = (
    "lock", "signals", "requests", "places", "settings", "private", "rows", "ranking", "postings", "words", "languages", "marks", "reading", "conflict",
    "patience", "model", "opening", "errors",
)  # fmt: skip
RANK = {
    **{name: 100 - number for number, name in enumerate(STANDARD_PARTS)},
    **dict.fromkeys(ROOMS, 50),
    **{name: 40 - number for number, name in enumerate(LOW)},
    "__init__": 0,
}
LIBRARIES = {
    "click": {"cli"},
    "rich": {"cli.work"},
    "schedule": {"daemon"},
    "watchdog": {"folder.watch", "folder.inotify"},
    "sqlite3": {"catalogue.schema", "catalogue.store"},
    "whoosh": {"index.whoosh_index", "index.codec"},
    "numpy": {"rows", "index.segment_build", "index.segment_merge", "index.whoosh_index", "page"},
    "lingua": {"languages"},
    "jinja2": {"page.render"},
    "pypdf": {"extract.pdf"},
    "pypdfium2": {"extract.pdf"},
    "docx": {"extract.word_package"},
    "lxml": {"extract"},
    "python_calamine": {"extract.sheets"},
    "xlrd": {"extract.old_sheets"},
    "striprtf": {"extract.rtf"},
    "oxmsg": {"extract.msg"},
    "olefile": {"extract.legacy", "extract.ppt", "extract.msg", "extract.ole_object"},
    "msoffcrypto": {"extract.encrypted"},
    "asn1crypto": {"extract.signed"},
    "py7zr": {"extract.archive"},
    "PIL": {"extract.image", "extract.pdf", "extract.recognise"},
    "zipfile": {"extract.package", "extract.archive"},
    "email": {"extract.mail", "extract.web_archive"},
    "selectolax": {"extract.html"},
    "charset_normalizer": {"extract.text"},
    "filelock": {"lock"},
    "psutil": {"lock", "extract.cell", "folder.mounts"},
    "Stemmer": {"words"},
    "platformdirs": {"settings"},
}


def modules() -> dict[str, set[str]]:
    """Return what each module imports, at its top and inside its functions."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        imports: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imports.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                imports.add(node.module)
                imports.update(f"{node.module}.{alias.name}" for alias in node.names)
        found[name] = imports
    return found


MODULES = modules()


def own(imports: set[str]) -> set[str]:
    """Return the modules of ours among imported names."""
    inside = {name.removeprefix("indexer.") for name in imports if name.startswith("indexer.")}
    return {name for name in inside if name in MODULES}


def test_imports_point_down_and_rooms_are_strangers() -> None:
    wrong = []
    for name, imports in MODULES.items():
        here = name.partition(".")[0]
        for other in own(imports):
            there = other.partition(".")[0]
            if here != there and RANK[there] >= RANK[here]:
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_no_cycles() -> None:
    graph = {name: {other for other in own(imports) if other != name} for name, imports in MODULES.items()}
    for name, others in graph.items():
        graph[name] = {o for o in others if not name.startswith(o + ".")}  # a package's own front door
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_each_library_is_known_to_one_place() -> None:
    for library, places in LIBRARIES.items():
        users = {
            name
            for name, imports in MODULES.items()
            if any(i == library or i.startswith(library + ".") for i in imports)
        }
        assert users, library
        assert all(any(user == p or user.startswith(p + ".") for p in places) for user in users), (
            library,
            users,
        )


def test_modules_stay_small() -> None:
    long = {
        path.relative_to(PACKAGE).as_posix(): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text("utf-8").splitlines())) > 400
    }
    # the catalogue's questions belong together: one class, one schema; what crosses borders is one vocabulary
    assert set(long) <= {"catalogue/store.py", "model.py"}, long
