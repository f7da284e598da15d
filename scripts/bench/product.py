"""The product as benches drive it: the command with a state directory of its own, and what is in that state."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer.catalogue import Catalogue
from indexer.model.readings import unpack_passages
from indexer.search.asking import index_directory
from indexer.settings import Settings, load_settings
from indexer.state import places

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Product:
    """`indexer` for one folder. Pictures are not recognised, and the page is written only on request."""

    folder: Path
    state: Path
    page: bool = False
    kept_bytecode: Path | None = None
    """Where compiled modules are kept; None: as the environment says."""

    def environment(self) -> dict[str, str]:
        """Return the environment of its processes: nobody's own settings count."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")}
        if self.kept_bytecode:
            kept.pop("PYTHONDONTWRITEBYTECODE", None)
            kept["PYTHONPYCACHEPREFIX"] = str(self.kept_bytecode)
        return {
            **kept,
            "INDEXER_CONFIG": str(self._config()),
            "INDEXER_STATE_DIR": str(self.state),
            "INDEXER_FOLDER": str(self.folder),
            **self._chosen(),
        }

    def _config(self) -> Path:
        """Return an empty settings file."""
        path = self.state / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    def _chosen(self) -> dict[str, str]:
        return {"INDEXER_EXTRACT_OCR": "false", "INDEXER_PAGE_ENABLED": "true" if self.page else "false"}

    def settings(self) -> Settings:
        """Return the settings those processes have."""
        return load_settings(self._config(), self.state, self._chosen())

    def command(self, *arguments: str) -> list[str]:
        """Return a command line."""
        return [sys.executable, "-m", "indexer", *arguments]

    def run(self, *arguments: str, timeout: float = 7200) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(), capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout, check=False,
        )  # fmt: skip

    def scan(self) -> float:
        """Make one full pass and return its seconds; raise if it fails."""
        began = time.perf_counter()
        done = self.run("-q", "scan")
        if done.returncode:
            raise SystemExit(
                f"indexer scan ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
            )
        return time.perf_counter() - began

    def time(self, *arguments: str) -> float:
        """Return the seconds of a command as a whole process; raise if it fails."""
        began = time.perf_counter()
        done = self.run(*arguments)
        took = time.perf_counter() - began
        if done.returncode > 1:
            raise SystemExit(f"indexer {arguments[0]} ended with {done.returncode}: {done.stderr.decode()}")
        return took

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Have a command run, to its end if the block doesn't end before."""
        process = subprocess.Popen(
            self.command(*arguments),
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            end(process)

    @contextmanager
    def watching(self, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Have the daemon run until the block ends; what it says goes to `log`."""
        with open(log or os.devnull, "wb") as said:  # noqa: PTH123 - os.devnull is no Path
            daemon = subprocess.Popen(
                self.command("watch"), env=self.environment(), stderr=said, stdin=subprocess.DEVNULL
            )
            try:
                yield daemon
            finally:
                end(daemon)

    @contextmanager
    def catalogue(self) -> Iterator[Catalogue]:
        """Open the catalogue for reading."""
        opened = Catalogue(places.state_of(self.folder, self.settings()) / "catalogue.db", readonly=True)
        try:
            yield opened
        finally:
            opened.close()

    def index_directory(self) -> Path:
        """Return where the search index in use lies."""
        with self.catalogue() as catalogue:
            return index_directory(places.state_of(self.folder, self.settings()), catalogue)

    def texts(self) -> set[str]:
        """Return the paths of files that give text: their own or that of a part of them."""
        with self.catalogue() as catalogue:
            return {
                item.path
                for item, _, packed in catalogue.items.live()
                if any(passage.text.strip() for passage in unpack_passages(packed))
            }


def end(process: subprocess.Popen[bytes], patience_s: float = 60) -> None:
    """Ask a process that was started here to end, and make it end if it doesn't."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
