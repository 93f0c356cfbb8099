"""Row 7a, ours: a datagram into the core of the client, and its audio to a callback."""

from collections.abc import Callable
from functools import partial
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.our_session import JoinedSession
from icom_proto.client_connection import ClientConnection
from icom_proto.codes import Stream
from icom_proto.events import AudioReceived


def full(burst: int, count: int, sessions: int) -> Sample:
    """`count` datagrams in bursts of one `now`, to each of `sessions` new clients; the
    core is drained after each datagram.
    """
    radio_side = JoinedSession()
    start_at = radio_side.now
    datagrams = radio_side.audio_datagrams(count)
    bursts = [datagrams[at : at + burst] for at in range(0, count, burst)]

    def sample() -> Figures:
        elapsed = 0.0
        for _ in range(sessions):
            left = count

            def callback(_packet: AudioReceived) -> None:
                nonlocal left
                left -= 1

            elapsed += _receive(JoinedSession().client, bursts, start_at, callback)
            assert left == 0, f"{left} of {count} not delivered"
        return {"per_s": sessions * count / elapsed}

    return sample


def _receive(
    client: ClientConnection,
    bursts: list[list[bytes]],
    now: float,
    callback: Callable[[AudioReceived], None],
) -> float:
    # As icom_lan's driver of a socket does.
    handle, outputs = partial(client.handle_datagram, Stream.AUDIO), client.outputs
    step = 0.01 * len(bursts[0])
    start = process_time()
    for burst in bursts:
        now += step
        for datagram in burst:
            handle(datagram, now)
            while outputs:
                output = outputs.popleft()
                if type(output) is AudioReceived:
                    callback(output)
    return process_time() - start
