"""Audio through IcomRadio over real UDP, and its framing without any."""

import array
from collections.abc import Callable
from typing import Any

import pytest

from icom_lan import AudioCodec, AudioFormatError, AudioPacket, IcomRadio
from icom_lan.radio_audio import PcmReceiver
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    ClientAudioStarted,
)
from lan.fast_loop import fast
from lan.radio_server import RadioServer, radio_at

BLOCK = 1920  # 20 ms of 48 kHz mono in 16 bit, sent as 1364 + 556


def samples(first: int, count: int) -> bytes:
    """Samples that count, so that each tells its place."""
    values = ((first + each) % 0x8000 for each in range(count))
    return array.array("h", values).tobytes()


class Listener:
    """A callback that a test can wait for."""

    def __init__(self, server: RadioServer) -> None:
        self.heard: list[Any] = []
        self._server = server

    def __call__(self, item: object) -> None:
        self.heard.append(item)
        self._server.look()

    async def until(self, count: int) -> list[Any]:
        await self._server.once(lambda: len(self.heard) >= count or None)
        return self.heard


async def start(server: RadioServer) -> None:
    await server.until(ClientAudioStarted)


@fast
async def test_payloads_arrive_as_they_travelled() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        block = samples(0, 960)
        server.send_audio(block)
        first, second = await listener.until(2)
        assert isinstance(first, AudioPacket)
        assert first.data + second.data == block
        assert (len(first.data), len(second.data)) == (1364, 556)
        assert second.send_seq == first.send_seq + 1
        await radio.stop_audio_rx_opus()


@fast
async def test_pcm_comes_in_frames_of_the_length_asked_for() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener, frame_ms=10)
        for block in range(5):
            server.send_audio(samples(960 * block, 960))
        frames = await listener.until(10)
        assert b"".join(frames) == samples(0, 4800)
        assert {len(frame) for frame in frames} == {960}
        await radio.stop_audio_rx_pcm()


@fast
async def test_audio_while_nobody_listens_is_not_kept_for_later() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        early, late = Listener(server), Listener(server)
        await radio.start_audio_rx_pcm(early)
        server.send_audio(samples(0, 960))
        await early.until(1)
        await radio.stop_audio_rx_pcm()
        server.send_audio(samples(960, 960))
        await radio.get_frequency()
        await radio.start_audio_rx_pcm(late)
        server.send_audio(samples(1920, 960))
        assert await late.until(1) == [samples(1920, 960)]
        assert len(early.heard) == 1


@fast
async def test_one_listener_at_a_time() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_rx_opus(print)
        with pytest.raises(RuntimeError, match="Already receiving"):
            await radio.start_audio_rx_pcm(print)
        await radio.stop_audio_rx_opus()
        await radio.start_audio_rx_pcm(print)


@fast
async def test_a_callback_that_raises_does_not_end_the_audio() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)

        def fails_first(frame: bytes | None) -> None:
            listener(frame)
            if len(listener.heard) == 1:
                raise ValueError("the application's mistake")

        await radio.start_audio_rx_pcm(fails_first)
        server.send_audio(samples(0, 960))
        server.send_audio(samples(960, 960))
        assert await listener.until(2) == [samples(0, 960), samples(960, 960)]
        assert radio.statistics()["here"]["callback_errors"] == 1
        assert await radio.get_frequency() == 14_074_000


@fast
async def test_audio_is_sent_in_blocks() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        with pytest.raises(RuntimeError, match="start_audio_tx_opus"):
            await radio.push_audio_tx_opus(samples(0, 960))
        await radio.start_audio_tx_opus()
        with pytest.raises(RuntimeError, match="Already transmitting"):
            await radio.start_audio_tx_opus()
        await radio.push_audio_tx_opus(samples(0, 960))
        received = await server.once(lambda: _audio(server, 2))
        assert b"".join(each.data for each in received) == samples(0, 960)
        assert [len(each.data) for each in received] == [1364, 556]
        await radio.stop_audio_tx_opus()
        with pytest.raises(RuntimeError, match="Not transmitting"):
            await radio.push_audio_tx_opus(samples(0, 960))


@pytest.mark.parametrize("size", [0, 3841, 5_000_000])
@fast
async def test_a_block_that_is_no_20_ms_of_audio_is_refused(size: int) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_opus()
        before = radio.statistics()["audio"]["sent"]
        with pytest.raises(AudioFormatError, match=f"block of {size} bytes"):
            await radio.push_audio_tx_opus(bytes(size))
        assert radio.statistics()["audio"]["sent"] == before


@fast
async def test_audio_flows_both_ways_at_once() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener)
        await radio.start_audio_tx_opus()
        for block in range(10):
            server.send_audio(samples(960 * block, 960))
            await radio.push_audio_tx_opus(samples(960 * block, 960))
        assert b"".join(await listener.until(10)) == samples(0, 9600)
        sent = await server.once(lambda: _audio(server, 20))
        assert b"".join(each.data for each in sent) == samples(0, 9600)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"sample_rate": 44100}, AudioFormatError, "sample_rate 44100: allowed is"),
        ({"channels": 2}, AudioFormatError, "channels 2: allowed is 1"),
        ({"frame_ms": 15}, AudioFormatError, "allowed is 10, 20, 40, 60"),
        ({"frame_ms": 20.0}, TypeError, "frame_ms must be an int"),
        ({"channels": True}, TypeError, "channels must be an int"),
        ({"callback": None}, TypeError, "callback must be callable"),
    ],
)
@fast
async def test_a_format_that_cannot_be_given_is_refused_by_name(
    arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        with pytest.raises(error, match=text):
            await radio.start_audio_rx_pcm(**{"callback": print} | arguments)
        await radio.start_audio_rx_pcm(print)  # nothing was started


@fast
async def test_pcm_of_a_session_in_another_codec_is_refused() -> None:
    async with (
        RadioServer() as server,
        radio_at(server, audio_codec=AudioCodec.ULAW_1CH) as radio,
    ):
        with pytest.raises(AudioFormatError, match="ULAW_MONO"):
            await radio.start_audio_rx_pcm(print)


@fast
async def test_a_callback_may_use_the_radio() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        stopped = Listener(server)
        await radio.start_audio_rx_opus(_stopper(radio, stopped))
        for block in range(3):
            server.send_audio(samples(960 * block, 960))
        await stopped.until(1)
        await radio.get_frequency()
        assert len(stopped.heard) == 1


def _stopper(radio: IcomRadio, then: Callable[[object], None]) -> Callable[..., None]:
    def callback(packet: AudioPacket | None) -> None:
        stop = radio.stop_audio_rx_opus()
        with pytest.raises(StopIteration):
            stop.send(None)  # it never waits, so it can be run here
        then(packet)

    return callback


def _audio(server: RadioServer, count: int) -> list[AudioReceived] | None:
    found = [each for each in server.events if isinstance(each, AudioReceived)]
    return found if len(found) >= count else None


# ---- framing, without a network ------------------------------------------------------


def frames_of(*events: AudioReceived | AudioLost, size: int = BLOCK) -> list[Any]:
    frames: list[bytes | None] = []
    receiver = PcmReceiver(frames.append, size, BLOCK)
    for event in events:
        if isinstance(event, AudioLost):
            receiver.on_lost(event)
        else:
            receiver.on_received(event)
    return frames


def received(seq: int) -> AudioReceived:
    """The datagram with this number of a stream that counts."""
    block, part = divmod(seq, 2)
    data = samples(960 * block, 960)
    return AudioReceived(0x0680, seq, data[1364:] if part else data[:1364])


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_frame_with_a_hole_is_none_and_the_others_keep_their_places(
    lost: int,
) -> None:
    before = [received(seq) for seq in range(2 + lost)]
    after = [received(seq) for seq in range(3 + lost, 10)]
    expected: list[bytes | None] = [samples(960 * block, 960) for block in range(5)]
    expected[(2 + lost) // 2] = None
    assert frames_of(*before, AudioLost(2 + lost, 1), *after) == expected


def test_a_long_hole_is_as_many_frames_as_were_lost() -> None:
    after = [received(7), received(8), received(9)]
    frames = frames_of(received(0), AudioLost(1, 6), *after)
    assert frames == [None, None, None, None, samples(4 * 960, 960)]


def test_a_hole_spans_every_short_frame_it_touches() -> None:
    """20 ms blocks cut to 10 ms: bytes 1364 to 1919 are gone, so only frame 2 is."""
    frames = frames_of(received(0), AudioLost(1, 1), received(2), size=BLOCK // 2)
    assert frames == [samples(0, 480), None, samples(960, 480)]


def test_a_hole_spoils_a_long_frame_once() -> None:
    after = [received(2), received(3)]
    assert frames_of(received(0), AudioLost(1, 1), *after, size=2 * BLOCK) == [None]


def test_a_first_datagram_that_is_the_second_half_is_no_shift_of_sizes() -> None:
    frames = frames_of(received(1), AudioLost(2, 1), received(3), size=4)
    assert b"".join(frames[: 556 // 4]) == received(1).data
    assert frames[556 // 4 : (556 + 1364) // 4] == [None] * (1364 // 4)
    assert b"".join(frames[(556 + 1364) // 4 :]) == received(3).data
