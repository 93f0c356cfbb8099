"""Audio sent through IcomRadio over real UDP: payloads, PCM, and both ways at once."""

import asyncio
from collections.abc import Callable

import pytest

from icom_lan import (
    AudioCodec,
    AudioError,
    AudioFormatError,
    ConnectionError,
)
from icom_lan.radio_audio import AHEAD_S_MAX
from icom_lan.types import GrantedAudio
from icom_proto.audio_formats import encode_from_pcm16
from icom_proto.codes import Codec
from icom_proto.packets import RadioRecord
from lan.audio_bench import (
    BLOCK,
    Listener,
    audio_of,
    block,
    play,
    samples,
    sent,
    start,
)
from lan.fast_loop import fast
from lan.radio_server import (
    RECORD,
    RadioServer,
    radio_at,
)

RX_ONLY = RadioRecord(
    identity=RECORD.identity,
    name=RECORD.name,
    connection_type=RECORD.connection_type,
    civ_address=RECORD.civ_address,
    rx_rates=RECORD.rx_rates,
    tx_rates=1,
)


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
        received = await server.once(lambda: audio_of(server, 2))
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
async def test_a_frame_that_is_cancelled_takes_nothing_of_a_chunk_with_it() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await radio.start_audio_tx_pcm()
        await radio.push_audio_tx_pcm_chunk(samples(0, 480))
        pushed = 480
        while True:  # until one has to wait
            push = radio.push_audio_tx_pcm(samples(pushed, 960))
            waiting = asyncio.create_task(push)
            await asyncio.sleep(0)
            if not waiting.done():
                break
            pushed += 960
        waiting.cancel()
        await asyncio.wait([waiting])
        await radio.push_audio_tx_pcm_chunk(samples(pushed, 480))
        await radio.stop_audio_tx_pcm()
        pushed += 480
        assert await sent(server, 2 * pushed // 960) == samples(0, pushed)


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
            await play(server, number)
            await radio.push_audio_tx_opus(block(number))
        heard = await listener.until(20)
        assert b"".join(each.data for each in heard) == samples(0, 9600)
        assert await sent(server, 20) == samples(0, 9600)
        await radio.stop_audio_opus()
        with pytest.raises(RuntimeError, match="Not transmitting"):
            await radio.push_audio_tx_opus(block(0))
        await play(server, 10)
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
        await play(server, 0)
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
