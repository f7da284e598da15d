"""Settings: the documented defaults are the real ones, and all errors are reported at once."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.links.addresses import Allowed, parse
from indexer.settings import CHOICES, SECTIONS, Settings, load_settings

FORMED = {
    "page.url": "https://files.example.org/team",
    "team.digest_at": "18:30",
    "team.smtp_from": "ann@example.org",
    "team.smtp_to": "ann@example.org, ben@example.org",
    "team.webhooks": "https://example.org/a, https://example.org/b",
}
"""Values of settings that must have a certain form."""
DEFAULT = Path(__file__).parent.parent / "config" / "default.toml"


def test_the_documented_defaults_are_the_real_ones() -> None:
    documented = tomllib.loads(DEFAULT.read_text("utf-8"))
    assert {name: set(values) for name, values in documented.items()} == {
        name: set(kind._fields) for name, kind in SECTIONS.items()
    }
    assert load_settings(DEFAULT, env={}) == Settings()


@pytest.mark.parametrize("section", SECTIONS)
def test_each_setting_is_a_variable_too(section: str) -> None:
    kind = SECTIONS[section]
    for setting, default in kind._field_defaults.items():
        texts = {bool: "no" if default else "yes", int: "7", float: "7.5", str: "text", tuple: "a, b"}
        expected = {bool: not default, int: 7, float: 7.5, str: "text", tuple: ("a", "b")}
        if allowed := CHOICES.get(f"{section}.{setting}"):
            texts[str] = expected[str] = allowed[-1]
        if text := FORMED.get(f"{section}.{setting}"):
            texts[type(default)] = text
            expected[type(default)] = tuple(text.split(", ")) if isinstance(default, tuple) else text
        env = {f"INDEXER_{section}_{setting}".upper(): texts[type(default)]}
        assert (
            getattr(getattr(load_settings(env=env | {"XDG_CONFIG_HOME": "/nowhere"}), section), setting)
            == expected[type(default)]
        )


def test_options_beat_environment_and_file(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("[page]\ntitle = 'File'\ntext_kb = 9\n")
    loaded = load_settings(
        config, tmp_path / "s", {"INDEXER_PAGE_TITLE": "Env", "INDEXER_STATE_DIR": "/other"}
    )
    assert (loaded.page.title, loaded.page.text_kb, loaded.state_dir) == ("Env", 9, tmp_path / "s")


def test_all_problems_at_once(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(
        "loose = 1\n[page]\nenabled = 'maybe'\ntext_kb = -1\nscope = 'HR'\n[extract]\ncpu_s = 1.5\n[x]\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(config, env={"INDEXER_WATCH_POLL": "perhaps"})
    assert len(caught.value.problems) == 7


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("page.url", "files.example.org"),
        ("page.url", "file:///srv/team"),
        ("page.url", "https://example.org/?x=1"),
        ("team.people", "all"),
        ("team.digest_day", "Monday"),
        ("team.digest_at", "7"),
        ("team.digest_at", "24:00"),
        ("team.smtp_tls", "ssl"),
        ("team.smtp_from", "Ann <ann@example.org>"),
        ("team.smtp_from", "ann@example.org\nBcc: x@example.org"),
        ("team.smtp_to", "ann"),
        ("team.webhooks", "example.org/hook"),
        ("team.webhooks", "http://[::1/x"),
    ],
)
def test_what_can_not_be_is_refused(setting: str, value: str) -> None:
    variable = f"INDEXER_{setting.replace('.', '_')}".upper()
    with pytest.raises(SettingsError, match=variable):
        load_settings(env={variable: value, "XDG_CONFIG_HOME": "/nowhere"})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
@pytest.mark.parametrize(
    "secret", ["[extract]\npasswords = ['x']", "[team]\nwebhooks = ['https://example.org/x']"]
)
def test_a_file_with_secrets_is_closed_to_others(tmp_path: Path, secret: str) -> None:
    config = tmp_path / "c.toml"
    config.write_text(secret)
    config.chmod(0o644)
    load_settings(config, env={})
    assert config.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "host",
    "wiki wiki.corp WIKI.corp.:8080 bücher.example:1 xn--bcher-kva.example a_b.corp 127.0.0.1 10.1.2.3:65535 [::1]"
    " [fe80::1]:443 intranet-1".split(),
)
def test_hosts_that_can_be_allowed(host: str) -> None:
    env = {"INDEXER_LINKS_ALLOW_HOSTS": host, "XDG_CONFIG_HOME": "/nowhere"}
    assert load_settings(env=env).links.allow_hosts == (host,)
    assert Allowed([host]).has(*_host_and_port(host))


def _host_and_port(host: str) -> tuple[str, int]:
    address = parse(f"http://{host}/", Allowed([host]))
    return address.host, address.port


@pytest.mark.parametrize(
    "host",
    "* *.corp wiki.* 10.0.0.* 10.0.0.0/8 .corp .. - wiki..corp wiki:0 wiki:65536 wiki:* wiki: http://wiki wiki/page"
    " me@wiki [wiki] ::1 ? %wiki".split(),
)
def test_what_names_no_host_is_refused(tmp_path: Path, host: str) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[links]\nallow_hosts = ["wiki.corp", "{host}"]\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(config, env={})
    (problem,) = caught.value.problems
    assert problem.startswith(f"links.allow_hosts = {host!r} must be the whole name")
