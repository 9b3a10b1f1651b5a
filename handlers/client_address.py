"""Who a request comes from: the peer of its connection, or whom proxies that we trust name in X-Forwarded-For.

Anybody may send that header, and each proxy adds the peer that it saw on the right. So it is read from the right, and
only while who wrote is one of ours: what is left of anybody else's may be made up. X-Real-Ip and the like are not read.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_WITH_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")  # as some proxies write it


def client_address(peer: str, forwarded_for: str, trusted: Collection[Network]) -> str:
    """The first address on the way from us to the client that is not in a trusted network, else the last one.

    What is no address ends the way: nobody vouches for what is left of it.
    """
    hop = _parsed(peer)
    reached = str(hop or peer)
    for text in reversed(forwarded_for.split(",")):
        if hop is None or not any(hop in network for network in trusted):
            break
        hop = _parsed(text)
        reached = str(hop or reached)
    return reached


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 that is written as IPv6 is of IPv4. None for anything else, zones of a link too."""
    text = text.strip(" \t")
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(found[1] or found[2] if found else text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address
