"""Audio through IcomRadio over real UDP: both levels, both directions, all ends."""

import array
import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from icom_lan import (
    AudioCodec,
    AudioError,
    AudioFormatError,
    AudioPacket,
    ConnectionError,
    IcomRadio,
)
from icom_lan.audio_plan import (
    JITTER_DEPTH_MAX,
    AudioPlan,
    PcmShape,
    RxPlan,
    TxPlan,
)
from icom_lan.connection import LanConnection, Target, open_connection
from icom_lan.radio_audio import AHEAD_S_MAX, RadioAudio
from icom_lan.types import GrantedAudio
from icom_proto.audio_formats import encode_from_pcm16
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import CONNECTION_WFVIEW, Codec
from icom_proto.events import AudioReceived, ClientAudioStarted, ClientGranted
from icom_proto.packets import RadioRecord
from lan.fast_loop import fast
from lan.radio_server import (
    LOOPBACK,
    PASSWORD,
    RECORD,
    USERNAME,
    RadioServer,
    radio_at,
)

# Loaded now: a first start of PCM would hold up the fast loop for "seconds", in which
# the radio takes its client for gone.
import_module("icom_lan.pcm")

BLOCK = 1920  # 20 ms of 48 kHz mono in 16 bit, sent as 1364 + 556
RX_ONLY = RadioRecord(
    identity=RECORD.identity,
    name=RECORD.name,
    connection_type=RECORD.connection_type,
    civ_address=RECORD.civ_address,
    rx_rates=RECORD.rx_rates,
    tx_rates=1,
)
OPUS_PACKET = bytes.fromhex("f8fffe")  # 20 ms of silence, one frame


def samples(first: int, count: int) -> bytes:
    """Samples that count, so that each tells its place."""
    values = ((first + each) % 0x8000 for each in range(count))
    return array.array("h", values).tobytes()


def block(number: int) -> bytes:
    """The 20 ms with this number of a stream that counts."""
    return samples(960 * number, 960)


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


def play(server: RadioServer, *numbers: int) -> None:
    for number in numbers:
        server.send_audio(block(number))


async def sent(server: RadioServer, count: int) -> bytes:
    """The payloads of so many datagrams, joined."""
    return b"".join(
        each.data for each in await server.once(lambda: _audio(server, count))
    )


def _audio(server: RadioServer, count: int) -> list[AudioReceived] | None:
    found = [each for each in server.events if isinstance(each, AudioReceived)]
    return found if len(found) >= count else None


# ---- received: payloads --------------------------------------------------------------


@pytest.mark.check("0.1", "1.1", "1.2", "9.1", "9.2", "9.3", "9.4", "13.9")
@fast
async def test_payloads_arrive_as_they_travelled() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        play(server, 0)
        first, second = await listener.until(2)
        assert isinstance(first, AudioPacket)
        assert first.data + second.data == block(0)
        assert (len(first.data), len(second.data)) == (1364, 556)
        assert second.send_seq == first.send_seq + 1
        await radio.stop_audio_rx_opus()
        play(server, 1)
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
        play(server, 0, 1, 2)
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
        play(server, 0, 1, 2)
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
        play(server, *range(6))
        frames = await listener.until(120 // frame_ms)
        assert b"".join(frames) == samples(0, 960 * 6)
        assert {len(frame) for frame in frames} == {96 * frame_ms}
        await radio.stop_audio_rx_pcm()
        play(server, 6, 7, 8)
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
        play(server, 0, 1, 2)
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
        server.send_audio(encode_from_pcm16(Codec(codec), bytes(BLOCK)))
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
        server.send_audio(left_and_right)
        assert await listener.until(1) == [array.array("h", [2000] * 960).tobytes()]


@fast
async def test_each_direction_converts_from_its_own_format() -> None:
    """API.md 17, 29: what was set for TX was used for RX."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener, channels=2, frame_ms=10)
        await radio.start_audio_tx_pcm(channels=1, frame_ms=20)
        play(server, 0)
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
        play(server, 0)
        server.send_audio(b"\1\2\3")  # no whole sample
        play(server, *range(2, 6))
        heard = await listener.until(4)
        assert heard[0] == block(0)
        assert None in heard
        assert any(isinstance(each, bytes) for each in heard[2:])
        assert radio.get_audio_network_stats()["decode_failures"] == 1


# ---- callbacks and stops -------------------------------------------------------------


@fast
async def test_audio_while_nobody_listens_is_not_kept_for_later() -> None:
    """API.md 17, 38: 103 stale packets at once."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        early, late = Listener(server), Listener(server)
        await radio.start_audio_rx_pcm(early)
        play(server, 0)
        await early.until(1)
        await radio.stop_audio_rx_pcm()
        play(server, 1)
        await radio.get_frequency()
        await radio.start_audio_rx_pcm(late)
        play(server, 2)
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
        play(server, 0)
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
        play(server, 0, 1)
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
        play(server, 0, 1, 2)
        whole = [samples(480 * each, 480) for each in range(6)]
        assert await listener.until(6) == [*whole[:3], None, *whole[4:]]


@fast
async def test_a_callback_may_stop_the_audio_and_is_not_called_again() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        stopped = Listener(server)
        await radio.start_audio_rx_pcm(_stopper(radio, stopped), frame_ms=10)
        play(server, 0, 1, 2)
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
        play(server, 0)
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
        play(server, *range(10))
        await leaving
        heard = len(listener.heard)
        play(server, *range(10))
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


# ---- sent ----------------------------------------------------------------------------


@pytest.mark.check("1.3", "1.4", "1.5", "9.10", "13.11")
@fast
async def test_payloads_are_sent_as_they_are_and_cut_at_1364_bytes() -> None:
    """API.md 17, 35: a larger one is dropped by radios without a word."""
    async with RadioServer() as server, radio_at(server) as radio:
        with pytest.raises(RuntimeError, match="start_audio_tx_opus"):
            await radio.push_audio_tx_opus(block(0))
        await radio.start_audio_tx_opus()
        with pytest.raises(RuntimeError, match="Already transmitting"):
            await radio.start_audio_tx_opus()
        await radio.push_audio_tx_opus(block(0))
        received = await server.once(lambda: _audio(server, 2))
        assert b"".join(each.data for each in received) == block(0)
        assert [len(each.data) for each in received] == [1364, 556]
        await radio.stop_audio_tx_opus()
        with pytest.raises(RuntimeError, match="Not transmitting"):
            await radio.push_audio_tx_opus(block(0))


@pytest.mark.parametrize("size", [0, 96 * 121, 5_000_000])
@fast
async def test_a_block_of_no_length_or_far_too_long_is_refused(size: int) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_opus()
        with pytest.raises(AudioFormatError, match=f"block of {size} bytes"):
            await radio.push_audio_tx_opus(bytes(size))
        assert radio.get_audio_stats()["tx_packets_sent"] == 0


@fast
async def test_a_number_is_no_audio() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_opus()
        with pytest.raises(TypeError, match="audio must be bytes"):
            await radio.push_audio_tx_opus(5)  # type: ignore[arg-type]


@fast
async def test_a_file_pushed_in_a_loop_goes_out_at_the_radios_pace() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        loop = asyncio.get_running_loop()
        await radio.start_audio_tx_opus()
        began = loop.time()
        for number in range(40):
            await radio.push_audio_tx_opus(block(number))
            waits_ms = radio.get_audio_network_stats()["tx_queued_ms"]
            assert waits_ms <= 1000 * (AHEAD_S_MAX + 0.02) + 1e-6
        assert loop.time() - began >= 40 * 0.02 - AHEAD_S_MAX - 0.04
        await radio.stop_audio_tx_opus()
        assert await sent(server, 80) == samples(0, 960 * 40)


@fast
async def test_the_stop_lets_leave_what_was_pushed() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_opus()
        for number in range(5):
            await radio.push_audio_tx_opus(block(number))
        await radio.stop_audio_tx_opus()
        assert radio.get_audio_stats()["tx_packets_sent"] == 10
        assert radio.get_audio_network_stats()["tx_queued_ms"] == 0


@fast
async def test_a_push_that_is_cancelled_while_it_waits_sends_nothing() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_opus()
        pushed = 0
        while True:  # until one has to wait
            push = radio.push_audio_tx_opus(block(pushed))
            waiting = asyncio.create_task(push)
            await asyncio.sleep(0)
            if not waiting.done():
                break
            pushed += 1
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        await radio.stop_audio_tx_opus()
        assert await sent(server, 2 * pushed) == samples(0, 960 * pushed)


@fast
async def test_a_push_that_waits_is_told_of_the_stop_and_of_the_end() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        for end, error in (
            (radio.stop_audio_tx_opus, RuntimeError),
            (radio.disconnect, (RuntimeError, ConnectionError)),
        ):
            await radio.start_audio_tx_opus()
            waiting = []
            for number in range(9):
                push = radio.push_audio_tx_opus(block(number))
                waiting.append(asyncio.create_task(push))
            await asyncio.sleep(0)
            await end()
            done, _ = await asyncio.wait(waiting)
            failed = [each for each in done if each.exception() is not None]
            assert failed
            assert all(isinstance(each.exception(), error) for each in failed)


@pytest.mark.check(
    "1.10", "1.11", "1.12", "1.13", "9.11", "9.12", "9.13", "13.12", "13.13"
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@fast
async def test_a_frame_of_pcm_is_sent_in_the_granted_codec(
    kind: Callable[[bytes], bytes],
) -> None:
    async with (
        RadioServer() as server,
        radio_at(server, audio_codec=AudioCodec.ULAW_1CH) as radio,
    ):
        await radio.start_audio_tx_pcm(sample_rate=48000, channels=1, frame_ms=20)
        await radio.push_audio_tx_pcm(kind(block(0)))
        await radio.stop_audio_tx_pcm()
        assert await sent(server, 1) == encode_from_pcm16(Codec.ULAW_MONO, block(0))


@pytest.mark.check("9.14", "13.14")
@pytest.mark.parametrize("size", [0, 2, 1919, 1921, 3840])
@fast
async def test_pcm_that_is_no_frame_is_refused_before_anything_is_sent(
    size: int,
) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_pcm()
        with pytest.raises(AudioFormatError, match=r"PCM frame size mismatch.*1920"):
            await radio.push_audio_tx_pcm(bytes(size))
        with pytest.raises(AudioFormatError, match="PCM must be bytes"):
            await radio.push_audio_tx_pcm("no bytes")  # type: ignore[arg-type]
        await radio.stop_audio_tx_pcm()
        assert radio.get_audio_stats()["tx_packets_sent"] == 0


@fast
async def test_chunks_of_any_size_are_made_into_frames() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_pcm()
        pcm = samples(0, 960 * 4)
        for size in (1, 959, 3000, 0, 10, len(pcm)):
            chunk, pcm = pcm[:size], pcm[size:]
            await radio.push_audio_tx_pcm_chunk(chunk)
        await radio.push_audio_tx_pcm_chunk(samples(960 * 4, 100) + b"\7")
        await radio.stop_audio_tx_pcm()
        received = await sent(server, 10)
        assert received[: 5 * BLOCK] == (samples(0, 4 * 960 + 100) + b"\7").ljust(
            5 * BLOCK, b"\0"
        )
        assert len(received) == 5 * BLOCK


@fast
async def test_a_frame_behind_a_chunk_keeps_its_place() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_pcm()
        await radio.push_audio_tx_pcm_chunk(samples(0, 480))
        await radio.push_audio_tx_pcm(samples(480, 960))
        await radio.push_audio_tx_pcm_chunk(samples(1440, 480))
        assert await sent(server, 4) == samples(0, 1920)


@fast
async def test_pcm_needs_the_pcm_start() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        for push in (radio.push_audio_tx_pcm, radio.push_audio_tx_pcm_chunk):
            with pytest.raises(RuntimeError, match="start_audio_tx_pcm"):
                await push(bytes(BLOCK))
            await radio.start_audio_tx_opus()
            with pytest.raises(RuntimeError, match="start_audio_tx_pcm"):
                await push(bytes(BLOCK))
            await radio.stop_audio_tx_opus()


# ---- both at once --------------------------------------------------------------------


@pytest.mark.check("1.6", "1.7", "9.15", "9.16", "9.17")
@fast
async def test_audio_flows_both_ways_at_once() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(rx_callback=listener, tx_enabled=True)
        for number in range(10):
            play(server, number)
            await radio.push_audio_tx_opus(block(number))
        heard = await listener.until(20)
        assert b"".join(each.data for each in heard) == samples(0, 9600)
        assert await sent(server, 20) == samples(0, 9600)
        await radio.stop_audio_opus()
        with pytest.raises(RuntimeError, match="Not transmitting"):
            await radio.push_audio_tx_opus(block(0))
        play(server, 10)
        await radio.get_frequency()
        assert len(listener.heard) == 20


@pytest.mark.check("9.18")
@fast
async def test_without_tx_it_only_receives() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(listener, tx_enabled=False)
        assert radio.get_audio_stats()["state"] == "receiving"
        with pytest.raises(RuntimeError, match="Not transmitting"):
            await radio.push_audio_tx_opus(block(0))
        play(server, 0)
        assert len(await listener.until(2)) == 2


@fast
async def test_where_tx_cannot_start_rx_is_not_left_running() -> None:
    async with RadioServer(record=RX_ONLY) as server, radio_at(server) as radio:
        await start(server)
        with pytest.raises(AudioError, match="sends no audio"):
            await radio.start_audio_opus(print)
        assert radio.get_audio_stats()["active"] is False
        await radio.start_audio_opus(print, tx_enabled=False)


@fast
async def test_a_session_without_audio_has_none_to_start() -> None:
    async with RadioServer() as server, radio_at(server, audio=False) as radio:
        for begin in (
            radio.start_audio_rx_opus(print),
            radio.start_audio_rx_pcm(print),
            radio.start_audio_tx_opus(),
            radio.start_audio_tx_pcm(),
        ):
            with pytest.raises(AudioError, match="check audio="):
                await begin
        assert radio.get_audio_stats()["active"] is False
        assert radio.granted_audio == GrantedAudio(None, 48000, None, 48000)


# ---- what is checked, and in which order ---------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"sample_rate": 44100}, AudioFormatError, "sample_rate 44100: allowed is"),
        ({"channels": 3}, AudioFormatError, "channels 3: allowed is 1, 2"),
        ({"frame_ms": 15}, AudioFormatError, "allowed is 10, 20, 40, 60"),
        ({"frame_ms": 20.0}, TypeError, "frame_ms must be an int"),
        ({"channels": True}, TypeError, "channels must be an int"),
        ({"jitter_depth": 5.0}, TypeError, "jitter_depth must be an int"),
        ({"jitter_depth": -1}, ValueError, "jitter_depth must be >= 0"),
        ({"jitter_depth": 51}, ValueError, "jitter_depth must be at most 50"),
        ({"callback": None}, TypeError, "callback must be callable"),
    ],
)
@fast
async def test_what_cannot_be_given_is_refused_by_name(
    arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        with pytest.raises(error, match=text):
            await radio.start_audio_rx_pcm(**{"callback": print} | arguments)
        await radio.start_audio_rx_pcm(print)  # nothing was started


@fast
async def test_what_needs_no_radio_to_be_wrong_is_told_before_the_connection_is() -> (
    None
):
    radio = IcomRadio("192.0.2.1")
    with pytest.raises(TypeError, match="callback must be callable"):
        await radio.start_audio_rx_pcm(None, sample_rate=1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sample_rate must be an int"):
        await radio.start_audio_rx_pcm(
            print,
            sample_rate=1.0,  # type: ignore[arg-type]
            jitter_depth=-1,
        )
    with pytest.raises(ValueError, match="jitter_depth"):
        await radio.start_audio_rx_pcm(print, sample_rate=1, jitter_depth=-1)
    with pytest.raises(TypeError, match="channels must be an int"):
        await radio.start_audio_tx_pcm(channels="1")  # type: ignore[arg-type]
    for begin in (
        radio.start_audio_rx_pcm(print, sample_rate=1),
        radio.start_audio_tx_pcm(sample_rate=1),
        radio.start_audio_rx_opus(print),
        radio.start_audio_tx_opus(),
        radio.start_audio_opus(print),
        radio.push_audio_tx_opus(b""),
        radio.push_audio_tx_pcm(b""),
        radio.push_audio_tx_pcm_chunk(b""),
    ):
        with pytest.raises(ConnectionError, match="Not connected to radio"):
            await begin


# ---- what was granted ----------------------------------------------------------------


@pytest.mark.check("10.5", "12.4")
@fast
async def test_the_radio_is_asked_for_the_codec_and_rate_of_the_constructor() -> None:
    for arguments, codec, rate_hz in (
        ({}, Codec.PCM16_MONO, 48000),
        (
            {"audio_codec": AudioCodec.ULAW_1CH, "audio_sample_rate": 8000},
            Codec.ULAW_MONO,
            8000,
        ),
    ):
        async with RadioServer() as server, radio_at(server, **arguments) as radio:
            granted = await server.until(ClientGranted)
            assert (granted.rx_codec, granted.rx_rate_hz) == (codec, rate_hz)
            assert (granted.tx_codec, granted.tx_rate_hz) == (codec, rate_hz)
            assert radio.granted_audio == GrantedAudio(
                AudioCodec(codec), rate_hz, AudioCodec(codec), rate_hz
            )
        assert radio.granted_audio is None


@pytest.mark.check("11.9")
@fast
async def test_stereo_that_is_refused_becomes_mono_and_that_can_be_seen(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mono = (Codec.PCM16_MONO,)
    wanted = AudioCodec.PCM_2CH_16BIT
    async with (
        RadioServer(rx_codecs=mono) as server,
        radio_at(server, audio_codec=wanted) as radio,
    ):
        assert radio.audio_codec is wanted
        granted = radio.granted_audio
        assert granted is not None
        assert granted.rx_codec is granted.tx_codec is AudioCodec.PCM_1CH_16BIT
        assert granted.to_dict()["rx_codec"] == {"name": "PCM_1CH_16BIT", "value": 4}
        (warning,) = [
            each for each in caplog.records if each.levelno == logging.WARNING
        ]
        assert "PCM16_STEREO" in warning.getMessage()
        await start(server)
        listener = Listener(server)
        await radio.start_audio_rx_pcm(listener, channels=2)
        server.send_audio(array.array("h", [5] * 960).tobytes())
        assert await listener.until(1) == [array.array("h", [5] * 1920).tobytes()]


@fast
async def test_transmit_audio_is_mono_where_received_audio_is_stereo() -> None:
    async with (
        RadioServer() as server,
        radio_at(server, audio_codec=AudioCodec.PCM_2CH_16BIT) as radio,
    ):
        granted = radio.granted_audio
        assert granted is not None
        assert granted.rx_codec is AudioCodec.PCM_2CH_16BIT
        assert granted.tx_codec is AudioCodec.PCM_1CH_16BIT
        await radio.start_audio_tx_pcm(channels=2)
        await radio.push_audio_tx_pcm(array.array("h", [10, 30] * 960).tobytes())
        assert await sent(server, 2) == array.array("h", [20] * 960).tobytes()


@pytest.mark.check("12.3")
@pytest.mark.parametrize("codec", [AudioCodec.OPUS_1CH, AudioCodec.OPUS_2CH])
@fast
async def test_opus_on_a_radio_without_it_is_refused_before_streams_are_asked_for(
    codec: AudioCodec,
) -> None:
    """API.md 17, 2: it was asked of any radio."""
    async with RadioServer() as server:
        radio = radio_at(server, audio_codec=codec)
        with pytest.raises(AudioFormatError, match=r"FTTH.*another audio_codec"):
            await radio.connect()
        await server.released()
        assert not [each for each in server.events if isinstance(each, ClientGranted)]


@pytest.mark.check("12.3")
@fast
async def test_opus_is_there_where_the_connection_type_is_wfview() -> None:
    opus = (Codec.OPUS_MONO,)
    async with (
        RadioServer(
            connection=CONNECTION_WFVIEW, rx_codecs=opus, tx_codecs=opus
        ) as server,
        radio_at(server, audio_codec=AudioCodec.OPUS_1CH) as radio,
    ):
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(listener)
        server.send_audio(OPUS_PACKET)
        (packet,) = await listener.until(1)
        assert packet.data == OPUS_PACKET
        await radio.push_audio_tx_opus(OPUS_PACKET)
        assert await sent(server, 1) == OPUS_PACKET


# ---- figures -------------------------------------------------------------------------


@pytest.mark.check("3.2", "3.5", "3.6", "3.23")
@fast
async def test_figures_exist_whether_or_not_audio_does() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        idle = radio.get_audio_stats()
        assert len(idle) == 17
        assert (idle["active"], idle["state"]) == (False, "idle")
        assert radio.get_audio_network_stats() == {}
        async with radio:
            assert radio.get_audio_stats() == idle
            await radio.start_audio_rx_opus(print)
            assert radio.get_audio_stats()["state"] == "receiving"
            await radio.start_audio_tx_opus()
            assert radio.get_audio_stats()["state"] == "transmitting"
            await radio.stop_audio_tx_opus()
            assert radio.get_audio_stats()["state"] == "receiving"
            assert set(radio.get_audio_stats()) == set(idle)
        assert radio.get_audio_stats() == idle


@pytest.mark.check("3.7", "3.8", "3.9", "3.10", "3.11")
@fast
async def test_figures_count_from_the_start_to_the_stop() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        for _ in range(2):
            listener = Listener(server)
            await radio.start_audio_rx_opus(listener)
            play(server, 0, 1)
            await listener.until(4)
            await radio.stop_audio_rx_opus()
            play(server, 2)
            await radio.get_frequency()
            stats = radio.get_audio_stats()
            assert stats["rx_packets_received"] == 4
            assert stats["rx_packets_delivered"] == 4
            assert stats["packets_lost"] == stats["packet_loss_percent"] == 0
        for _ in range(2):
            await radio.start_audio_tx_opus()
            await radio.push_audio_tx_opus(block(0))
            await radio.stop_audio_tx_opus()
            assert radio.get_audio_stats()["tx_packets_sent"] == 2


@pytest.mark.check("3.10", "3.11", "3.14", "3.21")
@fast
async def test_a_loss_is_a_loss_and_not_out_of_order() -> None:
    """API.md 17, 36."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        play(server, 0, 1, 2)
        await listener.until(6)
        stats = radio.get_audio_stats()
        assert stats["packets_lost"] == 1
        assert stats["packet_loss_percent"] == pytest.approx(100 / 6)
        assert stats["underrun_count"] == 1
        assert stats["out_of_order_packets"] == 0
        network = radio.get_audio_network_stats()
        assert network["network_lost"] == network["concealed"] == 1
        assert network["burst_count"] == network["burst_max_packets"] == 1
        assert network["healed_by_resend"] == 0
        assert network["drift_ppm"] is None


# ---- from one session to the next ----------------------------------------------------


async def connection_to(server: RadioServer) -> tuple[LanConnection, RadioAudio]:
    config = ClientConfig(username=USERNAME, password=PASSWORD)
    target = Target(host=LOOPBACK, port=server.port, timeout_s=100.0)
    connection = await open_connection(config, target)
    assert connection.live is not None
    return connection, connection.live.audio


@fast
async def test_what_ran_is_known_when_the_session_is_over_and_runs_on_another() -> None:
    async with RadioServer() as server, RadioServer() as other:
        listener = Listener(other)
        plan = AudioPlan(
            RxPlan.of_pcm(listener, 48000, 1, 40, jitter_depth=9),
            TxPlan(PcmShape(48000, 1, 10)),
        )
        lost, lost_audio = await connection_to(server)
        lost_audio.start(plan)
        server.close()
        with pytest.raises(ConnectionError):
            await lost.wait_closed()
        await lost.close()
        found = lost_audio.snapshot()
        assert found == plan
        connection, audio = await connection_to(other)
        await start(other)
        audio.resume(found)
        assert audio.snapshot() == plan
        assert audio.statistics()["jitter_buffer_depth_packets"] == 9
        play(other, 0, 1)
        assert await listener.until(1) == [samples(0, 1920)]
        await audio.push_pcm(samples(0, 480))
        await audio.push_pcm(samples(480, 480))
        assert await sent(other, 2) == block(0)
        lost_audio.stop_rx()
        assert lost_audio.snapshot() == AudioPlan(None, plan.tx)
        await lost_audio.stop()
        assert lost_audio.snapshot() is None
        await connection.close()
