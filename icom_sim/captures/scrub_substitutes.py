"""What stands in a scrubbed capture instead of each secret.

Substitutes follow from the seed and from the order in which secrets appear, never from
the secrets: whoever knows the seed could else try passwords until one gives what stands
in the file. The same secret has the same substitute everywhere in a file, two secrets
have two, and the length stays.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from ipaddress import IPv4Address, ip_address
from random import Random
from string import ascii_letters, digits

from icom_sim.captures.scrub_forms import TELLING, FormIndex, forms_of, passcode
from icom_sim.captures.scrub_secrets import (
    MAC_SIZE,
    Secrets,
    field_in,
    mac_place,
    revealed,
    text_in,
)

_ICOM = bytes.fromhex("0090c7")
_NOBODY = bytes.fromhex("020000")  # locally administered
_LETTERS = (ascii_letters + digits).encode()
_TRIES = 1000
# For documents (RFC 5737), and when those are used up for benchmarks (RFC 2544).
_NETWORKS = (
    *("192.0.2", "198.51.100", "203.0.113"),
    *(f"198.{high}.{low}" for high in (18, 19) for low in range(256)),
)
_HOSTS_EACH = range(1, 255)

# By chance, for this secret.
_Draw = Callable[[Random, bytes], bytes]


class SubstituteError(Exception):
    """There are more secrets of a kind than substitutes: one line."""


class Substitutes:
    """One for each secret. `index` has those that are looked for everywhere."""

    def __init__(self, secrets: Secrets, seed: int) -> None:
        self._seed = seed
        self._tokens = self._bytes("token", secrets.tokens)
        self._token_requests = self._bytes("token request", secrets.token_requests)
        self._guids = self._bytes("GUID", secrets.guids)
        self._macs = self._new_macs(secrets.macs)
        self._texts = self._new_texts(secrets.all_texts())
        self._hosts = dict(zip(secrets.hosts, _free_hosts(secrets.hosts), strict=False))
        if len(self._hosts) < len(secrets.hosts):
            raise SubstituteError(f"there are more than {len(self._hosts)} hosts in it")
        self.index = FormIndex()
        self._fill_index()

    def text(self, raw: bytes) -> bytes:
        """For a name in a field, with the blanks that it had as padding."""
        text = text_in(raw)
        return self._texts.get(text, text) + field_in(raw)[len(text) :]

    def credential(self, raw: bytes) -> bytes:
        field = field_in(raw)
        return passcode(self._texts.get(revealed(field), b""))

    def token(self, token: bytes) -> bytes:
        return self._tokens.get(token, token)

    def token_request(self, token_request: bytes) -> bytes:
        return self._token_requests.get(token_request, token_request)

    def identity(self, identity: bytes) -> bytes:
        place = mac_place(identity)
        if place is None:
            return self._guids.get(identity, identity)
        end = place + MAC_SIZE
        mac = identity[place:end]
        return identity[:place] + self._macs.get(mac, mac) + identity[end:]

    def host(self, host: str) -> str:
        return self._hosts.get(host, host)

    def ip_address(self, raw: bytes) -> bytes:
        """For one of four bytes."""
        return ip_address(self.host(str(IPv4Address(raw)))).packed

    # inside

    def _drawn(
        self,
        kind: str,
        known: Collection[bytes],
        draw: Callable[[Random, bytes], bytes],
    ) -> dict[bytes, bytes]:
        """By number of appearance; neither a secret nor the substitute of another."""
        made: dict[bytes, bytes] = {}
        taken = {*known, b""}
        for number, secret in enumerate(known):
            rng = Random(f"{self._seed}/{kind}/{number}")
            for _ in range(_TRIES):
                drawn = draw(rng, secret)
                if drawn not in taken and any(drawn):
                    break
            else:
                raise SubstituteError(
                    f"there are too many different secrets of one kind in it ({kind}, "
                    f"{len(secret)} bytes)"
                )
            taken.add(drawn)
            made[secret] = drawn
        return made

    def _bytes(self, kind: str, known: Collection[bytes]) -> dict[bytes, bytes]:
        return self._drawn(kind, known, lambda rng, old: rng.randbytes(len(old)))

    def _new_macs(self, known: Collection[bytes]) -> dict[bytes, bytes]:
        """Icom's stay Icom's."""

        def draw(rng: Random, old: bytes) -> bytes:
            vendor = _ICOM if old.startswith(_ICOM) else _NOBODY
            return vendor + rng.randbytes(MAC_SIZE - len(vendor))

        return self._drawn("MAC", known, draw)

    def _new_texts(self, known: Collection[bytes]) -> dict[bytes, bytes]:
        """Letters and digits, in which no secret stands by chance, in any form."""
        secret_forms = FormIndex()
        for text in known:
            for form, _ in forms_of(text):
                secret_forms.add(form, form)

        def draw(rng: Random, old: bytes) -> bytes:
            drawn = bytes(rng.choices(_LETTERS, k=len(old)))
            both = (drawn, passcode(drawn))
            tells = any(each in known or secret_forms.first(each) for each in both)
            return b"" if tells else drawn

        return self._drawn("text", known, draw)

    def _fill_index(self) -> None:
        for text, other in self._texts.items():
            for form, as_form in forms_of(text):
                self.index.add(form, as_form(other))
        for mac, other in self._macs.items():
            self.index.add(mac, other)
            for written in mac_texts(mac):
                self.index.add(written, _blank(written))
        for guid, other in self._guids.items():
            self.index.add(guid, other)
        for host in self._hosts:
            if len(host) >= TELLING:
                self.index.add(host.encode(), _blank(host.encode()))


def mac_texts(mac: bytes) -> Iterator[bytes]:
    """How programs write one."""
    for text in (mac.hex(":"), mac.hex("-"), mac.hex()):
        yield from {text.encode(), text.upper().encode()}


def _blank(written: bytes) -> bytes:
    """Zeros for its digits, so that it keeps its length and looks like what it was."""
    return bytes(ord("0") if chr(each).isalnum() else each for each in written)


def _free_hosts(known: Iterable[str]) -> Iterator[str]:
    """Without the last two bytes of a known one, of which clients make ids (1.3)."""
    tails = {ip_address(host).packed[-2:] for host in known}
    for network in _NETWORKS:
        for last in _HOSTS_EACH:
            host = f"{network}.{last}"
            if ip_address(host).packed[-2:] not in tails:
                yield host
