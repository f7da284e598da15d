"""Which items may readers of the page see, by their path and the key of their text?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from indexer.model.items import RelPath
from indexer.model.names import name_key
from indexer.model.readings import OPENED, PARTIAL, PLAIN
from indexer.settings import Settings


class Scope(NamedTuple):
    """What the settings keep off the page."""

    left_out: tuple[str, ...] = ()
    """Subfolders in the form that is compared."""
    withholds: Callable[[str], bool] = lambda _: False
    """Tells by its key whether a text stays off the page."""

    @staticmethod
    def of(settings: Settings) -> Scope:
        """Return what the settings keep off the page."""
        return Scope(tuple(filter(None, map(scope_key, settings.page.scope))), _withholds(settings))

    def has(self, path: RelPath) -> bool:
        """Tell whether the item at a path is on the page."""
        return not (self.left_out and name_key(path).startswith(self.left_out))

    def shows(self, path: RelPath, text_key: str) -> bool:
        """Tell whether the item at a path is on the page with its text, which has that key."""
        return self.has(path) and not self.withholds(text_key)


def _withholds(settings: Settings) -> Callable[[str], bool]:
    """Return a function that tells by a text's key whether the text stays off the page, as if opened by a password.

    Earlier versions did not note this: if passwords are set, one of them may have opened the text.
    """
    if settings.page.encrypted:
        return lambda _: False
    if settings.extract.passwords:
        return lambda key: bool(key) and not key.endswith((PLAIN, PARTIAL))
    return lambda key: key.endswith(OPENED)


def scope_key(name: str) -> str:
    """Return a subfolder of the settings (`HR`, `HR/`, `./HR`, in any case) in the form that is compared; empty for none."""
    parts = name.lstrip("!-").replace("\\", "/").split("/")
    key = "/".join(part for part in parts if part not in ("", "."))
    return name_key(key) + "/" if key else ""
