"""Whose a request is: an address can be claimed only by proxies that the operator has named."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.client_address import client_address

PROXIES = [ip_network(text) for text in ("10.0.0.0/8", "192.0.2.7", "fd00::/8")]
US, ALSO_US, SIX = "10.0.0.1", "192.0.2.7", "fd00::1"


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "found"),
    [
        (US, "203.0.113.5", "203.0.113.5"),
        (SIX, "2001:db8::5", "2001:db8::5"),
        (US, "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (US, "203.0.113.5, fd00::2 ,192.0.2.7", "203.0.113.5"),
        (US, " 203.0.113.5\t", "203.0.113.5"),
        # what a client made up stands left of what the first of our proxies wrote
        (US, "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        (US, "10.0.0.9, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        # a peer that nobody named may write what it likes
        ("203.0.113.5", "1.1.1.1", "203.0.113.5"),
        ("192.0.2.8", "1.1.1.1", "192.0.2.8"),
        ("2001:db8::5", US, "2001:db8::5"),
        # our own
        (US, "", US),
        (US, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # one spelling of an address
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "1.1.1.1", "203.0.113.5"),
        (US, "::FFFF:203.0.113.5", "203.0.113.5"),
        (US, "2001:0DB8::0005", "2001:db8::5"),
        # with a port, as some proxies write it
        (US, "203.0.113.5:4711", "203.0.113.5"),
        (US, "[2001:db8::5]:4711", "2001:db8::5"),
        (US, "[2001:db8::5]", "2001:db8::5"),
    ],
)
def test_the_nearest_address_that_is_not_ours_is_the_client(peer: str, forwarded_for: str, found: str) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == found


@pytest.mark.parametrize(
    "wrong",
    [
        "", " ", "unknown", "localhost", "256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1.2.3.4/8", "3405803781",
        "0x7f.1", "١.2.3.4", "fe80::1%eth0", "fe80::1%<script>", "2001:db8::5:", "[2001:db8::5", "2001:db8::5]:80",
        "1.2.3.4:", ":80", "1.2.3.4:port", "1.2.3.4:123456", '"1.2.3.4"', "for=1.2.3.4", "1.2.3.4;2.3.4.5",
        "1.2.3.4 5.6.7.8", "1.2.3.4\n", "\x00",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_believed_nor_what_stands_left_of_it(wrong: str) -> None:
    assert client_address(US, wrong, PROXIES) == US
    assert client_address(US, f"1.1.1.1, {wrong}, {ALSO_US}", PROXIES) == ALSO_US
    assert client_address(US, f"{wrong}, 203.0.113.5", PROXIES) == "203.0.113.5"


def test_nobody_is_trusted_unless_named() -> None:
    assert client_address("127.0.0.1", "1.1.1.1", []) == "127.0.0.1"


def is_ours(address: str) -> bool:
    return any(ip_address(client_address(address, "", [])) in network for network in PROXIES)


addresses = st.ip_addresses().map(str)
others = addresses.filter(lambda address: not is_ours(address))
headers = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(addresses, st.sampled_from([US, SIX]), st.text(max_size=5))).map(",".join),
)


@given(peer=others, sent=headers)
def test_a_peer_that_is_not_ours_is_the_client_whatever_it_sends(peer: str, sent: str) -> None:
    assert client_address(peer, sent, PROXIES) == client_address(peer, "", [])


@given(client=others, made_up=headers, ours=st.lists(st.sampled_from([US, ALSO_US, SIX]), max_size=3))
def test_a_client_cannot_hide_behind_what_it_sends(client: str, made_up: str, ours: list[str]) -> None:
    """The header as it arrives: the client's own, then whom each of our proxies was called by."""
    assert client_address(US, ",".join([made_up, client, *ours]), PROXIES) == client_address(client, "", [])
