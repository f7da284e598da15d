"""Where indexes of version 0.1 look for the classes they were written with: Whoosh stores a class by the path of its module."""

from indexer.index.whoosh.codec import Codec, Positions, Ready, Segment

__all__ = ["Codec", "Positions", "Ready", "Segment"]
