"""WebKitGTK, the nearest to Safari, driven by WebDriver (https://w3c.github.io/webdriver/): as much as the tests need."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

START_S, ANSWER_S = 60.0, 60.0
NEEDED = ("WebKitWebDriver", "xvfb-run", "dbus-run-session")
_CALL = "const done = arguments[0]; (async () => JSON.stringify(await (%s)))().then(done, error => done('!' + error))"


def executable() -> str | None:
    """Return the path of WebKit's small browser; None if something that it needs is not installed."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    return str(found[-1]) if found and all(map(shutil.which, NEEDED)) else None


class WebKit:
    """One WebKit with one tab, on a screen that nobody sees."""

    def __init__(self, profile: Path) -> None:
        browser = executable()
        assert browser
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        profile.mkdir(parents=True, exist_ok=True)
        homes = dict.fromkeys(
            ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"), str(profile)
        )
        self._process = subprocess.Popen(
            ["xvfb-run", "-a", "dbus-run-session", "--", "WebKitWebDriver", f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **homes, "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1"},
        )
        self._port, self._session = port, ""
        options = {"binary": browser, "args": ["--automation"]}
        try:
            self._session = self._begin({"alwaysMatch": {"webkitgtk:browserOptions": options}})
            self._ask("POST", "/timeouts", {"script": int(ANSWER_S * 1000), "pageLoad": int(ANSWER_S * 1000)})
        except BaseException:
            self.close()
            raise

    def _begin(self, capabilities: dict[str, Any]) -> str:
        until = time.monotonic() + START_S
        while True:
            try:
                return str(self._ask("POST", "", {"capabilities": capabilities})["sessionId"])
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.2)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
        try:
            session = f"/session/{self._session}" if self._session else "/session"
            connection.request(method, session + path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            assert answer.status == 200, said
            return said["value"]
        finally:
            connection.close()

    def open(self, address: str) -> None:
        """Open an address in the tab and wait until it is loaded."""
        self._ask("POST", "/url", {"url": address})

    def evaluate(self, expression: str) -> Any:
        """Return what an expression (or the promise it gives) comes to; it must be made of JSON."""
        found = self._ask("POST", "/execute/async", {"script": _CALL % expression, "args": []})
        assert found is None or not found.startswith("!"), found
        return json.loads(found or "null")

    def press(self, keys: str) -> None:
        """Type characters into whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def close(self) -> None:
        """End this WebKit, its screen and its bus, and no other."""
        try:
            if self._session:
                self._ask("DELETE", "")
        except (OSError, http.client.HTTPException, AssertionError):
            pass
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(60)
