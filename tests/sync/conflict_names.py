"""What does a sync client call a conflict copy? One rule a service. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import NamedTuple


class Style(StrEnum):
    """The service whose ways are imitated."""

    DROPBOX = "dropbox"
    ONEDRIVE = "onedrive"
    SYNCTHING = "syncthing"
    GOOGLE_DRIVE = "google drive"


class Whose(NamedTuple):
    """What a service knows of the machine whose version is set aside."""

    person: str
    computer: str
    """As Windows calls it, `DESKTOP-4F7G2H1`."""
    device: str
    """Seven letters and digits."""


def conflict_name(
    style: Style, path: str, whose: Whose, when: datetime, is_taken: Callable[[str], bool]
) -> str:
    """Return the path at which the version of `whose` is kept if two versions of `path` meet, one that is not taken."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    forms = (f"{folder}{slash}{said}{dot}{suffix}" for said in _FORMS[style](stem, whose, when))
    return next(path for path in forms if not is_taken(path))


def _dropbox(stem: str, whose: Whose, when: datetime) -> Iterator[str]:
    said = f"{stem} ({whose.person}'s conflicted copy {when:%Y-%m-%d}"
    yield f"{said})"
    yield from (f"{said} {number})" for number in count(1))


def _onedrive(stem: str, whose: Whose, when: datetime) -> Iterator[str]:
    del when
    yield f"{stem}-{whose.computer}"
    yield from (f"{stem}-{whose.computer}-{number}" for number in count(2))


def _syncthing(stem: str, whose: Whose, when: datetime) -> Iterator[str]:
    seconds = int(when.timestamp())
    yield from (
        f"{stem}.sync-conflict-{datetime.fromtimestamp(at, when.tzinfo):%Y%m%d-%H%M%S}-{whose.device}"
        for at in count(seconds)
    )


def _google_drive(stem: str, whose: Whose, when: datetime) -> Iterator[str]:
    del whose, when
    yield from (f"{stem} ({number})" for number in count(1))


_FORMS: dict[Style, Callable[[str, Whose, datetime], Iterator[str]]] = {
    Style.DROPBOX: _dropbox,
    Style.ONEDRIVE: _onedrive,
    Style.SYNCTHING: _syncthing,
    Style.GOOGLE_DRIVE: _google_drive,
}
