"""What is posted to a service? One JSON object in the form that it takes. Pure.

Which service it is, its address says: its host, part of its path, or what stands behind `#`, which no service is sent.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from indexer.model.brief import Brief, BriefLine

_TEAMS = (
    ".logic.azure.com",
    ".logic.azure.us",
    ".logic.azure.cn",
    ".powerplatform.com",
    ".powerautomate.com",
    ".office.com",
)
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_DISCORD = ("discord.com", "discordapp.com")
_GOOGLE = "chat.googleapis.com"
_CARD = 20_000
"""Characters of a card: Teams takes 28 KB."""
_MARKDOWN = re.compile(r"([\\`*_\[\]()~<>#|{}!])")


class Post(NamedTuple):
    """One post."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class _Service(NamedTuple):
    """How a service is told."""

    payload: Callable[[Brief, str], dict[str, Any]]
    """Makes it of a week and the last part of the address's path."""
    is_topic: bool = False
    """Whether that part is a topic, and the post goes to the address without it."""


def post_of(url: str, brief: Brief) -> Post:
    """Return what is posted to an address (http or https) for a week."""
    parts = urlsplit(url)
    service = _SERVICES[service_of(url)]
    above, _, last = parts.path.rstrip("/").rpartition("/")
    user, at, host = parts.netloc.rpartition("@")
    headers = {"Content-Type": "application/json", "User-Agent": "indexer"}
    if at:
        headers["Authorization"] = "Basic " + base64.b64encode(unquote(user).encode()).decode()
    target = urlunsplit(
        (parts.scheme, host, f"{above}/" if service.is_topic else parts.path, parts.query, "")
    )
    body = json.dumps(service.payload(brief, unquote(last)), ensure_ascii=False)
    return Post(target, body.encode("utf-8", "replace"), headers)


def service_of(url: str) -> str:
    """Return which service an address belongs to: one of `_SERVICES`; `json` if it is none of the known ones."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), parts.path.lower()
    if parts.fragment in _SERVICES:
        return parts.fragment
    if host.endswith(_TEAMS):
        return "teams"
    if host in _SLACK:
        return "slack"
    if host.removeprefix("ptb.").removeprefix("canary.") in _DISCORD:
        return "discord"
    if host == _GOOGLE:
        return "google"
    if "ntfy" in host.split(".") or "/ntfy/" in path:
        return "ntfy"
    return "mattermost" if "/hooks/" in path else "json"


# --- forms ----------------------------------------------------------------------------------------


def plain_text(brief: Brief, most: int) -> str:
    """Return a week in short as text, cut at the end of a line."""
    return _cut(_lines(brief, lambda line: line.text, str, links=True), most)


def _lines(
    brief: Brief, head: Callable[[BriefLine], str], text: Callable[[str], str], *, links: bool = False,
    heading: Callable[[str], str] = str,
) -> Iterator[str]:  # fmt: skip
    yield text(brief.summary)
    for part in brief.parts:
        yield ""
        yield heading(text(part.heading))
        for line in part.lines:
            yield f"• {head(line)}"
            yield from (f"   {text(said)}" for said in line.said)
            if links and line.href:
                yield f"   {line.href}"
    if brief.href:
        yield ""
        yield f"{text(brief.more)}: {brief.href}"


def _cut(lines: Iterator[str], most: int) -> str:
    """Return as many lines as there is room for, in bytes."""
    made, size = [], 0
    for line in lines:
        size += len(line.encode("utf-8", "replace")) + 1
        if size > most - 4:
            made.append("…")
            break
        made.append(line)
    return "\n".join(made).strip("\n")


def _slack_text(text: str) -> str:
    """Return text in which Slack sees no link, no name and no command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack(brief: Brief, _: str) -> dict[str, Any]:
    def head(line: BriefLine) -> str:
        text = _slack_text(line.text)
        return (
            f"<{_slack_text(line.href).replace('|', '%7C')}|{text.replace('|', '¦')}>" if line.href else text
        )

    lines = _lines(brief, head, _slack_text, heading=lambda text: f"*{text}*")
    return {"text": f"*{_slack_text(brief.title)}*\n{_cut(lines, 12_000)}"}


def _markdown_text(text: str) -> str:
    """Return text in which Markdown sees no sign, and nobody is called by name."""
    return _MARKDOWN.sub(r"\\\1", text).replace("@", "@\u200b").replace("://", ":\u200b//")


def _markdown(brief: Brief, most: int) -> str:
    def head(line: BriefLine) -> str:
        text = _markdown_text(line.text)
        href = line.href.replace("(", "%28").replace(")", "%29")
        return f"[{text}]({href})" if href else text

    lines = _lines(brief, head, _markdown_text, heading=lambda text: f"**{text}**")
    return f"**{_markdown_text(brief.title)}**\n{_cut(lines, most)}"


def _mattermost(brief: Brief, _: str) -> dict[str, Any]:
    return {"text": _markdown(brief, 12_000)}


def _discord(brief: Brief, _: str) -> dict[str, Any]:
    return {"content": _markdown(brief, 1_700), "allowed_mentions": {"parse": []}, "flags": 4}


def _google(brief: Brief, _: str) -> dict[str, Any]:
    return {"text": f"{brief.title}\n{plain_text(brief, 3_500)}"}


def _ntfy(brief: Brief, topic: str) -> dict[str, Any]:
    made = {"topic": topic, "title": brief.title, "message": plain_text(brief, 3_500), "tags": ["newspaper"]}
    return made | ({"click": brief.href} if brief.href else {})


def _json(brief: Brief, _: str) -> dict[str, Any]:
    return {
        "title": brief.title,
        "text": plain_text(brief, 12_000),
        "week": brief.week,
        "url": brief.href or None,
    }


def _teams(brief: Brief, _: str) -> dict[str, Any]:
    """Return a message with a card, in which every text is a run: those know no Markdown."""
    body: list[dict[str, Any]] = [
        _block({"text": brief.title, "weight": "Bolder", "size": "Large"}),
        _block({"text": brief.summary, "isSubtle": True}),
    ]
    size = len(brief.title) + len(brief.summary)
    for part in brief.parts:
        body.append(_block({"text": part.heading, "weight": "Bolder"}, spacing="Large"))
        for line in part.lines:
            size += len(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace")) + 400
            if size > _CARD:
                break
            run: dict[str, Any] = {"text": line.text}
            if line.href:
                run["selectAction"] = {"type": "Action.OpenUrl", "url": line.href}
                run["color"] = "Accent"
            body.append(_block(run))
            body += [_block({"text": said, "size": "Small"}, spacing="None") for said in line.said]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    if brief.href:
        card["actions"] = [{"type": "Action.OpenUrl", "title": brief.more, "url": brief.href}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _block(run: dict[str, Any], spacing: str = "Small") -> dict[str, Any]:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", **run}]}


_SERVICES = {
    "teams": _Service(_teams),
    "slack": _Service(_slack),
    "mattermost": _Service(_mattermost),
    "discord": _Service(_discord),
    "google": _Service(_google),
    "ntfy": _Service(_ntfy, is_topic=True),
    "json": _Service(_json),
}
