"""The address of a client, also behind proxies.

Where there are no accounts limits belong to this address. A client can write anything into
``X-Forwarded-For``, and only what a trusted proxy added to it counts: from the right, the first
address that is no trusted proxy's.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from tutor_widget.server.settings import BadSetting

__all__ = ["Network", "client_address", "is_one_of", "networks", "web_origins"]

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")
Network = IPv4Network | IPv6Network
_SUBSCRIBER = 64
"""Bits of an IPv6 address that name one subscriber (RFC 6177), who may use all addresses below."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks, such as ``10.0.0.0/8`` or one address. Raises BadSetting."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise BadSetting(
                f"--trusted-proxies {text!r}: an address such as 10.1.2.3, or a network such as "
                "10.0.0.0/8, is expected."
            ) from None
    return tuple(found)


def web_origins(texts: Iterable[str]) -> tuple[str, ...]:
    """The origins as browsers write them (RFC 6454 §6.2), or ``*``. Raises BadSetting."""
    found = tuple(texts)
    for text in found:
        if text != "*" and _ORIGIN.fullmatch(text) is None:
            raise BadSetting(
                f"--origins {text!r}: an origin such as https://hub.example.edu is expected, in "
                "lower case and without a path, or * for all."
            )
    return found


def is_one_of(peer: str, known: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    found = _address(peer)
    return found is not None and any(found in network for network in known)


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The owner of the limits of a connection from ``peer``.

    ``forwarded`` are the values of ``X-Forwarded-For``, in order. Of an IPv6 address only the
    network of the subscriber is returned. What is no address is returned as it is.
    """
    found = _address(peer)
    if found is None:
        return peer
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and any(found in network for network in trusted):
        if (further := _address(hops.pop())) is None:
            break
        found = further
    if isinstance(found, IPv6Address):
        return str(ipaddress.ip_network((found, _SUBSCRIBER), strict=False))
    return str(found)


@lru_cache(1024)  # a class comes back from a few addresses
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, which may be in brackets and have a port. None if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
