"""Firefox driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): as much of it as the tests need."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
START_S, ANSWER_S = 40.0, 30.0


def executable() -> str | None:
    """Return the path of Firefox; None if it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """One headless Firefox with a fresh profile and one tab."""

    def __init__(self, profile: Path) -> None:
        program = executable()
        assert program
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        profile.mkdir(parents=True, exist_ok=True)
        command = [
            program,
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            str(port),
        ]
        self._process = subprocess.Popen(
            [*command, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._number = 0
        self._open = ExitStack()
        try:
            self._socket = self._connect(port)
            self._ask("session.new", {"capabilities": {}})
            self._tab = self._ask("browsingContext.getTree", {})["contexts"][0]["context"]
        except BaseException:
            self._process.kill()
            raise

    def _connect(self, port: int) -> ClientConnection:
        until = time.monotonic() + START_S
        while True:
            try:
                return self._open.enter_context(connect(f"ws://127.0.0.1:{port}/session", max_size=None))
            except (OSError, WebSocketException):
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.2)

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        until = time.monotonic() + ANSWER_S
        while time.monotonic() < until:
            said = json.loads(self._socket.recv(timeout=ANSWER_S))
            if said.get("id") == self._number:
                assert said["type"] == "success", said
                return said["result"]
        raise TimeoutError(method)

    def open(self, address: str) -> None:
        """Open an address in the tab and wait until it is loaded."""
        self._ask("browsingContext.navigate", {"context": self._tab, "url": address, "wait": "complete"})

    def evaluate(self, expression: str) -> Any:
        """Return what an expression (or the promise it gives) comes to; it must be made of JSON."""
        result = self._ask(
            "script.evaluate",
            {"expression": f"(async () => JSON.stringify(await ({expression})))()", "awaitPromise": True,
             "target": {"context": self._tab}},
        )  # fmt: skip
        assert result["type"] == "success", result
        return json.loads(result["result"].get("value", "null"))

    def press(self, keys: str) -> None:
        """Type characters into whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask(
            "input.performActions",
            {"context": self._tab, "actions": [{"type": "key", "id": "keyboard", "actions": actions}]},
        )

    def close(self) -> None:
        """End this Firefox, and no other."""
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(60)
