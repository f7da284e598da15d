"""How is a service reached that this program doesn't know? By Apprise, if somebody installed it beside it."""

from __future__ import annotations

from indexer.errors import NotSent
from indexer.model.brief import Brief
from indexer.sending.payloads import plain_text

_MOST = 3_000


def notify(url: str, brief: Brief) -> None:
    """Have Apprise send a week in short; raise NotSent unless it says that it did."""
    try:
        import apprise
    except ImportError as error:
        raise NotSent("such addresses need Apprise: install it beside indexer") from error
    service = apprise.Apprise()
    if not service.add(url):
        raise NotSent("Apprise doesn't know such an address")
    if not service.notify(title=brief.title, body=plain_text(brief, _MOST)):
        raise NotSent("Apprise could not send it")
