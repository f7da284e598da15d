"""What makes another word of a word: `customs` and `custom` are the same word, `customer` is derived from it.

Snowball gives all three one stem. The light stem of a form is that stem with the suffix by which the word was derived;
endings that only inflect a word (plural, case, person, tense) are not in these lists, which follow the steps for
derivational suffixes ("standard suffix") of the Snowball algorithms, https://snowballstem.org/algorithms/.
"""

from __future__ import annotations

import re
from functools import cache
from os.path import commonprefix

SUFFIXES = {
    "en": "ability/abiliti ableness able/abl ably ation ator ative ate/ating ization ional ion iz ibility/ibiliti ible/ibl "
    "ance ancy/anci ence ency/enci ant ent ement ment ness ity/iti ive iveness ality/aliti al alism alist ally ic ical ically "
    "ism ist ousness ous fulness ful less ly er or",
    "de": "ung igkeit heit keit isch lich ig ik",
    "fr": "ance iqu ism abl ist eux eus ateur/atric ation logi usion ution ence ement ite/iti ivement if/iv issement "
    "amment emment ment",
    "es": "anza ic ism abl ibl ista oso/osa amiento imiento ador/adora acion ante ancia logia ucion encia mente amente idad iv",
    "it": "anz ic abil ibil ism ist os ament iment mente amente ator/atric azion logi uzion/usion enz iv",
    "pt": "eza ic ism avel/avei ivel/ivei ista oso/osa amento imento ador/adora acao/acoe ante ancia logia ucao/ucoe encia "
    "mente amente idade iv",
    "nl": "ing ig lijk baar bar heid/hed",
}
"""For each language the beginnings of derivational suffixes, as folded forms have them; those with a "/" are one suffix."""


@cache
def _names(language: str) -> dict[str, str]:
    """Return the suffixes of a language, each with the first of its spellings."""
    groups = (group.split("/") for group in SUFFIXES.get(language, "").split())
    return {spelling: group[0] for group in groups for spelling in group}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """Return the expression of a suffix, the longest first."""
    return re.compile("|".join(sorted(_names(language), key=lambda name: (-len(name), name))))


def light_stem(form: str, stem: str, language: str) -> str:
    """Return the stem that only the inflections of a form share, given its Snowball stem: `customers` to `customer`."""
    if form == stem:
        return stem
    end = len(stem) if form.startswith(stem) else len(commonprefix((form, stem)))  # noqa: RUF071 - letters
    match = _pattern(language).match(form, end)
    if not match and end and form[end : end + 1] == form[end - 1]:  # runner, control-ler
        match = _pattern(language).match(form, end + 1)
    return stem + _names(language)[match[0]] if match else stem
