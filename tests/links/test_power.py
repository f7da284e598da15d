"""Whether a machine runs on battery, by what systems say."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from indexer.links import power
from indexer.links.power import discharges, on_battery, says_battery


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ({}, False),
        ({"AC": "type=Mains online=1"}, False),
        ({"AC": "type=Mains online=0", "BAT0": "type=Battery status=Discharging scope=System"}, True),
        ({"AC": "type=Mains online=1", "BAT0": "type=Battery status=Discharging"}, False),
        ({"BAT0": "type=Battery status=Full", "BAT1": "type=Battery status=Discharging"}, True),
        ({"BAT0": "type=Battery status=Charging"}, False),
        ({"BAT0": "type=Battery status=Unknown"}, False),
        ({"ucsi": "type=USB online=1", "BAT0": "type=Battery status=Discharging"}, False),
        ({"mouse": "type=Battery status=Discharging scope=Device"}, False),
        ({"mouse": "type=USB online=1 scope=Device", "BAT0": "type=Battery status=Discharging"}, True),
        ({"ups": "type=UPS status=Discharging"}, True),
        ({"odd": "online=\xff"}, False),
    ],
)
def test_linux(tmp_path: Path, supplies: dict[str, str], expected: bool) -> None:
    for name, facts in supplies.items():
        (tmp_path / name).mkdir()
        for fact in facts.split():
            (tmp_path / name / fact.partition("=")[0]).write_bytes(
                fact.partition("=")[2].encode("latin-1") + b"\n"
            )
    assert discharges(tmp_path) is expected


def test_macos() -> None:
    battery = (
        b"Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t90%; discharging; 5:02 remaining"
    )
    assert says_battery(battery)
    assert not says_battery(battery.replace(b"'Battery Power'", b"'AC Power'"))
    assert not says_battery(b"")


def test_a_system_that_says_nothing_is_not_on_battery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert on_battery() in (True, False)  # the system's own words, whatever they are
    for name in ("linux", "darwin", "win32"):
        monkeypatch.setattr(sys, "platform", name)
        monkeypatch.setattr(power, "SUPPLIES", tmp_path / "nothing")
        monkeypatch.setattr(power, "_PMSET", str(tmp_path / "nothing"))
        monkeypatch.delattr(ctypes, "WinDLL", raising=False)
        assert on_battery() is False
