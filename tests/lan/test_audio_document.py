"""The examples of docs/audio.md run as printed, against `icom-sim serve`.

The page has a radio at 192.168.1.100, ten seconds of patience, and names for what an
application brings along. Here the radio is on loopback, the patience is shorter, and
each test is the application.
"""

import asyncio
import random
import re
import textwrap
import tomllib
import wave
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from icom_lan import AudioCodec, IcomRadio
from icom_lan.audio import (
    TX_IDENT,
    AudioPacket,
    AudioState,
    AudioStream,
    JitterBuffer,
)
from icom_lan.transport import IcomTransport
from icom_proto.codes import Codec
from icom_proto.events import AudioReceived, StreamsGranted
from icom_sim.audio_coder import decoder_for, encoder_for
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.happenings import Happening
from icom_sim.radio_server import PortError, RadioServer
from icom_sim.radio_setup import RadioSetup
from sim.icom_sim_process import WAIT_S, Serve
from sim.udp_client import LOOPBACK, UdpClient
from sim.watched_server import WatchedServer
from sources import ROOT

PAGE = (ROOT / "docs" / "audio.md").read_text("utf-8")
# A heading, and the first example below it. `py`, because `test_readme.py` takes what
# is marked `python` for whole programs.
EXAMPLE = re.compile(
    r"^#{2,3} ([^\n]+)\n(?:(?!#|```)[^\n]*\n)*```py\n(.*?)^```$", re.M | re.S
)
EXAMPLES = dict(EXAMPLE.findall(PAGE))
PRINTED_HOST, PRINTED_SLEEP = '"192.168.1.100"', "asyncio.sleep(10)"
SERVE = ("--username", "u", "--password", "p")

HOSTS = [f"127.0.0.{number}" for number in range(20, 40)]
FRAME = bytes(range(1, 193)) * 10  # 20 ms of PCM at 48 kHz, mono


async def run(example: str, port: int = 50001, **names: object) -> dict[str, Any]:
    """Runs it as the body of a coroutine; what it left in its variables."""
    text = EXAMPLES[example]
    text = text.replace(PRINTED_HOST, f'"127.0.0.1", port={port}')
    text = text.replace(PRINTED_SLEEP, "asyncio.sleep(0.4)")
    body = textwrap.indent(f"{text}\nreturn locals()", "    ")
    scope: dict[str, Any] = {"asyncio": asyncio, "IcomRadio": IcomRadio, **names}
    exec(compile(f"async def example():\n{body}", example, "exec"), scope)
    coroutine: Callable[[], Coroutine[Any, Any, dict[str, Any]]] = scope["example"]
    return await coroutine()


def recorded(path: Path) -> bytes:
    with wave.open(str(path)) as wav:
        frames: bytes = wav.readframes(wav.getnframes())
    return frames


def test_every_example_of_the_page_is_run_here() -> None:
    assert EXAMPLES.keys() == {
        *("Receiving packets", "Receiving PCM", "Sending packets", "Sending PCM"),
        *("Both at once", "Choosing the codec", "Capabilities", "Statistics"),
        *("AudioStream", "JitterBuffer", "Playing it"),
    }
    assert len(EXAMPLES) == PAGE.count("```py\n")


@pytest.mark.check("0.1", "9.1", "9.2", "9.3", "9.4", "13.9")
async def test_receiving_packets() -> None:
    async with Serve(*SERVE) as server:
        left = await run("Receiving packets", server.control_port)
        await server.until("session_closed")
    assert len(left["received"]) > 20
    assert {len(each) for each in left["received"]} == {1364, 556}
    assert not left["radio"].connected
    names = [each["event"] for each in server.events]
    assert names.index("audio_started") < names.index("session_closed")


@asynccontextmanager
async def usual_ports() -> AsyncIterator[tuple[str, RadioServer]]:
    """A radio on the ports that radios have, at an address where nobody else is."""
    async with AsyncExitStack() as running:
        for host in HOSTS:
            server = RadioServer(RadioSetup(), listener=ignore, host=host, port=50001)
            with suppress(PortError):
                await running.enter_async_context(server)
                break
        else:
            pytest.fail("UDP port 50001 is in use on every address of loopback")
        yield host, server


def ignore(_happening: Happening, _now: float) -> None:
    """Of the radio only what the client hears is looked at."""


@pytest.mark.check("0.1", "0.2")
async def test_audio_comes_from_port_50003_if_nothing_is_said_about_ports() -> None:
    heard = asyncio.Event()
    async with usual_ports() as (host, server):
        assert server.audio_port == 50003
        async with IcomRadio(host, username="icom", password="icom") as radio:
            await radio.start_audio_rx_opus(lambda _: heard.set())
            async with asyncio.timeout(WAIT_S):
                await heard.wait()
        assert server.summary()["datagrams"]["to_client"]["audio"]["sent"] > 0


@pytest.mark.check("9.5", "9.6", "9.8", "9.9", "13.10")
async def test_receiving_pcm() -> None:
    frames: list[bytes] = []
    async with Serve(*SERVE) as server:
        await run("Receiving PCM", server.control_port, process_pcm=frames.append)
    assert len(frames) > 5
    assert {len(each) for each in frames} == {1920}
    assert any(b"".join(frames))


@pytest.mark.check("9.10", "13.11")
async def test_sending_packets(tmp_path: Path) -> None:
    path = tmp_path / "sent.wav"
    async with Serve(*SERVE, "--save-tx", str(path)) as server:
        await run("Sending packets", server.control_port, opus_frame=FRAME)
        await server.until("session_closed")
    assert recorded(path) == FRAME


@pytest.mark.check("9.11", "9.12", "9.13", "13.12")
async def test_sending_pcm(tmp_path: Path) -> None:
    path = tmp_path / "sent.wav"
    async with Serve(*SERVE, "--save-tx", str(path)) as server:
        await run("Sending PCM", server.control_port, pcm_frame=FRAME)
        await server.until("session_closed")
    assert recorded(path) == FRAME


@pytest.mark.check("13.9", "13.11")
async def test_opus_can_still_be_coded_by_the_caller(tmp_path: Path) -> None:
    path, enough, packets = tmp_path / "sent.wav", asyncio.Event(), list[bytes]()
    wfview = ("--connection-type", "WFVIEW", "--save-tx", str(path))
    tone = SourceMaker("tone:1000").make(48000, random.Random(1))
    encode = encoder_for(Codec.OPUS_MONO, 48000)

    def on_audio(packet: AudioPacket | None) -> None:
        assert packet is not None
        packets.append(packet.data)
        if len(packets) == 20:
            enough.set()

    async with (
        Serve(*SERVE, *wfview) as server,
        IcomRadio(
            LOOPBACK,
            port=server.control_port,
            username="u",
            password="p",
            audio_codec=AudioCodec.OPUS_1CH,
        ) as r,
    ):
        await r.start_audio_opus(on_audio)
        for _ in range(20):
            await r.push_audio_tx_opus(encode(tone.block(960)))
        async with asyncio.timeout(WAIT_S):
            await enough.wait()
        await r.stop_audio_opus()
        await r.disconnect()
        await server.until("session_closed")
    heard = b"".join(map(decoder_for(Codec.OPUS_MONO, 48000), packets))
    sent = recorded(path)
    assert len(sent) == 20 * 1920
    for pcm in (heard, sent):
        assert tone_share(pcm[6 * 1920 :], 48000, 1000) > 0.97


@pytest.mark.check("9.15", "9.17")
async def test_both_at_once() -> None:
    heard: list[AudioPacket | None] = []
    async with Serve(*SERVE) as server:
        left = await run("Both at once", server.control_port, on_audio=heard.append)
        assert left["radio"].get_audio_stats()["state"] == "idle"


@pytest.mark.check("9.16", "9.17")
async def test_both_at_once_with_audio_each_way(tmp_path: Path) -> None:
    """The same, where its comment says what an application does there."""
    path, twenty = tmp_path / "sent.wav", asyncio.Event()
    heard: list[AudioPacket | None] = []

    def on_audio(packet: AudioPacket | None) -> None:
        heard.append(packet)
        if len(heard) == 20:
            twenty.set()

    async with (
        Serve(*SERVE, "--save-tx", str(path)) as server,
        IcomRadio(LOOPBACK, port=server.control_port, username="u", password="p") as r,
    ):
        await r.start_audio_opus(rx_callback=on_audio, tx_enabled=True)
        for _ in range(10):
            await r.push_audio_tx_opus(FRAME)
        async with asyncio.timeout(WAIT_S):
            await twenty.wait()
        assert r.get_audio_stats()["state"] == "transmitting"
        await r.stop_audio_opus()
        count = len(heard)
        await r.get_frequency()
        assert (len(heard), r.get_audio_stats()["active"]) == (count, False)
        with pytest.raises(RuntimeError):
            await r.push_audio_tx_opus(FRAME)
        await r.disconnect()
        await server.until("session_closed")
    assert recorded(path) == 10 * FRAME


@pytest.mark.check("10.1", "10.2", "10.3", "10.4", "10.6", "12.5")
async def test_choosing_the_codec() -> None:
    chosen = (await run("Choosing the codec"))["radio"]
    usual = IcomRadio("192.168.1.100")
    for radio in (chosen, usual):
        assert radio.audio_codec is AudioCodec.PCM_1CH_16BIT
        assert radio.audio_sample_rate == 48000
    assert int(AudioCodec.PCM_1CH_16BIT) == 0x04


@pytest.mark.check("10.5", "12.4")
async def test_the_radio_is_asked_for_the_codec_that_was_chosen() -> None:
    async with Serve(*SERVE) as server:
        for codec, rate_hz in ((None, None), (AudioCodec.ULAW_1CH, 16000)):
            chosen: dict[str, Any] = {
                "audio_codec": codec,
                "audio_sample_rate": rate_hz,
            }
            async with IcomRadio(
                LOOPBACK,
                port=server.control_port,
                username="u",
                password="p",
                **(chosen if codec else {}),
            ):
                pass
            await server.until("session_closed")
    granted = [each for each in server.events if each["event"] == "streams_granted"]
    assert [(each["rx_codec"], each["rx_rate_hz"]) for each in granted] == [
        ("PCM16_MONO", 48000),
        ("ULAW_MONO", 16000),
    ]
    assert [(each["tx_codec"], each["tx_rate_hz"]) for each in granted] == [
        ("PCM16_MONO", 48000),
        ("ULAW_MONO", 16000),
    ]


@pytest.mark.check("11.1", "11.8")
async def test_capabilities(capsys: pytest.CaptureFixture[str]) -> None:
    caps = (await run("Capabilities"))["caps"]
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        str(caps.supported_codecs),
        str(caps.supported_sample_rates_hz),
        str(caps.supported_channels),
        f"{caps.default_codec} {caps.default_sample_rate_hz} {caps.default_channels}",
    ]


@pytest.mark.check("3.2", "3.4")
async def test_statistics(capsys: pytest.CaptureFixture[str]) -> None:
    async with Serve(*SERVE) as server:
        radio = IcomRadio(
            LOOPBACK, port=server.control_port, username="u", password="p"
        )
        async with radio:
            stats = (await run("Statistics", radio=radio))["stats"]
            others = radio.get_audio_network_stats()
    assert capsys.readouterr().out == (
        f"{stats['packet_loss_percent']} {stats['jitter_ms']}\n"
    )
    told = PAGE.split("\n### Statistics\n")[1].split("\n## ")[0]
    rows = "".join(re.findall(r"^\| (`.*?) \|", told, re.MULTILINE))
    assert re.findall("`([a-z_]+)`", rows) == [*stats, *others]


@pytest.mark.check("2.11")
async def test_audio_stream() -> None:
    heard = asyncio.Event()
    packets: list[AudioPacket | None] = []

    def callback(packet: AudioPacket | None) -> None:
        packets.append(packet)
        if len(packets) == 10:
            heard.set()

    class Patient(AudioStream):
        """Its user is back "later": when there is something to stop."""

        async def stop_rx(self) -> None:
            async with asyncio.timeout(WAIT_S):
                await heard.wait()
            await super().stop_rx()

    async with WatchedServer() as server:
        client = UdpClient(server.control_port, calls_audio=False)
        await client.open()
        await client.watch.until(StreamsGranted)
        transport = IcomTransport()
        await transport.connect(LOOPBACK, server.audio_port)
        left = await run(
            "AudioStream",
            AudioStream=Patient,
            audio_transport=transport,
            my_callback=callback,
        )
        assert left["stream"].state is AudioState.IDLE
        await transport.disconnect()
        client.vanish()
    numbers = [each.send_seq for each in packets if each is not None]
    assert numbers == [*range(numbers[0], numbers[0] + len(packets))]


@pytest.mark.check("2.2", "2.16", "2.28", "2.33")
async def test_an_audio_stream_sends_over_the_same_port() -> None:
    async with WatchedServer() as server:
        client = UdpClient(server.control_port, calls_audio=False)
        await client.open()
        await client.watch.until(StreamsGranted)
        transport = IcomTransport()
        await transport.connect(LOOPBACK, server.audio_port)
        stream = AudioStream(transport)
        await stream.start_tx()
        for number in range(3):
            await stream.push_tx(bytes([number]) * 960)
        await server.watch.until(AudioReceived, 3)
        await stream.stop_tx()
        with pytest.raises(RuntimeError):
            await stream.push_tx(bytes(960))
        await transport.disconnect()
        client.vanish()
    arrived = server.watch.of(AudioReceived)
    assert [(each.ident, each.send_seq, each.data[0]) for each in arrived] == [
        (TX_IDENT, number, number) for number in range(3)
    ]


@pytest.mark.check("6.9")
async def test_jitter_buffer() -> None:
    played: list[bytes] = []
    packets = [AudioPacket(0x0080, seq, bytes([seq])) for seq in range(5)]
    buffer = JitterBuffer(depth=5)

    def filled(depth: int) -> JitterBuffer:
        """The example begins with an empty one, to which nothing would come back."""
        assert depth == 5
        for packet in packets[:4]:
            assert buffer.push(packet) == []
        return buffer

    await run(
        "JitterBuffer",
        JitterBuffer=filled,
        audio_packet=packets[4],
        play=played.append,
    )
    assert played == [bytes([seq]) for seq in range(5)]


@pytest.mark.check("8.5")
def test_the_extra_that_brings_opus_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [re.split("[<>=]", each)[0] for each in project["dependencies"]]
    extra = project["optional-dependencies"]["audio"]
    assert "opuslib" in [re.split("[<>=]", each)[0] for each in extra]
    assert "opuslib" not in needed


class Card:
    """A sound card of 20 ms a tick, which plays into a list."""

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()

    async def next_tick(self) -> None:
        self._due += 0.02
        tick = asyncio.Event()
        self._loop.call_at(self._due, tick.set)
        await tick.wait()


async def test_playing_it() -> None:
    async with (
        Serve(*SERVE) as server,
        IcomRadio(
            LOOPBACK, port=server.control_port, username="u", password="p"
        ) as radio,
    ):
        card = Card()
        await run(
            "Playing it",
            radio=radio,
            play=card.played.append,
            playing=lambda: len(card.played) < 30,
            next_tick=card.next_tick,
        )
    assert {len(each) for each in card.played} == {1920}
    assert tone_share(b"".join(card.played[10:]), 48000, 1000) > 0.9
