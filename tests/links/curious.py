"""A fetching process that tries what it may not do, and tells of each attempt by the answer to a link."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from indexer.links import fetching
from indexer.links.network import Network
from indexer.links.replies import Ask, Reply
from tests.links import children


class Curious(Network):
    """Does to the files of this machine what the path of an address says."""

    def ask(self, ask: Ask) -> Reply:
        """Try, and answer 200 if it went well; robots.txt is not there."""
        _, what, *rest = ask.address.target.split("/", 2)
        place = Path("/" + "".join(rest))
        try:
            if what == "read":
                place.read_bytes()
            elif what == "write":
                (place / "made").write_bytes(b"x")
            elif what == "start":
                subprocess.run([place], check=True)
            elif what == "remove":
                place.unlink()
            else:
                return super().ask(ask)
        except OSError as error:
            return Reply(403 if isinstance(error, PermissionError) else 500)
        return Reply(200, body=b"")


def main(given: dict[str, Any]) -> None:
    """Fetch, but for what is tried."""
    vars(fetching)["Network"] = Curious
    children.main(given)
