"""Servers of this machine that take a digest, refuse it, or make whoever brings it wait."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Posted:
    """What a web server was sent, and what it answers."""

    def __init__(self) -> None:
        self.code, self.body, self.location, self.drip = 200, b"ok", "", False
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""


@contextmanager
def web() -> Iterator[Posted]:
    """Run a web server."""
    posted = Posted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.got.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            if posted.drip:
                with contextlib.suppress(OSError):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    for _ in range(100):
                        self.wfile.write(b"X-Slow: yes\r\n")
                        time.sleep(0.02)
                return
            self.send_response(posted.code)
            if posted.location:
                self.send_header("Location", posted.location)
            self.send_header("Content-Length", str(len(posted.body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(posted.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    posted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield posted
    server.shutdown()
    server.server_close()


class Post:
    """A mail server that knows as much of SMTP as a digest needs."""

    def __init__(self, tls: str = "none", certificate: Path | None = None) -> None:
        self.tls, self._certificate = tls, certificate
        self.unknown: set[str] = set()
        self.takes = True
        self.is_silent = False
        self.mails: list[bytes] = []
        self.said: list[str] = []
        self.encrypted: list[str] = []
        """What was said encrypted."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ssl.SSLError, EOFError):
                connection.settimeout(10)
                self._talk(connection)

    def _wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self._certificate
        context.load_cert_chain(self._certificate)
        return context.wrap_socket(connection, server_side=True)

    def _talk(self, connection: socket.socket) -> None:
        is_safe = self.tls == "tls"
        if is_safe:
            connection = self._wrap(connection)
        if self.is_silent:
            time.sleep(2)
            return
        lines = connection.makefile("rb")

        def say(text: str) -> None:
            connection.sendall(text.encode() + b"\r\n")

        say("220 post ESMTP")
        while raw := lines.readline():
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            self.said.append(line)
            if is_safe:
                self.encrypted.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                offers = ["post", "AUTH PLAIN"] + (
                    ["STARTTLS"] if self.tls == "starttls" and not is_safe else []
                )
                connection.sendall(
                    "".join(
                        f"250{'-' if n < len(offers) - 1 else ' '}{one}\r\n" for n, one in enumerate(offers)
                    ).encode()
                )
            elif verb == "STARTTLS":
                say("220 go on")
                connection, is_safe = self._wrap(connection), True
                lines = connection.makefile("rb")
            elif verb == "AUTH":
                say("235 welcome" if "AHVzZXIAc2VjcmV0" in line else "535 5.7.8 bad credentials")
            elif verb == "RCPT":
                say("550 nobody" if any(one in line for one in self.unknown) else "250 ok")
            elif verb == "DATA":
                say("354 go on")
                mail = b""
                while (part := lines.readline()) not in (b".\r\n", b""):
                    mail += part[1:] if part.startswith(b"..") else part
                if self.takes:
                    self.mails.append(mail)
                say("250 taken" if self.takes else "554 5.7.1 looks like spam")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def patiently(tell: Callable[[], bool]) -> bool:
    """Wait a moment until something is so."""
    until = time.monotonic() + 5
    while not tell() and time.monotonic() < until:
        time.sleep(0.01)
    return tell()
