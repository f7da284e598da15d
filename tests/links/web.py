"""A web of the tests' own on loopback: hosts by made-up names and public addresses, with manners of all kinds."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpcore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PUBLIC, OTHER_PUBLIC = "93.184.216.34", "2606:2800:220:1::1"


@dataclass
class Seen:
    """One request, as the server saw it."""

    host: str
    path: str
    headers: dict[str, str]
    began: float
    """When somebody connected."""
    ended: float = 0.0
    """When all of the answer was sent."""


Answer = Callable[[socket.socket, dict[str, str]], None] | bytes


def page(
    body: bytes = b"<html><p>An article about tariffs.",
    status: str = "200 OK",
    kind: str = "text/html",
    **headers: str,
) -> bytes:
    """Return an answer with a body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: int = 302, **headers: str) -> bytes:
    """Return an answer that leads elsewhere."""
    return page(b"", f"{status} Moved", Location=to, **headers)


def drip(pieces: Iterable[bytes], pause_s: float = 0.02) -> Callable[[socket.socket, dict[str, str]], None]:
    """Return an answer that comes slowly."""

    def answer(connection: socket.socket, headers: dict[str, str]) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)

    return answer


class Web:
    """The server. It answers by host and path, else by path, else with 404."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.otherwise: Answer | None = None
        """What it answers to all else, instead of 404."""
        self.seen: list[Seen] = []
        self.made: list[tuple[str, int]] = []
        """Connections that would have been made to hosts, by address and port."""
        self.may_be_private: set[str] = set()
        """Addresses of hosts that the settings allow, or of a proxy."""
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2)]
        self.port, self.tls_port = (listener.getsockname()[1] for listener in self._listeners)
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        for listener, is_tls in zip(self._listeners, (False, True), strict=True):
            threading.Thread(target=self._accept, args=(listener, is_tls), daemon=True).start()

    def close(self) -> None:
        """Stop."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _otherwise(self, path: str) -> Answer:
        return page(b"", "404 Not Found") if self.otherwise is None else self.otherwise

    def paths(self) -> list[str]:
        """Return what was asked for, without the robots.txt."""
        return [seen.path for seen in self.seen if seen.path != "/robots.txt"]

    def _accept(self, listener: socket.socket, is_tls: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                threading.Thread(target=self._serve, args=(connection, is_tls), daemon=True).start()

    def _serve(self, connection: socket.socket, is_tls: bool) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            if is_tls and self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            began = time.monotonic()
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := connection.recv(8192)):
                    return
                head += piece
            first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            path, host = first.split(" ")[1], headers.get("host", "")
            answer = self.answers.get(host + path, self.answers.get(path, self._otherwise(path)))
            seen = Seen(host, path, headers | {"": first}, began)
            self.seen.append(seen)
            try:
                if callable(answer):
                    answer(connection, headers)
                else:
                    connection.sendall(answer)
            finally:
                seen.ended = time.monotonic()
            connection.close()


class Wire(httpcore.SyncBackend):
    """Notes each connection that would be made, and makes it to the server of the tests."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.made = web.made
        self.failing: dict[str, Exception] = {}
        """By address."""

    def fail(self, cause: OSError, host: str = PUBLIC) -> None:
        """Have connections to a host fail."""
        self.failing[host] = httpcore.ConnectError("no")
        self.failing[host].__context__ = cause

    def connect_tcp(self, host: str, port: int, *args: object, **options: object) -> httpcore.NetworkStream:
        """Connect to the server of the tests."""
        self.made.append((host, port))
        if host in self.failing:
            raise self.failing[host]
        return super().connect_tcp("127.0.0.1", self._web.tls_port if port == 443 else self._web.port, 5)


def as_number(host: str) -> str | None:
    """Return a host as a usual number, if it is one of any form that systems take."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    with contextlib.suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(host))
    return None


class Names:
    """Resolves made-up names: each has a list of answers, of which the last is repeated."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str] | OSError]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if (number := as_number(host)) is not None:
            return [number]
        answers = self.answers.get(host, [[PUBLIC]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


def make_certificate(path: Path, *names: str) -> None:
    """Write a key and a certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(encoding, *plain) + made.public_bytes(encoding))
