"""Which language is a text written in, and which of its words say nothing about its subject?"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

LANGUAGES = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch",
}  # fmt: skip
"""The languages with a stemmer, by code, with the name Snowball gives it."""
CODES = ("", *LANGUAGES)
"""What a language is by its number in files: none first. The order stays, new ones are added at the end."""

_FUNCTION_WORDS = {
    "en": "a about after all also am an and any are as at be because been before being between both but by can could did do "
    "does doing down during each few for from further get got had has have having he her here him his how i if in into is "
    "it its just may me might more most must my need needs no nor not now of off on once only or other our out over own same "
    "shall she should so some such than that the their them then there these they this those through to too under until up "
    "us very was we were what when where which while who whom whose why will with would you your",
    "de": "aber alle als also am an auch auf aus bei beim bin bis bist da damit dann das dass dem den denn der des die dies diese "
    "diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas fur gegen hab habe haben hat "
    "hatte hatten hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes jetzt kann "
    "kein keine keinen konnen man mein meine mich mir mit muss mussen nach nicht nichts noch nun nur ob oder ohne sehr sein "
    "seine seinen seiner seit sich sie sind so soll sollen sollte uber um und uns unser unsere unter vom von vor wann war "
    "waren warum was weil welche welchem welchen welcher welches wenn wer werden wem wen wessen wie wieder will wir wird wo "
    "wollen wurde wurden zu zum zur zwischen",
    "fr": "a afin ai ainsi alors apres as au aucun aussi autre aux avant avec avez avoir avons c ce cela ces cet cette ceux chaque "
    "comme comment d dans de depuis des doit donc dont du elle elles en encore entre es est et etaient etait etre eu fait "
    "faut il ils j je l la le les leur leurs lors lui m ma mais me meme mes moins mon n ne ni nos notre nous on ont ou par "
    "pas pendant peu peut plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si son "
    "sont sous sur t ta te tes toi ton tous tout toute toutes tres tu un une vers vos votre vous y",
    "es": "a al algo alguna algunas alguno algunos ante antes aqui asi aunque cada como con contra cual cuales cuando cuanto de "
    "debe del desde donde dos durante e el ella ellas ellos en entre era eran es esa esas ese eso esos esta estaba estan "
    "estar estas este esto estos fue fueron ha hace hacia han hasta hay he la las le les lo los mas me mi mis mientras mucho "
    "muy nada ni no nos nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque puede pueden que quien "
    "quienes se sea segun ser si sin sobre son su sus tambien tanto te tiene tienen toda todas todo todos tu un una unas uno "
    "unos y ya yo",
    "it": "a ad agli ai al alla alle allo anche ancora avere aveva c che chi ci cio come con contro cosa cui da dagli dai dal dalla "
    "dalle dallo degli dei del dell della delle dello deve di dopo dove e ed era erano essere fra gia gli ha hanno ho i il in "
    "io l la le lei li lo loro lui ma me mi mia mie miei mio molto ne nei nel nella nelle nello noi non nostra nostro o ogni "
    "per perche piu poi prima puo quale quali quando quanto quella quelle quelli quello questa queste questi questo se sei "
    "senza si sia siamo sono sopra sotto su sua sue sugli sui sul sulla sulle suo suoi tra tu tutta tutte tutti tutto un una "
    "uno vi voi",
    "pt": "a ao aos aquela aquele as ate cada com como contra da das de dela dele depois desde deve do dos e ela elas ele eles em "
    "entre era eram essa essas esse esses esta estao estas estava este estes eu foi foram ha isso isto ja lhe mais mas me "
    "mesmo meu meus minha muito na nao nas nem no nos nossa nosso num numa o onde os ou para pela pelas pelo pelos pode podem "
    "por porque qual quais quando quanto que quem se sem ser sera seu seus sido sob sobre somos sua suas tambem te tem todo "
    "todos tua tudo um uma umas uns voce",
    "nl": "aan achter af al alle als bij binnen dan dat de deze die dit doen door dus een eens en er ge geen had hadden heb hebben "
    "heeft hem het hier hij hoe hun ik in is ja je kan kunnen maar me meer men met mij mijn moet moeten na naar niet niets nog "
    "nu of om omdat onder ons onze ook op over te tegen toch toen tot tussen u uit uw van veel voor waar waarom wanneer waren "
    "was wat we welk welke werd wie wij wil worden wordt ze zich zij zijn zo zonder zou zullen",
}
"""Words that only form a sentence and don't say what it is about: articles, pronouns, prepositions, auxiliary verbs."""


@cache
def function_words(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the forms of the function words of some languages."""
    return frozenset(word for language in languages for word in _FUNCTION_WORDS[language].split())


_SAMPLE = 500
"""The number of characters from which the language is detected."""
_SHORT, _SURE, _SURE_OF_SHORT = 100, 0.6, 0.9
"""The confidence required for a language other than English, in texts of fewer letters and of more."""
_LETTERS = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str:
    """Return the code of the language a text is written in (one of `LANGUAGES`); empty if it is none of them."""
    sample = text[:_SAMPLE]
    letters = len(_LETTERS.findall(sample))
    latin = letters if sample.isascii() else sum(c < "\u0250" for c in _LETTERS.findall(sample))
    if latin * 2 <= letters:
        return ""
    if letters < 4:
        return "en"
    if told := _told_by_function_words(sample):
        return told
    best = _detector().compute_language_confidence_values(sample)[0]
    sure = best.value >= (_SURE if letters >= _SHORT else _SURE_OF_SHORT)
    return str(best.language.iso_code_639_1.name).lower() if sure else "en"


def _told_by_function_words(sample: str) -> str:
    """Return the language that function words tell; empty if in doubt: then the detector is asked, which takes far longer."""
    lowered = sample.lower()
    if not lowered.isascii():
        lowered = "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))
    found = _WORDS.findall(lowered)
    votes = [0] * len(LANGUAGES)
    known = _languages_by_function_word()
    for word in found:
        for number in known.get(word, ()):
            votes[number] += 1
    most = max(votes)
    second = sorted(votes)[-2]
    if most >= _MANY and most >= _SHARE_OF_WORDS * len(found) and second <= _SHARE_OF_OTHERS * most:
        return CODES[1 + votes.index(most)]
    return ""


_WORDS = re.compile(r"[^\W\d_]{2,}")
"""Letters that stand alone are formulas as often as words."""
_MANY, _SHARE_OF_WORDS, _SHARE_OF_OTHERS = 6, 0.2, 0.5
"""The least function words, their least share of all words, and the greatest share of another language's in theirs."""


@cache
def _languages_by_function_word() -> dict[str, tuple[int, ...]]:
    """Return for each function word the numbers of its languages."""
    found: dict[str, tuple[int, ...]] = {}
    for number, words in enumerate(_FUNCTION_WORDS.values()):
        for word in words.split():
            found[word] = (*found.get(word, ()), number)
    return found


@cache
def _detector() -> Any:
    """Return lingua's detector for our languages only; its light models load in some 50 ms."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
