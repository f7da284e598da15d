"""Who may import whom, and which library is known where: the rules of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "indexer"
ORDER = (
    "__main__",
    "cli",
    "daemon",
    "app",
    "pipeline",
    "team",
    "search",
    "folder | extract | links | index | page | sending | catalogue",
    "state",
    "settings",
    "terms",
    "model",
    "files | clock | bounds",
    "errors",
)
"""From top to bottom; those in one line are strangers to each other."""
RANK = {name: len(ORDER) - number for number, line in enumerate(ORDER) for name in line.split(" | ")} | {
    "__init__": 0
}
MOST_LINES, MOST_METHODS, MOST_FUNCTION_LINES = 400, 25, 50
"""Of a module; public ones of a class; of a function."""
ALLOWED: dict[str, str] = {}
"""What may be larger, and why."""
LIBRARIES = {
    "click": {"cli"},
    "rich": {"cli.work"},
    "schedule": {"daemon.jobs"},
    "watchdog": {"folder.watch", "folder.inotify"},
    "sqlite3": {"catalogue.database"},
    "whoosh": {"index.whoosh"},
    "numpy": {"terms.word_table", "terms.block", "terms.rows", "index.whoosh", "page"},
    "lingua": {"terms.languages"},
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
    "email": {"extract.mail", "extract.web_archive", "links.checking", "page.weekly.mail"},
    "selectolax": {"extract.html"},
    "trafilatura": {"extract.article"},
    "charset_normalizer": {"extract.text"},
    "filelock": {"state.lock"},
    "psutil": {"state.lock", "extract.reading_process", "folder.mounts"},
    "smtplib": {"sending.mailing"},
    "urllib.request": {"sending.posting", "links.proxies"},
    "apprise": {"sending.others"},
    "Stemmer": {"terms.words"},
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


def large() -> Iterator[str]:
    """Yield the modules, classes (`module.Class`) and functions (`module.function`, `module.Class.method`) that are too large."""
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        text = path.read_text("utf-8")
        if len(text.splitlines()) > MOST_LINES:
            yield module
        yield from _large_within(ast.parse(text), module)


def _large_within(node: ast.AST, name: str) -> Iterator[str]:
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _large_within(part, name)
            continue
        inner = f"{name}.{part.name}"
        if isinstance(part, ast.ClassDef):
            methods = [one.name for one in part.body if isinstance(one, ast.FunctionDef)]
            if len([one for one in methods if not one.startswith("_")]) > MOST_METHODS:
                yield inner
        elif (part.end_lineno or 0) - part.lineno >= MOST_FUNCTION_LINES:
            yield inner
        yield from _large_within(part, inner)


def test_modules_classes_and_functions_stay_small() -> None:
    found = set(large())
    assert found - ALLOWED.keys() == set()
    assert ALLOWED.keys() - found == set(), "these need no reason any more"


def test_what_is_too_large_is_seen() -> None:
    body = ["        pass"] * MOST_FUNCTION_LINES
    methods = "\n".join(f"    def m{number}(self): ..." for number in range(MOST_METHODS + 1))
    long, fits = "\n".join(body), "\n".join(body[1:])
    code = f"class Many:\n{methods}\n    def long(self):\n{long}\nif True:\n    def fits():\n{fits}"
    assert list(_large_within(ast.parse(code), "m")) == ["m.Many", "m.Many.long"]


def test_each_room_has_a_front_door() -> None:
    """It asks the question that the room answers, offers at most six names, and brings nothing heavy."""
    rooms = [path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    assert {room.name for room in rooms} >= set(RANK) - {
        "__init__",
        "__main__",
        "clock",
        "errors",
        "settings",
    }
    for room in rooms:
        door = ast.parse((room / "__init__.py").read_text("utf-8"))
        assert "?" in (ast.get_docstring(door) or ""), room
        offered = [
            alias.name for node in door.body if isinstance(node, ast.ImportFrom) for alias in node.names
        ]
        assert len([name for name in offered if name != "annotations"]) <= 6, room
    names = ", ".join(".".join(("indexer", *room.relative_to(PACKAGE).parts)) for room in rooms)
    heavy = "numpy lxml pypdf jinja2 whoosh watchdog rich PIL docx lingua".split()
    code = f"import sys, {names}; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_status_and_search_begin_light() -> None:
    """What they do without is not even imported: most of what a short command costs is its start."""
    heavy = "numpy jinja2 filelock urllib.request ssl importlib.metadata watchdog rich lxml".split()
    for module in ("indexer.cli.status, indexer.app.status", "indexer.cli.find, indexer.search.asking"):
        code = (
            f"import sys, {module}, indexer.index.whoosh.whoosh_index;"
            f" print([name for name in {heavy} if name in sys.modules])"
        )
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "[]", module
