"""Numbers as Excel shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract.number_format import BUILT_IN, shown_by


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0.0%", 0.075, "7.5%"),
        ("0%", 0.125, "13%"),
        ('"$"#,##0.00', 1234.5, "$1,234.50"),
        ("#,##0.00", 1234567.891, "1,234,567.89"),
        ("#,##0.00", 0.5, "0.50"),
        ("#,##0", 999.5, "1,000"),
        ("#,###", 0, ""),
        ("0.00", 1.005, "1.01"),
        ("00000", 1067, "01067"),
        ('"+"00 00 00000000', 498912345678, "+49 89 12345678"),
        ("000-00-0000", 123456789, "123-45-6789"),
        ('#,##0.0 "kg"', 12345.5, "12,345.5 kg"),
        ('"K-"000000', 4711, "K-004711"),
        ("0.0##", 1.5, "1.5"),
        ("0.0##", 1.23456, "1.235"),
        ("#.##", 0.5, ".5"),
        ("0.#", 3, "3"),
        ("0,", 12345678, "12346"),
        ('0.0,,"M"', 12345678, "12.3M"),
        ("[$\u20ac-407]\\ #,##0.00", 5, "\u20ac 5.00"),
        ("#,##0.00\\ [$EUR]", 1234, "1,234.00 EUR"),
        ('#,##0.00_);("$"#,##0.00)', -7.5, "($7.50)"),
        ('0;[Red]-0;"none"', 0, "none"),
        ("0;[Red]-0", -3, "-3"),
        ("0.0", -0.25, "-0.3"),
        (";;;", 5, ""),
        ('[<1000]0;[>=1000]0.0,"k"', 2500, "2.5k"),
        ('[<1000]0" small";0" large"', 5, "5 small"),
        ('General" kg"', 12.5, "12.5 kg"),
        ("0.00E+00", 123456, "1.23E+05"),
        ("0.0E-0", 0.00012, "1.2E-4"),
        ("# ?/?", 1.5, "1 1/2"),
        ("# ??/??", 0.333333333333333, "1/3"),
        ("# ?/8", 2.125, "2 1/8"),
        ("yyyy-mm-dd", 46096, "2026-03-15"),
        ("DD.MM.YYYY", 46096, "15.03.2026"),
        ("d. mmmm yyyy", 46096, "15. March 2026"),
        ("[$-407]d. mmmm yyyy", 46096, "15. M\u00e4rz 2026"),
        ("ddd d-mmm-yy", 46096, "Sun 15-Mar-26"),
        ("[h]:mm", 1.5625, "37:30"),
        ("[hh]:mm:ss", 1.5625, "37:30:00"),
        ("h:mm:ss", 0.28125, "6:45:00"),
        ("h:mm AM/PM", 0.75, "6:00 PM"),
        ("mm:ss.0", 0.000011574, "00:01.0"),
        ("m/d/yyyy h:mm", 46096.5, "3/15/2026 12:00"),
        ("yyyy", 1, "1900"),
        ("yyyy-mm-dd", -5, None),
        ("[s]", 0.5, "43200"),
    ],
)  # fmt: skip
def test_shown(code: str, value: float, shown: str | None) -> None:
    show = shown_by(code)
    assert show
    assert show(value) == shown


def test_what_is_shown_as_stored() -> None:
    for code in ("General", "@", "", " general ", "0" * 300):
        assert shown_by(code) is None


def test_days_since_1904() -> None:
    show = shown_by("yyyy-mm-dd", since_1904=True)
    assert show
    assert show(0) == "1904-01-01"


@given(
    st.text(alphabet='0#?.,%;_*"\\[]$-/EeymdhsAPGnral 1<>=@\u20ac', max_size=40)
    | st.sampled_from(list(BUILT_IN.values())),
    st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**20), 10**20),
)
def test_no_code_fails(code: str, value: float) -> None:
    show = shown_by(code)
    if show:
        text = show(value)
        assert text is None or len(text) < 3000
