"""A fetching process that does as the address of its first link says."""

from __future__ import annotations

import json
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from indexer.links.messages import pack_outcome
from indexer.model.links import Answer, Outcome


def main(given: dict[str, Any]) -> None:
    """Misbehave."""
    pipe = Connection(given["pipe"])
    spool = Path(json.loads(pipe.recv_bytes())["spool"])
    key, way, *_ = json.loads(pipe.recv_bytes())
    read = Outcome(Answer.READ, 200)
    name = "0" * 32 + ".body"
    if way == "lies":
        pipe.send_bytes(b"[1, 2]")
    elif way == "says much":
        pipe.send_bytes(b" " * 100_000)
    elif way == "answers what nobody asked":
        pipe.send_bytes(pack_outcome("other", read))
    elif way == "has no body":
        pipe.send_bytes(pack_outcome(key, read._replace(body=name)))
    elif way == "has a link for a body":
        (spool / name).symlink_to("/etc/passwd")
        pipe.send_bytes(pack_outcome(key, read._replace(body=name)))
    elif way == "ends":
        os._exit(0)
    time.sleep(60)
