"""Row 3.5, peers: their transport and audio stream, unmodified, in virtual time.

Used as their documentation says: connect, start both loops, start receiving.
"""

import importlib
from collections.abc import Sequence
from typing import Any

from benchmarks.contenders import Sample
from benchmarks.contenders.residual import Listening, listen
from benchmarks.model_radio import Conditions


def receive(
    package: str,
    depth: int,
    sizes: Sequence[int],
    seconds: float,
    conditions: dict[str, Any],
) -> Sample:
    """One session with a jitter buffer of this depth."""
    library = importlib.import_module(package)

    async def start(listening: Listening) -> object:
        transport = library.IcomTransport()
        await transport.connect("192.0.2.2", 50003)
        transport.start_ping_loop()
        transport.start_retransmit_loop()
        stream = library.AudioStream(transport, jitter_depth=depth)

        def callback(packet: Any) -> None:  # noqa: ANN401
            if packet is not None:
                listening.arrived(packet.send_seq)

        await stream.start_rx(callback)
        return stream

    return lambda: listen(start, Conditions(**conditions), sizes, seconds)
