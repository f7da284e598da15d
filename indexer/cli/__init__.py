"""What does the person want? The command line."""

from indexer.cli.program import main

__all__ = ["main"]
