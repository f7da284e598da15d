"""Which files are parts of a web page that a browser saved next to them? Judged by names alone. Pure.

Browsers and Office put the parts of a page into a directory named after it: `NAME.html` and `NAME_files/`. Documents that
a person put there are not parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from indexer.model.items import RelPath, parent_of
from indexer.model.names import name_key

PAGES = (".html", ".htm", ".xhtml", ".shtml")
_DIRECTORIES = tuple(
    "_files .files _file -dateien -filer _fichiers _archivos _arquivos _ficheiros _bestanden _pliki _soubory _súbory _elemei"
    " _fájlok _tiedostot _dosyalar _datoteke _failid _bylos _fails _faili _fitxers _fitxategiak _fişiere _файлы _αρχεία".split()
)
"""How the names of these directories end, in the languages of Windows' connected files and of browsers."""
_SUFFIXES = frozenset(
    "png jpg jpeg jpe jfif gif tif tiff webp bmp heic avif svg ico cur css less scss js mjs cjs map wasm woff woff2 ttf otf"
    " eot html htm xhtml shtml php asp aspx cgi swf download mso thmx".split()
)
"""Pictures, styles, scripts, fonts and frames. Browsers add `.download` to scripts."""
_OFFICE = frozenset({"filelist.xml", "colorschememapping.xml", "editdata.mso", "oledata.mso"})


def is_companion(directory: str) -> bool:
    """Tell whether a directory is named like one for the parts of a page."""
    return name_key(directory.rpartition("/")[2]).endswith(_DIRECTORIES)


def parts_of_pages(paths: Iterable[RelPath], is_page: Callable[[str], bool]) -> frozenset[RelPath]:
    """Return which of some files are parts of a saved page.

    `is_page` is asked for a path without its suffix: is there a page of that name?
    """
    belongs: dict[str, bool] = {"": False}

    def is_of_page(directory: str) -> bool:
        if directory not in belongs:
            above = parent_of(directory)
            belongs[directory] = is_of_page(above) or (
                is_companion(directory) and any(map(is_page, _stems(directory)))
            )
        return belongs[directory]

    return frozenset(path for path in paths if is_of_page(parent_of(path)) and is_part(path))


def is_part(path: str) -> bool:
    """Tell whether a file is of a kind that pages consist of; one without a suffix came from an address without one."""
    name = name_key(path.rpartition("/")[2])
    stem, dot, suffix = name.rpartition(".")
    return not dot or not stem or suffix in _SUFFIXES or name in _OFFICE


def stem_key(path: str) -> str:
    """Return the key that a page and its directory share."""
    return name_key(path.rpartition(".")[0])


def _stems(directory: str) -> list[str]:
    key = name_key(directory)
    return [directory[: len(directory) - len(end)] for end in _DIRECTORIES if key.endswith(end)]
