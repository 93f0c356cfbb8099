"""`AudioStream` over a stand-in, where each case is written out, and over real UDP."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any

import pytest

from icom_lan.audio import (
    AudioPacket,
    AudioState,
    AudioStream,
)
from icom_lan.audio_stats import AudioStats
from icom_lan.transport import IcomTransport
from lan.fast_loop import fast
from lan.link_radio import LOOPBACK, LinkRadio
from lan.stand_in import (
    BLOCK,
    Listener,
    StandIn,
    datagram,
    listening,
    received,
    until,
)

# ---- members -------------------------------------------------------------------------


@pytest.mark.check("2.1", "2.8", "2.9", "2.12", "2.13", "2.14", "3.1")
@fast
async def test_a_stream_has_a_state_a_transport_and_figures() -> None:
    transport = StandIn()
    stream = AudioStream(transport=transport)
    assert stream.transport is transport
    assert stream.state is AudioState.IDLE
    assert stream.get_audio_stats() == AudioStats.inactive().to_dict()
    for name in ("state", "transport"):
        with pytest.raises(AttributeError):
            setattr(stream, name, None)


@pytest.mark.check("2.14", "2.15", "2.18", "2.28", "2.31", "2.33")
def test_calls_have_the_documented_signatures() -> None:
    methods = {
        "start_rx": ["self", "callback", "jitter_depth"],
        "stop_rx": ["self"],
        "start_tx": ["self"],
        "push_tx": ["self", "opus_data"],
        "stop_tx": ["self"],
    }
    for name, expected in methods.items():
        method = getattr(AudioStream, name)
        assert iscoroutinefunction(method)
        assert [*signature(method).parameters] == expected
    assert not iscoroutinefunction(AudioStream.get_audio_stats)
    assert [*signature(AudioStream.get_audio_stats).parameters] == ["self"]
    depth = signature(AudioStream.start_rx).parameters["jitter_depth"]
    assert (depth.kind, depth.default) == (Parameter.KEYWORD_ONLY, None)


# ---- reception -----------------------------------------------------------------------


@pytest.mark.check("2.11", "2.19", "2.20", "2.21")
@fast
async def test_packets_reach_the_callback() -> None:
    async with listening(5, 6, 7) as (stream, listener, _):
        assert listener.heard == [5, 6, 7]
        assert listener.packets[0] == AudioPacket(0x0080, 5, bytes(960))
        assert stream.state == "receiving"
    assert stream.get_audio_stats()["state"] == "idle"


@pytest.mark.check("2.7")
@fast
async def test_what_is_no_audio_is_passed_over() -> None:
    async with listening() as (stream, listener, transport):
        other = bytearray(datagram(3))
        other[4] = 6
        transport.arrive(b"", bytes(16), bytes(24), bytes(other), datagram(4))
        assert await listener.until(1) == [4]
        assert stream.get_audio_stats()["rx_packets_received"] == 1


@pytest.mark.check("2.22")
@fast
async def test_none_marks_a_gap() -> None:
    async with listening(0, 1, 3, 4, depth=2, heard=5) as (_, listener, _):
        assert listener.heard == [0, 1, None, 3, 4]


@pytest.mark.check("2.23", "2.24", "2.25", "3.17")
@pytest.mark.parametrize(
    ("given", "depth", "heard"),
    [(None, 3, [0, 1, 2, 4]), (2, 2, [0, 1, 2, 4]), (0, 0, [2, 0, 1, 4])],
)
@fast
async def test_the_depth_can_be_given_anew(
    given: int | None, depth: int, heard: list[int | None]
) -> None:
    transport, listener = StandIn(), Listener()
    stream = AudioStream(transport, 3)
    await stream.start_rx(listener, jitter_depth=given)
    assert stream.get_audio_stats()["jitter_buffer_depth_packets"] == depth
    first, *rest = (2, 0, 1, 4) if depth != 2 else (0, 2, 1, 4)
    transport.arrive(datagram(first), *map(datagram, rest))
    await listener.until(3)
    await stream.stop_rx()
    assert [each for each in listener.heard if each is not None] == heard


@pytest.mark.check("2.10")
@fast
async def test_the_depth_is_five_unless_said_otherwise() -> None:
    stream = AudioStream(StandIn())
    await stream.start_rx(Listener())
    assert stream.get_audio_stats()["jitter_buffer_depth_packets"] == 5
    await stream.stop_rx()
    assert stream.get_audio_stats()["jitter_buffer_depth_packets"] == 0


@pytest.mark.check("2.32", "3.8", "3.18")
@fast
async def test_stopping_hands_out_what_is_buffered() -> None:
    transport, listener = StandIn(), Listener()
    stream = AudioStream(transport)
    await stream.start_rx(listener)
    transport.arrive(datagram(0), datagram(2), datagram(4))
    await until(lambda: received(stream) == 3)
    assert listener.heard == []
    assert stream.get_audio_stats()["jitter_buffer_pending_packets"] == 3
    await stream.stop_rx()
    assert listener.heard == [0, None, 2, None, 4]
    stats = stream.get_audio_stats()
    assert stats["rx_packets_delivered"] == 3
    assert stats["packets_lost"] == 2
    assert stats["jitter_buffer_pending_packets"] == 0


@fast
async def test_no_callback_comes_after_the_stop() -> None:
    async with listening(1) as (stream, listener, transport):
        transport.arrive(datagram(2))
        await stream.stop_rx()
        heard = list(listener.heard)
        transport.arrive(datagram(3))
        for _ in range(10):
            await asyncio.sleep(0)
        assert listener.heard == heard


@pytest.mark.check("2.26", "2.27")
@fast
async def test_rx_is_refused_while_receiving_or_transmitting() -> None:
    async with listening(1) as (stream, listener, _):
        with pytest.raises(RuntimeError, match="Already receiving"):
            await stream.start_rx(listener)
        await stream.stop_rx()
        await stream.start_tx()
        with pytest.raises(RuntimeError, match="Already transmitting"):
            await stream.start_rx(listener)
        assert stream.state is AudioState.TRANSMITTING


@pytest.mark.parametrize("callback", [None, 5, "print", asyncio.sleep])
@fast
async def test_a_callback_that_cannot_be_called_is_refused(
    callback: Callable[[AudioPacket | None], None],
) -> None:
    stream = AudioStream(StandIn())
    with pytest.raises(TypeError, match="callback must be"):
        await stream.start_rx(callback)
    assert stream.state is AudioState.IDLE


@pytest.mark.parametrize("depth", [-1, 257])
@fast
async def test_a_depth_out_of_range_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="allowed is 0 to 256"):
        AudioStream(StandIn(), depth)
    stream = AudioStream(StandIn())
    with pytest.raises(ValueError, match="allowed is 0 to 256"):
        await stream.start_rx(Listener(), jitter_depth=depth)
    assert stream.state is AudioState.IDLE
    with pytest.raises(TypeError, match="jitter_depth must be an int"):
        await stream.start_rx(Listener(), jitter_depth=2.5)  # type: ignore[arg-type]


@fast
async def test_mistake_10_a_callback_that_raises_does_not_end_reception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listener, transport = Listener(), StandIn()

    def fails(packet: AudioPacket | None) -> None:
        listener(packet)
        raise ValueError("the application's mistake")

    stream = AudioStream(transport, 0)
    await stream.start_rx(fails)
    with caplog.at_level(logging.ERROR):
        transport.arrive(*map(datagram, range(5)))
        assert await listener.until(5) == [*range(5)]
    assert stream.callback_errors == 5
    assert stream.state is AudioState.RECEIVING
    await stream.stop_rx()  # and raises nothing
    # The 1st, 2nd and 4th are logged, with the traceback.
    assert caplog.text.count("reception goes on") == 3


@pytest.mark.check("2.31", "2.34", "5.4")
@fast
async def test_mistake_11_stopping_rx_ends_it_while_transmitting() -> None:
    async with listening(1) as (stream, listener, transport):
        await stream.start_tx()
        await stream.stop_rx()
        assert stream.state is AudioState.TRANSMITTING
        transport.arrive(datagram(2))
        await asyncio.sleep(0)
        assert listener.heard == [1]
        await stream.stop_tx()
        assert stream.get_audio_stats()["state"] == "idle"


@fast
async def test_a_start_that_was_refused_leaves_the_callback_alone() -> None:
    async with listening(1) as (stream, listener, transport):
        with pytest.raises(RuntimeError):
            await stream.start_rx(print)
        transport.arrive(datagram(2))
        assert await listener.until(2) == [1, 2]


@fast
async def test_a_callback_may_stop_the_stream() -> None:
    transport, stopping = StandIn(), []
    listener = Listener()
    stream = AudioStream(transport, 0)

    def stops(packet: AudioPacket | None) -> None:
        listener(packet)
        stopping.append(asyncio.ensure_future(stream.stop_rx()))

    await stream.start_rx(stops)
    transport.arrive(datagram(1))
    await listener.until(1)
    await stopping[0]
    assert stream.state is AudioState.IDLE


@fast
async def test_a_transport_that_never_waits_does_not_stop_the_world() -> None:
    class Hasty(StandIn):
        async def receive_packet(self, timeout: float = 5.0) -> bytes:  # noqa: ARG002, ASYNC109
            raise TimeoutError

    stream = AudioStream(Hasty())
    await stream.start_rx(Listener())
    for _ in range(10):
        await asyncio.sleep(0)
    await stream.stop_rx()


@fast
async def test_silence_is_waited_out() -> None:
    async with listening() as (_, listener, transport):
        await until(lambda: len(transport.timeouts) >= 3)
        assert set(transport.timeouts) == {1.0}
        transport.arrive(datagram(9))
        assert await listener.until(1) == [9]


# ---- states --------------------------------------------------------------------------

IDLE, RECEIVING, TRANSMITTING = AudioState
ENTER = {
    "idle": [],
    "receiving": ["start_rx"],
    "both": ["start_rx", "start_tx"],
    "transmitting": ["start_tx"],
}
REFUSED = None


@pytest.mark.check("2.26", "2.27", "2.29", "2.30", "2.34", "5.4")
@pytest.mark.parametrize(
    ("call", "idle", "receiving", "both", "transmitting"),
    [
        ("start_rx", RECEIVING, REFUSED, REFUSED, REFUSED),
        ("stop_rx", IDLE, IDLE, TRANSMITTING, TRANSMITTING),
        ("start_tx", TRANSMITTING, TRANSMITTING, REFUSED, REFUSED),
        ("stop_tx", IDLE, RECEIVING, RECEIVING, IDLE),
        ("push_tx", REFUSED, REFUSED, TRANSMITTING, TRANSMITTING),
    ],
)
@fast
async def test_every_call_in_every_state(
    call: str,
    idle: AudioState | None,
    receiving: AudioState | None,
    both: AudioState | None,
    transmitting: AudioState | None,
) -> None:
    expected = dict(zip(ENTER, (idle, receiving, both, transmitting), strict=True))
    for name, steps in ENTER.items():
        stream = AudioStream(StandIn())
        calls: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "start_rx": partial(stream.start_rx, Listener()),
            "push_tx": partial(stream.push_tx, b"audio"),
            "stop_rx": stream.stop_rx,
            "start_tx": stream.start_tx,
            "stop_tx": stream.stop_tx,
        }
        for step in steps:
            await calls[step]()
        before = stream.state
        if expected[name] is REFUSED:
            with pytest.raises(RuntimeError):
                await calls[call]()
            assert stream.state is before
        else:
            await calls[call]()
            assert stream.state is expected[name], name
        assert stream.get_audio_stats()["state"] == stream.state
        assert stream.get_audio_stats()["active"] is (stream.state is not IDLE)
        await stream.stop_rx()
        await stream.stop_tx()


# ---- over real UDP -------------------------------------------------------------------


@asynccontextmanager
async def on_air() -> AsyncIterator[tuple[LinkRadio, IcomTransport, AudioStream]]:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        await transport.connect(LOOPBACK, radio.port)
        stream = AudioStream(transport)
        yield radio, transport, stream
        await stream.stop_tx()
        await stream.stop_rx()
        await transport.disconnect()


@pytest.mark.check("0.1", "2.2", "2.3", "2.29")
@fast
async def test_audio_flows_both_ways_at_once() -> None:
    async with on_air() as (radio, _, stream):
        listener = Listener()
        await stream.start_rx(listener, jitter_depth=3)
        await stream.start_tx()
        for seq in range(10):
            radio.send(BLOCK[: 500 + seq])
            await stream.push_tx(BLOCK)
        assert await listener.until(10) == [*range(10)]
        await radio.until(lambda: len(radio.packets) == 20)
        sent = b"".join(each.data for each in radio.packets)
        assert sent == BLOCK * 10


@pytest.mark.check("2.6")
async def test_a_lost_packet_is_repeated_before_its_place_is_given_up() -> None:
    async with on_air() as (radio, _, stream):
        listener = Listener()
        await stream.start_rx(listener, jitter_depth=20)
        for _ in range(20):
            radio.send()
        await listener.until(20)
        radio.lose(bytes(960))
        radio.send()
        assert await listener.until(22) == [*range(22)]
        assert stream.get_audio_stats()["packets_lost"] == 0


@fast
async def test_mistake_38_what_came_while_nobody_listened_is_not_played() -> None:
    async with on_air() as (radio, transport, stream):
        for _ in range(103):
            radio.send()
        await until(lambda: transport.rx_pending == 103)
        listener = Listener()
        await stream.start_rx(listener, jitter_depth=0)
        radio.send()
        assert await listener.until(1) == [103]


@fast
async def test_mistake_20_reception_ends_when_the_radio_leaves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with on_air() as (radio, _, stream):
        listener = Listener()
        await stream.start_rx(listener)
        radio.send()
        radio.send()
        with caplog.at_level(logging.WARNING):
            radio.close()
            await until(lambda: stream.state is AudioState.IDLE)
        assert listener.heard == [0, 1]  # what was buffered
        assert "said goodbye" in caplog.text
        await stream.start_tx()
        with pytest.raises(ConnectionError, match="said goodbye"):
            await stream.push_tx(BLOCK)
