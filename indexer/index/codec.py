"""Keeps the module path under which indexes of version 0.1 look for their classes: Whoosh stores a class by that path."""

from indexer.index.whoosh.codec import Codec, Positions, Ready, Segment

__all__ = ["Codec", "Positions", "Ready", "Segment"]
