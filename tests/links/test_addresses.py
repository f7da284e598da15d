"""Which addresses may be asked: numbers in all their wrappings, and what settings allow."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.links.addresses import Address, Allowed, Refused, is_public, parse

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255
    192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1
    64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a00:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001::1 2001:db8::1 100::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1 nonsense 1.2.3 1.2.3.4.5
""".split()
PUBLIC = "8.8.8.8 93.184.216.34 2606:2800:220:1::1 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_reached_from_everywhere_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_reached_from_everywhere_is_not(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_a_wrapping_changes_nothing(ip: ipaddress.IPv4Address) -> None:
    wrapped = [
        f"::ffff:{ip}",
        f"64:ff9b::{ip}",
        str(ipaddress.IPv6Address((0x2002 << 112) | (int(ip) << 80) | 1)),
    ]
    assert {is_public(one) for one in wrapped} == {is_public(str(ip))}


@given(
    st.text(max_size=60),
    st.sampled_from(["", "http://", "https://", "http://a.test:", "http://[", "//", "http://a@"]),
)
def test_any_text_is_an_address_or_refused(text: str, head: str) -> None:
    for base in ("", "http://news.test/a/b?c"):
        try:
            made = parse(head + text, Allowed(), base)
        except Refused:
            continue
        assert (
            made.url.isascii()
            and made.url.isprintable()
            and " " not in made.url
            and "@" not in made.authority
        )
        assert (made.scheme, made.port) in (("http", 80), ("https", 443))
        assert parse(made.url, Allowed()) == made  # as it is, so it stays


def test_a_host_is_allowed_on_any_port_or_on_one() -> None:
    allowed = Allowed(["Wiki.Corp", "bücher.test:8080", "[::1]:81", "10.0.0.1"])
    assert parse("https://WIKI.corp:9/a", allowed) == Address("https", "wiki.corp", 9, "/a")
    for host, port, is_allowed in [
        ("wiki.corp", 1, True), ("xn--bcher-kva.test", 8080, True), ("xn--bcher-kva.test", 80, False),
        ("::1", 81, True), ("::1", 80, False), ("10.0.0.1", 80, True), ("a.wiki.corp", 80, False),
    ]:  # fmt: skip
        assert allowed.has(host, port) is is_allowed
