"""How long do many links take within the manners, and does any host see two requests at once or too soon?

    python scripts/bench/fetching.py [--links 10000] [--hosts 500] [--pause 0.05]

All hosts are names of one server on loopback, which takes 20 ms to answer; the fetching process is the product's own, with a
resolver of the tests. The floor is what four hosts at once allow: links by 20 ms, divided by four. Manners are judged by the
server's log: the time from the end of an answer to the next connection to that host.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from random import Random

import psutil
from report import Table, machine

sys.path.append(str(Path(__file__).resolve().parents[2]))

from indexer.links.fetcher import Fetcher, Request
from indexer.settings import LinksSettings
from tests.links.web import Web, page

ANSWER_S = 0.02
BODY = b"<html><p>" + b"An article about tariffs. " * 400


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=10_000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.05)
    options = parser.parse_args()
    web = Web()
    web.answers |= {f"/{number}": answer for number in range(options.links)}
    web.answers["/robots.txt"] = page(b"User-agent: *\nDisallow: /private/\n" * 20, kind="text/plain")
    hosts = [f"h{number}.test" for number in range(options.hosts)]
    links = [f"http://{hosts[number % options.hosts]}:{web.port}/{number}" for number in range(options.links)]
    Random(1).shuffle(links)
    settings = LinksSettings(allow_hosts=tuple(hosts), pause_s=options.pause)
    with tempfile.TemporaryDirectory() as spool:
        fetcher = Fetcher.start(settings, Path(spool), entrance="tests.links.children")
        began = time.monotonic()
        answers, memory, cpu_s = run(fetcher, links)
        took_s = time.monotonic() - began
        fetcher.close()
    seen = defaultdict(list)
    for request in web.seen:
        seen[request.host].append((request.began, request.ended))
    gaps = [after - before for times in seen.values() for (_, before), (after, _) in pairwise(sorted(times))]
    table = Table("Links within the manners", ("", "figure"))
    for name, figure in {
        "outcomes": ", ".join(f"{count:,} {answer}" for answer, count in answers.items()),
        "requests": f"{len(web.seen):,}",
        "wall time, s": f"{took_s:.1f}",
        "floor, s": f"{options.links * ANSWER_S / 4:.1f}",
        "processor time of the fetching process, s": f"{cpu_s:.1f}",
        "most memory of it, MB": f"{memory / 2**20:.0f}",
        "shortest gap at a host, s": f"{min(gaps):.3f}",
        "gaps below the pause": f"{sum(gap < options.pause for gap in gaps):,} of {len(gaps):,}",
    }.items():
        table.add(name, figure)
    print(machine())
    print(table.markdown())


def answer(connection: socket.socket, headers: dict[str, str]) -> None:
    """Answer after a while, as hosts do."""
    time.sleep(ANSWER_S)
    connection.sendall(page(BODY))


def run(fetcher: Fetcher, links: list[str]) -> tuple[Counter[str], int, float]:
    """Fetch all links; return how many answers of each kind came, the most memory in bytes, and computing seconds."""
    answers: Counter[str] = Counter()
    waiting, memory, cpu_s, looked = links[::-1], 0, 0.0, 0.0
    while answers.total() < len(links):
        while waiting and fetcher.has_room():
            link = waiting.pop()
            fetcher.submit(link, Request(link))
        for link, outcome in fetcher.collect(0.2):
            answers[str(outcome.answer)] += 1
            fetcher.release(link, outcome)
        if fetcher._process is not None and time.monotonic() - looked > 0.2:
            looked = time.monotonic()
            process = psutil.Process(fetcher._process.process.pid)
            memory = max(memory, process.memory_info().rss)
            cpu_s = sum(process.cpu_times()[:2])
    return answers, memory, cpu_s


if __name__ == "__main__":
    main()
