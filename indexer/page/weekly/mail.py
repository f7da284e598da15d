"""How is a week a mail? Text and HTML, a draft to be sent by hand unless somebody gets it; the same digest gives the same bytes. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from indexer.model.team import Digest
from indexer.page.render import fill
from indexer.page.weekly.marking import marked
from indexer.page.weekly.telling import Links, Most, fitting
from indexer.page.weekly.text import digest_text
from indexer.page.weekly.told import LEVEL_SIGNS, Told

MOST_HTML = 90_000
"""Larger mails are cut by some mail services."""
_MOST = Most(parts=16, items=10, items_in_all=60, notes=4, answers=3, matches=4)
_NOWHERE = "indexer.invalid"
"""No host has this name (RFC 2606)."""


def digest_mail(
    digest: Digest, language: str, links: Links, folder: str, *, sender: str = "", to: Sequence[str] = ()
) -> bytes:
    """Return a week as a mail; `folder` is what identifies the folder.

    Without `to` it is a draft: mail programs open it ready to be sent, and whoever sends it is the sender.
    """
    told, html = fitting(digest, language, links, _MOST, _html, MOST_HTML)
    return marked(lambda mark: _mail(told, html.decode(), digest, folder, mark, sender, to))


def identity(folder: str, name: str) -> uuid.UUID:
    """Return what identifies a digest of a folder, on every machine and for ever."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"indexer:{folder}:{name}")


def _html(told: Told) -> bytes:
    return fill("digest_mail.html.j2", told=told, t=told.texts, signs=LEVEL_SIGNS)


def _mail(
    told: Told, html: str, digest: Digest, folder: str, mark: str, sender: str, to: Sequence[str]
) -> bytes:  # fmt: skip
    mail, own = EmailMessage(policy=SMTP), identity(folder, digest.week)
    mail["Subject"] = told.subject
    mail["From"] = Address(told.folder, addr_spec=sender or f"digest@{_NOWHERE}")
    if to:
        mail["To"] = [Address(addr_spec=one) for one in to]
        mail["Auto-Submitted"] = "auto-generated"
    else:
        mail["X-Unsent"] = "1"
    mail["Date"] = digest.end
    mail["Message-ID"] = f"<{own}@{_NOWHERE}>"
    mail["X-Indexer-Digest"] = mark
    mail.set_content(digest_text(told), cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{own.hex}")
    return mail.as_bytes()
