"""Notes: plain files beside what they are about, found and shown with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.app import building
from indexer.errors import UserError
from indexer.folder.creating import create_note
from indexer.model.items import Kind, RelPath
from indexer.model.notes import LEVELS, Note, author_of, compose, note_of, read, stamp
from indexer.model.results import Result
from indexer.pipeline.pipeline import Pipeline
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places

NOW = datetime(2026, 11, 27, 10, 15, tzinfo=UTC)
NAMES = {
    "plain": ("Sales/EU.pdf.note.md", "Sales/EU.pdf", ""),
    "text": ("EU.pdf.note.txt", "EU.pdf", ""),
    "name": ("EU.pdf.note.Ann_2.md", "EU.pdf", "Ann_2"),
    "composed": ("EU.pdf.note.Jo\u0308rg.md", "EU.pdf", "J\u00f6rg"),
    "stamp": ("EU.pdf.note.20261127T101500Z-ann-x7k2.md", "EU.pdf", "ann"),
    "any_case": ("EU.PDF.Note.20261127t101500z-ANN-X7K2.MD", "EU.PDF", "ANN"),
    "no_suffix": ("README.note.md", "README", ""),
    "on_a_note": ("EU.pdf.note.ann.md.note.bo.md", "EU.pdf", "bo"),
    "dropbox": ("EU.pdf.note.ann (Bo's conflicted copy 2026-11-20).md", "EU.pdf", "ann"),
    "syncthing": ("EU.pdf.note.sync-conflict-20261120-091244-ABCDEFG.md", "EU.pdf", ""),
    "google_drive": ("EU.pdf.note.ann (1).md", "EU.pdf", "ann"),
    "google_drive_plain": ("EU.pdf.note (12).txt", "EU.pdf", ""),
    "google_drive_answer": ("why.md.answer.20261127T101500Z-ann-x7k2 (1).md", "why.md", "ann"),
    "a_numbered_file": ("EU (1).pdf.note.md", "EU (1).pdf", ""),
    "a_numbered_text": ("EU.pdf (1).md", None, ""),
    "author_named_note": ("EU.pdf.note.note.md", "EU.pdf.note", ""),
    "no_file": (".note.md", None, ""),
    "only_dots": ("...note.md", None, ""),
    "name_with_signs": ("EU.pdf.note.a-b.md", None, ""),
    "name_that_hides": ("EU.pdf.note.a\u202eb.md", None, ""),
    "other_suffix": ("EU.pdf.note.docx", None, ""),
    "a_text": ("EU.pdf.md", None, ""),
    "in_a_folder_of_that_name": ("EU.pdf.note.md/x.md", None, ""),
}
TEXT = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]), max_size=80).map(
    str.strip
)
VALUE = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=40)
NOTES = st.builds(
    Note, text=TEXT, by=VALUE, tags=st.lists(VALUE.filter(bool), unique=True, max_size=5).map(tuple),
    level=st.sampled_from(["", *LEVELS]), replaces=st.sampled_from(["", "a b.pdf.note.ann.md"]),
    withdraws=st.sampled_from(["", "#1: a.note.md", "a.pdf.mark.wrong.ann"]), item=VALUE, watch=VALUE,
    needs_by=st.sampled_from(["", "2026-12-01"]), department=VALUE,
    also=st.lists(VALUE.filter(bool), unique=True, max_size=5).map(tuple), listed=st.sampled_from(["", "no"]),
)  # fmt: skip
HOSTILE = {
    "anchors": "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\nEnd.",
    "never_closed": "---\nby: ann\n" + "x" * 200_000,
    "many_lines": "---\n" + "by: ann\n" * 5_000 + "---\nEnd.",
    "a_long_line": f"---\nmore: {'x' * 100_000}\n---\nEnd.",
    "rules": "---\nOne.\n---\nTwo.",
    "another_head": "---\ntitle: One\nobject: !!python/object/apply:os.system [ls]\n---\nEnd.",
}
WRONG = {
    "level": "level: urgent",
    "list": "by: [ann, bo]",
    "block": "by: |",
    "anchor": "tags: &a *a",
    "nested": "tags: [[[[[a]]]]]",
    "no_end": 'tags: ["a, b',
    "path": "replaces: ../../a.pdf.note.md",
    "no_note": "withdraws: a.pdf",
    "hidden": 'by: "a\\u202eb"',
    "long": "by: " + "x" * 500,
}


@pytest.mark.parametrize("case", NAMES)
def test_names(case: str) -> None:
    path, file, author = NAMES[case]
    assert (note_of(path), author_of(path)) == (file, author)


@given(st.text(max_size=60), st.sampled_from(["", ".ann", ".20261127T101500Z-ann-x7k2"]))
def test_a_note_is_on_a_file_that_is_none(name: str, who: str) -> None:
    on = note_of(f"{name}.note{who}.md")
    assert on is None or note_of(on) is None


@given(st.text(max_size=80))
def test_a_stamp_names_who_wrote_it(who: str) -> None:
    made = f"a.pdf.note.{stamp(NOW, who, 'x7k2')}.md"
    assert note_of(made) == "a.pdf"
    assert author_of(made)
    assert not set(made) & set('<>:"/\\|?*')


@given(NOTES)
def test_what_is_written_is_read_back(note: Note) -> None:
    assert read(compose(note)) == note


@given(
    st.text(max_size=40),
    st.lists(st.sampled_from(["---", "by: a", "tags: [a, 'b', \"c", "level: act", "x", ""])),
)
def test_any_text_is_a_note(text: str, lines: list[str]) -> None:
    note = read("\n".join(["---", *lines, "---", text]))
    assert set(note.level) <= set("act")
    assert " ".join(note.text.split()).endswith(" ".join(text.replace("\x1c", " ").split()))


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_head_is_text(case: str) -> None:
    assert read(HOSTILE[case]) == Note(HOSTILE[case].strip())


@pytest.mark.parametrize("case", WRONG)
def test_a_value_of_the_wrong_kind_is_passed_over(case: str) -> None:
    assert read(f"---\n{WRONG[case]}\nmore: here\n---\nEnd.") == Note("more: here\nEnd.")


@pytest.mark.parametrize(
    "note", [Note(level="urgent"), Note(by="a\nb"), Note(tags=("",)), Note(replaces="a.pdf")]
)
def test_what_a_note_can_t_say_is_refused(note: Note) -> None:
    with pytest.raises(UserError, match="a note can't have"):
        compose(note)


# --- written by a command -------------------------------------------------------------------------


def test_a_new_note_lies_beside_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Sales").mkdir()
    (tmp_path / "Sales/EU.pdf").write_bytes(b"%PDF")
    letters = iter("aaaaaaaabbbb")
    monkeypatch.setattr("secrets.choice", lambda _: next(letters))
    note, on = Note("It matters.", by="Ann Lee", level="act"), RelPath("Sales/EU.pdf")
    made = [create_note(tmp_path, on, note, NOW) for _ in range(2)]
    assert made == [f"Sales/EU.pdf.note.20261127T101500Z-Ann_Lee-{end}.md" for end in ("aaaa", "bbbb")]
    assert {read((tmp_path / path).read_text("utf-8")) for path in made} == {note}


def test_a_note_that_can_t_be_written_is_refused_in_a_line(tmp_path: Path) -> None:
    long = "x" * 230 + ".pdf"
    (tmp_path / long).touch()
    (tmp_path / "a.pdf.note.md").touch()
    for on in (long, "a.pdf.note.md", "missing.pdf", "nowhere/a.pdf", "../a.pdf"):
        with pytest.raises(UserError) as told:
            create_note(tmp_path, RelPath(on), Note("x"), NOW)
        assert "\n" not in str(told.value)
    assert len(list(tmp_path.iterdir())) == 2


# --- found ----------------------------------------------------------------------------------------


class Team:
    """A folder, and what is found in it."""

    def __init__(self, folder: Path, settings: Settings, pipeline: Pipeline) -> None:
        self.folder, self._settings, self._pipeline = folder, settings, pipeline

    def write(self, files: dict[str, str]) -> None:
        """Write files, an empty text removes one, and take them in."""
        for name, text in files.items():
            if text:
                (self.folder / name).write_text(text, "utf-8")
                os.utime(self.folder / name, (NOW.timestamp(), NOW.timestamp()))
            else:
                (self.folder / name).unlink()
        self._pipeline.run_pass()

    def ask(self, query: str, **options: object) -> list[Result]:
        options_given = asking.SearchOptions(**options)  # type: ignore[arg-type]
        return list(asking.search(self.folder, self._settings, query, options_given).results)

    def notes(self, query: str) -> list[str]:
        return [note.path for result in self.ask(query) for note in result.notes]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    folder = tmp_path / "Team"
    folder.mkdir()
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        yield Team(folder, settings, pipeline)


def test_a_note_and_its_file_are_one_result(team: Team) -> None:
    team.write(
        {
            "Offer.txt": "Steel pumps for the harbour.",
            "Offer.txt.note.ann.md": "---\nlevel: act\ntags: [tariff]\n---\nThe price hides a zeppelin clause.",
            "Offer.txt.note.md": "---\nby: Bo\n---\nHarbour pumps: harbour, harbour.",
            "Gone.txt.note.md": "A walrus without its file.",
        }
    )
    [found] = team.ask("zeppelin")
    assert (found.item.path, found.item.title, found.copies) == ("Offer.txt", "Offer", ())
    assert found.snippet == "The price hides a zeppelin clause."
    assert [(note.path, note.by, note.level) for note in found.notes] == [
        ("Offer.txt.note.ann.md", "ann", "act"),
        ("Offer.txt.note.md", "Bo", ""),
    ]
    assert found.notes[0].text == "The price hides a zeppelin clause."
    for query in ("harbour", "tag:tariff", "by:ann", "offer", "offer zeppelin"):
        assert [result.item.path for result in team.ask(query)] == ["Offer.txt"], query
    assert team.ask("harbour")[0].snippet == "Steel pumps for the harbour."
    [alone] = team.ask("walrus")
    assert (alone.item.path, alone.item.kind, alone.item.title) == ("Gone.txt.note.md", Kind.NOTE, "Gone.txt")
    each = {result.item.path: result for result in team.ask("type:note")}
    assert set(each) == {"Offer.txt.note.ann.md", "Offer.txt.note.md", "Gone.txt.note.md"}
    assert not any(result.notes or result.copies for result in each.values())
    assert len(team.ask("", kinds=("note",))) == 3
    team.write({"Gone.txt": "It came."})
    assert [result.item.path for result in team.ask("walrus")] == ["Gone.txt"]
    team.write({"Offer.txt": ""})
    assert [result.item.path for result in team.ask("zeppelin")] == ["Offer.txt.note.ann.md"]


def test_a_note_on_one_link_of_a_list(team: Team) -> None:
    team.write(
        {
            "Links.txt": "Steel prices https://example.org/steel\nCustoms https://example.org/customs\n",
            "Links.txt.note.ann.md": "---\nitem: https://example.org/steel\n---\nThe zeppelin index is here.",
            "Links.txt.note.bo.md": "---\nitem: https://example.org/nowhere\n---\nA walrus on the whole list.",
        }
    )
    [found] = team.ask("zeppelin")
    assert (found.item.url, len(found.notes)) == ("https://example.org/steel", 1)
    assert team.ask("customs")[0].notes == ()
    assert [(found.item.path, found.item.url) for found in team.ask("walrus")] == [("Links.txt", None)]
    team.write({"Links.txt": "Customs https://example.org/customs\nTolls https://example.org/tolls\n"})
    assert [found.item.url for found in team.ask("zeppelin")] == [None]


def test_a_note_is_one_result_with_a_file_that_has_no_text_and_with_a_conflict_copy(team: Team) -> None:
    copy = "Plan (conflicted copy 2026-11-20 091244).txt"
    team.write(
        {
            "Plan.txt": "The plan.",
            copy: "The plan as Ann has it.",
            f"{copy}.note.md": "A zeppelin is missing.",
        }
    )
    (team.folder / "Empty.bin").touch()
    team.write({"Empty.bin.note.md": "A walrus."})
    assert [result.item.path for result in team.ask("zeppelin")] == [copy]
    assert [(result.item.path, result.copies) for result in team.ask("the plan")] == [("Plan.txt", (copy,))]
    assert team.notes("the plan") == [f"{copy}.note.md"]
    assert [result.item.path for result in team.ask("walrus")] == ["Empty.bin"]


def head(said: str, text: str) -> str:
    return f"---\n{said}\n---\n{text}"


def test_a_note_that_is_replaced_or_withdrawn_is_found_no_more(team: Team) -> None:
    one, two, three = (f"a.txt.note.{name}.md" for name in ("one", "two", "three"))
    team.write({"a.txt": "File.", one: "First.", two: head(f"replaces: {one}", "Second.")})
    assert team.notes("file") == [two]
    assert not team.ask("first")
    team.write({three: head(f"withdraws: {two}", "")})
    assert team.notes("file") == []
    team.write({three: ""})
    assert team.notes("file") == [two]
    team.write({one: head(f"replaces: {two}", "First.")})  # a ring: all stay
    assert sorted(team.notes("file")) == [one, two]
    team.write({three: head(f"replaces: {two}", "Third.")})
    assert sorted(team.notes("file")) == [one, three]
    team.write({two: ""})
    assert sorted(team.notes("file")) == [one, three]
    team.write({three: "", "b.txt": "Other.", "b.txt.note.md": head(f"replaces: {one}", "Of another place.")})
    assert team.notes("file") == [one]


def test_a_note_of_any_size_is_read_and_shown_in_part(team: Team) -> None:
    team.write({"a.txt": "File.", "a.txt.note.md": "---\nlevel: critical\n---\n" + "walrus " * 100_000})
    [note] = team.ask("walrus")[0].notes
    assert len(note.text) == 2_000
    team.write({f"a.txt.note.n{number}.md": f"Note {number}." for number in range(30)})
    assert len(team.ask("file")[0].notes) == 20
