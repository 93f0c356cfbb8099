"""The audio of IcomRadio: what is refused, what was granted, figures, sessions."""

import array
import asyncio
import logging
import socket
import sys
from typing import Any

import pytest

from icom_lan import (
    AudioCodec,
    AudioCodecBackendError,
    AudioFormatError,
    ConnectionError,
    IcomRadio,
)
from icom_lan.audio_plan import (
    AudioPlan,
    PcmShape,
    RxPlan,
    TxPlan,
)
from icom_lan.connection import LanConnection, Target, open_connection
from icom_lan.radio_audio import RadioAudio
from icom_lan.types import GrantedAudio
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import CONNECTION_WFVIEW, Codec
from icom_proto.events import ClientGranted
from icom_proto.session_dialect import SessionDialect
from lan.audio_bench import Listener, block, play, play_bytes, samples, sent, start
from lan.fast_loop import fast
from lan.radio_server import (
    LOOPBACK,
    PASSWORD,
    USERNAME,
    RadioServer,
    radio_at,
)

OPUS_PACKET = bytes.fromhex("f8fffe")  # 20 ms of silence, one frame


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
        ({"callback": asyncio.sleep}, TypeError, "callback must be an ordinary func"),
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
async def test_a_missing_library_is_told_at_the_start_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    async with RadioServer() as server, radio_at(server) as radio:
        for begin in (
            radio.start_audio_rx_pcm(print, sample_rate=16000),
            radio.start_audio_tx_pcm(sample_rate=16000),
        ):
            with pytest.raises(AudioCodecBackendError, match="audio"):
                await begin
        assert radio.get_audio_stats()["active"] is False
        await radio.start_audio_rx_pcm(print)  # what needs no library works


@fast
async def test_an_audio_port_that_does_not_answer_is_a_connection_error() -> None:
    """API.md 17, 24: it was a TimeoutError, and left a transport half open."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        async with RadioServer(audio_port=silent.getsockname()[1]) as server:
            with pytest.raises(ConnectionError, match="port does not answer"):
                await radio_at(server).connect()
            await server.released()


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
        await play_bytes(server, array.array("h", [5] * 960).tobytes())
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
            session=SessionDialect(connection=CONNECTION_WFVIEW),
            rx_codecs=opus,
            tx_codecs=opus,
        ) as server,
        radio_at(server, audio_codec=AudioCodec.OPUS_1CH) as radio,
    ):
        await start(server)
        listener = Listener(server)
        await radio.start_audio_opus(listener)
        await play_bytes(server, OPUS_PACKET)
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
            await play(server, 0, 1)
            await listener.until(4)
            await radio.stop_audio_rx_opus()
            await play(server, 2)
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


@fast
async def test_figures_exist_while_all_that_came_waits_behind_a_hole() -> None:
    """Something was missed and nothing delivered: it was a division by zero."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(0)[:1364])
        await radio.start_audio_rx_opus(print, jitter_depth=50)
        await play_bytes(server, block(0), block(0))
        while not radio.statistics()["audio"]["missed"]:
            await radio.get_frequency()
        assert radio.get_audio_stats()["rx_packets_delivered"] == 0
        network = radio.get_audio_network_stats()
        assert network["network_lost"] == 1
        assert network["network_loss_percent"] == pytest.approx(100)
        assert network["residual_loss_percent"] == 0


@pytest.mark.check("3.10", "3.11", "3.14", "3.21")
@fast
async def test_a_loss_is_a_loss_and_not_out_of_order() -> None:
    """API.md 17, 36."""
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        server.lose(block(1)[1364:])
        listener = Listener(server)
        await radio.start_audio_rx_opus(listener)
        await play(server, 0, 1, 2)
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
        await play(other, 0, 1)
        assert await listener.until(1) == [samples(0, 1920)]
        await audio.push_pcm(samples(0, 480))
        await audio.push_pcm(samples(480, 480))
        assert await sent(other, 2) == block(0)
        lost_audio.stop_rx()
        assert lost_audio.snapshot() == AudioPlan(None, plan.tx)
        await lost_audio.stop()
        assert lost_audio.snapshot() is None
        await connection.close()
