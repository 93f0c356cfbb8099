"""`icom-sim serve` as a process: its events, its files, and how it ends."""

import asyncio
import json
import os
import signal
import sys
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from icom_proto.audio_formats import block_size
from icom_proto.civ_commands import read_frequency, set_ptt
from icom_proto.codes import Codec
from icom_proto.events import SessionClosed
from icom_sim.captures.reader import CaptureReader
from sim.icom_sim_process import ENVIRONMENT, WAIT_S, Serve, run_icom_sim
from sim.udp_client import CONFIG, UdpClient

BLOCK = b"\0\x20" * 960


async def test_a_session_is_told_event_by_event() -> None:
    async with Serve("--model", "IC-7610", "--seed", "7") as radio:
        async with UdpClient(radio.control_port) as client:
            await client.ask(set_ptt(True))
            await client.ask(set_ptt(False))
            await client.hear(block_size(Codec.PCM16_MONO, 48000))
        await radio.until("session_closed")
        assert await radio.end(signal.SIGTERM) == (0, "")
    names = [each["event"] for each in radio.events]
    assert names[0] == "listening"
    assert radio.events[0].keys() >= {"host", "control_port", "civ_port", "audio_port"}
    assert (radio.events[0]["model"], radio.events[0]["seed"]) == ("IC-7610", 7)
    wanted = ["session_opened", "streams_granted", "audio_started", "session_closed"]
    assert [name for name in names if name in wanted] == wanted
    assert [each["on"] for each in radio.events if each["event"] == "ptt"] == [
        True,
        False,
    ]
    assert "civ" in names
    times = [each["t"] for each in radio.events]
    assert times == sorted(times)
    assert names[-1] == "summary"
    summary = radio.events[-1]
    assert summary["datagrams"]["to_client"]["audio"]["sent"] > 0
    assert summary["datagrams"]["to_radio"]["civ"]["arriving"] > 0


async def test_a_wrong_password_is_told_without_it() -> None:
    async with Serve("--password", "right") as radio:
        client = UdpClient(radio.control_port, replace(CONFIG, password="wrong-secret"))
        await client.open()
        await client.watch.until(SessionClosed)
        client.vanish()
        refused = await radio.until("login_refused")
        assert refused["reason"] == "bad_credentials"
        await radio.end(signal.SIGINT)
    assert "right" not in str(radio.events)
    assert "wrong-secret" not in str(radio.events)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_with_a_summary_and_valid_files(
    how: signal.Signals, tmp_path: Path
) -> None:
    capture, sent = tmp_path / "run.pcap", tmp_path / "sent.wav"
    async with Serve("--record", str(capture), "--save-tx", str(sent)) as radio:
        client = await UdpClient(radio.control_port).__aenter__()
        await client.ask(read_frequency())
        for _ in range(3):
            client.send_audio(BLOCK)
        await client.all_sent()
        await client.ask(read_frequency())
        assert await radio.end(how) == (0, "")
        closed = await client.watch.until(SessionClosed)
        client.vanish()
    assert closed.reason.name == "PEER_DISCONNECT"
    assert radio.events[-1]["event"] == "summary"
    with wave.open(str(sent)) as wav:
        assert wav.readframes(wav.getnframes()) == BLOCK * 3
    ports = {radio.control_port + offset for offset in range(3)}
    datagrams = list(CaptureReader(capture))
    counts = radio.events[-1]["datagrams"]
    assert sent_in(counts["to_client"]) == sum(
        each.source.port in ports for each in datagrams
    )
    assert sent_in(counts["to_radio"]) == sum(
        each.destination.port in ports for each in datagrams
    )


def sent_in(streams: dict[str, dict[str, int]]) -> int:
    return sum(counts["sent"] for counts in streams.values())


async def test_a_radio_that_cannot_begin_leaves_old_files_alone(tmp_path: Path) -> None:
    capture, sent = tmp_path / "old.pcap", tmp_path / "old.wav"
    for old in (capture, sent):
        old.write_bytes(b"precious")
    async with Serve() as radio:
        status, output, error = await run_icom_sim(
            *("serve", "--port", str(radio.control_port)),
            *("--record", str(capture), "--save-tx", str(sent)),
        )
        await radio.end(signal.SIGINT)
    assert (status, output) == (1, "")
    assert f"cannot listen on UDP port {radio.control_port}" in error
    assert capture.read_bytes() == sent.read_bytes() == b"precious"


async def test_the_duration_ends_it() -> None:
    async with Serve("--duration", "0.2") as radio:
        assert await radio.ended() == (0, "")
    assert [each["event"] for each in radio.events] == ["listening", "summary"]
    assert radio.events[-1]["t"] >= 0.2


async def test_the_network_of_the_options_is_a_preset_and_what_they_add() -> None:
    words = ("--network", "lan", "--loss", "5", "--direction", "to-client")
    async with Serve(*words, "--duration", "0.1") as radio:
        await radio.ended()
    rules = radio.events[-1]["rules"]
    assert [each["rule"] for each in rules] == [
        "delay:0.3@to-client",
        "jitter:0.4@to-client",
        "loss:5@to-client",
    ]
    assert [each["directions"] for each in rules] == [["to_client"]] * 3


async def test_when_its_reader_is_gone_it_ends_quietly() -> None:
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "icom_sim", "serve", "--port", "0"),
        *("--events", "jsonl"),
        env=ENVIRONMENT,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)
    with os.fdopen(reading) as output:
        listening = await asyncio.to_thread(output.readline)
    client = UdpClient(json.loads(listening)["control_port"])
    await client.open()
    async with asyncio.timeout(WAIT_S):
        _, errors = await process.communicate()
    client.vanish()
    assert (process.returncode, errors) == (0, b"")


async def test_a_wfview_radio_serves_opus_and_refuses_stereo_if_told_to() -> None:
    words = ("--connection-type", "WFVIEW", "--refuse-stereo")
    async with Serve(*words) as radio:
        config = replace(CONFIG, rx_codec=Codec.OPUS_STEREO)
        async with UdpClient(radio.control_port, config) as client:
            assert await client.hear(1)
        await radio.until("session_closed")
        assert await radio.end(signal.SIGTERM) == (0, "")
    names = [each["event"] for each in radio.events]
    assert names.index("streams_refused") < names.index("streams_granted")
    granted = radio.events[names.index("streams_granted")]
    assert granted["rx_codec"] == "OPUS_MONO"  # what our client then asks for
