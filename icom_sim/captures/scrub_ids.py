"""The ids that most clients make of their address and port (PROTOCOL.md 1.3).

The third and fourth byte of the address and the port, in either byte order. They get
the bytes of the address that stands in its place, so that they still match it.
"""

from functools import lru_cache
from ipaddress import ip_address

from icom_proto.events import Address

_HALF = 0xFFFF
# Older programs leave the upper half zero, one writes 1: no address is in those.
_NO_ADDRESS = (0, 1)


def id_for(number: int, owner: Address, substitute: str) -> int:
    """The id as `owner` would have it if its host were `substitute`.

    A client behind a NAT has an address that nobody sees, and is known by its port.
    """
    tail, new = _tail(owner.host), _tail(substitute)
    if tail == new:
        return number
    for turn in (_same, _turned):
        upper, port = divmod(turn(number), _HALF + 1)
        if upper == tail or (port == owner.port and upper not in _NO_ADDRESS):
            return turn(new << 16 | port)
    return number


def shows_host(number: int, host: str, port: int) -> bool:
    """Whether an id is made of this address and port, and not like it by chance."""
    tail = _tail(host)
    return tail not in _NO_ADDRESS and any(
        turn(number) == tail << 16 | port for turn in (_same, _turned)
    )


def _same(number: int) -> int:
    return number


def _turned(number: int) -> int:
    """With its four bytes in the other order."""
    halves = number >> 16, number & _HALF
    upper, lower = ((each & 0xFF) << 8 | each >> 8 for each in halves)
    return lower << 16 | upper


@lru_cache(maxsize=1024)
def _tail(host: str) -> int:
    *_, third, fourth = ip_address(host).packed
    return third << 8 | fourth
