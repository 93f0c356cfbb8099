"""Looks at a scrubbed capture as a stranger would: is any known secret left in it?

This is the second opinion: it shares no search with what replaced the secrets. Each
datagram is searched for the bytes of each secret, in the clear and with the passcode,
at every place, and its fields and addresses must not hold a secret either.
"""

from collections.abc import Iterable, Iterator

from icom_proto.codec import HEADER_SIZE
from icom_proto.credentials import CREDENTIAL_MAX, obscure
from icom_proto.errors import LocalProtocolError
from icom_proto.packets import Header
from icom_sim.captures.follow import Follower
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.scrub_ids import shows_host
from icom_sim.captures.scrub_rewrite import Rewriter
from icom_sim.captures.scrub_secrets import Secrets

# As in scrub_forms: fewer bytes are there by chance. Shorter secrets are looked for in
# the fields alone.
_TELLING = 4


class Scan:
    """Takes the datagrams of a scrubbed capture, in their order."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._forms = dict(_forms(secrets))
        self._follower = Follower()

    def first_left(self, datagrams: Iterable[CapturedDatagram]) -> str | None:
        """Where a secret is left, and of which kind, without telling it."""
        for datagram in datagrams:
            what = self.left_in(datagram)
            if what is not None:
                return f"packet {datagram.number} still has {what}"
        return None

    def left_in(self, datagram: CapturedDatagram) -> str | None:
        payload = datagram.data[HEADER_SIZE:]
        for form, what in self._forms.items():
            if form in payload:
                return what
        if self._shows_host(datagram):
            return "an address"
        placed = self._follower.place(datagram)
        if placed is None:
            return None
        found = Secrets()
        Rewriter(found, keep_civ=True, silence_audio=False).rewritten(placed)
        return next(_both(self._secrets, found), None)

    def _shows_host(self, datagram: CapturedDatagram) -> bool:
        hosts = self._secrets.hosts
        ends = datagram.source, datagram.destination
        if any(end.host in hosts for end in ends):
            return True
        if len(datagram.data) < HEADER_SIZE:
            return False
        header = Header.decode(datagram.data)
        ids = header.sender_id, header.receiver_id
        return any(
            shows_host(number, host, end.port)
            for number, end in zip(ids, ends, strict=True)
            for host in hosts
        )


def _forms(secrets: Secrets) -> Iterator[tuple[bytes, str]]:
    for text in secrets.all_texts():
        yield from _text_forms(text)
    for mac in secrets.macs:
        yield mac, "a MAC address"
        for separator in (":", "-"):
            written = mac.hex(separator).encode()
            yield written, "a written MAC address"
            yield written.upper(), "a written MAC address"
    for guid in secrets.guids:
        yield guid, "a GUID"
    for host in filter(_is_telling, secrets.hosts):
        yield host.encode(), "a written address"


def _is_telling(text: str) -> bool:
    return len(text) >= _TELLING


def _text_forms(text: bytes) -> Iterator[tuple[bytes, str]]:
    if len(text) >= _TELLING:
        yield text, "a name or password in the clear"
    for place in range(CREDENTIAL_MAX + 1 - _TELLING):
        shifted = " " * place + text.decode("latin-1")
        try:
            form = obscure(shifted[:CREDENTIAL_MAX])[place:]
        except LocalProtocolError:  # it has no passcode
            return
        if len(form) >= _TELLING:
            yield form, "a name or password as passcode"


def _both(before: Secrets, after: Secrets) -> Iterator[str]:
    """Which kinds of field have something that was secret."""
    if not before.all_texts().keys().isdisjoint(after.all_texts()):
        yield "a name or password"
    if not before.tokens.keys().isdisjoint(after.tokens):
        yield "a token"
    if not before.token_requests.keys().isdisjoint(after.token_requests):
        yield "a token request"
    if not before.macs.keys().isdisjoint(after.macs):
        yield "a MAC address"
    if not before.guids.keys().isdisjoint(after.guids):
        yield "a GUID"
    if not before.hosts.keys().isdisjoint(after.hosts):
        yield "an address"
