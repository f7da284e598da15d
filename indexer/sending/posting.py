"""How is one post made? To the very address that the settings name: no redirect is followed, and little of the answer is read."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Any

from indexer.errors import NotSent
from indexer.sending.payloads import Post

TIMEOUT_S = 20.0
_MOST_ANSWER = 2_000
_MOST_TOLD = 120


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for the answer."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Make no further request."""


def post(made: Post, timeout_s: float = TIMEOUT_S) -> None:
    """Post it; raise NotSent unless the answer is that it was taken."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        request = urllib.request.Request(made.url, made.body, dict(made.headers), method="POST")  # noqa: S310 - of the settings
        with opener.open(request, timeout=timeout_s) as answer:
            answer.read(_MOST_ANSWER)
    except urllib.error.HTTPError as error:
        with error:
            raise NotSent(f"the answer is {error.code}{_said(error)}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise NotSent(str(reason) or type(reason).__name__) from error


def _said(error: urllib.error.HTTPError) -> str:
    """Return the beginning of what an answer says."""
    if 300 <= error.code < 400:
        return ", which leads elsewhere: name that address itself"
    try:
        text = error.read(_MOST_ANSWER).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    text = " ".join(text.split())
    return f" ({text[:_MOST_TOLD]})" if text.isprintable() and text else ""
