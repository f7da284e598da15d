"""How is one request made? Resolution, check and connection are one step, and everything that comes is bounded.

A name is looked up once; if any of its addresses is private nothing is asked; the connection goes to an address that was
checked. The name stays for `Host`, SNI and the certificate.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from urllib.parse import unquote, urlsplit

import httpcore

from indexer.links.addresses import PORTS, Address, Allowed, Refused, refuse_private
from indexer.links.limits import Limits
from indexer.links.proxies import Proxies, can_be_used
from indexer.links.replies import Ask, Reply, Trouble, read

_ACCEPT = b"text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5"
_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, 10051, 10065, 10050}
"""There is no way to the host (the numbers are those of Windows)."""

Resolve = Callable[[str, int], list[str]]


def look_up(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a host; raise OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Network:
    """Makes requests. Threads may share it."""

    def __init__(
        self,
        agent: str,
        allowed: Allowed,
        limits: Limits,
        resolve: Resolve = look_up,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._agent = agent.encode("ascii")
        self.allowed, self.limits = allowed, limits
        self._resolve = resolve
        self.backend = backend or httpcore.SyncBackend()
        self._context = httpcore.default_ssl_context()  # the system's certificates and certifi's
        self._proxies = Proxies()

    def ask(self, ask: Ask) -> Reply:
        """Return what comes; never raise."""
        began = time.monotonic()
        proxy = self._proxies.of(ask.address)
        try:
            reply = self._ask(ask, began + max(ask.seconds, 0.0), proxy)
        except Refused as refused:
            reply = Reply(trouble=Trouble.REFUSED, detail=str(refused))
        except (httpcore.ProxyError, _ProxyTrouble) as error:
            reply = Reply(trouble=Trouble.PROXY, detail=f"the proxy can't be used: {_plain(error)}")
        except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
            reply = _unconnected(error)
        except (httpcore.TimeoutException, _TooLate):
            reply = Reply(
                trouble=Trouble.FAILED, detail=f"not read within {self.limits.total_s:g} seconds in all"
            )
        except Exception as error:  # noqa: BLE001 - hostile answers: whatever they cause is a failure of that host
            reply = Reply(trouble=Trouble.FAILED, detail=f"the answer can't be understood: {_plain(error)}")
        return reply._replace(took_s=time.monotonic() - began, by_proxy=proxy is not None)

    def can_look_up(self, host: str) -> bool:
        """Tell whether a host has an address now."""
        try:
            return bool(self.addresses_of(host, 443, time.monotonic() + self.limits.connect_s))
        except (OSError, _TooLate):
            return False

    def addresses_of(self, host: str, port: int, deadline: float) -> list[str]:
        """Return the addresses of a host, unchecked; raise OSError, or `_TooLate` after the deadline."""
        answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

        def run() -> None:
            try:
                answers.put(self._resolve(host, port))
            except Exception as error:  # noqa: BLE001 - the one who waits raises it
                answers.put(error)

        threading.Thread(target=run, daemon=True).start()  # the system's resolver can't be told to hurry
        try:
            answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise _TooLate from None
        if isinstance(answer, UnicodeError):
            raise OSError("this is not the name of a host")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ask(self, ask: Ask, deadline: float, proxy: str | None) -> Reply:
        address = ask.address
        headers = [
            (b"Host", address.authority.encode("ascii")),
            (b"User-Agent", self._agent),
            (b"Accept", _ACCEPT),
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"Connection", b"close"),
        ]
        if ask.etag:
            headers.append((b"If-None-Match", ask.etag.encode("latin-1")))
        if ask.last_modified:
            headers.append((b"If-Modified-Since", ask.last_modified.encode("latin-1")))
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode("ascii"),
            port=None if address.port == PORTS[address.scheme] else address.port,
            target=address.target.encode("ascii"),
        )
        seconds = dict.fromkeys(("connect", "read", "write", "pool"), self.limits.total_s)
        with (
            self._pool(address, deadline, proxy) as pool,
            pool.stream("GET", url, headers=headers, extensions={"timeout": seconds}) as response,
        ):
            return read(ask, response.status, response.headers, response.iter_stream())

    def _pool(self, address: Address, deadline: float, proxy: str | None) -> httpcore.ConnectionPool:
        backend = _Backend(self, deadline, is_proxy=proxy is not None)
        if proxy is None:
            return httpcore.ConnectionPool(ssl_context=self._context, network_backend=backend)
        parts = urlsplit(proxy) if can_be_used(proxy) else None
        if parts is None or not parts.hostname:
            raise _ProxyTrouble("only http:// proxies are supported")
        try:
            known = self.addresses_of(address.host, address.port, deadline)
        except OSError:
            known = []  # the proxy may know more names than we do
        if not self.allowed.has(address.host, address.port):
            refuse_private(known)
        user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        where = httpcore.URL(
            scheme=b"http", host=parts.hostname.encode("idna"), port=parts.port or 80, target=b"/"
        )
        return httpcore.HTTPProxy(where, proxy_auth=user, ssl_context=self._context, network_backend=backend)


class _TooLate(Exception):
    """The time of a check is over."""


class _ProxyTrouble(Exception):
    """The proxy can't be used."""


class _Backend(httpcore.NetworkBackend):
    """Connects for one request: looks up once, checks, and connects to what was checked."""

    def __init__(self, network: Network, deadline: float, *, is_proxy: bool) -> None:
        self._network, self._deadline, self._is_proxy = network, deadline, is_proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is what counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to a checked address of the host."""
        try:
            return self._connect(host, port, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError, _TooLate) as error:
            if self._is_proxy:
                raise _ProxyTrouble(_plain(error)) from error
            raise

    def _connect(
        self,
        host: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        found = list(dict.fromkeys(self._network.addresses_of(host, port, self._deadline)))
        if not self._is_proxy and not self._network.allowed.has(host, port):
            refuse_private(found)
        last: Exception = OSError("it has no address")
        for address in found:
            left = _left(self._deadline)
            try:
                stream = self._network.backend.connect_tcp(
                    str(ipaddress.ip_address(address)),  # a number: nothing is looked up again
                    port,
                    min(left, self._network.limits.connect_s),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self._deadline)
        raise last


class _Stream(httpcore.NetworkStream):
    """A connection on which everything ends at a deadline, however slowly it drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return what has come."""
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send all of it."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS."""
        left = _left(self._deadline)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Return what the connection tells of itself."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _TooLate
    return left


def _unconnected(error: Exception) -> Reply:
    """Return what it means that there is no connection."""
    # httpcore drops `__cause__` on the way.
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Reply(trouble=Trouble.FAILED, detail=f"its certificate is not valid: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError):
        return Reply(trouble=Trouble.FAILED, detail=f"no secure connection: {cause.reason or 'TLS failed'}")
    if isinstance(cause, socket.gaierror):
        # On Linux only who asked a name server says that there is no such name; others say it offline, too.
        answered = sys.platform == "linux" and cause.errno in (socket.EAI_NONAME, -5)  # -5: EAI_NODATA
        return Reply(trouble=Trouble.FAILED if answered else Trouble.SILENT, detail="there is no such host")
    if isinstance(error, httpcore.ConnectTimeout) or isinstance(cause, TimeoutError):
        return Reply(trouble=Trouble.SILENT, detail="the host does not answer")
    if isinstance(cause, OSError) and cause.errno in _ROUTE:
        return Reply(trouble=Trouble.SILENT, detail="there is no way to the host")
    return Reply(trouble=Trouble.FAILED, detail=f"no connection: {_plain(cause)}")


def _plain(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
