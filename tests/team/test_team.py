"""Questions, answers, marks and notes that follow their files: files in, what the team is told out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.app import knowing
from indexer.cli import tell
from indexer.model.items import Mark, RelPath
from indexer.model.notes import LEVELS
from indexer.model.team import QuestionState
from indexer.page.scope import Scope
from indexer.team.page_data import board
from tests.team.folders import TeamFolder, team_folder

LETTER = "The steel tariff is passed on: prices rise by 25 percent in December, say the suppliers of pipes."
OTHER = "Minutes of the canteen meeting: soup, bread, cake and a new coffee machine for the second floor."


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamFolder]:
    with team_folder(tmp_path) as made:
        yield made


def state(team: TeamFolder) -> tuple[QuestionState, str]:
    [question] = team.questions().values()
    return question.state, question.why


def test_a_question_sees_what_comes_after_it(team: TeamFolder) -> None:
    team.write({"Sales/Before.txt": LETTER})
    team.write(
        {
            "Questions/tariff.md": "---\nby: Ann\nneeds-by: 2026-12-01\n---\n# What does the steel tariff mean for prices?\nWe quote on Monday."
        }
    )
    [question] = team.questions().values()
    assert (question.question, question.text) == (
        "What does the steel tariff mean for prices?",
        "We quote on Monday.",
    )
    assert (question.by, str(question.needs_by), question.state) == ("Ann", "2026-12-01", QuestionState.OPEN)
    assert question.matches == ()
    team.write({"Purchasing/Letter.txt": LETTER, "Purchasing/Canteen.txt": OTHER})
    [question] = team.questions().values()
    assert (question.new, question.matches) == (1, ("Purchasing/Letter.txt",))
    assert team.found("is:open") == ["Questions/tariff.md"]
    team.write({"Purchasing/Letter.txt": OTHER})
    assert [question.new for question in team.questions().values()] == [0]


def test_a_question_watches_for_its_query(team: TeamFolder) -> None:
    team.write({"FRAGEN/a.txt": '---\nwatch: "coffee machine" -soup\n---\nWho buys it?'})
    team.write(
        {"a.txt": OTHER, "b.txt": "A coffee machine costs 900.", "c.txt": "This machine makes coffee."}
    )
    [question] = team.questions().values()
    assert question.matches == ("b.txt",)


def test_a_question_that_comes_late_finds_what_came_since_it_was_asked(team: TeamFolder) -> None:
    asked = "Questions/When do prices of steel rise.20261120T090000Z-ann-x7k2.md"
    team.write({"Letter.txt": LETTER})
    team.write({asked: "When do prices of steel rise?"})
    [question] = team.questions().values()
    assert f"{question.asked:%H:%M}" == "09:00"
    assert question.matches == ("Letter.txt",)


def test_answers_and_closings(team: TeamFolder) -> None:
    team.write({"Questions/q.md": "What rises?", "Letter.txt": LETTER})
    team.write(
        {"Questions/q.md.answer.20261120T120000Z-bo-a1b2.md": "---\nby: Bo\nitem: Letter.txt\n---\nPrices."}
    )
    [question] = team.questions().values()
    assert question.state is QuestionState.ANSWERED
    assert [(one.by, one.text, one.item) for one in question.answers] == [("Bo", "Prices.", "Letter.txt")]
    assert team.found("is:open") == []
    assert set(team.found("prices")) == {"Questions/q.md", "Letter.txt"}  # found by its answer
    team.write({"Questions/q.md.closed.20261120T130000Z-ann-c3d4.md": ""})
    assert state(team) == (QuestionState.CLOSED, "")
    team.write({"Questions/q.md.closed.20261120T130000Z-ann-c3d4.md": None})
    assert state(team)[0] is QuestionState.ANSWERED
    team.write(
        {"Questions/q.md.answer.x.md": "---\nwithdraws: q.md.answer.20261120T120000Z-bo-a1b2.md\n---\n"}
    )
    assert [len(question.answers) for question in team.questions().values()] == [1]


@pytest.mark.parametrize("why", ["changed", "gone", "wrong"])
def test_an_answer_that_holds_no_longer_opens_its_question_again(team: TeamFolder, why: str) -> None:
    team.write({"Questions/q.md": "What rises?", "Letter.txt": LETTER})
    team.write({"Questions/q.md.answer.bo.md": "---\nitem: Letter.txt\n---\n"})
    team.write({"Questions/q.md.closed.ann.md": ""})
    team.write({"Letter.txt": LETTER + " That is all."})  # a small change
    assert state(team) == (QuestionState.CLOSED, "")
    changes: dict[str, dict[str, str | None]] = {
        "changed": {"Letter.txt": OTHER}, "gone": {"Letter.txt": None}, "wrong": {"Letter.txt.mark.wrong.cy": ""},
    }  # fmt: skip
    team.write(changes[why])
    assert state(team) == (QuestionState.REOPENED, why)
    assert team.found("is:open") == ["Questions/q.md"]
    team.write({"Questions/q.md.closed.dee.md": ""})
    assert state(team) == (QuestionState.CLOSED, "")


def test_an_answer_goes_on_to_hold_when_its_item_moves(team: TeamFolder) -> None:
    team.write({"Questions/q.md": "What rises?", "Letter.txt": LETTER})
    team.write({"Questions/q.md.answer.bo.md": "---\nitem: Letter.txt\n---\n"})
    team.move("Letter.txt", "Archive/Letter 2026.txt")
    team.move("Questions/q.md", "Questions/What rises.md")
    [question] = team.questions().values()
    assert (question.state, question.answers[0].item) == (QuestionState.ANSWERED, "Archive/Letter 2026.txt")


def test_marks_count_once_a_person_and_are_no_items(team: TeamFolder) -> None:
    team.write({"a.txt": "Steel of today.", "b.txt": "Steel of today too."})
    team.write(
        {
            **{f"a.txt.mark.wrong.{name}": "" for name in ("Ann", "bo")},
            "b.txt.mark.useful.ann": "",
            "c.txt.mark.useful.x": "",
        }
    )
    assert team.pipeline.catalogue.items.count() == 2
    [wrong] = team.ask("is:wrong")
    assert wrong.item.said.of(Mark.WRONG) == ("Ann", "bo")
    assert team.found("steel") == ["b.txt", "a.txt"]
    assert team.found("is:useful") == ["b.txt"]
    team.write({"a.txt.mark.wrong.Ann": None, "a.txt.mark.wrong.bo": None})
    assert team.found("is:wrong") == []
    assert team.pipeline.catalogue.failures.told(everything=True) == []


def test_notes_follow_their_file_and_are_never_lost(team: TeamFolder) -> None:
    team.write(
        {"Sales/a.txt": LETTER, "Sales/a.txt.note.md": "A zeppelin.", "Sales.note.md": "On the folder."}
    )
    team.move("Sales/a.txt", "Archive/b.txt")
    assert team.found("zeppelin") == ["Archive/b.txt"]
    assert team.found("is:noted") == ["Archive/b.txt"]
    assert set(team.found("on:b")) == {"Archive/b.txt"}
    team.write({"Archive/b.txt": None})
    team.write({"New/c.txt": LETTER})  # the same content comes back under another name
    assert team.found("zeppelin") == ["New/c.txt"]
    team.write({"Sales/a.txt": OTHER})  # the name says: on this one
    assert team.found("zeppelin") == ["Sales/a.txt"]
    team.write({"Sales/a.txt": None, "New/c.txt": None})
    assert team.found("zeppelin") == ["Sales/a.txt.note.md"]
    told = board(team.pipeline.catalogue, Scope(), team.now)
    assert told == {"lost": [["Sales/a.txt.note.md", "Sales/a.txt"]]}


def test_people_and_the_team_s_folders_are_no_departments(team: TeamFolder) -> None:
    team.write(
        {"People/Ann.md": "---\nalso: [A. Smith]\n---\n", "Questions/q.md": "What?", "Sales/a.txt": "Steel."}
    )
    assert team.pipeline.catalogue.items.count() == 2
    assert {result.item.path: result.item.department for result in team.ask("")} == {
        "Questions/q.md": None, "Sales/a.txt": "Sales",
    }  # fmt: skip


def test_what_is_not_on_the_page_is_in_no_view(tmp_path: Path) -> None:
    with team_folder(tmp_path, scope=("HR",)) as team:
        team.write({"Questions/q.md": "Who earns how much in steel?", "Questions/HR.md": "Shown."})
        team.write(
            {
                "HR/Wages.txt": "Who earns how much in steel: a list.",
                "Sales/Wages.txt": "Who earns how much in steel.",
            }
        )
        questions = knowing.questions(team.folder, team.settings)
        assert {question.path: question.matches for question in questions} == {
            "Questions/q.md": ("Sales/Wages.txt",), "Questions/HR.md": (),
        }  # fmt: skip


def test_files_of_people_join_names_and_take_somebody_out(team: TeamFolder) -> None:
    team.write({"a.txt": LETTER})
    for who in ("ann", "A_Lee", "bo"):
        team.write({f"a.txt.note.{who}.md": f"Note of {who}."})

    def named() -> list[tuple[str, int]]:
        return [(one.name, one.n) for one in knowing.people(team.folder, team.settings)]

    assert [n for _, n in named()] == [1, 1, 1]
    team.write({"People/ann.md": "---\nalso: [A Lee]\n---\n"})
    assert [n for _, n in named()] == [2, 1]
    team.write({"People/bo.md": "---\nlisted: no\n---\n"})
    assert [n for _, n in named()] == [2]
    assert team.pipeline.catalogue.failures.told(everything=True) == []


def test_a_link_that_several_dropped_comes_earlier(team: TeamFolder) -> None:
    link = "[InternetShortcut]\r\nURL=https://example.com/{}\r\n"
    team.write({"A/On steel.url": link.format("one"), "B/Of steel.url": link.format("two")})
    assert team.found("is:shared") == []
    team.write(
        {"C/Links.txt": "Steel https://www.example.com/two?utm_source=x\nIron https://example.com/iron\n"}
    )
    [shared] = team.ask("is:shared")
    assert {shared.item.path, *shared.copies} == {"B/Of steel.url", "C/Links.txt"}
    assert team.found("steel site:example.com")[0] in ("B/Of steel.url", "C/Links.txt")
    team.write({"C/Links.txt": None})
    assert team.found("is:shared") == []
    team.write({"D/Again.url": link.format("two")})
    assert len(team.found("is:shared")) == 1


def test_a_note_that_comes_late_is_on_the_file_that_was_moved_before(team: TeamFolder) -> None:
    team.write({"F.txt": LETTER})
    team.move("F.txt", "Archive/G.txt")
    team.write({"F.txt.note.ann.md": "A zeppelin."})
    assert team.found("zeppelin") == ["Archive/G.txt"]
    team.write({"F.txt": OTHER})
    assert team.found("zeppelin") == ["F.txt"]


def test_a_machine_that_begins_knows_from_the_page_what_notes_are_on(tmp_path: Path) -> None:
    with team_folder(tmp_path) as team:
        team.write({"F.txt": LETTER, "F.txt.note.ann.md": "A zeppelin."})
        team.move("F.txt", "Archive/G.txt")
    shutil.rmtree(tmp_path / "state")
    with team_folder(tmp_path) as team:
        team.write({})
        assert team.found("zeppelin") == ["Archive/G.txt"]


def test_a_text_is_a_question_where_it_is_moved_to(team: TeamFolder) -> None:
    team.write({"Why.md": "Why is it so?"})
    team.move("Why.md", "Questions/Why.md")
    assert list(team.questions()) == ["Why is it so?"]
    team.move("Questions/Why.md", "Why.md")
    assert team.questions() == {}


def test_the_commands_know_all_levels_and_marks() -> None:
    assert (LEVELS, tuple(map(str, Mark))) == (tell.LEVELS, tell.MARKS)


def test_nothing_derived_of_a_forgotten_text_stays(tmp_path: Path) -> None:
    with team_folder(tmp_path) as team:
        secret = "Zeppelinium is smelted in furnace nine; zeppelinium prices rise."
        team.write({f"Sales/{n}.txt": f"Flanges and pumps of kind {n}, by weight." for n in range(8)})
        team.write({"Questions/q.md": "Who smelts zeppelinium in which furnace?"})
        team.write(
            {
                "Sales/a.txt": secret,
                "Buying/b.txt": f"{secret} Again.",
                "Buying/c.txt": f"{secret} Once more.",
            }
        )
        team.write({"Questions/q.md.answer.bo.md": "---\nitem: Sales/a.txt\n---\nSee there."})
        files = team.pipeline.catalogue.files
        ids = [
            one
            for name in ("Sales/a.txt", "Buying/b.txt", "Buying/c.txt", "Questions/q.md")
            for one in files.at(RelPath(name))
        ]
        db = team.pipeline.catalogue._db
        assert db.execute("SELECT count(*) FROM relations WHERE terms LIKE '%zeppelinium%'").fetchone()[0]
        team.pipeline.forget(ids)
        marks = ",".join("?" * len(ids))
        for table, column in (("relations", "id"), ("matches", "item"), ("matches", "question")):
            assert not db.execute(f"SELECT 1 FROM {table} WHERE {column} IN ({marks})", ids).fetchall(), table
        assert not db.execute(
            f"SELECT 1 FROM attachments WHERE on_id IN ({marks}) AND sketch || digest != ''", ids
        ).fetchall()
        values = db.execute("SELECT value FROM meta WHERE key LIKE 'team%'").fetchall()
        assert not any("zeppelinium" in value.lower() for (value,) in values)
