"""When are two names one? To Windows and macOS, which take no notice of case and of how accents are composed."""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """Return what is equal for names that Windows or macOS take for one."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def fold_folder(path: str) -> str:
    """Return folder names in the form that is compared: NFC, case-folded, joined by `/`."""
    names = (
        unicodedata.normalize("NFC", name).lower().replace("ß", "ss").replace("ς", "σ").strip()
        for name in path.replace("\\", "/").split("/")
    )
    return "/".join(name for name in names if name)
