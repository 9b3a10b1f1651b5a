"""Which addresses are one client's."""

import ipaddress

_OF_ONE_SITE = 64  # bits of an IPv6 address; one customer of a provider has all that begin with them


def counted_as(address: str) -> str:
    """What a client is counted by: its IPv4 address, its /64 network of IPv6; other text as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), _OF_ONE_SITE), strict=False))
