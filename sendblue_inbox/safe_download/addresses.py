"""Which machines may be asked for a file: the public ones, and those the operator names.

Python's own `is_global` is no such filter: it calls mapped, translated and multicast addresses
global, and for some blocks its answer depends on the version of Python.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from typing import TYPE_CHECKING

from .errors import Forbidden, TooSlow, Unresolvable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA's special-purpose registry for IPv4 (RFC 6890 and later), and what only looks public.
_CLOSED_4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host's own agent, on Azure
        "169.254.0.0/16",  # link-local, and the metadata of every cloud
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.52.193.0/24",  # relay anycast (AMT)
        "192.88.99.0/24",  # relay anycast (6to4)
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_6 = ipaddress.IPv6Network("2000::/3")  # all that is given out for global unicast
_CLOSED_6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3ffe::/16",  # the 6bone of old
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052; 64:ff9b:1::/48 is for local use


def is_public(address: Address) -> bool:
    """Whether the address belongs to a machine on the open internet, and to nothing else."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _CLOSED_4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _OPEN_6 and not any(address in block for block in _CLOSED_6)


def checked_addresses(
    host: str, port: int, *, usual: bool, allowed: Sequence[Network], seconds: float
) -> list[Address]:
    """Where that host is, asked once; every answer has passed the policy, and there is one.

    `usual`: https on its own port, which any public machine may be asked for; anything else only
    where the operator's networks hold the address. One bad answer among good ones is a trick.
    Raises Forbidden, Unresolvable or TooSlow.
    """
    addresses = _resolve(host, port, seconds)
    for address in addresses:
        named = any(address in network for network in allowed)
        if not named and not (usual and is_public(address)):
            raise Forbidden("the host is no public machine that may be asked this way")
    return addresses


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The resolver has time limits of its own, which are far too long for us."""
    answers: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_unique(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, ValueError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise TooSlow("the name was not resolved in time") from None
    if isinstance(answer, OSError) or not answer:
        raise Unresolvable("the host's name leads nowhere")
    return answer


def _unique(found: Iterable[tuple]) -> list[Address]:
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
