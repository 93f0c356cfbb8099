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
    PREFILL_FRAMES,
    RING_FRAMES_MAX,
    Microphone,
    PcmRing,
    Speaker,
)
from lan.cli_runs import TONE, assert_one_line, point_at, read_wav, sent_audio
from lan.fake_sounddevice import FakeCard, PortAudioError
from lan.radio_server import LOOPBACK
from lan.server_thread import ServerThread, server_thread

FORMAT = PcmAudioFormat(48000, 1, 20)
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
    radio.call(radio.server.play, TONE)
    words = ["--play", "--seconds", "0.5", "--device", "2", "--json"]
    assert main(["audio", "rx", *words]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["output_file"], report["bytes_written"]) == (None, 0)
    assert report["rx_frames"] == 25
    heard = bytes(card.played).lstrip(b"\0")
    assert heard.startswith(TONE[1:])  # whose first byte is a zero
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


def test_playing_begins_with_a_reserve_and_again_after_a_pause() -> None:
    speaker, frame = Speaker(FORMAT), b"\1" * FORMAT.frame_bytes
    for _ in range(PREFILL_FRAMES - 1):
        speaker.write(frame)
    assert played(speaker) == bytes(len(frame))
    speaker.write(frame)
    assert [played(speaker) for _ in range(PREFILL_FRAMES)] == [frame] * PREFILL_FRAMES
    assert played(speaker) == bytes(len(frame))  # ran dry
    speaker.write(frame)
    assert played(speaker) == bytes(len(frame))


def test_a_card_that_is_too_slow_does_not_add_delay_for_ever() -> None:
    speaker = Speaker(FORMAT)
    for number in range(10 * RING_FRAMES_MAX + 1):
        speaker.write(bytes([number % 256]) * FORMAT.frame_bytes)
    left = 0
    while any(played(speaker)):
        left += 1
    assert PREFILL_FRAMES <= left <= RING_FRAMES_MAX


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


def played(speaker: Speaker) -> bytes:
    """One period of the card, as long as a frame."""
    out = bytearray(FORMAT.frame_bytes)
    speaker.on_samples_wanted(out, FORMAT.frame_samples, None, None)
    return bytes(out)
