"""`AudioStream` over a stand-in: what it sends, and the figures it tells."""

import asyncio
import json

import pytest

from icom_lan import AudioFormatError
from icom_lan.audio import (
    AudioStream,
    build_audio_packet,
    parse_audio_packet,
)
from icom_proto.codes import Codec
from lan.fast_loop import fast
from lan.stand_in import (
    BLOCK,
    Listener,
    StandIn,
    datagram,
    listening,
    received,
    until,
)

# ---- transmission --------------------------------------------------------------------


@pytest.mark.check("2.15", "2.16", "3.9")
@fast
async def test_a_frame_is_sent_as_an_audio_packet() -> None:
    transport = StandIn()
    stream = AudioStream(transport)
    await stream.start_tx()
    await stream.push_tx(opus_data=b"frame")
    await stream.push_tx(b"next")
    expected = [
        build_audio_packet(
            payload, sender_id=0x1234, receiver_id=0x5678, send_seq=seq, ident=0x0080
        )
        for seq, payload in enumerate((b"frame", b"next"))
    ]
    assert transport.sent == expected
    assert stream.get_audio_stats()["tx_packets_sent"] == 2
    await stream.stop_tx()
    assert stream.get_audio_stats()["tx_packets_sent"] == 2
    await stream.start_tx()
    assert stream.get_audio_stats()["tx_packets_sent"] == 0


@pytest.mark.check("2.17", "2.30")
@fast
async def test_a_frame_is_refused_unless_transmitting() -> None:
    transport = StandIn()
    stream = AudioStream(transport)
    with pytest.raises(RuntimeError, match="Not transmitting"):
        await stream.push_tx(b"frame")
    await stream.start_tx()
    with pytest.raises(RuntimeError, match="Already transmitting"):
        await stream.start_tx()
    await stream.stop_tx()
    with pytest.raises(RuntimeError, match="Not transmitting"):
        await stream.push_tx(b"frame")
    assert transport.sent == []


@fast
async def test_mistake_35_a_frame_too_large_for_radios_is_split() -> None:
    transport = StandIn()
    stream = AudioStream(transport)
    await stream.start_tx()
    await asyncio.gather(stream.push_tx(BLOCK), stream.push_tx(BLOCK))
    assert [len(each.data) for each in transport.packets] == [1364, 556, 1364, 556]
    assert [each.send_seq for each in transport.packets] == [0, 1, 2, 3]
    assert stream.get_audio_stats()["tx_packets_sent"] == 4


@pytest.mark.parametrize(
    ("codec", "size", "longest"),
    [
        (Codec.PCM16_MONO, 0, 3840),
        (Codec.PCM16_STEREO, 3841, 3840),
        (Codec.OPUS_MONO, 1365, 1364),
    ],
)
@fast
async def test_a_frame_of_a_wrong_size_is_refused_before_anything_is_sent(
    codec: Codec, size: int, longest: int
) -> None:
    transport = StandIn()
    stream = AudioStream(transport, codec=codec)
    await stream.start_tx()
    with pytest.raises(AudioFormatError, match=f"allowed is 1 to {longest}"):
        await stream.push_tx(bytes(size))
    assert transport.sent == []


def test_an_unknown_codec_or_rate_is_refused() -> None:
    with pytest.raises(AudioFormatError, match="codec 0x33: allowed is"):
        AudioStream(StandIn(), codec=0x33)
    with pytest.raises(AudioFormatError, match="sample_rate 44000: allowed is 8000"):
        AudioStream(StandIn(), sample_rate=44_000)


@fast
async def test_the_number_of_sent_packets_wraps() -> None:
    transport = StandIn()
    stream = AudioStream(transport)
    await stream.start_tx()
    for _ in range(0x10000 + 1):
        await stream.push_tx(b"x")
    last = [
        each.send_seq for each in map(parse_audio_packet, transport.sent[-2:]) if each
    ]
    assert last == [0xFFFF, 0]


# ---- figures -------------------------------------------------------------------------


@pytest.mark.check("3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.10", "3.11", "3.22")
@fast
async def test_figures_of_a_stream_with_a_buffer() -> None:
    seqs = (0, 1, 2, 2, 4, 3, 6, 7, 8, 5, 9, 8)
    async with listening(*seqs, depth=3, heard=10) as (stream, listener, _):
        await until(lambda: received(stream) == 12)
        assert listener.heard == [0, 1, 2, 3, 4, None, 6, 7, 8, 9]
        stats = stream.get_audio_stats()
        assert json.loads(json.dumps(stats)) == stats
        assert stats["active"] is True
        assert stats["state"] == "receiving"
        assert stats["rx_packets_received"] == 12
        assert stats["rx_packets_delivered"] == 9
        assert stats["packets_lost"] == 1
        assert stats["packet_loss_percent"] == pytest.approx(10.0)
        assert len(stats) == 17


@pytest.mark.check("3.14", "3.15", "3.19", "3.20", "3.21")
@fast
async def test_figures_of_the_jitter_buffer() -> None:
    seqs = (0, 1, 2, 2, 4, 3, 6, 7, 8, 5, 9, 8, 5000)
    async with listening(*seqs, depth=3, heard=10) as (stream, _, _):
        await until(lambda: received(stream) == 13)
        stats = stream.get_audio_stats()
        assert stats["underrun_count"] == 1
        assert stats["overrun_count"] == 1
        assert stats["duplicates_dropped"] == 2
        assert stats["stale_packets_dropped"] == 1
        assert stats["out_of_order_packets"] == 2


@pytest.mark.check("3.10", "3.17", "3.18", "3.21")
@fast
async def test_mistakes_36_and_37_figures_without_a_buffer_are_about_packets() -> None:
    async with listening(0, 1, 3, 2, 2, 4, 7) as (stream, _, _):
        stats = stream.get_audio_stats()
        assert stats["rx_packets_delivered"] == 7
        assert stats["packets_lost"] == 2  # 2 came late, 5 and 6 did not come
        assert stats["out_of_order_packets"] == 1
        assert stats["underrun_count"] == stats["overrun_count"] == 0
        assert stats["duplicates_dropped"] == stats["stale_packets_dropped"] == 0
        assert stats["jitter_buffer_depth_packets"] == 0
        assert stats["estimated_latency_ms"] == 0.0


@pytest.mark.check("3.16", "6.3")
@pytest.mark.parametrize(
    ("codec", "rate_hz", "payload", "latency_ms"),
    [
        (Codec.PCM16_MONO, 48_000, bytes(1364), 50.0),
        (Codec.PCM16_MONO, 16_000, bytes(640), 100.0),
        (Codec.ULAW_MONO, 8_000, bytes(160), 100.0),
        (Codec.OPUS_MONO, 48_000, b"\xf4" + bytes(40), 50.0),
    ],
)
@fast
async def test_mistake_5_latency_is_in_the_time_that_packets_last(
    codec: Codec, rate_hz: int, payload: bytes, latency_ms: float
) -> None:
    transport, listener = StandIn(), Listener()
    stream = AudioStream(transport, 5, codec=codec, sample_rate=rate_hz)
    await stream.start_rx(listener)
    transport.arrive(*(datagram(seq, payload) for seq in range(6)))
    await listener.until(6)
    latency = stream.get_audio_stats()["estimated_latency_ms"]
    assert latency == pytest.approx(latency_ms)
    await stream.stop_rx()
    assert stream.get_audio_stats()["estimated_latency_ms"] == 0.0


@pytest.mark.check("3.12", "3.13")
@fast
async def test_mistake_4_jitter_is_of_the_time_of_arrival() -> None:
    """All numbers in order, all at once: a packet of 10 ms is 10 ms early each time."""
    async with listening(*range(200)) as (stream, _, _):
        stats = stream.get_audio_stats()
        assert stats["jitter_ms"] > 1.0
        assert stats["jitter_max_ms"] >= stats["jitter_ms"]
        assert stats["out_of_order_packets"] == 0
        network = stream.get_audio_network_stats()
        assert network["interarrival_jitter_ms"] == stats["jitter_ms"]


@pytest.mark.check("3.7", "3.23")
@fast
async def test_figures_stay_after_the_stop_and_begin_anew() -> None:
    async with listening(0, 1, 2) as (stream, listener, _):
        await stream.stop_rx()
        assert stream.get_audio_stats()["rx_packets_received"] == 3
        assert stream.get_audio_stats()["active"] is False
        await stream.start_rx(listener)
        assert stream.get_audio_stats()["rx_packets_received"] == 0
