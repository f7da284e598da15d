"""What do we know of each item? One SQLite database outside the folder: items, texts, failures, the log."""

from indexer.catalogue.log import KEEP_REMOVED
from indexer.catalogue.records import Known, Wanted, file_title
from indexer.catalogue.store import Catalogue

__all__ = ["KEEP_REMOVED", "Catalogue", "Known", "Wanted", "file_title"]
