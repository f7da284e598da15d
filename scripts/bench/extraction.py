"""What share of a folder's files gives text, and how much of the text, compared with an independent tool on the same files.

    python scripts/bench/extraction.py FOLDER [--suffix pdf] [--detail] [--out FILE.md]

Independent tools, each left out if it is not installed: pdftotext, pandoc, catdoc, LibreOffice. Words are casefolded
runs of letters and digits, two and longer, counted; recall is the share of the tool's words that ours has as well.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from indexer.extract import kinds
from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job
from indexer.folder.scan import stamp_of
from indexer.model.readings import Reading, unpack_passages

TOKEN = re.compile(r"[^\W_]{2,}")
CACHE = Path(tempfile.gettempdir()) / "indexer-bench-extraction"
TOOL_LIMIT_S = 60
PANDOC = ("docx", "docm", "odt", "rtf", "epub", "html", "htm")
SLIDES = ("pptx", "ppt", "odp")
SHEETS = ("xlsx", "xlsm", "xlsb", "xls", "ods")
CSV = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"


@dataclass
class Row:
    """What is known of one format."""

    files: int = 0
    texts: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    recalls: list[float] = field(default_factory=list)
    shared: int = 0
    theirs: int = 0
    cpu_s: float = 0.0
    bytes: int = 0


def tokens(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text.casefold()))


def ours(reading: Reading) -> Counter[str]:
    found = Counter[str]()
    for part in (reading, *reading.messages):
        for passage in unpack_passages(part.passages):
            found += tokens(passage.text)
        if part.about:
            about = part.about
            found += tokens(" ".join((about.title, about.author, *about.tags)))
            for link in about.links:
                found += tokens(f"{link.title} {link.note} {link.url or ''}")
    return found


# --- their side -----------------------------------------------------------------------------------


def run(*command: str, cwd: str | None = None) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TOOL_LIMIT_S, check=False, cwd=cwd)
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def by_pdftotext(path: Path) -> str:
    return run("pdftotext", "-q", str(path), "-")


def by_pandoc(path: Path) -> str:
    form = {"htm": "html", "docm": "docx"}.get(kinds.suffix_of(path.name), kinds.suffix_of(path.name))
    return run("pandoc", "-f", form, "-t", "plain", "--wrap=none", str(path))


def by_catdoc(path: Path) -> str:
    return run("catdoc", "-w", "-d", "utf-8", str(path))


def by_email(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    try:
        body = message.get_body(("plain", "html"))
        text = body.get_content() if body else ""
    except (LookupError, ValueError, AttributeError, KeyError):
        return ""
    return (
        re.sub(r"(?s)<(style|script).*?</\1>|<[^>]*>|&[a-z#0-9]+;", " ", text)
        if isinstance(text, str)
        else ""
    )


def by_office(path: Path) -> str:
    """Slides become PDF and then text; sheets become a table for each sheet."""
    is_slides = kinds.suffix_of(path.name) in SLIDES
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / f"file.{kinds.suffix_of(path.name)}"
        shutil.copy(path, source)
        run("soffice", f"-env:UserInstallation={(CACHE / 'profile').as_uri()}", "--headless", "--norestore",
            "--convert-to", "pdf" if is_slides else CSV, "--outdir", scratch, str(source), cwd=scratch)  # fmt: skip
        if is_slides:
            return by_pdftotext(source.with_suffix(".pdf"))
        return "\n".join(p.read_text("utf-8", "replace") for p in sorted(Path(scratch).glob("*.csv")))


TOOLS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "pdf": ("pdftotext", by_pdftotext),
    **dict.fromkeys(PANDOC, ("pandoc", by_pandoc)),
    **dict.fromkeys(SLIDES + SHEETS, ("soffice", by_office)),
    "doc": ("catdoc", by_catdoc),
    "eml": ("python3", by_email),
}


def theirs(path: Path, suffix: str) -> Counter[str]:
    """Return the words that the independent tool finds, remembered by content."""
    name, tool = TOOLS.get(suffix, ("", None))
    if tool is None or not shutil.which(name):
        return Counter()
    kept = CACHE / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.{suffix}.txt"
    if not kept.exists():
        kept.write_text(tool(path), "utf-8", "replace")
    return tokens(kept.read_text("utf-8", "replace"))


# --- measuring ------------------------------------------------------------------------------------


def read(cage: Cage, path: Path) -> tuple[Reading, float]:
    """Return the reading and the seconds of computing it took."""
    stamp = stamp_of(path.lstat())
    cage.submit("x", Job(path, stamp, frozenset(), 256 << 20, 16 << 20))
    watched = cage._cells[0].watch
    before = cpu(watched)
    while True:
        for _, reading in cage.collect(1.0):
            return reading, max(0.0, cpu(watched) - before)


def cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + getattr(times, "children_user", 0.0))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--suffix", action="append", default=[])
    parser.add_argument("--detail", action="store_true", help="list each file below 0.95")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    rows: dict[str, Row] = defaultdict(Row)
    cage = Cage(1, Limits(60, 120, 1500 << 20), options.folder.resolve())
    began = time.monotonic()
    try:
        for path in sorted(p for p in options.folder.resolve().rglob("*") if p.is_file()):
            suffix = kinds.suffix_of(path.name)
            if not options.suffix or suffix in options.suffix:
                measure(cage, path, suffix, rows[suffix], detail=options.detail)
    finally:
        cage.close()
    text = table(rows)
    print(text)
    print(f"{time.monotonic() - began:.0f} s with the tools", file=sys.stderr)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")
    return 0


def measure(cage: Cage, path: Path, suffix: str, row: Row, *, detail: bool) -> None:
    reading, seconds = read(cage, path)
    row.files += 1
    row.cpu_s += seconds
    row.bytes += path.stat().st_size
    if reading.failure:
        row.reasons[str(reading.failure[0])] += 1
    else:
        row.texts += 1
    expected = theirs(path, suffix)
    count = expected.total()
    if not count or (reading.failure and str(reading.failure[0]) == "ENCRYPTED"):
        return
    found = ours(reading)
    shared = (expected & found).total()
    row.recalls.append(shared / count)
    row.shared += shared
    row.theirs += count
    if detail and shared < 0.95 * count:
        missing = [word for word, _ in (expected - found).most_common(12)]
        print(
            f"{shared / count:.2f} {path.name} ours {found.total()} theirs {count} {reading.failure or ''} missing {missing}"
        )


def table(rows: dict[str, Row]) -> str:
    lines = ["| format | files | with text | reasons | tool | compared | recall micro | mean | >= 0.95 | CPU s | MB/CPU s |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for suffix, row in sorted(rows.items()):
        reasons = ", ".join(f"{name} {count}" for name, count in sorted(row.reasons.items())) or "-"
        n = len(row.recalls)
        compared = (
            f"{n} | {row.shared / row.theirs:.3f} | {sum(row.recalls) / n:.3f} | {sum(r >= 0.95 for r in row.recalls)}"
            if n else "0 | - | - | -"
        )  # fmt: skip
        speed = f"{row.bytes / 1e6 / row.cpu_s:.1f}" if row.cpu_s > 0.05 else "-"
        tool = TOOLS.get(suffix, ("-",))[0] if n else "-"
        lines.append(
            f"| {suffix} | {row.files} | {row.texts} | {reasons} | {tool} | {compared} | {row.cpu_s:.2f} | {speed} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
