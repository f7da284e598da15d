"""What anybody may write into the folder to hurt: it is passed over, or plain text, and costs little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.app import knowing
from indexer.model.items import Mark
from tests.team.folders import TeamFolder, team_folder

QUESTIONS = {
    "nested": "---\nwatch: " + "(" * 200 + "a* OR b~" + "\n---\nWho nests?",
    "many beginnings": "---\nwatch: " + "a* " * 150 + "\n---\nWho begins?",
    "nothing": "---\nwatch: -steel\n---\nWho has none?",
    "wrong types": "---\nby: [a, b]\nneeds-by: {x: 1}\nwatch: &a [*a]\ndepartment: !!int 3\n---\nWho knows YAML?",
    "a day that is none": "---\nneeds-by: 2026-02-31\n---\nWhen?",
    "head alone": "---\nby: Ann\n---\n",
    "a giant": "Why " + "steel of today " * 40_000,
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)> why?",
    "turned round": "Why \u202eevil\u202c is \x1b[31mred\x07?",
}
NAMES = ("<b>Ann", "..", "a/b", "\u202eevil", "x" * 90, "con", "'; DROP TABLE items; --", "{{7*7}}", "\u0000")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamFolder]:
    with team_folder(tmp_path) as made:
        yield made


def test_questions_made_to_hurt(team: TeamFolder) -> None:
    team.write({f"Questions/{number}.md": text for number, text in enumerate(QUESTIONS.values())})
    team.write({"Sales/New.txt": "Steel of today and a beginning.", "Buying/Other.txt": "Nothing of it."})
    asked = {str(question.path): question for question in knowing.questions(team.folder, team.settings)}
    assert len(asked) >= len(QUESTIONS) - 1
    for question in asked.values():
        assert len(question.question) <= 500
        assert len(question.text) <= 2_000
        assert question.needs_by is None
    of = dict(zip(QUESTIONS, (asked.get(f"Questions/{n}.md") for n in range(len(QUESTIONS))), strict=True))
    assert of["wrong types"] and (of["wrong types"].by, of["wrong types"].department) == ("", "")
    assert of["a giant"] and of["a giant"].matches == ("Sales/New.txt",)
    page = (team.folder / "index.html").read_text("utf-8")
    assert "<script>alert" not in page and "onerror=alert" not in page.replace(
        "&lt;img src=x onerror=alert", ""
    )


def test_heads_and_notes_made_to_hurt(team: TeamFolder) -> None:
    team.write({"a.txt": "Steel."})
    notes: dict[str, str | None] = {
        f"a.txt.note.n{number}.md": f"---\nby: {name}\nlevel: [act]\n---\nText {number}."
        for number, name in enumerate(NAMES)
    }
    team.write({**notes, "a.txt.note.n0.md.note.x.md": "A note on a note."})
    [found] = team.ask("steel")
    assert len(found.notes) == len(NAMES)  # one is refused, one is on the note of another
    [refused] = team.pipeline.catalogue.failures.told(everything=True)
    assert (refused.path, refused.detail) == (
        f"a.txt.note.n{len(NAMES) - 1}.md",
        "not text, despite its name",
    )
    assert all(note.level == "" and not set(note.by) & set("\u202e\0") for note in found.notes)
    people = knowing.people(team.folder, team.settings)
    assert all(len(person.name) <= 80 and person.name.isprintable() for person in people)
    ring: dict[str, str | None] = {
        f"a.txt.note.r{n}.md": f"---\nreplaces: a.txt.note.r{(n + 1) % 50}.md\n---\nRing {n}."
        for n in range(50)
    }
    team.write(ring)
    assert team.found("ring")


def test_many_marks_count_once_a_person(team: TeamFolder) -> None:
    team.write({"a.txt": "Steel.", **{f"a.txt.mark.useful.p{n}": "" for n in range(1_200)}})
    [found] = team.ask("steel")
    assert len(found.item.said.of(Mark.USEFUL)) == 1_000
    assert team.pipeline.catalogue.items.count() == 1


def test_files_of_people_that_claim_one_another(team: TeamFolder) -> None:
    team.write({"a.txt": "Steel.", "a.txt.note.ann.md": "One.", "a.txt.note.bo.md": "Two."})
    team.write(
        {
            "People/ann.md": "---\nalso: [bo, " + ", ".join(f"n{n}" for n in range(2_000)) + "]\n---\n",
            "People/bo.md": "---\nalso: [ann]\n---\n",
            "People/x.md": "\x00\xff not a text",
        }
    )
    assert len(knowing.people(team.folder, team.settings)) == 1
