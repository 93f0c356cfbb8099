"""No bytes, on any stream, in any phase, raise in either role or move time's limit.

Three kinds: any bytes; packets of all classes with the peer's ids and numbers near
those expected, so that they reach the last check; and recorded kinds with some bytes
changed. What follows is bounded too: outputs by what came in, deadlines lie ahead.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from builders import BODIES, from_packet, hostile_datagrams
from depth import examples
from foreign_client import ForeignClient, RadioBench
from foreign_radio import AUDIO, CIV, CONTROL, ForeignRadio
from forge import drain, fire, of
from icom_proto.civ_commands import set_ptt
from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import Phase
from icom_proto.codec import Body
from icom_proto.codes import Request, Stream
from icom_proto.events import SessionClosed, Transmit
from icom_proto.packets import AreYouThere, IAmHere, Ready

EXAMPLES = examples(8)

KEY = build_frame(0x98, 0xE0, set_ptt(True))


def bodies() -> SearchStrategy[Body]:
    return st.one_of([from_packet(cls) for cls in BODIES])


# What arrives: on which stream, raw bytes or a body to be sealed with which number
# relative to the next one, and what is broken of it.
Arrival = tuple[Stream, bytes | Body, int, tuple[int, int], float]


def arrivals() -> SearchStrategy[list[Arrival]]:
    one = st.tuples(
        st.sampled_from(Stream),
        st.one_of(st.binary(max_size=160), hostile_datagrams(), bodies(), bodies()),
        st.sampled_from([0, 0, 0, 1, 3, 60, -1, -5, -600]),
        st.tuples(st.integers(0, 200), st.sampled_from([0, 0, 0, 1, 0x80, 0xFF])),
        st.sampled_from([0.0, 0.01, 0.2, 2.0]),
    )
    return st.lists(one, max_size=15)


def broken(data: bytes, at: int, mask: int) -> bytes:
    changed = bytearray(data)
    if at < len(changed):
        changed[at] ^= mask
    return bytes(changed)


def untouched(_: object) -> None:
    """Nothing has happened yet."""


# ---- the client ----------------------------------------------------------------------


def opened(radio: ForeignRadio) -> None:
    radio.open()


def readying(radio: ForeignRadio) -> None:
    radio.open()
    radio.say(IAmHere())


def logging_in(radio: ForeignRadio) -> None:
    radio.open()
    radio.link_up()


def evicted(radio: ForeignRadio) -> None:
    radio.make_ready()
    radio.say(radio.status(disconnected=1, civ_port=0, audio_port=0))


def asking_again(radio: ForeignRadio) -> None:
    radio.make_ready()
    radio.wait(30.0)
    rejected = {"response": b"\xff" * 4, "token": b"\1\2\3\4"}
    radio.say(radio.token_answer(Request.RENEW_TOKEN, **rejected))


def unkeying(radio: ForeignRadio) -> None:
    radio.make_ready()
    radio.client.send_civ(KEY, radio.now)
    radio.client.close(radio.now)


def leaving(radio: ForeignRadio) -> None:
    radio.make_ready()
    radio.client.close(radio.now)


def closing(radio: ForeignRadio) -> None:
    leaving(radio)
    radio.say(radio.token_answer(Request.REMOVE_TOKEN))


def closed(radio: ForeignRadio) -> None:
    closing(radio)
    radio.wait(2.0)


CLIENT_PHASES: dict[str, tuple[Callable[[ForeignRadio], object], Phase]] = {
    "new": (untouched, Phase.NEW),
    "calling": (opened, Phase.CALLING),
    "readying": (readying, Phase.CALLING),
    "logging in": (logging_in, Phase.SIGNING_IN),
    "confirming": (ForeignRadio.log_in, Phase.SIGNING_IN),
    "requesting": (ForeignRadio.ask_for_streams, Phase.SIGNING_IN),
    "opening": (ForeignRadio.grant, Phase.OPENING),
    "ready": (ForeignRadio.make_ready, Phase.READY),
    "evicted": (evicted, Phase.SIGNING_IN),
    "asking again": (asking_again, Phase.READY),
    "unkeying": (unkeying, Phase.UNKEYING),
    "leaving": (leaving, Phase.LEAVING),
    "closing": (closing, Phase.CLOSING),
    "closed": (closed, Phase.CLOSED),
}


@pytest.mark.parametrize("phase", CLIENT_PHASES)
@given(todo=arrivals())
@EXAMPLES
def test_a_client_bears_any_datagram_in_any_phase(
    phase: str, todo: list[Arrival]
) -> None:
    radio = ForeignRadio()
    prepare, expected = CLIENT_PHASES[phase]
    prepare(radio)
    drain(radio.client)
    assert radio.client.phase is expected
    for stream, what, ahead, (at, mask), later_s in todo:
        if isinstance(what, Body):
            seq = (radio.seqs[stream] + ahead) & 0xFFFF
            what = broken(radio.seal(stream, what, seq), at, mask)
        outputs = radio.give(stream, what)
        assert len(outputs) < 600
        radio.now += later_s
        outputs = fire(radio.client, radio.now)
    radio.client.close(radio.now)
    outputs = drain(radio.client)
    steps = 0
    while (deadline := radio.client.next_timeout()) is not None:
        outputs += fire(radio.client, max(deadline, radio.now))
        steps += 1
        assert steps < 100, "an end in sight, whatever came"
    assert radio.client.phase is Phase.CLOSED
    ends = of(SessionClosed, outputs)
    assert not ends or outputs[-1] is ends[-1]


# ---- the radio -----------------------------------------------------------------------


def called(client: ForeignClient) -> None:
    client.say(AreYouThere())
    client.say(Ready(), CONTROL, 1)


def lapsed(client: ForeignClient) -> None:
    client.connect()
    client.bench.wait(81.0)


def logged_out(client: ForeignClient) -> None:
    client.connect()
    client.say(client.token_packet(Request.REMOVE_TOKEN))


RADIO_PHASES: dict[str, Callable[[ForeignClient], object]] = {
    "nobody": untouched,
    "called": called,
    "logged in": ForeignClient.log_in,
    "streaming": ForeignClient.take_streams,
    "open": ForeignClient.connect,
    "lapsed": lapsed,
    "logged out": logged_out,
}


@pytest.mark.parametrize("phase", RADIO_PHASES)
@given(todo=arrivals())
@EXAMPLES
def test_a_radio_bears_any_datagram_in_any_phase(
    phase: str, todo: list[Arrival]
) -> None:
    bench = RadioBench()
    client = bench.client()
    RADIO_PHASES[phase](client)
    for stream, what, ahead, (at, mask), later_s in todo:
        if isinstance(what, Body):
            seq = (client.seqs[stream] + ahead) & 0xFFFF
            what = broken(client.seal(stream, what, seq), at, mask)
        assert len(client.give(stream, what)) < 600
        bench.now += later_s
        fire(bench.radio, bench.now)
    bench.radio.close(bench.now)
    drain(bench.radio)
    assert bench.radio.next_timeout() is None


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1472, 65507])
@pytest.mark.parametrize("fill", [0x00, 0xFF, 0xFE, 0xFD])
def test_sizes_at_the_edges_are_harmless(size: int, fill: int) -> None:
    data = bytes([fill]) * size
    radio, bench = ForeignRadio(), RadioBench()
    radio.make_ready()
    client = bench.client()
    client.connect()
    for stream in (CONTROL, CIV, AUDIO):
        assert not of(Transmit, radio.give(stream, data))
        assert not of(Transmit, client.give(stream, data))
        ids = radio.seal(stream, Ready(), 0)[8:16]
        radio.give(stream, data[:8] + ids + data[16:])
        ids = client.seal(stream, Ready(), 0)[8:16]
        client.give(stream, data[:8] + ids + data[16:])
