"""Does an answer look like a sign-in page, or like one that a host gives to everything?"""

from __future__ import annotations

import re
from collections import Counter

from indexer.links.addresses import Address

_SIGN_IN = re.compile(
    r"(log|sign)[-_]?(in|on)|sso|saml2?|adfs|oauth2?|openid([-_]connect)?|auth(enticate|entication|orize)?|idp|cas|shibboleth"
    r"|wp-login|accounts?|anmelden|anmeldung|einloggen|connexion|servicelogin"
)
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_ALIKE = 0.95
_MOST_COMPARED = 512 << 10
"""Bytes of each."""


def leads_to_sign_in(first: Address, last: Address) -> bool:
    """Tell whether redirects led from an ordinary address to one where people sign in."""
    return _asks_to_sign_in(last) and not _asks_to_sign_in(first) and last.url != first.url


def _asks_to_sign_in(address: Address) -> bool:
    path = address.target.partition("?")[0].lower().rstrip("/")
    parts = [part.partition(".")[0] for part in path.split("/")]
    labels = address.host.split(".")[:-2]
    return any(_SIGN_IN.fullmatch(part) for part in (*parts, *labels) if part)


def are_alike(page: bytes, other: bytes) -> bool:
    """Tell whether two pages say the same, but for numbers, and addresses that only one of them has."""
    words, others = (Counter(_WORD.findall(body[:_MOST_COMPARED])) for body in (page, other))
    total = max(words.total(), others.total())
    return total == 0 or (words & others).total() >= _ALIKE * total
