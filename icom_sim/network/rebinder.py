"""A NAT between client and radio: as which port the radio sees each client.

Until something is rebound both are the same and nothing is kept. From then on each
client gets a new port with the next datagram it sends, as from a NAT whose memory was
lost, and the old port leads nowhere.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from icom_proto.codes import Stream
from icom_proto.events import Address

# More clients at once than any radio takes, spoofed ones included; the oldest goes.
MAPPINGS_MAX: Final = 1024
PORT_MIN, PORT_MAX = 1024, 0xFFFF

_Key = tuple[Stream, Address]


@dataclass(slots=True, eq=False)
class Rebinding:
    """One rule's doing. `streams`: those whose ports change at this time."""

    at: float
    streams: tuple[Stream, ...]
    rebinds: int = 0  # clients that were given another port
    stranded: int = 0  # datagrams to a port that leads nowhere


class Rebinder:
    """Translates addresses: `seen` of what clients send, `real` of what they get."""

    def __init__(self, seed: int) -> None:
        self.in_use = False  # nothing is translated: drivers need not ask
        self.stranded = dict.fromkeys(Stream, 0)
        self._rng = Random(f"{seed}/rebinder")
        self._pending: list[Rebinding] = []
        self._latest: dict[Stream, Rebinding] = {}
        self._seen: dict[_Key, Address] = {}
        self._real: dict[_Key, Address] = {}

    def schedule(self, rebinding: Rebinding) -> None:
        """Let it happen at its time."""
        self._pending.append(rebinding)
        self._pending.sort(key=lambda each: each.at)
        self.in_use = True

    def cancel(self, rebinding: Rebinding) -> None:
        """What has not happened yet never will."""
        if rebinding in self._pending:
            self._pending.remove(rebinding)

    def seen(self, stream: Stream, address: Address, now: float) -> Address:
        """As whom the radio sees the client that sends from this address."""
        self._catch_up(now)
        latest = self._latest.get(stream)
        if latest is None:
            return address
        seen = self._seen.get((stream, address))
        if seen is None:
            seen = self._new_port(stream, address)
            latest.rebinds += 1
        return seen

    def real(self, stream: Stream, address: Address, now: float) -> Address | None:
        """Who gets what the radio sends to this address; None: nobody any more."""
        self._catch_up(now)
        latest = self._latest.get(stream)
        if latest is None:
            return address
        real = self._real.get((stream, address))
        if real is None:
            latest.stranded += 1
            self.stranded[stream] += 1
        return real

    def _catch_up(self, now: float) -> None:
        while self._pending and self._pending[0].at <= now:
            rebinding = self._pending.pop(0)
            for stream in rebinding.streams:
                self._latest[stream] = rebinding
            for table in (self._seen, self._real):
                for key in [each for each in table if each[0] in rebinding.streams]:
                    del table[key]

    def _new_port(self, stream: Stream, address: Address) -> Address:
        if len(self._seen) >= MAPPINGS_MAX:
            oldest = next(iter(self._seen))
            del self._real[oldest[0], self._seen.pop(oldest)]
        seen = address
        while seen == address or (stream, seen) in self._real:
            port = self._rng.randint(PORT_MIN, PORT_MAX)
            seen = Address(address.host, port)
        self._seen[stream, address] = seen
        self._real[stream, seen] = address
        return seen
