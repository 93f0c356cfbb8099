"""Row 3.5, ours: the client's core on the same loop, against the same radio and link.

Control and CI-V are answered by the core's radio role, because the model radio is only
an audio port; they pass the same lossy link, each kind with chance of its own.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Protocol

from benchmarks.contenders import Sample
from benchmarks.contenders.residual import Listening, listen
from benchmarks.model_radio import Conditions
from benchmarks.radio_record import RECORD
from benchmarks.virtual_loop import VirtualLoop
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Codec, Stream
from icom_proto.events import Address, AudioReceived, Output, Transmit
from icom_proto.radio_config import RadioConfig
from icom_proto.radio_connection import RadioConnection

HOST, PORTS = "192.0.2.1", (52001, 52002, 52003)
# The rate at which a block of LPCM16 has these parts.
RATES = {1364 + 556: 48_000, 960: 24_000}


class Core(Protocol):
    """A connection of either role."""

    outputs: deque[Output]

    def handle_timeout(self, now: float) -> None: ...

    def next_timeout(self) -> float | None: ...


class Driven:
    """A core on a loop: one input, all its outputs, one armed timer."""

    def __init__(
        self, core: Core, loop: VirtualLoop, on_output: Callable[[Output], None]
    ) -> None:
        self._core, self._loop, self._on_output = core, loop, on_output
        self._now = 0.0
        self._armed_for = float("inf")

    def apply(self, mutate: Callable[[float], object]) -> None:
        """The only way in."""
        self._now = max(self._now, self._loop.time())
        mutate(self._now)
        while self._core.outputs:
            self._on_output(self._core.outputs.popleft())
        deadline = self._core.next_timeout()
        if deadline is not None and deadline < self._armed_for:
            self._armed_for = deadline
            self._loop.call_at(deadline, self._on_timer, deadline)

    def _on_timer(self, deadline: float) -> None:
        """A timer that a sooner one overtook still fires, which costs one look."""
        self._now = max(self._now, deadline)  # the loop may be a clock tick early
        if deadline >= self._armed_for:
            self._armed_for = float("inf")
        self.apply(self._core.handle_timeout)


class OurClient:
    """The client's whole connection; audio goes to the model radio."""

    def __init__(
        self, listening: Listening, sizes: Sequence[int], playout_delay_s: float
    ) -> None:
        self._listening = listening
        self._core = ClientConnection(
            ClientConfig(
                username="b",
                password="b",
                playout_delay_s=playout_delay_s,
                rx_codec=Codec.PCM16_MONO,
                rx_rate_hz=RATES[sum(sizes)],
            ),
            rng=Random(1),
            local_ports=PORTS,
            local_host=HOST,
        )
        self._office = RadioConnection(
            RadioConfig(username="b", password="b", record=RECORD), rng=Random(2)
        )
        loop = listening.loop
        self._client = Driven(self._core, loop, self._on_client_output)
        self._radio = Driven(self._office, loop, self._on_radio_output)
        listening.radio.attach(partial(self._to_client, Stream.AUDIO))

    def open(self) -> None:
        """Log in and open all streams."""
        self._client.apply(self._core.open)

    def _on_client_output(self, output: Output) -> None:
        match output:
            case AudioReceived():
                self._listening.arrived(output.send_seq)
            case Transmit(stream=Stream.AUDIO):
                self._listening.radio.handle_from_client(output.data)
            case Transmit():
                deliver = partial(self._to_radio, output.stream)
                self._carry("client's", output, deliver)
            case _:
                pass

    def _on_radio_output(self, output: Output) -> None:
        if isinstance(output, Transmit):
            self._carry("radio's", output, partial(self._to_client, output.stream))

    def _carry(
        self, whose: str, sent: Transmit, deliver: Callable[[bytes], None]
    ) -> None:
        kind = f"{whose} {sent.stream.name}"
        self._listening.link.carry(kind, deliver, sent.data)

    def _to_client(self, stream: Stream, data: bytes) -> None:
        self._client.apply(partial(self._core.handle_datagram, stream, data))

    def _to_radio(self, stream: Stream, data: bytes) -> None:
        address = Address(HOST, PORTS[stream])
        self._radio.apply(partial(self._office.handle_datagram, stream, data, address))


def receive(
    playout_delay_ms: float,
    sizes: Sequence[int],
    seconds: float,
    conditions: dict[str, Any],
) -> Sample:
    """One session with this playout delay."""

    async def start(listening: Listening) -> object:
        client = OurClient(listening, sizes, playout_delay_ms / 1000)
        client.open()
        return client

    return lambda: listen(start, Conditions(**conditions), sizes, seconds)
