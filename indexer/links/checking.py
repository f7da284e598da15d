"""What does a check of a link ask, and what does it come to?

A check is a generator: it yields each request that is to be made and is sent the reply, so that whoever drives it decides when
a host has its turn. It does nothing else with the world.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeAlias, TypeVar

from indexer.links import signs
from indexer.links.addresses import Address, Allowed, Refused, parse
from indexer.links.limits import MOST_LATER_S, Limits
from indexer.links.messages import MOST_TAG, Request
from indexer.links.replies import Ask, Reply, Trouble, charset, media_type
from indexer.links.robots import Robots, Rules
from indexer.model.links import Answer, Outcome

T = TypeVar("T")
Steps: TypeAlias = Generator[Ask, Reply, T]

_REDIRECTS, _PERMANENT = (301, 302, 303, 307, 308), (301, 308)
_ROBOTS_REDIRECTS = 5
"""As RFC 9309 has it."""
_WALLS = (401, 402, 403, 407, 999)
"""Statuses of pages that people see: 999 is what LinkedIn says to machines, as others say 403 or ask for a riddle to be solved."""
_ELSEWHERE = "it redirects elsewhere: "
_BUSY_S = 3600.0
"""Seconds to leave a host alone that says that it is busy, but not for how long."""


class Checked(NamedTuple):
    """How a check ended."""

    outcome: Outcome
    body: bytes = b""
    """If the page is to be read."""
    rests: str = ""
    """The host that wants to be left alone for the `later_s` of the outcome."""
    is_silent: bool = False
    """Whether there was no sign of the network: this machine may be offline."""


class _End(Exception):
    """The check ends here."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(checked.outcome.detail)
        self.checked = checked


def _end(
    answer: Answer, detail: str, address: Address, status: int | None = None, later_s: float = 0.0
) -> _End:
    return _End(Checked(Outcome(answer, status, address.url, detail=detail, later_s=later_s)))


class _Visit(NamedTuple):
    """Where redirects ended."""

    address: Address
    reply: Reply
    moved_to: str
    is_downgraded: bool
    """Whether a redirect led from https to http."""


class Checker:
    """Knows what may be asked and what sites ask for."""

    def __init__(
        self, allowed: Allowed, limits: Limits, robots: Robots, clock: Callable[[], float] = time.time
    ) -> None:
        self._allowed, self._limits, self._robots, self._clock = allowed, limits, robots, clock

    def host_of(self, url: str) -> str:
        """Return the host that a check begins with; raise Refused."""
        return parse(url, self._allowed).host

    def check(self, request: Request) -> Steps[Checked]:
        """Check a link."""
        first: Address | None = None
        trail: list[Rules] = []
        try:
            first = parse(request.url, self._allowed)
            visit = yield from self._follow(first, request, trail)
            checked = self._judge(first, visit, request)
            if request.probes and checked.body and visit.reply.status == 200:
                is_soft = yield from self._answers_anything(first, visit)
                checked = checked._replace(outcome=checked.outcome._replace(is_soft_gone=is_soft))
        except Refused as refused:
            checked = Checked(Outcome(Answer.REFUSED, url=first.url if first else "", detail=str(refused)))
        except _End as end:
            checked = end.checked
        has_no_rules = any(rules.lost_by for rules in trail)
        return checked._replace(outcome=checked.outcome._replace(has_no_rules=has_no_rules))

    def _follow(self, first: Address, request: Request, trail: list[Rules] | None) -> Steps[_Visit]:
        """Follow redirects to their end; raise _End if there is none, or Refused.

        `trail` gets the rules of the sites on the way; None: it is such rules that are asked for.
        """
        for_robots = trail is None
        address, left = first, self._limits.total_s
        moved_to, is_permanent, is_downgraded = "", True, False
        is_sign_in = needs_cookies = False
        seen = {first.url}
        for _ in range((_ROBOTS_REDIRECTS if for_robots else self._limits.redirects) + 1):
            if trail is not None:
                yield from self._mind_rules(first, address, request, trail)
            if left <= 0:
                raise _end(Answer.FAILED, "its redirects take too long", address)
            ask = Ask(
                address,
                left,
                self._limits.robots if for_robots else self._limits.body,
                _tag(request.etag),
                _tag(request.last_modified),
                for_robots,
            )
            reply = yield ask
            left -= reply.took_s
            if reply.trouble is not None:
                raise self._no_answer(first, address, reply)
            location = reply.headers.get("location", "").strip()
            if reply.status not in _REDIRECTS or not location:
                return _Visit(address, reply, moved_to, is_downgraded)
            try:
                following = parse(location, self._allowed, address.url)
            except Refused as refused:
                detail = f"{_ELSEWHERE}{refused}"
                raise _end(Answer.REFUSED, detail, address, reply.status) from refused
            is_permanent = is_permanent and reply.status in _PERMANENT
            moved_to = following.url if is_permanent else moved_to
            needs_cookies |= "set-cookie" in reply.headers
            is_sign_in |= signs.leads_to_sign_in(first, following)
            is_downgraded |= (address.scheme, following.scheme) == ("https", "http")
            if following.url in seen:
                break
            seen.add(following.url)
            address = following
        if is_sign_in or needs_cookies:  # whoever has cookies gets out of it
            detail = "it leads to a sign-in page" if is_sign_in else "its redirects ask for cookies"
            raise _end(Answer.SIGN_IN, detail, address, reply.status)
        raise _end(Answer.FAILED, "its redirects come to no end", address, reply.status)

    def _no_answer(self, first: Address, address: Address, reply: Reply) -> _End:
        if reply.trouble is Trouble.REFUSED:
            detail = reply.detail if address == first else _ELSEWHERE + reply.detail
            return _end(Answer.REFUSED, detail, address)
        if reply.trouble is Trouble.PROXY:
            return _end(Answer.LATER, reply.detail, address, later_s=_BUSY_S / 6)
        failed = Outcome(Answer.FAILED, url=address.url, detail=reply.detail)
        return _End(Checked(failed, is_silent=reply.trouble is Trouble.SILENT))

    def _mind_rules(
        self, first: Address, address: Address, request: Request, trail: list[Rules]
    ) -> Steps[None]:
        """Raise _End if the site's robots.txt does not let us read this, or can't be had for now."""
        rules = self._robots.get(address.site, self._clock())
        if rules is None:
            rules = yield from self._read_rules(first, address)
            self._robots.keep(address.site, rules, self._clock())
        trail.append(rules)
        if rules.lost_by and not request.insists:
            detail = f"the host answers {rules.lost_by} (to the question for its robots.txt)"
            raise _end(Answer.FAILED, detail, address, rules.lost_by)
        if not rules.allows(address.url):
            if signs.leads_to_sign_in(first, address):
                raise _end(Answer.SIGN_IN, "it leads to a sign-in page", address)
            raise _end(Answer.REFUSED, "the site's robots.txt asks not to be read", address)

    def _read_rules(self, first: Address, address: Address) -> Steps[Rules]:
        place = address._replace(target="/robots.txt")
        try:
            visit = yield from self._follow(place, Request(place.url), None)
        except Refused:
            return Rules()
        except _End as end:
            outcome = end.checked.outcome
            if outcome.status is None and outcome.url == place.url:
                # Nobody answers: the page would not come either.
                is_elsewhere = outcome.answer is Answer.REFUSED and address != first
                detail = (_ELSEWHERE if is_elsewhere else "") + outcome.detail
                end.checked = end.checked._replace(outcome=outcome._replace(url=address.url, detail=detail))
                raise
            return Rules()  # it leads nowhere: there is none
        status = visit.reply.status
        if status == 429 or (status == 503 and "retry-after" in visit.reply.headers):
            wait = self._wait_s(visit.reply) or _BUSY_S
            detail = f"the site's robots.txt can't be had for now ({status})"
            later = Outcome(Answer.LATER, status, address.url, detail=detail, later_s=wait)
            raise _End(Checked(later, rests=address.host))
        if status >= 500:
            return Rules(lost_by=status)
        return Rules((visit.reply.body or b"").decode("utf-8-sig", "replace") if 200 <= status < 300 else "")

    def _judge(self, first: Address, visit: _Visit, request: Request) -> Checked:
        """Return what the last reply says of the link."""
        status, address, reply = visit.reply.status, visit.address, visit.reply
        outcome = Outcome(Answer.FAILED, status, address.url)
        if status == 429 or (status == 503 and "retry-after" in reply.headers):
            detail = f"the host asks to come back later ({status})"
            wait = self._wait_s(reply) or _BUSY_S
            outcome = outcome._replace(answer=Answer.LATER, detail=detail, later_s=wait)
            return Checked(outcome, rests=address.host)
        if status == 407 and reply.by_proxy:
            detail = "the proxy asks for a password"
            return Checked(outcome._replace(answer=Answer.LATER, detail=detail, later_s=_BUSY_S))
        is_sign_in = signs.leads_to_sign_in(first, address)
        if status in _WALLS or "cf-mitigated" in reply.headers or (is_sign_in and 200 <= status < 500):
            detail = "it leads to a sign-in page" if is_sign_in else f"only for those who sign in ({status})"
            return Checked(outcome._replace(answer=Answer.SIGN_IN, detail=detail))
        note = "; a redirect leads from https to http" if visit.is_downgraded else ""
        if status == 304 and (request.etag or request.last_modified):
            unchanged = outcome._replace(answer=Answer.UNCHANGED, moved_to=visit.moved_to)
            return Checked(unchanged._replace(detail=note.removeprefix("; ")))
        if not 200 <= status < 300:
            return Checked(outcome._replace(detail=f"the host answers {status}"))
        outcome = outcome._replace(
            answer=Answer.READ,
            moved_to=visit.moved_to,
            detail=(reply.detail + note).removeprefix("; "),
            etag=_tag(reply.headers.get("etag", "")),
            last_modified=_tag(reply.headers.get("last-modified", "")),
            content_type=media_type(reply.headers),
            charset=charset(reply.headers),
        )
        return Checked(outcome, reply.body or b"")

    def _answers_anything(self, first: Address, visit: _Visit) -> Steps[bool]:
        """Tell whether a nonsense address beside the link is answered as the link is."""
        path = first.target.partition("?")[0]
        if path == "/":
            return False
        directory = path.rstrip("/").rpartition("/")[0]
        nonsense = first._replace(target=f"{directory}/{secrets.token_hex(12)}")
        try:
            probe = yield from self._follow(nonsense, Request(nonsense.url), [])
        except (Refused, _End):
            return False
        if probe.reply.status != 200:
            return False
        if visit.address.url != first.url and probe.address.url == visit.address.url:
            return True
        return bool(probe.reply.body) and signs.are_alike(visit.reply.body or b"", probe.reply.body or b"")

    def _wait_s(self, reply: Reply) -> float:
        """Return the seconds that a host asks to wait, within bounds; 0 if it does not say."""
        text = reply.headers.get("retry-after", "").strip()
        try:
            wait = float(text) if text.isascii() and text.isdigit() else self._until(text)
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return min(max(wait, 1.0), MOST_LATER_S)

    def _until(self, text: str) -> float:
        return parsedate_to_datetime(text[:100]).timestamp() - self._clock()


def _tag(text: str) -> str:
    """Return an ETag or a date of a host if it can be sent back to it."""
    return text if len(text) <= MOST_TAG and text.isascii() and text.isprintable() else ""
