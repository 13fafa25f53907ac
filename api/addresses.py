"""Which address a request counts as."""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def read_networks(texts: Sequence[str]) -> list[Network]:
    """Read ``[api] trusted_proxies``: addresses and networks (10.0.0.0/8); the loader checked them."""
    return [ip_network(text, strict=False) for text in texts]


def client_address(peer: str, forwarded: Sequence[str], proxies: Collection[Network]) -> str:
    """The address to hold limits against.

    ``forwarded`` are the X-Forwarded-For headers in order. They are read from the right, where the nearest
    proxy wrote, and only as long as the writer is a trusted proxy: what stands further left, anybody may have
    sent.
    An IPv6 client is its /64, for it has all of that to itself.
    """
    found = _parse(peer)
    if found is None:
        return peer or "local"
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] if proxies else []
    while hops and any(found in network for network in proxies):
        told = _parse(hops.pop())
        if told is None:
            break
        found = told
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return str(found)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
