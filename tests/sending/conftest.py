"""Servers, and an environment without a way round them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.links.web import make_certificate
from tests.sending.servers import Post, Posted, web


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def served() -> Iterator[Posted]:
    with web() as posted:
        yield posted


@pytest.fixture
def mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Post]]:
    """Start a mail server whose certificate is for `localhost`, and known here."""
    certificate = tmp_path / "certificate.pem"
    make_certificate(certificate, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    started: list[Post] = []

    def start(tls: str) -> Post:
        started.append(Post(tls, certificate))
        return started[-1]

    yield start
    for server in started:
        server.close()
