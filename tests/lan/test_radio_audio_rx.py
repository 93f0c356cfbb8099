"""Received audio through IcomRadio over real UDP: payloads, PCM, callbacks."""

import array
import asyncio
from collections.abc import Callable

import pytest

from icom_lan import (
    AudioCodec,
    AudioFormatError,
    AudioPacket,
    ConnectionError,
    IcomRadio,
)
from icom_lan.audio_plan import (
    JITTER_DEPTH_MAX,
)
from icom_proto.audio_formats import encode_from_pcm16
from icom_proto.codes import Codec
from lan.audio_bench import (
    BLOCK,
    Listener,
    block,
    play,
    play_bytes,
    samples,
    sent,
    start,
)
from lan.fast_loop import fast
from lan.radio_server import (
    RadioServer,
    radio_at,
)

# ---- received: payloads --------------------------------------------------------------


@pytest.mark.check("0.1", "1.1", "1.2", "9.1", "9.2", "9.3", "9.4", "13.9")
@fast
async def test_payloads_arrive_as_they_travelled() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        await play(server, 0)
        first, second = await listener.until(2)
        assert isinstance(first, AudioPacket)
        assert first.data + second.data == block(0)
        assert (len(first.data), len(second.data)) == (1364, 556)
        assert second.send_seq == first.send_seq + 1
        await radio.stop_audio_rx_opus()
        await play(server, 1)
        await radio.get_frequency()
        assert len(listener.heard) == 2


@pytest.mark.check("9.3")
@fast
async def test_none_stands_for_each_payload_that_is_lost() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        await play(server, 0, 1, 2)
        heard = await listener.until(6)
        assert [None if each is None else len(each.data) for each in heard] == [
            *(1364, 556),
            *(1364, None),
            *(1364, 556),
        ]


@fast
async def test_at_depth_0_nothing_is_waited_for_and_no_loss_is_told() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener, jitter_depth=0)
        await play(server, 0, 1, 2)
        assert None not in await listener.until(5)
        stats = radio.get_audio_stats()
        assert stats["packets_lost"] == 1
        assert stats["underrun_count"] == 0  # API.md 17, 37: it was the number lost
        assert stats["jitter_buffer_depth_packets"] == 0
        assert stats["estimated_latency_ms"] == 0


@fast
async def test_a_depth_counts_20_ms_whatever_a_datagram_lasts() -> None:
    """API.md 17, 5: 48 kHz LPCM16 travels in halves of a block."""
    async with RadioServer() as server, radio_at(server) as radio:
        for depth in (1, 5, JITTER_DEPTH_MAX):
            await radio.start_audio_rx_opus(print, jitter_depth=depth)
            latency_ms = radio.get_audio_stats()["estimated_latency_ms"]
            assert latency_ms == pytest.approx(20 * depth)
            network = radio.get_audio_network_stats()
            assert network["target_delay_ms"] == pytest.approx(20 * depth)
            await radio.stop_audio_rx_opus()


# ---- received: PCM -------------------------------------------------------------------


@pytest.mark.check("1.8", "1.9", "1.13", "9.5", "9.6", "9.8", "9.9", "13.10")
@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
@fast
async def test_pcm_comes_in_frames_of_the_length_asked_for(frame_ms: int) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(
            listener, sample_rate=48000, channels=1, frame_ms=frame_ms, jitter_depth=5
        )
        await play(server, *range(6))
        frames = await listener.until(120 // frame_ms)
        assert b"".join(frames) == samples(0, 960 * 6)
        assert {len(frame) for frame in frames} == {96 * frame_ms}
        await radio.stop_audio_rx_pcm()
        await play(server, 6, 7, 8)
        await radio.get_frequency()
        assert len(listener.heard) == 120 // frame_ms


@pytest.mark.check("9.7")
@fast
async def test_a_frame_with_a_hole_is_none_and_the_others_keep_their_places() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener)
        await play(server, 0, 1, 2)
        assert await listener.until(3) == [block(0), None, block(2)]


@pytest.mark.check("13.13")
@pytest.mark.parametrize("codec", [AudioCodec.ULAW_1CH, AudioCodec.PCM_1CH_8BIT])
@fast
async def test_pcm_is_converted_from_the_codec_that_was_granted(
    codec: AudioCodec,
) -> None:
    """API.md 17, 1: it was decoded as Opus whatever it was."""
    async with RadioServer() as server, radio_at(server, audio_codec=codec) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener)
        await play_bytes(server, encode_from_pcm16(Codec(codec), bytes(BLOCK)))
        assert await listener.until(1) == [bytes(BLOCK)]


@fast
async def test_stereo_that_a_mono_callback_gets_is_mixed_and_not_slowed_down() -> None:
    """Played as mono, stereo would last twice as long."""
    async with (
        RadioServer() as server,
        radio_at(server, audio_codec=AudioCodec.PCM_2CH_16BIT) as radio,
    ):
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener, channels=1)
        left_and_right = array.array("h", [1000, 3000] * 960).tobytes()
        await play_bytes(server, left_and_right)
        assert await listener.until(1) == [array.array("h", [2000] * 960).tobytes()]


@fast
async def test_each_direction_converts_from_its_own_format() -> None:
    """API.md 17, 29: what was set for TX was used for RX."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener, channels=2, frame_ms=10)
        await radio.start_audio_tx_pcm(channels=1, frame_ms=20)
        await play(server, 0)
        frames = await listener.until(2)
        assert {len(frame) for frame in frames} == {1920}
        await radio.push_audio_tx_pcm(block(7))
        assert await sent(server, 2) == block(7)


@fast
async def test_a_payload_that_cannot_be_decoded_costs_a_frame_and_no_more() -> None:
    """API.md 17, 10: it killed reception without a word."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener)
        await play(server, 0)
        await play_bytes(server, b"\1\2\3")  # no whole sample
        await play(server, *range(2, 6))
        heard = await listener.until(4)
        assert heard[0] == block(0)
        assert None in heard
        assert any(isinstance(each, bytes) for each in heard[2:])
        assert radio.get_audio_network_stats()["decode_failures"] == 1
        await radio.stop_audio_rx_pcm()
        await radio.start_audio_rx_pcm(listener)
        assert radio.get_audio_network_stats()["decode_failures"] == 1


# ---- callbacks and stops -------------------------------------------------------------


@fast
async def test_audio_while_nobody_listens_is_not_kept_for_later() -> None:
    """API.md 17, 38: 103 stale packets at once."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        early, late = Listener(server), Listener(server)
        await radio.start_audio_rx_pcm(early)
        await play(server, 0)
        await early.until(1)
        await radio.stop_audio_rx_pcm()
        await play(server, 1)
        await radio.get_frequency()
        await radio.start_audio_rx_pcm(late)
        await play(server, 2)
        assert await late.until(1) == [block(2)]
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
async def test_a_start_that_fails_does_not_take_the_callback_of_the_one_that_runs() -> (
    None
):
    """API.md 17, 39."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener, jitter_depth=7)
        for failing in (
            radio.start_audio_rx_pcm(print, jitter_depth=1),
            radio.start_audio_opus(print, jitter_depth=1),
        ):
            with pytest.raises(RuntimeError, match="Already receiving"):
                await failing
        with pytest.raises(AudioFormatError):
            await radio.start_audio_rx_pcm(print, sample_rate=44100)
        stats = radio.get_audio_stats()
        assert stats["jitter_buffer_depth_packets"] == 7
        assert stats["state"] == "receiving"  # and no TX was begun
        await play(server, 0)
        assert len(await listener.until(2)) == 2


@pytest.mark.parametrize("level", ["opus", "pcm"])
@fast
async def test_a_callback_that_raises_does_not_end_the_audio(level: str) -> None:
    """API.md 17, 10."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)

        def fails_first(item: object) -> None:
            listener(item)
            if len(listener.heard) == 1:
                raise ValueError("the application's mistake")

        if level == "opus":
            await radio.start_audio_rx_opus(fails_first)
        else:
            await radio.start_audio_rx_pcm(fails_first)
        await play(server, 0, 1)
        assert len(await listener.until(2)) >= 2
        assert radio.statistics()["here"]["callback_errors"] == 1
        assert await radio.get_frequency() == 14_074_000
        await radio.stop_audio_rx_opus()  # and raises nothing stale


@fast
async def test_a_callback_that_raises_on_a_placeholder_gets_the_next_all_the_same() -> (
    None
):
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)

        def fails_on_none(frame: bytes | None) -> None:
            listener(frame)
            if frame is None:
                raise ValueError("the application's mistake")

        await radio.start_audio_rx_pcm(fails_on_none, frame_ms=10)
        await play(server, 0, 1, 2)
        whole = [samples(480 * each, 480) for each in range(6)]
        assert await listener.until(6) == [*whole[:3], None, *whole[4:]]


@fast
async def test_a_callback_may_stop_the_audio_and_is_not_called_again() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        stopped = Listener(server)
        await radio.start_audio_rx_pcm(_stopper(radio, stopped), frame_ms=10)
        await play(server, 0, 1, 2)
        await stopped.until(1)
        await radio.get_frequency()
        assert len(stopped.heard) == 1


def _stopper(radio: IcomRadio, then: Callable[[object], None]) -> Callable[..., None]:
    def callback(item: object) -> None:
        stop = radio.stop_audio_rx_opus()
        with pytest.raises(StopIteration):
            stop.send(None)  # it never waits, so it can be run here
        then(item)

    return callback


@fast
async def test_reception_can_be_stopped_while_transmitting() -> None:
    """API.md 17, 11: it was a silent no-op, and reception survived disconnect."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(rx_callback=listener, tx_enabled=True)
        await radio.stop_audio_rx_opus()
        await play(server, 0)
        await radio.get_frequency()
        assert listener.heard == []
        await radio.push_audio_tx_opus(block(1))  # TX goes on
        assert await sent(server, 2) == block(1)
        assert radio.get_audio_stats()["state"] == "transmitting"


@fast
async def test_disconnect_in_full_duplex_leaves_nothing_running() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        await radio.connect()
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(listener)
        for number in range(5):
            await radio.push_audio_tx_opus(block(number))
        leaving = asyncio.create_task(radio.disconnect())
        await play(server, *range(10))
        await leaving
        heard = len(listener.heard)
        await play(server, *range(10))
        await server.released()
        assert len(listener.heard) == heard
        assert radio.get_audio_stats()["active"] is False


@pytest.mark.check("9.17")
@fast
async def test_every_stop_may_be_called_in_any_state() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        stops = (
            radio.stop_audio_opus,
            radio.stop_audio_rx_opus,
            radio.stop_audio_rx_pcm,
            radio.stop_audio_tx_opus,
            radio.stop_audio_tx_pcm,
        )
        for stop in stops:
            await stop()
        async with radio:
            for stop in stops:
                await stop()
            await radio.start_audio_rx_pcm(print)
            await radio.start_audio_tx_pcm()
            await radio.stop_audio_opus()
            assert radio.get_audio_stats()["active"] is False
            await radio.start_audio_opus(print)
            server.close()
            with pytest.raises(ConnectionError):
                await radio.wait_closed()
            for stop in stops:
                await stop()
        for stop in stops:
            await stop()
