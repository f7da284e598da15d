"""How does the first index grow with the folder? Generated documents, beside `recollindex` and `omindex`.

    python scripts/bench/growth.py --work DIR [--items 1000 10000 100000] [--fresh]

Each is indexed once from nothing, without the page, and noted below DIR, where `search.py` uses it again. `--fresh`
rebuilds ours.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import peers
from report import Table, machine
from search import OURS, Library


def measure(work: Path, sizes: list[int], *, fresh: bool = False) -> Table:
    """Index folders of all sizes with every program."""
    rows: list[tuple[int, dict[str, float]]] = []
    notes: list[str] = []
    names: list[str] = [OURS]
    for items in sizes:
        library = Library(work, items)
        library.prepare(fresh=fresh)
        found, notes = peers.programs(library.product.folder, library.peers)
        for program in found:
            if program.name not in library.built:
                library.note_built(program.name, program.index())
        names = [OURS, *(program.name for program in found)]
        rows.append((items, library.built))
    others = [part for name in names[1:] for part in (f"{peers.INDEXERS[name]}, s", "ratio")]
    table = Table(
        "First index of generated documents", ("items", f"{OURS}, s", "ms an item", *others), notes=notes
    )
    for items, built in rows:
        ours = built[OURS]
        cells = [cell for name in names[1:] for cell in (f"{built[name]:.1f}", f"{ours / built[name]:.2f}")]
        table.add(f"{items:,}", f"{ours:.1f}", f"{1000 * ours / items:.2f}", *cells)
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--items", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--fresh", action="store_true", help="make our own state anew")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}\n\n{measure(given.work, given.items, fresh=given.fresh).markdown()}")


if __name__ == "__main__":
    main()
