"""Each knob of CI-V and audio: the difference that it makes on the wire."""

import pytest

from dialect_bench import client_of, numbers, sent, shows
from foreign_client import AUDIO, CIV, ForeignClient
from forge import bodies, drain, of
from icom_proto.codes import Codec, PacketType
from icom_proto.events import (
    AudioReceived,
    ClientAudioStarted,
    Output,
    PacketIgnored,
)
from icom_proto.link_dialect import AudioStart, CivInner, CivPacking, Ident
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    CivData,
    CivOpenClose,
    Disconnect,
    Ready,
)

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee0980300000710 00fd")
DONE = bytes.fromhex("fefee098fbfd")
PUSHED = bytes.fromhex("fefe0098000000071000fd")
DATA = PacketType.DATA


# ---- CI-V ----------------------------------------------------------------------------


@shows("civ_echo")
@pytest.mark.parametrize("echoes", [True, False])
def test_commands_come_back_or_do_not(echoes: bool) -> None:
    """Whoever has the radio sends the echo; the stream leaves it out."""
    client = client_of(civ_echo=echoes)
    client.connect()
    client.send_civ(READ)
    frames = [each.data for each in civ_of(client, READ, ANSWER)]
    assert frames == ([READ, ANSWER] if echoes else [ANSWER])
    assert [each.data for each in civ_of(client, READ)] == [READ], "this is no echo"


@shows("civ_inner", "civ_inner_start")
@pytest.mark.parametrize(
    ("inner", "start", "expected"),
    [
        (CivInner.BE_COUNTER, 0, [0, 1]),
        (CivInner.BE_COUNTER, 0xFFFF, [0xFFFF, 0]),
        (CivInner.ZERO, 7, [0, 0]),
    ],
)
def test_inner_numbers_count_from_anywhere_or_not_at_all(
    inner: CivInner, start: int, expected: list[int]
) -> None:
    client = client_of(civ_inner=inner, civ_inner_start=start)
    client.connect()
    assert [each.inner_seq for each in civ_of(client, ANSWER, DONE)] == expected


@shows("civ_packing")
@pytest.mark.parametrize(
    ("packing", "expected"),
    [
        (CivPacking.SINGLE, [ANSWER, DONE]),
        (CivPacking.JOINED, [ANSWER + DONE]),
        (CivPacking.SPLIT, [ANSWER[:5], ANSWER[5:], DONE[:3], DONE[3:]]),
    ],
)
def test_frames_share_datagrams_or_take_several(
    packing: CivPacking, expected: list[bytes]
) -> None:
    client = client_of(civ_packing=packing)
    client.connect()
    assert [each.data for each in civ_of(client, ANSWER, DONE)] == expected


@shows("civ_packing")
def test_joined_frames_fit_a_datagram_and_wait_two_milliseconds() -> None:
    client = client_of(civ_packing=CivPacking.JOINED)
    client.connect()
    sweep = bytes.fromhex("fefee0982700") + bytes(600) + b"\xfd"
    assert [each.data for each in civ_of(client, sweep, sweep, wait_s=0.001)] == [sweep]
    later = of(CivData, bodies(client.bench.wait(0.001)))
    assert [each.data for each in later] == [sweep]


@shows("civ_warmup_ms")
def test_after_the_open_there_are_only_acknowledgements_for_a_while() -> None:
    client = client_of(civ_warmup_ms=200)
    client.connect()
    client.send_civ(READ)
    assert [each.data for each in civ_of(client, READ, ANSWER, DONE)] == [READ, DONE]
    client.bench.wait(0.2)
    assert [each.data for each in civ_of(client, ANSWER)] == [ANSWER]


@shows("civ_broadcast_stall_s")
def test_frames_to_everybody_stop_after_a_while() -> None:
    client = client_of(civ_broadcast_stall_s=10)
    client.connect()
    assert [each.data for each in civ_of(client, PUSHED)] == [PUSHED]
    client.bench.wait(10.0)
    assert [each.data for each in civ_of(client, PUSHED, ANSWER)] == [ANSWER]


@shows("civ_lost_fe")
def test_every_third_frame_lacks_its_second_fe() -> None:
    client = client_of(civ_lost_fe=3)
    client.connect()
    frames = [each.data for each in civ_of(client, *[DONE] * 6)]
    assert frames == [DONE, DONE, DONE[1:]] * 2


@shows("flush_stale")
@pytest.mark.parametrize("flushes", [True, False])
def test_a_new_session_begins_with_the_end_of_the_last_one(flushes: bool) -> None:
    client = client_of(flush_stale=flushes)
    client.connect()
    civ_of(client, *[ANSWER] * 500)
    client.say(Disconnect())
    again = client.bench.client(port=53001)
    again.take_streams()
    again.call(CIV)
    opened = civ_in(again.say(CivOpenClose(action=4), CIV))
    expected = [(497, ANSWER), (498, ANSWER), (499, ANSWER)] if flushes else []
    assert [(each.inner_seq, each.data) for each in opened] == expected
    assert [each.inner_seq for each in civ_of(again, DONE)] == [0]


# ---- audio ---------------------------------------------------------------------------


@shows("audio_seq_restart")
@pytest.mark.parametrize("restarts", [True, False])
def test_numbers_of_audio_begin_again_when_the_client_is_ready(restarts: bool) -> None:
    client = client_of(audio_seq_restart=restarts)
    client.take_streams()
    client.say(AreYouThere(), AUDIO)
    early = blocks_of(client, 3)
    client.say(Ready(), AUDIO, 1)
    late = blocks_of(client, 2)
    assert numbers(early, DATA, AUDIO) == [0, 1, 2]
    assert numbers(late, DATA, AUDIO) == ([0, 1] if restarts else [3, 4])
    assert [each.send_seq for each in of(AudioData, bodies(late))] == [3, 4]


@shows("audio_seq_start")
def test_audio_counts_from_anywhere() -> None:
    client = client_of(audio_seq_start=0xFFFF)
    client.connect()
    audio = of(AudioData, bodies(blocks_of(client, 2)))
    assert [each.send_seq for each in audio] == [0xFFFF, 0]


@shows("audio_start")
@pytest.mark.parametrize(("start", "early"), [(AudioStart.IAH, 1), (AudioStart.IAR, 0)])
def test_audio_starts_with_the_first_or_the_second_answer(
    start: AudioStart, early: int
) -> None:
    client = client_of(audio_start=start)
    client.take_streams()
    called = client.say(AreYouThere(), AUDIO)
    assert len(of(ClientAudioStarted, called)) == early
    assert len(blocks_of(client, 1)) == early
    ready = client.say(Ready(), AUDIO, 1)
    assert len(of(ClientAudioStarted, called + ready)) == 1
    assert len(blocks_of(client, 1)) == 1


@shows("ident")
@pytest.mark.parametrize(
    ("ident", "codec", "rate_hz", "block", "expected"),
    [
        (Ident.REAL, Codec.PCM16_MONO, 48000, 1920, [0x8106, 0x8006]),
        (Ident.PER_CODEC, Codec.PCM16_MONO, 48000, 1920, [0x8106, 0x8006]),
        (Ident.PER_CODEC, Codec.PCM16_MONO, 8000, 320, [0x8107]),
        (Ident.PER_CODEC, Codec.ULAW_MONO, 8000, 160, [0x8197]),
        (Ident.REAL, Codec.ULAW_MONO, 8000, 160, [0x8106]),
        (Ident.WS, Codec.PCM16_MONO, 48000, 1920, [0x8000, 0x8000]),
    ],
)
def test_audio_has_the_ident_of_the_dialect(
    ident: Ident, codec: Codec, rate_hz: int, block: int, expected: list[int]
) -> None:
    client = client_of(ident=ident)
    client.connect(rx_codec=codec, rx_rate_hz=rate_hz)
    audio = of(AudioData, bodies(blocks_of(client, 1, block)))
    assert [each.ident for each in audio] == expected


@shows("max_tx_payload")
def test_larger_datagrams_of_audio_are_dropped_without_a_word() -> None:
    client = client_of(max_tx_payload=1364)
    client.connect()
    fits, too_large = (
        client.send_audio(0, bytes(1364)),
        client.send_audio(1, bytes(1365)),
    )
    assert len(of(AudioReceived, fits)) == 1
    assert of(AudioReceived, too_large) == []
    assert sent(too_large) == []
    assert len(of(PacketIgnored, too_large)) == 1, "who looks on is told"


@shows("rtx_audio")
@pytest.mark.parametrize("asks", [True, False])
def test_lost_audio_of_the_client_is_asked_for_or_not(asks: bool) -> None:
    client = client_of(rtx_audio=asks)
    client.connect()
    client.send_audio(0)
    client.seqs[AUDIO] += 1
    client.send_audio(2)
    requests = numbers(client.bench.wait(0.2), PacketType.RETRANSMIT, AUDIO)
    assert set(requests) == ({2} if asks else set())


# ---- helpers -------------------------------------------------------------------------


def civ_in(outputs: list[Output]) -> list[CivData]:
    """Decoded without the header's help: half a frame is no frame."""
    return of(CivData, bodies(outputs, CIV))


def civ_of(
    client: ForeignClient, *frames: bytes, wait_s: float = 0.005
) -> list[CivData]:
    """What the radio makes of these frames."""
    for frame in frames:
        client.bench.radio.send_civ(frame, client.bench.now)
    return civ_in(client.bench.wait(wait_s))


def blocks_of(client: ForeignClient, count: int, size: int = 160) -> list[Output]:
    """What the radio makes of so many blocks of RX audio."""
    for _ in range(count):
        client.bench.radio.send_audio(bytes(size), client.bench.now)
    return drain(client.bench.radio)
