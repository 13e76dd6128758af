"""Which addresses and names an outgoing request may reach."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.addresses import is_public, literal, may_connect, private_name

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "198.18.0.1",
        "198.19.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "192.88.99.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_ipv4_that_nobody_on_the_internet_owns_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "5f00::1",
        "4000::1",
        "2001:2::1",
        "2001:10::1",
        "64:ff9b:1::7f00:1",
    ],
)
def test_ipv6_outside_the_handed_out_part_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2a00:1450::5efe:7f00:1",
        "2a00:1450::200:5efe:a00:1",
    ],
)
def test_a_private_ipv4_hidden_in_an_ipv6_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_global_unicast_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@settings(deadline=None, max_examples=300)
@given(st.ip_addresses(v=4))
def test_no_public_ipv4_is_private_to_the_standard_library(address: ipaddress.IPv4Address) -> None:
    assert not is_public(address) or (address.is_global and not address.is_multicast)


@settings(deadline=None, max_examples=300)
@given(st.ip_addresses(v=6))
def test_no_public_ipv6_is_private_to_the_standard_library(address: ipaddress.IPv6Address) -> None:
    assert not is_public(address) or (address.is_global and not address.is_multicast)


@settings(deadline=None, max_examples=200)
@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_ipv4_that_it_is(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.ip_address(f"::ffff:{address}")
    translated = ipaddress.ip_address(f"64:ff9b::{address}")

    assert is_public(mapped) == is_public(translated) == is_public(address)


def test_an_allowed_network_may_be_reached_and_no_other() -> None:
    assert may_connect(ipaddress.ip_address("127.0.0.7"), LOOPBACK)
    assert may_connect(ipaddress.ip_address("::ffff:127.0.0.7"), LOOPBACK)
    assert may_connect(ipaddress.ip_address("9.9.9.9"), LOOPBACK)
    assert not may_connect(ipaddress.ip_address("10.0.0.1"), LOOPBACK)
    assert not may_connect(ipaddress.ip_address("::1"), LOOPBACK)
    assert not may_connect(ipaddress.ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "x.localhost",
        "printer.local",
        "metadata.google.internal",
        "abcdefghij.onion",
        "router.home.arpa",
        "localhost.localdomain",
        "intranet",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "1.2.3.0x",
        "evil.example.1",
        "127.0.0.1",
        "::1",
        "[::1]",
        "8.8.8.8",
        "a..example",
        ".example",
        "evil.example.",
        "-evil.example",
        "evil-.example",
        "ev il.example",
        "evil%2f.example",
        "e\u00advil.example",
        "x" * 64 + ".example",
        ".".join(["a" * 60] * 5) + ".example",
    ],
)
def test_a_name_that_can_be_no_public_server_is_refused(host: str) -> None:
    assert private_name(host)


@pytest.mark.parametrize(
    "host",
    [
        "groups.example",
        "xn--bcher-kva.example",
        "a-b.c_d.example",
        "1.2.3.example",
        "0x7f.example",
        "x" * 63 + ".example",
        "localhost.example",
        "local.example",
    ],
)
def test_a_public_name_is_let_through(host: str) -> None:
    assert private_name(host) == ""


def test_a_host_is_a_literal_address_only_in_its_plain_spellings() -> None:
    assert literal("[::1]") == ipaddress.ip_address("::1")
    assert literal("127.0.0.1") == ipaddress.ip_address("127.0.0.1")
    assert literal("127.1") is None
    assert literal("h.example") is None
