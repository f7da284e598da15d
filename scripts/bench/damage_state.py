"""Bytes changed and files removed in index and catalogue: are searches right, or do they say so, and does a scan mend it?

    python scripts/bench/damage_state.py [--count 200] [--seed 1] [--watch 10] [--only N ...]

Each case is a copy of the state of a small folder with seeded damage done to it (`tests/damaged_states.py` says which).
Sixteen searches are asked before a scan and after it, every tenth case is searched by the command itself too, and
`--watch` cases are mended by the watcher as it starts. Ends with 1 if a search was wrong without a word, failed
without saying what to do, or was not right in the end.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from product import PROJECT
from report import Table, machine

sys.path.append(str(PROJECT))
from tests import damaged_states
from tests.damaged_states import Came, Case, Office, Verdict

COMMAND_EVERY = 10
COLUMNS = (Came.RIGHT, Came.SAID, Came.WRONG, Came.HEALED, Came.NOT_HEALED)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--watch", type=int, default=10, help="so many cases are mended by the watcher too")
    parser.add_argument("--only", type=int, nargs="+", help="these cases alone, by their numbers")
    given = parser.parse_args()
    logging.getLogger("indexer").setLevel(logging.CRITICAL)
    cases = damaged_states.some_cases(given.seed, given.count)
    if given.only:
        cases = [case for case in cases if case.number in given.only]
    with tempfile.TemporaryDirectory() as top, damaged_states.shared_cage():
        scratch = Path(top)
        office = damaged_states.make_office(scratch)
        before = office.listing()
        began = time.monotonic()
        verdicts = [look(case, office, scratch) for case in cases]
        seconds = time.monotonic() - began
        watched = {
            case: damaged_states.judge_watch(case, office, scratch) for case in spread_out(cases, given.watch)
        }
        changed = office.listing() != before
    table = tabulate(verdicts)
    table.notes += [
        f"{len(verdicts)} cases in {seconds:.0f} s on {machine()}.",
        f"What was to be forgotten was found again in {sum(not verdict.remembers for verdict in verdicts)} of them.",
        f"The watcher mended {sum(not faults for faults in watched.values())} of {len(watched)} as it started.",
    ]
    print(table.markdown())
    faults = [f"{verdict.case}: {fault}" for verdict in verdicts for fault in verdict.faults]
    faults += [f"{case}: {fault}" for case, found in watched.items() for fault in found]
    faults += ["something in the folder was changed"] * changed
    print("\n".join(faults))
    return int(bool(faults) or any(verdict.wrong for verdict in verdicts))


def look(case: Case, office: Office, scratch: Path) -> Verdict:
    """Judge a case, every tenth by the command too."""
    verdict = damaged_states.judge(case, office, scratch)
    if case.number % COMMAND_EVERY == 0:
        verdict.faults += damaged_states.judge_command(case, office, scratch)
    return verdict


def spread_out(cases: list[Case], count: int) -> list[Case]:
    """Return so many of the cases, evenly."""
    return cases[:: max(1, len(cases) // count)][:count] if count else []


def tabulate(verdicts: list[Verdict]) -> Table:
    """Return kinds of damage by what came of them."""
    head = ("damage", "cases", *(column.value for column in COLUMNS), "faults")
    table = Table("Damage to index and catalogue", head)
    for kind in [*dict.fromkeys(verdict.case.kind for verdict in verdicts), "all"]:
        of_kind = [verdict for verdict in verdicts if kind in (verdict.case.kind, "all")]
        came = Counter(outcome for verdict in of_kind for outcome in (verdict.before, verdict.after))
        faults = sum(bool(verdict.faults) for verdict in of_kind)
        table.add(kind, len(of_kind), *(came[column] or "" for column in COLUMNS), faults or "")
    return table


if __name__ == "__main__":
    sys.exit(main())
