"""The scripts beside the product: what is missing on a machine is told and left out."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def setup_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = importlib.import_module("setup_node")
    monkeypatch.setattr(module, "NODE", tmp_path / "node")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return module


def told(setup_node: ModuleType, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the checks say; they must have left the page's script out."""
    assert importlib.import_module("check").of_the_page(fix=False) == []
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1
    return out.strip()


def test_no_node(setup_node: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(setup_node, capsys) == "the page's script is not checked: Node and npm are not installed"
    assert not setup_node.NODE.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts of a shell")
def test_an_install_that_fails(
    setup_node: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / "bin" / name
        program.write_text(
            "#!/bin/sh\necho npm error code X\necho 'npm error FetchError: no network'\nexit 1\n"
        )
        program.chmod(0o755)
    failed = "the page's script is not checked: `npm ci` failed: npm error FetchError: no network"
    assert told(setup_node, capsys) == failed
    assert told(setup_node, capsys) == failed  # a failure is not remembered
    (tmp_path / "bin" / "npm").write_text(
        "#!/bin/sh\n/bin/mkdir -p node_modules/.bin\n/bin/cp package-lock.json kept\n"
    )
    assert setup_node.ensure() == tmp_path / "node" / "node_modules" / ".bin"
    (tmp_path / "bin" / "npm").unlink()
    (tmp_path / "bin" / "npm").symlink_to("node")
    assert setup_node.ensure().is_dir()  # it is there, and not installed again
    assert len(importlib.import_module("check").of_the_page(fix=True)) == 2


def test_the_lock_file_has_a_hash_for_all_and_names_no_registry() -> None:
    text = (SCRIPTS / "javascript" / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') == text.count('"node_modules/')
