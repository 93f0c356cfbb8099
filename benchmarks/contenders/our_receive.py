"""Row 7a, ours: a datagram into the core of the client, and its audio to a callback."""

from collections.abc import Callable
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.contenders.our_session import JoinedSession
from icom_proto.client_connection import ClientConnection
from icom_proto.codes import Stream
from icom_proto.events import AudioReceived


def full(burst: int, count: int) -> Sample:
    """Datagrams in bursts of one `now`; the core is drained after each datagram."""
    radio_side = JoinedSession()
    start_at = radio_side.now
    datagrams = radio_side.audio_datagrams(count)
    bursts = [datagrams[at : at + burst] for at in range(0, count, burst)]

    def sample() -> Figures:
        client = JoinedSession().client
        received: list[AudioReceived] = []
        elapsed = _receive(client, bursts, start_at, received.append)
        assert len(received) == count, f"{len(received)} of {count} delivered"
        return {"per_s": count / elapsed}

    return sample


def _receive(
    client: ClientConnection,
    bursts: list[list[bytes]],
    now: float,
    callback: Callable[[AudioReceived], None],
) -> float:
    handle, poll = client.handle_datagram, client.poll_output
    step = 0.01 * len(bursts[0])
    start = process_time()
    for burst in bursts:
        now += step
        for datagram in burst:
            handle(Stream.AUDIO, datagram, now)
            while (output := poll()) is not None:
                if type(output) is AudioReceived:
                    callback(output)
    return process_time() - start
