"""What does the team work on, and who of it doesn't know of one another? Key terms by departments. Pure.

A topic is words that come together in more items than by chance, so that a word which departments happen to share is none.
Nothing is trained, and only counts are compared: every machine names the same topics, in the same order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from indexer.model.team import Topic, TopicItem
from indexer.team.key_words import LANGUAGES, Words, words_of

LEAST, ENOUGH, SIGNED = 3, 2, 3
"""The items that a topic has at least, those by which a department works on it, and those by whose signatures one person is alone."""
MOST = 100
"""Topics that are named."""
_FRONT = 8
"""Words of an item that tell most of it."""
_MORE_THAN_CHANCE, _DOUBT = 2, 5
"""Words come together so many times as often as by chance; in a small department, as if it had so many items more, as there
all may be about one thing."""
_SPREAD = 3
"""What is spread evenly over more departments, or over more than a third of all, is the language of the folder."""
_COMMON = 200
"""What more items have, and more than one of fifty, is no topic."""
_IN_NAME = 3
_SHOWN = 50
"""Departments and people of a topic, each."""


class _Group(NamedTuple):
    """Words that come together."""

    words: frozenset[int]
    items: list[int]
    """Those that have at least two of the words, one of them among the most telling."""
    about: list[int]
    """Those that have any of the words."""


def topics(items: Iterable[TopicItem], languages: Collection[str] = LANGUAGES) -> list[Topic]:
    """Return the topics of items, each id once, in whatever order they come; those most worth knowing first, at most `MOST`.

    First come topics on which departments work unaware of one another, then those that hang on one person, those of several
    departments, and last what only one department knows. `languages`: those whose inflections are one word.
    """
    ordered = sorted({item.id: item for item in sorted(items)}.values())
    words = words_of(ordered, languages)
    signed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in ordered:
        signed[item.department].update(set(item.people))
    made = [
        _topic(group, ordered, words, signed)
        for group in _groups(words, [item.department for item in ordered])
    ]
    return sorted(made, key=_usefulness)[:MOST]


def _usefulness(topic: Topic) -> tuple[int, int, int, str]:
    """Return what is smaller for a topic that is more worth knowing."""
    able = [number for number in topic.departments.values() if number >= ENOUGH]
    rank = 0 if topic.unaware else 1 if topic.alone else 2 if len(able) > 1 else 3
    second = topic.departments[topic.unaware[1]] if topic.unaware else 0
    return rank, -second, -sum(topic.departments.values()), topic.topic


# --- groups of words ------------------------------------------------------------------------------


def _groups(words: Words, departments: Sequence[str]) -> Iterator[_Group]:
    """Yield groups that share less than half of their items; those that hold together best first."""
    places = _telling(words.of_items, departments)
    companions = _companions(words.of_items, places, departments)
    front = [frozenset(of[:_FRONT]) for of in words.of_items]
    strength = {
        word: sum(len(front[item] & others) for item in places[word]) for word, others in companions.items()
    }
    taken: set[int] = set()
    named: defaultdict[int, list[int]] = defaultdict(list)
    for word in sorted(strength, key=lambda word: (-strength[word], word)):
        group = frozenset({word} | companions[word] - taken)
        if word in taken or len(group) < 2:
            continue
        taken |= group
        having = Counter(chain.from_iterable(places[one] for one in group))
        items = sorted(item for item, number in having.items() if number > 1 and front[item] & group)
        shared = Counter(chain.from_iterable(named[item] for item in items))
        if len(items) < LEAST or any(2 * number >= len(items) for number in shared.values()):
            continue
        for item in items:
            named[item].append(word)
        yield _Group(group, items, sorted(having))


def _telling(of_items: Sequence[list[int]], departments: Sequence[str]) -> dict[int, list[int]]:
    """Return the items of each word that enough of them have, and not everybody."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for item, words in enumerate(of_items):
        for word in words:
            places[word].append(item)
    most = max(_SPREAD, len(set(departments)) // 3)
    common = max(_COMMON, len(of_items) // 50)
    return {
        word: items
        for word, items in places.items()
        if LEAST <= len(items) <= common and _spread(Counter(map(departments.__getitem__, items))) <= most
    }


def _spread(counts: Mapping[str, int]) -> float:
    """Return over how many departments items are spread, as if they were spread evenly."""
    return sum(counts.values()) ** 2 / sum(number**2 for number in counts.values())


def _companions(
    of_items: Sequence[list[int]], places: Mapping[int, list[int]], departments: Sequence[str]
) -> dict[int, frozenset[int]]:
    """Return for each word those that come together with it: mostly, and in more items than by chance."""
    sizes = Counter(departments)
    telling = [[word for word in words if word in places] for words in of_items]
    counts = {word: Counter(map(departments.__getitem__, items)) for word, items in places.items()}
    found = {}
    for word, items in places.items():
        least = max(LEAST, (len(items) + 1) // 2)
        own = {name: number / (sizes[name] + _DOUBT) for name, number in counts[word].items()}
        together = Counter(chain.from_iterable(map(telling.__getitem__, items)))
        likely = [
            (other, number)
            for other, number in together.items()
            if number >= least and 2 * number >= len(places[other]) and other != word
        ]
        others = frozenset(
            other
            for other, number in likely
            if number >= _MORE_THAN_CHANCE * sum(share * counts[other][name] for name, share in own.items())
        )
        if others:
            found[word] = others
    return found


# --- topics ---------------------------------------------------------------------------------------


def _topic(
    group: _Group, items: Sequence[TopicItem], words: Words, signed: Mapping[str, Counter[str]]
) -> Topic:
    """Return what is told of a group."""
    of_it = [items[number] for number in group.items]
    counts = Counter(item.department for item in of_it if item.department)
    departments = sorted(counts, key=lambda name: (-counts[name], name))
    people = Counter(person for item in of_it for person in set(item.people))
    working = [name for name in departments if counts[name] >= ENOUGH]
    unaware = _unaware(working, [items[number] for number in group.about])
    return Topic(
        _name(group, words),
        {name: counts[name] for name in departments[:_SHOWN]},
        tuple(sorted(people, key=lambda person: (-people[person], person))[:_SHOWN]),
        alone=not unaware and _is_alone(of_it, people, signed),
        unaware=unaware[:_SHOWN],
    )


def _is_alone(
    of_it: Sequence[TopicItem], people: Mapping[str, int], signed: Mapping[str, Counter[str]]
) -> bool:
    """Tell whether one person signed all that is signed, and not merely because they sign most of what others do, too."""
    number = sum(people.values())
    if len(people) != 1 or number < SIGNED or 2 * number < len(of_it):
        return False
    ((person, _),) = people.items()
    rest = sum((signed[name] for name in {item.department for item in of_it}), Counter[str]())
    own, all_ = rest[person] - number, rest.total() - number
    return bool(2 * (own + 1) ** (number - 1) <= int(all_ + 3) ** (number - 1))


def _name(group: _Group, words: Words) -> str:
    """Return the words that are the most telling of most items, each of at least half as many as the first."""
    front = Counter(
        word for item in group.items for word in words.of_items[item][:_FRONT] if word in group.words
    )
    best = sorted(front, key=lambda word: (-front[word], word))[:_IN_NAME]
    return " ".join(words.names[word] for word in best if 2 * front[word] >= front[best[0]])


def _unaware(departments: Sequence[str], items: Iterable[TopicItem]) -> tuple[str, ...]:
    """Return the first of each circle of departments that know of one another's items; none if there is one circle.

    A department knows of those of another if one person signed in both, or noted, answered or marked something there.
    """
    circle = {name: name for name in departments}
    first_of: dict[str, str] = {}
    for item in items:
        signed_in = [first_of.setdefault(person, item.department) for person in item.people]
        for other in (*item.known_in, *signed_in):
            if other in circle and item.department in circle:
                gone, kept = circle[other], circle[item.department]
                circle = {name: kept if now == gone else now for name, now in circle.items()}
    firsts = {circle[name]: name for name in reversed(departments)}
    known = tuple(name for name in departments if firsts[circle[name]] == name)
    return known if len(known) > 1 else ()
