"""Is Windows here Wine? What that can't show is skipped, each test with its reason."""

from __future__ import annotations

import ctypes
import sys

import pytest

IS_WINE = sys.platform == "win32" and hasattr(ctypes.windll.ntdll, "wine_get_version")


def wine_cannot(reason: str) -> pytest.MarkDecorator:
    """Skip a test under Wine 8, whose own the failure is."""
    return pytest.mark.skipif(IS_WINE, reason=f"Wine 8: {reason}")
