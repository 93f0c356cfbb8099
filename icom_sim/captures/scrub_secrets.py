"""What of a capture is nobody's business, in the order in which it appears.

A text is a name or a credential, without padding. What everybody's capture says is no
secret: names of models, loopback addresses.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from icom_proto.credentials import reveal
from icom_proto.errors import DecodeError
from icom_sim.rig.catalogue import MODELS

# Models, and what radios call their sound (2.13).
PUBLIC = {name.encode() for name in MODELS} | {b"", b"ICOM_VAUDIO"}

MAC_SIZE = 6
# What stands in front of a MAC in an identity block (2.10.1); two programs fall back to
# a form that has it two bytes earlier (10, item 57).
_MAC_MARKS = tuple(map(bytes.fromhex, ("00000000000000108000", "0000000000001080")))
# Many clients write this into token packets, where there is no identity (2.12).
_RESET = bytes.fromhex("00000000079800000000000000000000")


class Secrets:
    """Those of one capture, and texts that were given by a person."""

    def __init__(self, given: Iterable[bytes] = ()) -> None:
        self._given = dict.fromkeys(given)
        self._fields: dict[bytes, None] = {}  # of logins, as if they were in the clear
        self.texts: dict[bytes, None] = {}
        self.tokens: dict[bytes, None] = {}
        self.token_requests: dict[bytes, None] = {}
        self.macs: dict[bytes, None] = {}
        self.guids: dict[bytes, None] = {}
        self.hosts: dict[str, None] = {}

    def all_texts(self) -> dict[bytes, None]:
        """Whatever must not be left as a text."""
        return self._given | self.texts | self._fields

    # What is looked at is noted, and stays as it is.

    def text(self, raw: bytes) -> bytes:
        """A name in the clear."""
        text = text_in(raw)
        if text not in PUBLIC:
            self.texts[text] = None
        return raw

    def credential(self, raw: bytes) -> bytes:
        """An obfuscated field. One server takes it in the clear too (2.10)."""
        field = field_in(raw)
        if field:
            self.texts[revealed(field)] = self._fields[field] = None
        return raw

    def token(self, token: bytes) -> bytes:
        if any(token):  # else it says that there is none yet
            self.tokens[token] = None
        return token

    def token_request(self, token_request: bytes) -> bytes:
        if any(token_request):
            self.token_requests[token_request] = None
        return token_request

    def identity(self, identity: bytes) -> bytes:
        place = mac_place(identity)
        if place is None:
            if any(identity) and identity != _RESET:
                self.guids[identity] = None
        elif any(mac := identity[place : place + MAC_SIZE]):
            self.macs[mac] = None
        return identity

    def host(self, host: str) -> str:
        if _tells(host):
            self.hosts[host] = None
        return host

    def ip_address(self, raw: bytes) -> bytes:
        """One of four bytes."""
        self.host(str(IPv4Address(raw)))
        return raw


@lru_cache(maxsize=1024)
def _tells(host: str) -> bool:
    address = ip_address(host)
    tells_nothing = address.is_loopback or address.is_unspecified
    return address.version == 6 or not tells_nothing  # IPv4 is what is written


def field_in(raw: bytes) -> bytes:
    """What stands in a padded field."""
    return raw.partition(b"\0")[0]


def text_in(raw: bytes) -> bytes:
    """A name in a field: blanks are padding too (2.13)."""
    return field_in(raw).rstrip(b" ")


def revealed(field: bytes) -> bytes:
    """The text behind a credential; bytes that no passcode has stand for themselves."""
    try:
        return reveal(field).encode()
    except DecodeError:
        return field


def mac_place(identity: bytes) -> int | None:
    """Where the MAC stands in an identity block, if it has one."""
    return next((len(m) for m in _MAC_MARKS if identity.startswith(m)), None)
