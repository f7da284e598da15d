"""What a person is told of the proxies in the environment."""

from __future__ import annotations

import pytest

from indexer.links.addresses import Allowed, parse
from indexer.links.proxies import Proxies


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        for variable in (f"{name}_proxy", f"{name}_PROXY".upper()):
            monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("env", "problem", "remark"),
    [
        ("", "", ""),
        ("HTTPS_PROXY=http://proxy.corp:3128", "", "through the proxy proxy.corp:3128,"),
        ("ALL_PROXY=proxy.corp:3128", "", "through the proxy proxy.corp:3128,"),
        ("https_proxy=http://me:secret@proxy.corp:3128", "", "through the proxy proxy.corp:3128,"),
        ("ALL_PROXY=socks5://me:secret@127.0.0.1:1080", "through socks5://127.0.0.1:1080: only http://", ""),
        ("HTTPS_PROXY=https://proxy.corp", "through https://proxy.corp: only http://", ""),
        ("HTTPS_PROXY=http://", "through the proxy of the environment: only", ""),
        ("HTTPS_PROXY=http://[", "through the proxy of the environment: only", ""),
        ("HTTP_PROXY=http://a HTTPS_PROXY=socks4://b", "socks4://b", "proxy a,"),
        ("ALL_PROXY=socks5://a NO_PROXY=*", "", ""),
        ("ALL_PROXY=http://a NO_PROXY=news.test", "", "proxy a,"),
    ],
)
def test_what_is_told(monkeypatch: pytest.MonkeyPatch, env: str, problem: str, remark: str) -> None:
    for setting in env.split():
        monkeypatch.setenv(*setting.split("=", 1))
    problems, remarks = Proxies().advice()
    for told, part in ((problems, problem), (remarks, remark)):
        assert len(told) == bool(part)
        assert part in "".join(told)
        assert "secret" not in "".join(told)


def test_some_hosts_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.corp:3128")
    monkeypatch.setenv("NO_PROXY", "news.test")
    proxies = Proxies()
    assert proxies.of(parse("https://other.test/", Allowed())) == "http://proxy.corp:3128"
    assert proxies.of(parse("https://news.test/", Allowed())) is None
