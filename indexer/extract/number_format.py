"""How does a sheet show a number? The format codes of Excel (ISO/IEC 29500-1, 18.8.30 and 18.8.31). Pure.

In English notation, like the codes themselves; each program uses the notation of its user.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

Shown = Callable[[float], str | None]
"""A number to its shown text; None if it is shown as stored."""

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0_);("$"#,##0)', 6: '"$"#,##0_);("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)', 8: '"$"#,##0.00_);("$"#,##0.00)', 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);(#,##0.00)", 41: '#,##0_);(#,##0);"-"', 42: '"$"#,##0_);("$"#,##0);"-"',
    43: '#,##0.00_);(#,##0.00);"-"', 44: '"$"#,##0.00_);("$"#,##0.00);"-"', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0",
}  # fmt: skip
"""The built-in codes, which have only numbers; 0 and 49 show the stored value."""

_MAX_CODE = 255
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<room>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]?'
    r"|(?P<general>general)|(?P<noon>am/pm|a/p)|(?P<date>y+|m+|d+|h+|s+|e+(?![-+]))|(?P<fraction>\.0+(?=[^#?0]|$))"
    r"|(?P<power>e[-+])|(?P<digit>[0#?])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s{0,9}(-?\d{1,15}(?:\.\d{1,15})?)")
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar M\u00e4rz April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier f\u00e9vrier mars avril mai juin juillet ao\u00fbt septembre octobre novembre d\u00e9cembre",
}
_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
}
_LANGUAGES = {"07": "de", "0c": "fr"}
"""By the last two digits of a locale's number."""
_HOLDS = {
    "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__, "=": float.__eq__, "<>": float.__ne__,
}  # fmt: skip


@lru_cache(maxsize=4096)
def shown_by(code: str, *, since_1904: bool = False) -> Shown | None:
    """Return a function that shows numbers by a format code; None if they are shown as stored, or the code is unknown."""
    if len(code) > _MAX_CODE or code.strip().lower() in ("", "general", "@"):
        return None
    try:
        sections = [_Section(part, since_1904) for part in _split(code)][:4]
    except (ValueError, IndexError):
        return None
    sections = sections[:3]

    @lru_cache(maxsize=4096)  # values repeat in sheets
    def show(value: float) -> str | None:
        try:
            section, is_signed = _choose(sections, value)
            text = None if section.is_date and value < 0 else section.show(abs(value))
        except (ValueError, OverflowError, ArithmeticError):
            return None
        if text is None:
            return None
        return " ".join(f"{'-' if is_signed and value < 0 else ''}{text}".split())

    return show


def _split(code: str) -> Iterator[list[re.Match[str]]]:
    """Yield the tokens of each section."""
    tokens: list[re.Match[str]] = []
    for token in _TOKEN.finditer(code):
        if token["other"] == ";":
            yield tokens
            tokens = []
        else:
            tokens.append(token)
    yield tokens


def _choose(sections: Sequence[_Section], value: float) -> tuple[_Section, bool]:
    """Return the section for a number, and whether a minus sign must be added."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or section.condition(float(value)):
                return section, True
        return sections[-1], True
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], True


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a section: its kind, and its text."""

    kind: str
    text: str


class _Section:
    """One section of a code: for numbers of one sign, or those that meet a condition."""

    def __init__(self, tokens: list[re.Match[str]], since_1904: bool) -> None:
        self.condition: Callable[[float], bool] | None = None
        self._since_1904 = since_1904
        self._language = "en"
        self._parts = [part for token in tokens for part in self._parts_of(token)]
        kinds = {part.kind for part in self._parts}
        self.is_date = bool(kinds & {"date", "elapsed"})
        if self.is_date:
            self._parts = list(_tell_minutes(self._parts))
        elif "digit" in kinds:
            self._layout = _Layout(self._parts)
        self._has_digits = "digit" in kinds
        self._has_general = "general" in kinds

    def _parts_of(self, token: re.Match[str]) -> Iterator[_Part]:
        kind, text = token.lastgroup or "", token[token.lastgroup or 0]
        if kind == "bracket":
            yield from self._bracket(text)
        elif kind in ("quoted", "escaped"):
            yield _Part("text", text)
        elif kind == "room":
            yield _Part("text", " ")
        elif kind == "other":
            yield _Part("sign" if text in ".,%/" else "text", text)
        elif kind != "fill":
            yield _Part(kind, text)

    def _bracket(self, text: str) -> Iterator[_Part]:
        condition = _CONDITION.fullmatch(text)
        if condition:
            holds, limit = _HOLDS[condition[1]], float(condition[2])
            self.condition = lambda value: bool(holds(value, limit))
        elif text.startswith("$"):
            currency, _, place = text[1:].partition("-")
            self._language = _LANGUAGES.get(place[-2:].lower(), "en")
            yield _Part("text", currency)
        elif _ELAPSED.fullmatch(text):
            yield _Part("elapsed", text.lower())

    def show(self, value: float) -> str | None:
        """Return the shown text of a number without its sign; None if it is shown as stored."""
        if self.is_date:
            return _dated(self._parts, value, self._language, since_1904=self._since_1904)
        if self._has_digits:
            return self._layout.show(value)
        if self._has_general:
            return "".join(f"{value:.15g}" if part.kind == "general" else part.text for part in self._parts)
        return "".join(part.text for part in self._parts)


# --- numbers --------------------------------------------------------------------------------------


class _Layout:
    """The places of the digits of a number."""

    def __init__(self, parts: list[_Part]) -> None:
        digits = [place for place, part in enumerate(parts) if part.kind == "digit"]
        point = next(
            (p for p, part in enumerate(parts) if part.kind in ("sign", "fraction") and part.text[0] == "."),
            None,
        )
        parts = [_Part("sign", part.text) if part.kind == "fraction" else part for part in parts]
        power = next((place for place, part in enumerate(parts) if part.kind == "power"), None)
        slash = next(
            (place for place, part in enumerate(parts) if part.text == "/" and part.kind == "sign"), None
        )
        self._parts, self._power, self._slash = parts, power, slash
        last_whole = max((d for d in digits if point is None or d < point), default=-1)
        commas = [place for place, part in enumerate(parts) if part.kind == "sign" and part.text == ","]
        self._groups = any(digits[0] < comma < last_whole for comma in commas)
        last = max((d for d in digits if power is None or d < power), default=-1)
        self._scale = sum(
            1 for comma in commas if comma > (last_whole if point is not None and comma < point else last)
        )
        self._percents = sum(part.text == "%" and part.kind == "sign" for part in parts)
        whole_end = point if point is not None else power if power is not None else len(parts)
        self._whole = [d for d in digits if d < whole_end]
        decimals = [d for d in digits if point is not None and d > point and (power is None or d < power)]
        literal = len(parts[point].text) - 1 if point is not None else 0  # `.00` may have come as one token
        self._decimals = len(decimals) + literal
        self._optional = 0
        for place in reversed(decimals):
            if parts[place].text == "0":
                break
            self._optional += 1
        self._point = point
        self._unit = Decimal(1).scaleb(-self._decimals)
        self._simple = self._simple_form(digits)

    def _simple_form(self, digits: list[int]) -> tuple[str, str, str] | None:
        """Return the text before a number, Python's format for it, and the text after; None if it is not that simple."""
        between = self._parts[digits[0] : digits[-1] + 1]
        zeros = sum(self._parts[place].text == "0" for place in self._whole)
        if (
            self._slash is not None or self._power is not None or self._optional or not zeros
            or (self._groups and zeros > 1)
            or any(part.kind not in ("digit", "sign") or part.text == "%" for part in between)
        ):  # fmt: skip
            return None
        before, after = (
            "".join(part.text for part in side if part.kind == "text" or part.text == "%")
            for side in (self._parts[: digits[0]], self._parts[digits[-1] + 1 :])
        )
        width = zeros + self._decimals + bool(self._decimals)
        return before, f"{',' if self._groups else f'0{width}'}.{self._decimals}f", after

    def show(self, value: float) -> str:
        """Return the digits of a non-negative number, with the text around them."""
        if self._slash is not None:
            return self._as_fraction(value)
        number = Decimal(f"{value:.15g}").scaleb(2 * self._percents - 3 * self._scale)
        if self._power is not None:
            return self._as_power(number)
        if number and number.adjusted() > 40:
            raise OverflowError
        if self._simple:
            before, form, after = self._simple
            return f"{before}{number.quantize(self._unit, ROUND_HALF_UP):{form}}{after}"
        whole, _, rest = f"{number.quantize(self._unit, ROUND_HALF_UP):f}".partition(".")
        return self._filled("" if whole == "0" else whole, self._trimmed(rest))

    def _trimmed(self, rest: str) -> str:
        keep = len(rest) - self._optional
        return rest[:keep] + rest[keep:].rstrip("0")

    def _filled(self, whole: str, rest: str) -> str:
        """Put the digits in their places, from the right; the first place takes all remaining ones."""
        at: dict[int, str] = {}
        left, done = whole, 0
        for place in reversed(self._whole):
            kind = self._parts[place].text
            take = left if place == self._whole[0] else left[-1:]
            left = "" if place == self._whole[0] else left[:-1]
            take = take or ("0" if kind == "0" else "")
            at[place], done = self._grouped(take, done), done + len(take)
        made = []
        for place, part in enumerate(self._parts):
            if place in at:
                made.append(at[place])
            elif place == self._point:
                made.append(f".{rest}" if rest else "")
            elif part.kind == "text" or (part.kind == "sign" and part.text == "%"):
                made.append(part.text)
        return "".join(made)

    def _grouped(self, digits: str, done: int) -> str:
        """Return digits with commas between thousands; `done` digits follow them."""
        if not self._groups or not digits:
            return digits
        count = len(digits)
        return "".join(
            digit + ("," if (following := done + count - 1 - n) and following % 3 == 0 else "")
            for n, digit in enumerate(digits)
        )

    def _as_power(self, number: Decimal) -> str:
        mantissa, _, exponent = f"{number:.{self._decimals}E}".partition("E")
        after = [part for part in self._parts[self._power or 0 :] if part.kind == "digit"]
        sign = "-" if exponent.startswith("-") else "+" if "+" in self._parts[self._power or 0].text else ""
        head = "".join(part.text for part in self._parts[: self._whole[0]] if part.kind == "text")
        return f"{head}{mantissa}E{sign}{exponent.lstrip('+-').zfill(len(after))}"

    def _as_fraction(self, value: float) -> str:
        below = [part for part in self._parts[self._slash or 0 :] if part.kind in ("digit", "text")]
        fixed = "".join(part.text for part in below).strip()
        whole, rest = divmod(Fraction(f"{value:.15g}"), 1)
        if fixed.isdecimal() and int(fixed):
            over, under = round(rest * int(fixed)), int(fixed)
        else:
            near = rest.limit_denominator(10 ** min(len(fixed), 4) - 1)
            over, under = near.numerator, near.denominator
        if over == under:
            whole, over = whole + 1, 0
        return " ".join(
            filter(None, (str(whole) if whole or not over else "", f"{over}/{under}" if over else ""))
        )


# --- days and times -------------------------------------------------------------------------------


def _tell_minutes(parts: list[_Part]) -> Iterator[_Part]:
    """Yield the parts of a date; `m` is named `minute` after hours or before seconds."""
    timed = [n for n, part in enumerate(parts) if part.kind in ("date", "elapsed")]
    for n, part in enumerate(parts):
        if part.kind == "date" and part.text[0] in "mM" and len(part.text) < 3:
            place = timed.index(n)
            before = parts[timed[place - 1]].text[0].lower() if place else ""
            after = parts[timed[place + 1]].text[0].lower() if place + 1 < len(timed) else ""
            if before == "h" or after == "s":
                yield _Part("minute", part.text)
                continue
        yield part


def _dated(parts: list[_Part], value: float, language: str, *, since_1904: bool) -> str | None:
    """Return the day and time stored as a number of days; None if there is no such day."""
    if not 0 <= value < 2_958_466:
        return None
    finest = max((len(part.text) - 1 for part in parts if part.kind == "fraction"), default=0)
    seconds = Decimal(f"{value:.15g}") * 86_400
    seconds = seconds.quantize(Decimal(1).scaleb(-finest), ROUND_HALF_UP)
    whole = int(seconds)
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if value < 60 else 30)  # noqa: DTZ001 - no zone is known
    moment = first + timedelta(seconds=whole)
    has_noon = any(part.kind == "noon" for part in parts)
    made = []
    for part in parts:
        if part.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[part.text[0]]
            made.append(str(whole // unit).zfill(len(part.text)))
        elif part.kind == "minute":
            made.append(str(moment.minute).zfill(min(len(part.text), 2)))
        elif part.kind == "fraction":
            made.append("." + f"{seconds - whole:.{finest}f}"[2:])
        elif part.kind == "noon":
            made.append("AM" if moment.hour < 12 else "PM")
        elif part.kind == "date":
            made.append(_date_part(part.text.lower(), moment, language, has_noon=has_noon))
        elif part.kind in ("text", "sign", "digit"):
            made.append(part.text)
    return "".join(made)


def _date_part(code: str, moment: datetime, language: str, *, has_noon: bool) -> str:
    letter, length = code[0], len(code)
    if letter in "ye":
        return f"{moment.year:04}" if length > 2 or letter == "e" else f"{moment.year % 100:02}"
    if letter == "m":
        name = _MONTHS[language].split()[moment.month - 1]
        return {3: name[:3], 4: name, 5: name[:1]}.get(length, str(moment.month).zfill(min(length, 2)))
    if letter == "d":
        name = _DAYS[language].split()[moment.weekday()]
        return (
            name[: 2 if language == "de" else 3]
            if length == 3
            else name
            if length > 3
            else str(moment.day).zfill(length)
        )
    number = (moment.hour % 12 or 12 if has_noon else moment.hour) if letter == "h" else moment.second
    return str(number).zfill(min(length, 2))
