"""What did the person choose? Settings from defaults < file < environment < options, and where the state is.

Every setting of `config/default.toml` is a field here, and a variable `INDEXER_<SECTION>_<KEY>`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from indexer.errors import SettingsError
from indexer.files import private


class FolderSettings(NamedTuple):
    """What of the folder is scanned."""

    ignore: tuple[str, ...] = ()
    """More patterns (gitignore syntax) of what is not an item."""


class WatchSettings(NamedTuple):
    """How changes are followed."""

    quiet_s: float = 0.5
    """Seconds without a change in a directory before its new files are read."""
    quiet_max_s: float = 5.0
    """The longest they wait if the directory never becomes quiet."""
    removal_delay_s: float = 5.0
    """Seconds until a vanished file counts as removed: programs move files around while they save."""
    full_scan_minutes: int = 0
    """Minutes between full passes; 0: 5 below 20,000 items, 30 above."""
    poll: bool = False
    """Poll the whole folder; places that send no events are detected and polled anyway."""
    poll_s: float = 8.0
    """Seconds between polls."""


class ExtractSettings(NamedTuple):
    """Limits of reading; `indexer failed` lists files beyond them."""

    workers: int = 0
    """Reading processes; 0: one for each core, four at most."""
    cpu_s: int = 60
    wall_s: int = 120
    memory_mb: int = 1500
    text_mb: int = 16
    """The most text that is kept of one file."""
    file_mb: int = 256
    """Larger files are found by name only."""
    passwords: tuple[str, ...] = ()
    """Tried on PDF and Office files, zip and 7z archives that need one."""
    ocr: bool = True
    """Recognise words in scans and pictures, if Tesseract is installed."""
    ocr_languages: tuple[str, ...] = ("eng",)
    """The languages Tesseract recognises."""


class SearchSettings(NamedTuple):
    """How `indexer search` understands queries."""

    synonyms: str = ""
    """A text file of words that mean the same, one group a line; empty: none."""


class LinksSettings(NamedTuple):
    """Whether and how pages behind links are read."""

    fetch: bool = False
    """Read them: their hosts learn that somebody does."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be in a private network, on any port (`host`) or on one (`host:port`)."""
    pause_s: float = 1.0
    """Seconds between two requests to a host."""
    contact: str = ""
    """An address (web or mail) that hosts are told, for complaints."""
    keep_copy: bool = False
    """Keep a readable copy of each article in the state."""
    fine: tuple[str, ...] = ()
    """Addresses or hosts that are well whatever a check says."""


class PageSettings(NamedTuple):
    """What is published, and when."""

    enabled: bool = True
    title: str = ""
    """The page's heading; empty: the folder's name."""
    url: str = ""
    """Where the folder is served, if it is; links in the digest's mail and in the feed begin with it."""
    language: str = "en"
    """The language of the page itself: en or de."""
    mode: str = "files"
    """files: data next to the page, for folders of any size. single: one file with everything in it."""
    single_mb: int = 10
    """The most data, in MB, that a page of one file may hold."""
    scope: tuple[str, ...] = ()
    """Subfolders left out of the page; `indexer search` still finds them."""
    encrypted: bool = False
    """Whether the page shows and finds texts of documents that a password of the settings opened."""
    text_kb: int = 64
    """How much of each item's text the page holds for snippets."""
    quiet_s: float = 3.0
    """Seconds the page waits after a change, so that more changes come with it."""
    every_s: float = 60.0
    """The shortest time between two pages, in seconds."""


class TeamSettings(NamedTuple):
    """Who writes, what the team is told each week, and by which way."""

    name: str = ""
    """Who signs what is written on this machine; empty: the login name."""
    people: str = "notes"
    """By what people know something. notes: notes, answers, links and questions they signed. authors: documents, too."""
    digest: bool = True
    """Whether a weekly digest and a feed are written beside the page."""
    digest_day: str = "monday"
    """The day on which the digest of the week before is written."""
    digest_at: str = "07:00"
    """The time of that day, in the time zone of the machine."""
    send: bool = False
    """Whether the digest is also sent: by mail if `smtp_host` is set, and to each of the `webhooks`."""
    smtp_host: str = ""
    smtp_port: int = 0
    """0: the usual one for `smtp_tls` (587, 465 or 25)."""
    smtp_user: str = ""
    smtp_password_file: str = ""
    """A file whose first line is the password; the variable INDEXER_TEAM_SMTP_PASSWORD comes before it."""
    smtp_from: str = ""
    smtp_to: tuple[str, ...] = ()
    smtp_tls: str = "starttls"
    """starttls: encrypted from the greeting on. tls: from the first byte. none: not at all."""
    webhooks: tuple[str, ...] = ()
    """Addresses that get the digest as one post: Teams, Slack, Mattermost, Discord, ntfy and the like."""


@dataclass(frozen=True)
class Settings:
    """All settings."""

    folder: FolderSettings = field(default_factory=FolderSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    extract: ExtractSettings = field(default_factory=ExtractSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    links: LinksSettings = field(default_factory=LinksSettings)
    page: PageSettings = field(default_factory=PageSettings)
    team: TeamSettings = field(default_factory=TeamSettings)
    state_dir: Path = field(default_factory=lambda: _own_directory("state"))
    """Given by --state-dir or INDEXER_STATE_DIR, not by the file."""


_Section = (
    FolderSettings
    | WatchSettings
    | ExtractSettings
    | SearchSettings
    | LinksSettings
    | PageSettings
    | TeamSettings
)
SECTIONS: Mapping[str, type[_Section]] = {
    "folder": FolderSettings,
    "watch": WatchSettings,
    "extract": ExtractSettings,
    "search": SearchSettings,
    "links": LinksSettings,
    "page": PageSettings,
    "team": TeamSettings,
}


def config_path(given: Path | None, env: Mapping[str, str]) -> Path:
    """Return the settings file in use: the option, else INDEXER_CONFIG, else the user's own place."""
    if given is not None:
        return given
    if env.get("INDEXER_CONFIG"):
        return Path(env["INDEXER_CONFIG"])
    return _own_directory("config") / "config.toml"


CHOICES = {
    "page.language": ("en", "de"),
    "page.mode": ("files", "single"),
    "team.people": ("notes", "authors"),
    "team.digest_day": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "team.smtp_tls": ("starttls", "tls", "none"),
}
"""The allowed values of settings that have only a few, by section and name."""
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_MAIL = (r"([!#-'*+\-./0-9=?A-Z^-~]+@[^\s<>()@,;:\\\"]+)?", "a mail address (ann@example.org)")
_FORMS = {
    "links.allow_hosts": (
        rf"(\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]|(?!-)[\w-]{{1,63}}(\.[\w-]{{1,63}})*\.?)(:{_PORT})?",
        "the whole name or the address of one host, perhaps with a port (wiki.example:8080)",
    ),
    "links.contact": (r"[!-'*-~]*", "an address without spaces, brackets or letters outside ASCII"),
    "page.url": (
        r"(https?://[^\s<>\"?#\[\]]+)?",
        "an address that begins with https:// or http://, without ? and #",
    ),
    "team.digest_at": (r"([01]?[0-9]|2[0-3]):[0-5][0-9]", "a time of day (07:00)"),
    "team.smtp_from": _MAIL,
    "team.smtp_to": _MAIL,
    "team.webhooks": (r"[a-z][a-z0-9+.-]*://[^\s<>\"\[\]]+", "an address (https://…)"),
}
"""What a text, or each one of a list, must look like, and how that is told."""


def _own_directory(kind: str) -> Path:
    """Return the user's own directory for the state or config of this program."""
    import platformdirs  # not needed by a search with everything given

    made = platformdirs.user_state_dir if kind == "state" else platformdirs.user_config_dir
    return Path(made("indexer", appauthor=False))


def load_settings(
    config: Path | None = None,
    state_dir: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    may_be_missing: bool = False,
) -> Settings:
    """Return the settings in force; raise SettingsError with every problem at once.

    A file given by option or variable must exist, unless it `may_be_missing`. Raise UserError if it is another user's.
    """
    env = os.environ if env is None else env
    problems: list[str] = []
    given: dict[str, dict[str, object]] = {}
    path = config_path(config, env)
    named = config is not None or bool(env.get("INDEXER_CONFIG"))
    if path.exists() or (named and not may_be_missing):
        given = _read_file(path, problems)
        if not named or _has_secrets(given):  # a named file without them may be shared
            private.close_to_others(path)
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        values: dict[str, Any] = {}
        for setting, default in kind._field_defaults.items():
            where = f"{name}.{setting}"
            raw = given.get(name, {}).pop(setting, None)
            variable = f"INDEXER_{name}_{setting}".upper()
            if variable in env:
                where, raw = variable, _from_text(env[variable], default)
            if raw is not None:
                values[setting] = _checked(where, raw, default, problems)
                allowed = CHOICES.get(f"{name}.{setting}")
                if allowed and values[setting] not in allowed:
                    problems.append(f"{where} = {raw!r} must be one of {', '.join(allowed)}")
                _check_form(f"{name}.{setting}", where, values[setting], problems)
        sections[name] = kind(**values)
    for name, rest in given.items():
        if name not in SECTIONS:
            problems.append(f"[{name}] is not a section (sections: {', '.join(SECTIONS)})")
        else:
            known = ", ".join(SECTIONS[name]._fields)
            problems += [f"{name}.{key} is not a setting (settings: {known})" for key in rest]
    if problems:
        raise SettingsError([*problems[:-1], f"{problems[-1]} (file: {path})"])
    chosen = state_dir or (Path(env["INDEXER_STATE_DIR"]) if env.get("INDEXER_STATE_DIR") else None)
    if chosen:
        sections["state_dir"] = chosen.expanduser().absolute()
    return Settings(**sections)


def _has_secrets(given: Mapping[str, Mapping[str, object]]) -> bool:
    """Tell whether a settings file holds passwords, or addresses that let whoever knows them write."""
    return bool(given.get("extract", {}).get("passwords") or given.get("team", {}).get("webhooks"))


def _check_form(setting: str, where: str, value: object, problems: list[str]) -> None:
    """Note what of a setting does not look as it must."""
    if setting in _FORMS:
        pattern, told = _FORMS[setting]
        for text in value if isinstance(value, tuple) else (str(value),):
            if not re.fullmatch(pattern, text):
                problems.append(f"{where} = {text!r} must be {told}")


def _read_file(path: Path, problems: list[str]) -> dict[str, dict[str, object]]:
    import tomllib  # not needed by most searches

    private.refuse_of_others(path)
    try:
        loaded = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path} can't be read: {error}")
        return {}
    wrong = [name for name, value in loaded.items() if not isinstance(value, dict)]
    problems += [f"{name} must be in a section" for name in wrong]
    return {name: dict(value) for name, value in loaded.items() if isinstance(value, dict)}


def _from_text(text: str, default: object) -> object:
    """Read an environment variable as the type of the setting; if that fails, it stays text."""
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, bool):
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(
            text.strip().lower(), text
        )
    try:
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
    except ValueError:
        pass
    return text


def _checked(where: str, raw: object, default: object, problems: list[str]) -> object:
    """Return `raw` as the type of `default`, or note what is wrong with it."""
    if isinstance(default, tuple):
        if isinstance(raw, list) and all(isinstance(part, str) for part in raw):
            return tuple(raw)
        problems.append(f"{where} = {raw!r} must be a list of texts")
    elif isinstance(default, bool) or isinstance(raw, bool):
        if isinstance(raw, bool) and isinstance(default, bool):
            return raw
        problems.append(
            f"{where} = {raw!r} must be {'true or false' if isinstance(default, bool) else 'a number'}"
        )
    elif isinstance(default, int | float):
        if isinstance(raw, int) or (isinstance(default, float) and isinstance(raw, float)):
            if 0 <= raw < float("inf"):
                return type(default)(raw)
            problems.append(f"{where} = {raw!r} must {'not be negative' if raw < 0 else 'be a number'}")
        else:
            problems.append(f"{where} = {raw!r} must be a number")
    elif isinstance(raw, str):
        return raw
    else:
        problems.append(f"{where} = {raw!r} must be a text")
    return default
