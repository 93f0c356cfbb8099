"""A network that watches what passes, and knows what must never be seen on a wire.

It stands outside: it reads datagrams as they leave, before any of them is lost, and
judges both roles by the same few rules. What it finds is text, for people.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from icom_proto.codes import PacketType, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.packets import Idle, RetransmitMany
from icom_proto.seqnum import expand_ranges
from icom_sim.network import Direction, Network, Only
from icom_sim.network.verdicts import Copy, Rule

# Requests for one number: 16, or 8 that leave twice each (LinkTimings, audio_recovery).
REQUESTS_MAX = 16
# A number is asked for within this span; a request for more is none of ours.
SPAN_MAX = 512
# Datagrams remembered: longer than anybody may ask for, shorter than a wrap.
KEPT_MAX = 4096

# One way of one link: stream, and the ids of sender and receiver.
_Lane = tuple[Stream, int, int]


class Witness:
    """Stands in front of a network, and collects `faults`."""

    def __init__(self, rules: Iterable[Rule | Only] = (), *, seed: int = 0) -> None:
        self._network = Network(rules, seed=seed)
        self.faults: list[str] = []
        self.datagrams = 0
        self._sent: dict[_Lane, dict[int, bytes]] = {}
        self._asked: Counter[tuple[_Lane, int]] = Counter()

    def carry(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Sequence[Copy]:
        """Look, then carry."""
        self.datagrams += 1
        header, body = decode_datagram(stream, data)  # what we send is never malformed
        if header.type == PacketType.DATA:
            lane = stream, header.sender_id, header.receiver_id
            self._see_data(lane, header.seq, data, isinstance(body, Idle))
        elif header.type == PacketType.RETRANSMIT:
            wanted = [header.seq]
            if isinstance(body, RetransmitMany):
                ranges = ((each.first, each.last) for each in body.ranges)
                wanted = expand_ranges(ranges, SPAN_MAX)
            lane = stream, header.receiver_id, header.sender_id
            for seq in wanted:
                self._see_request(lane, seq)
        return self._network.carry(direction, stream, data, now)

    def _see_data(self, lane: _Lane, seq: int, data: bytes, is_idle: bool) -> None:
        """A copy is the same bytes, or an idle in its place.

        Audio numbers begin again with the handshake, all begin again at their wrap.
        """
        sent = self._sent.setdefault(lane, {})
        first = sent.setdefault(seq, data)
        if first != data and not is_idle and lane[0] is not Stream.AUDIO:
            self._fault(lane, f"{seq:#06x} was sent anew, changed")
        if len(sent) > KEPT_MAX:
            del sent[next(iter(sent))]

    def _see_request(self, lane: _Lane, seq: int) -> None:
        if seq not in self._sent.get(lane, {}):
            self._fault(lane, f"{seq:#06x} asked for, was never sent")
        self._asked[lane, seq] += 1
        if self._asked[lane, seq] == REQUESTS_MAX + 1:
            self._fault(lane, f"{seq:#06x} asked for without end")

    def _fault(self, lane: _Lane, what: str) -> None:
        stream, sender_id, _ = lane
        self.faults.append(f"{stream.name}, numbers of {sender_id:#010x}: {what}")
