"""Does a page say of itself that there is nothing to read: no such page, or a domain that nobody uses any more?"""

from __future__ import annotations

import re
import unicodedata

from indexer.model.site import is_within, site_of

_HOSTS = (
    "above.com afternic.com bodis.com dan.com domainmarket.com hugedomains.com parkingcrew.net parklogic.com"
    " sedoparking.com undeveloped.com"
).split()
"""Where visitors of parked domains are sent."""
_MOST = 3_000
"""Characters. What is longer is an article, perhaps on parked domains."""
_SAID = re.compile(
    r"\b(?:"
    r"domain(?: name)? (?:is|may be|might be) (?:available )?for sale"
    r"|(?:buy|inquire about|make an offer (?:on|for)) this domain\b"
    r"|this (?:domain(?: name)?|web ?page|web ?site) (?:is parked|has been parked)\b"
    r"|parked free,? courtesy of\b"
    r"|this domain(?: name)? has expired\b"
    r"|diese domain (?:steht zum verkauf|ist zu verkaufen|ist geparkt|kaufen)\b"
    r"|(?:ce nom de|ce) domaine est (?:à vendre|en vente|expiré)\b"
    r"|este dominio (?:está|puede estar) (?:en venta|a la venta)\b"
    r"|este domínio (?:está|pode estar) à venda\b"
    r"|questo dominio è in vendita\b"
    r"|(?:dit domein|deze domeinnaam|deze domein) is te koop\b"
    r"|ta domena jest na sprzedaż\b"
    r")"
)

_MOST_OF_NOTICE = 1_500
"""Characters of a page that only says that there is no such page; menus may be among them."""
_MISSING = re.compile(
    r"\b(?:"
    r"(?:error|fehler|erreur|http|status|code)[ :-]{1,3}(?:404|410)\b|404[ :|–—-]{1,3}(?:error|fehler|erreur|not found|page)"
    r"|(?:page|article|file|content|document|resource|url|link)s?(?: [a-z']{1,12}){0,5} (?:not|n't|no longer)(?: be)? (?:found|exist|available)"
    r"|(?:can't|can not|cannot|couldn't|could not) (?:find|be found)\b|no such page\b|page (?:is )?missing\b"
    r"|(?:seite|artikel|datei|inhalt)(?: [a-zäöüß]{1,12}){0,5} nicht (?:gefunden|vorhanden|verfügbar|existiert|mehr verfügbar)"
    r"|(?:seite|artikel) (?:existiert|gibt es)(?: leider)? nicht\b"
    r"|(?:page|article|contenu)(?: [a-zéèêà']{1,12}){0,5} (?:introuvable|n'existe (?:pas|plus)|non trouvée?)\b"
    r"|(?:página|artículo|contenido)(?: [a-záéíóúñ]{1,12}){0,5} no (?:encontrad[ao]|existe|está disponible)|no (?:se )?(?:ha )?encontr(?:ado|ó|amos) la página"
    r"|página não (?:encontrada|existe)|pagina non (?:trovata|esiste)|pagina niet gevonden|nie znaleziono strony"
    r"|strona nie (?:istnieje|została znaleziona)|страница не (?:найдена|существует)"
    r")|ページが見つかりません|页面不存在|找不到(?:该)?页面"
)


def says_missing(text: str) -> bool:
    """Tell whether a text says that there is no such page, and little else."""
    return len(text) <= _MOST_OF_NOTICE and bool(_MISSING.search(_plain(text)))


def parked(text: str, url: str = "") -> bool:
    """Tell whether a text says that a domain is for sale, parked or expired, and little else, or whether the address
    at the end of all redirects is of a market for domains. Some pages like this are meant: see `health.after`.
    """
    if any(is_within(site_of(url), host) for host in _HOSTS):
        return True
    if len(text) > _MOST:
        return False
    return bool(_SAID.search(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().replace("’", "'").split())
