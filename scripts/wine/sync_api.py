"""Stands in for `playwright.sync_api` if there is no browser: tests that want one are skipped."""

from typing import NoReturn

import pytest


def __getattr__(name: str) -> type[Exception]:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (Exception,), {})


def sync_playwright() -> NoReturn:
    """Skip the test that wants a browser."""
    pytest.skip("no browser under Wine")
