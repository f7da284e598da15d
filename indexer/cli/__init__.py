"""What does the person want? The command line."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Do what the arguments of this process say, then end it."""
    gc.disable()  # loading modules makes no garbage; long commands enable collection
    from indexer.cli.program import run
    from indexer.files import private

    private.keep_to_owner()
    code = run(sys.argv[1:])
    gc.freeze()  # memory that goes with the process needs no last collection
    sys.exit(code)
