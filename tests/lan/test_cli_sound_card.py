"""`icom-lan audio rx --play` and `tx --mic`: a loudspeaker and a microphone."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence

import pytest

from icom_lan import AudioError
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.cli import main
from icom_lan.cli.sound_card import (
    Microphone,
    PcmRing,
    Speaker,
)
from lan.cli_runs import TONE, assert_one_line, point_at, read_wav, sent_audio
from lan.fake_sounddevice import FakeCard, PortAudioError
from lan.radio_server import LOOPBACK
from lan.server_thread import ServerThread, server_thread

FORMAT = PcmAudioFormat(48000, 1, 20)
SAMPLE = b"\x00\x20"
LOUD = SAMPLE * 960  # a frame
# Port 9 of loopback, where nobody answers: what fails sooner was found before.
NOWHERE = ["--host", LOOPBACK, "--port", "9", "--timeout", "0.2"]


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    with server_thread() as running:
        point_at(running.port, monkeypatch)
        yield running
        running.run(running.server.released())


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    card = FakeCard()
    monkeypatch.setitem(sys.modules, "sounddevice", card.module())
    return card


# ---- with a radio --------------------------------------------------------------------


def test_what_is_received_is_played(
    radio: ServerThread, card: FakeCard, capsys: pytest.CaptureFixture[str]
) -> None:
    radio.call(radio.server.play, LOUD)
    words = ["--play", "--seconds", "0.6", "--device", "2", "--json"]
    assert main(["audio", "rx", *words]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["output_file"], report["bytes_written"]) == (None, 0)
    assert report["rx_frames"] == 30
    assert card.played.count(SAMPLE) > 5 * 960
    (opened,) = card.opened
    assert (opened["samplerate"], opened["channels"]) == (48000, 1)
    assert opened["device"] == 2
    assert card.closed == 1


def test_a_recording_may_be_heard_too(
    radio: ServerThread,
    card: FakeCard,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    radio.call(radio.server.play, TONE)
    out = tmp_path_factory.mktemp("out") / "rx.wav"
    assert main(["audio", "rx", "--out", str(out), "--play", "--seconds", "0.2"]) == 0
    assert read_wav(out) == TONE * 10
    assert card.closed == 1


def test_the_microphone_is_sent(
    radio: ServerThread, card: FakeCard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audio", "tx", "--mic", "--seconds", "0.2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["input_file"], report["tx_frames"]) == ("microphone", 10)
    radio.run(radio.server.released())
    assert sent_audio(radio.server) == b"\x01\x02" * 960 * 10
    assert card.closed == 1


# ---- what fails, before the radio is bothered ----------------------------------------


@pytest.mark.parametrize("words", [["rx", "--play"], ["tx", "--mic"]])
def test_without_the_extra_it_says_what_to_install(
    words: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["audio", *words, *NOWHERE]) == 1
    assert_one_line(capsys.readouterr().err, "pip install 'icom-lan-kit[live]'")


@pytest.mark.parametrize("words", [["rx", "--play"], ["tx", "--mic"]])
@pytest.mark.parametrize(
    "refusal",
    [PortAudioError("Invalid sample rate"), ValueError("No device matching 'x'")],
)
def test_a_card_that_cannot_is_one_line(
    words: Sequence[str],
    refusal: Exception,
    card: FakeCard,
    capsys: pytest.CaptureFixture[str],
) -> None:
    card.refusal = refusal
    assert main(["audio", *words, *NOWHERE]) == 1
    assert_one_line(capsys.readouterr().err, str(refusal), "--device")


@pytest.mark.parametrize("words", [["rx", "--play"], ["tx", "--mic"]])
def test_a_card_is_closed_when_there_is_no_radio(
    words: Sequence[str], card: FakeCard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audio", *words, *NOWHERE]) == 1
    assert_one_line(capsys.readouterr().err, "127.0.0.1:9")
    assert card.closed == 1


# ---- between two clocks --------------------------------------------------------------


def test_a_ring_keeps_order_and_forgets_the_oldest() -> None:
    ring = PcmRing(6, 4)
    ring.put(b"abc")
    ring.put(b"def")
    assert (len(ring), ring.bytes_dropped) == (6, 0)
    ring.put(b"gh")
    assert (ring.take(3), ring.bytes_dropped) == (b"efg", 4)
    assert (ring.take(3), ring.take(3)) == (b"h", b"")


@pytest.mark.parametrize("channels", [1, 2])
def test_all_that_comes_is_heard_and_what_was_lost_is_made_up(channels: int) -> None:
    now = 0.0
    audio_format = PcmAudioFormat(48000, channels, 20)
    frame = SAMPLE * 960 * channels
    speaker = Speaker(audio_format, lambda: now)
    heard = []
    for number in range(100):
        now = number * 0.02
        speaker.write(None if number in (50, 51) else frame)
        heard.append(played(speaker, audio_format))
    assert heard[5:50] == [frame] * 45
    assert all(any(each) for each in heard[50:60])  # fading, but not silent
    assert heard[60:] == [frame] * 40


@pytest.mark.parametrize("speed", [0.99, 1.01])
def test_a_card_with_another_clock_is_followed(speed: float) -> None:
    """Neither does the delay grow for ever, nor is there ever a pause."""
    now, frames, heard = 0.0, 0, []
    speaker = Speaker(FORMAT, lambda: now)
    for tick in range(3000):
        now = tick * 0.02 / speed
        while frames * 0.02 <= now:
            speaker.write(LOUD)
            frames += 1
        heard.append(played(speaker))
    assert heard[50:] == [LOUD] * 2950
    # What comes now is heard soon.
    other = b"\x00\xe0" * 960
    for tick in range(3000, 3025):
        now = tick * 0.02 / speed
        while frames * 0.02 <= now:
            speaker.write(other)
            frames += 1
        heard.append(played(speaker))
    assert heard[-1] == other


def test_a_card_that_asks_in_bursts_is_served() -> None:
    now, heard = 0.0, []
    speaker = Speaker(FORMAT, lambda: now)
    for number in range(400):
        now = number * 0.02
        speaker.write(LOUD)
        if number % 4 == 3:
            heard += [played(speaker) for _ in range(4)]
    assert heard[100:] == [LOUD] * 300


def test_a_card_that_stops_is_an_error_and_not_silence() -> None:
    speaker = Speaker(FORMAT)
    speaker.on_ended()
    with pytest.raises(AudioError, match="sound card"):
        speaker.write(TONE)


async def test_a_microphone_that_stops_is_an_error_and_not_waited_for() -> None:
    microphone = Microphone(FORMAT)
    reading = asyncio.ensure_future(microphone.read(100))
    await asyncio.sleep(0)
    microphone.on_samples(bytearray(60), 30, None, None)
    await asyncio.sleep(0)
    assert not reading.done()
    microphone.on_ended()
    with pytest.raises(AudioError, match="sound card"):
        await reading


async def test_what_was_said_while_nobody_listened_is_not_sent_later() -> None:
    now = 0.0
    microphone = Microphone(FORMAT, lambda: now)
    microphone.on_samples(bytearray(LOUD), 960, None, None)
    now = 0.02
    assert await microphone.read(len(LOUD)) == LOUD
    for _ in range(10):
        microphone.on_samples(bytearray(LOUD), 960, None, None)
    now = 0.3
    reading = asyncio.ensure_future(microphone.read(len(TONE)))
    await asyncio.sleep(0)
    microphone.on_samples(bytearray(TONE), 960, None, None)
    assert await reading == TONE


def played(speaker: Speaker, audio_format: PcmAudioFormat = FORMAT) -> bytes:
    """What the card gets for a frame."""
    out = bytearray(audio_format.frame_bytes)
    speaker.on_samples_wanted(out, audio_format.frame_samples, None, None)
    return bytes(out)
