"""The parts of the page's script: what they take from one another is declared, and stands before it is used. No browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexer.page import script
from indexer.page.script import ASSETS, BEGINNING, GIVEN, bundle, given, in_order, offers, source, takes
from tests.page.script_names import names_of, tokens

PARTS = [name for name in in_order(BEGINNING) if name != GIVEN]
NAMES = {name: names_of(source(name)) for name in PARTS}
OWNER = {one: name for name in PARTS for one in NAMES[name].top}
MADE_HERE = tuple(re.findall(r"^const (\w+) = ", given(), re.MULTILINE))
BESIDE = {"boot.js", "types.js"}
"""What is no part: the script within the page, and what the values are that go from part to part."""


def types_of(part: str) -> dict[str, list[str]]:
    """Return which names a part takes for its types alone, by the part that they are from."""
    found = re.findall(r'^/\*\* @import \{(.+)\} from "\./(.+)" \*/$', source(part), re.MULTILINE)
    return {name: names.split(", ") for names, name in found}


def test_every_file_is_a_part() -> None:
    assert {path.name for path in ASSETS.glob("*.js")} == {*PARTS, *BESIDE}
    assert PARTS[-1] == BEGINNING
    assert all(len(source(name).splitlines()) < 400 for name in PARTS)


def test_no_two_parts_declare_the_same_name() -> None:
    """They share one scope."""
    every = [name for part in PARTS for name in NAMES[part].top]
    assert sorted(every) == sorted(set(every))
    assert not {*MADE_HERE} & {*every}


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_offers_is_there_and_wanted(part: str) -> None:
    offered = offers(source(part))
    assert len(offered) == len(set(offered))
    assert set(offered) <= set(NAMES[part].top)
    wanted = {name for other in PARTS for name in takes(source(other)).get(part, ())}
    assert set(offered) == wanted | {
        name for other in [*PARTS, *BESIDE] for name in types_of(other).get(part, ())
    }


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_takes_is_offered_and_used(part: str) -> None:
    before = PARTS[: PARTS.index(part)]
    for other, names in takes(source(part)).items():
        assert other in (*before, GIVEN), f"{part} takes names from {other}, which stands behind it"
        assert set(names) <= set(MADE_HERE if other == GIVEN else offers(source(other)))
        assert set(names) <= NAMES[part].used, f"{part} does not use all that it takes from {other}"


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_uses_is_declared(part: str) -> None:
    """Also where a browser has something of that name: in the page it is the other part's."""
    taken = {name for names in takes(source(part)).values() for name in names}
    others = {*OWNER, *MADE_HERE} - set(NAMES[part].top)
    assert NAMES[part].used & others - NAMES[part].bound - taken == set()


def test_lines_of_names_have_one_form() -> None:
    """Whatever else begins so would stay in the page, where it is an error."""
    for part in PARTS:
        assert not re.search(r"^\s*(?:import|export)\b", script.bare(source(part)), re.MULTILINE), part


def test_no_types_in_the_page() -> None:
    assert "/**" not in bundle(BEGINNING)
    assert "@type" not in bundle(BEGINNING)


def test_parts_in_a_circle_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "ASSETS", tmp_path)
    (tmp_path / "a.js").write_text('import {b} from "./b.js";\nexport {a};\nconst a = b;\n', "utf-8")
    (tmp_path / "b.js").write_text("// B.\nexport {b};\nconst b = 1;\n", "utf-8")
    assert in_order("a.js") == ("b.js", "a.js")
    assert bundle("a.js") == given() + "const b = 1;\nconst a = b;"
    (tmp_path / "b.js").write_text('import {a} from "./a.js";\nexport {b};\nconst b = a;\n', "utf-8")
    with pytest.raises(ValueError, match=r"a\.js b\.js a\.js"):
        in_order("a.js")


def test_names_are_read_as_they_stand() -> None:
    code = """
import {taken} from "./x.js";
export {A, one};
// comment: hidden
const one = /a"b[/]/.test("text") ? used1 : `lit ${used2.no + `${used3}`} lit`, two = {key: used4, used5};
let three, [four, {five: six = used6}] = used7;
/** @type {string} */
class A extends used8 { method(p, {q: r}) { return this.no / p / used9; } }
async function f({s, t = used10()}, ...u) { for (const v of used11) if (v) { } }
function* g() { const w = x => y => x + y; try { } catch (z) { used12(z); } }
"""
    names = names_of(code)
    assert names.top == ("one", "two", "three", "A", "f", "g")
    assert {name for name in names.used if name.startswith("used")} == {f"used{n}" for n in range(1, 13)}
    assert not {"no", "key", "hidden", "lit", "text", "comment", "taken"} & names.used
    assert names.bound == {
        "one", "two", "three", "four", "six", "A", "method", "p", "r", "f", "s", "t", "u", "v", "g", "w", "x", "y", "z",
    }  # fmt: skip
    assert tokens("a / b / c")[1].text == "/"
