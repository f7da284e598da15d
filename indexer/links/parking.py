"""Is this the page of a domain that nobody uses any more?"""

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


def parked(text: str, url: str = "") -> bool:
    """Tell whether a text says that a domain is for sale, parked or expired, and little else, or whether the address
    at the end of all redirects is of a market for domains. Some pages like this are meant: see `health.after`.
    """
    if any(is_within(site_of(url), host) for host in _HOSTS):
        return True
    if len(text) > _MOST:
        return False
    return bool(_SAID.search(" ".join(unicodedata.normalize("NFC", text).lower().split())))
