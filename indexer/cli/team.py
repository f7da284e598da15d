"""Commands about what the team asks and knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, moment, printable, write
from indexer.cli.screen import BOLD, DIM, MARK, Screen, screen_of

if TYPE_CHECKING:
    from indexer.model.team import Person, Question, Topic

NONE = 1
_WHY = {
    "gone": "what answered it is gone",
    "changed": "what answered it has changed much",
    "wrong": "what answered it was marked wrong",
}


@command(
    "questions",
    {
        "indexer questions": "what the team wants to know",
        "indexer questions --all": "answered and closed ones, too",
    },
)
@click.option("--all", "everything", is_flag=True, help="Answered and closed ones, too.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def questions(ctx: click.Context, everything: bool, json_wanted: bool) -> int:
    """List the open questions: who asks, until when, what came since that may answer them, answers so far."""
    from indexer.app import knowing

    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    every = knowing.questions(folder, settings)
    found = [question for question in every if everything or question.is_open]
    if json_wanted:
        write(as_json(questions_object(found)))
    else:
        screen = screen_of("auto", pager=False)
        write(questions_text([(every.index(one) + 1, one) for one in found], screen))
    return 0 if found else NONE


def questions_object(found: Sequence[Question]) -> dict[str, object]:
    """Return questions as the contract's object."""
    return {
        "schema": 1,
        "questions": [
            {
                "id": question.id,
                "path": question.path,
                "question": question.question,
                "by": question.by or None,
                "asked": moment(question.asked),
                "needs_by": question.needs_by.isoformat() if question.needs_by else None,
                "department": question.department or None,
                "state": str(question.state),
                "why": _WHY.get(question.why) if question.why else None,
                "new": question.new,
                "matches": list(question.matches),
                "answers": [
                    {
                        "path": answer.path,
                        "by": answer.by or None,
                        "date": moment(answer.date),
                        "text": answer.text,
                        "item": answer.item,
                    }
                    for answer in question.answers
                ],
            }
            for question in found
        ],
    }


def questions_text(found: Sequence[tuple[int, Question]], screen: Screen) -> str:
    """Return questions with their numbers for people to read."""
    lines: list[str] = []
    for number, question in found:
        lines.append(f"{number:>3}  {screen.styled(printable(question.question), BOLD)}")
        lines += [f"     {line}" for line in _lines(question, screen)]
        lines.append("")
    return "\n".join(lines or ["No open questions: ask one with `indexer ask`.", ""])


def _lines(question: Question, screen: Screen) -> list[str]:
    about = [
        printable(question.by or "someone"),
        f"{question.asked.astimezone():%Y-%m-%d}",
        str(question.state),
    ]
    if question.needs_by:
        about.append(f"wanted by {question.needs_by}")
    if question.department:
        about.append(f"for {printable(question.department)}")
    lines = [screen.styled(" · ".join(about), DIM)]
    if question.why:
        lines.append(screen.styled(f"open again: {_WHY[question.why]}", MARK))
    for answer in question.answers:
        first = answer.text.partition("\n")[0]
        at = f" → {printable(answer.item)}" if answer.item else ""
        lines.append(f"— {printable(answer.by or 'someone')}: {printable(first)}{at}")
    if question.new and question.is_open:
        lines.append(f"{question.new} new item{'s' if question.new > 1 else ''} since asked:")
        lines += [f"  {printable(path)}" for path in question.matches[:5]]
    return lines


@command("topics", {"indexer topics": "what departments work on, and who may not know of whom"})
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def topics(ctx: click.Context, json_wanted: bool) -> int:
    """List what the team works on: topics on which departments work unaware of one another first, then those that hang on
    one person.

    Topics are found in idle times, the newest items first, and need folders of at least two departments.
    """
    from indexer.app import knowing

    call = given(ctx)
    settings = settings_of(call)
    found = knowing.topics(folder_of(call, None, settings), settings)
    if json_wanted:
        write(as_json({"schema": 1, "topics": [_topic_object(one) for one in found]}))
    else:
        screen = screen_of("auto", pager=False)
        write(
            "\n".join(line for one in found for line in _topic_lines(one, screen)) + "\n"
            if found
            else _NO_TOPICS
        )
    return 0 if found else NONE


_NO_TOPICS = "No topics yet: they are found in idle times, in folders of at least two departments.\n"


def _topic_object(topic: Topic) -> dict[str, object]:
    return {
        "topic": topic.topic,
        "departments": dict(topic.departments),
        "people": list(topic.people),
        "alone": topic.alone,
        "unaware": list(topic.unaware),
    }


def _topic_lines(topic: Topic, screen: Screen) -> list[str]:
    counts = ", ".join(f"{printable(name or '(top)')} {n}" for name, n in topic.departments.items())
    lines = [f"{screen.styled(printable(topic.topic), BOLD)}  {counts}"]
    if topic.unaware:
        names = " and ".join(map(printable, topic.unaware))
        lines.append(f"  {screen.styled(f'{names} may not know of one another', MARK)}")
    if topic.alone:
        lines.append(f"  {screen.styled(f'only {printable(topic.people[0])} knows about it', MARK)}")
    elif topic.people:
        lines.append(f"  {screen.styled('known by ' + ', '.join(map(printable, topic.people[:5])), DIM)}")
    return lines


@command(
    "people",
    {
        "indexer people steel tariff": "who knows about what this search finds",
        "indexer people": "who wrote what",
    },
)
@click.argument("query", nargs=-1)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def people(ctx: click.Context, query: tuple[str, ...], json_wanted: bool) -> int:
    """Say whom to ask: people who signed notes, answers, links and questions, the most first.

    Authors of documents count only if the setting `team.people` says so. A file `People/NAME.md` takes a person out.
    """
    from indexer.app import knowing

    call = given(ctx)
    settings = settings_of(call)
    found = knowing.people(folder_of(call, None, settings), settings, " ".join(query))
    if json_wanted:
        those = [{"name": one.name, "n": one.n, "paths": list(one.paths)} for one in found]
        write(as_json({"schema": 1, "people": those}))
    else:
        screen = screen_of("auto", pager=False)
        lines = [line for one in found for line in _person_lines(one, screen)]
        write("\n".join(lines or ["Nobody signed anything on that."]) + "\n")
    return 0 if found else NONE


def _person_lines(person: Person, screen: Screen) -> list[str]:
    paths = [screen.styled(f"  {printable(path)}", DIM) for path in person.paths[:3]]
    return [f"{screen.styled(printable(person.name), BOLD)} ({person.n})", *paths]
