"""Make a synced team folder searchable: see ARCHITECTURE.md, then `pipeline.py`."""

__version__ = "0.1.0"
