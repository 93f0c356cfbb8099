"""The fake radio without sockets, in simulated time: what it does and when."""

import random
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from icom_proto.civ_commands import read_frequency, set_ptt
from icom_proto.civ_frames import build_frame
from icom_proto.codes import Codec, Stream
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    CivAnswered,
    ClientLeft,
    CloseReason,
    Transmit,
)
from icom_sim.happenings import CivHandled, PttChanged, Trouble
from icom_sim.network import Direction, Network
from icom_sim.network.verdicts import Verdict
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.models import RigModel
from icom_sim.tx_recorder import TxRecorder
from sim.joined import CONFIG, CONTROLLER, RIG, Joined

BLOCK = b"\0\x20" * 960
MARKED = b"\x33\x33" * 960


@pytest.mark.parametrize("password", ["seventeen letters", "Kühlschrank"])
def test_a_password_that_no_login_can_carry_is_refused_unshown(password: str) -> None:
    with pytest.raises(LocalProtocolError) as refused:
        RadioSetup(password=password)
    assert password not in str(refused.value)
    assert "s3cret" not in repr(RadioSetup(password="s3cret"))


def test_the_echo_leaves_before_the_answer_each_in_its_datagram() -> None:
    # PROTOCOL.md section 9: an IC-7610 sends back what it was sent, and then answers.
    pair = Joined()
    pair.open()
    pair.run_for(1.0)
    sent_before = len(pair.to_client)
    pair.ask(read_frequency())
    civ = [
        each.data
        for each in pair.to_client[sent_before:]
        if each.stream is Stream.CIV and len(each.data) > 0x15
    ]
    [handled] = [
        each
        for each in pair.happened
        if isinstance(each, CivHandled) and each.frame[4] == 3
    ]
    assert [data[0x15:] for data in civ] == [handled.frame, *handled.answers]


def test_audio_is_a_block_each_20_ms_from_the_first_datagram_of_the_client() -> None:
    pair = Joined()
    pair.open()
    pair.run_for(2.0)
    before = len(audio_to_client(pair))
    pair.run_for(10.0)
    datagrams = audio_to_client(pair)[before:]
    assert len(datagrams) == 2 * 500
    assert {len(each.data) for each in datagrams} == {1388, 580}


def audio_to_client(pair: Joined) -> list[Transmit]:
    return [
        each
        for each in pair.to_client
        if each.stream is Stream.AUDIO and len(each.data) > 100
    ]


def test_after_a_stall_of_the_process_it_goes_on_without_a_burst() -> None:
    pair = Joined()
    pair.open()
    pair.run_for(1.0)
    pair.now += 0.5  # the computer slept; both wake up
    before = len(audio_to_client(pair))
    pair.run_for(0.0)
    assert len(audio_to_client(pair)) - before <= 2 * 3
    assert pair.radio.summary()["audio_blocks"] == {
        "sent": pytest.approx(55, abs=3),
        "skipped": pytest.approx(22, abs=2),
    }


def test_the_network_delays_both_ways() -> None:
    pair = Joined(network=Network.from_percent(delay_ms=50))
    pair.open()
    pair.run_for(1.0)
    asked_at = pair.now
    pair.ask(read_frequency())
    answers = len([e for e in pair.events if isinstance(e, CivAnswered)])
    pair.run_while(
        lambda: len([e for e in pair.events if isinstance(e, CivAnswered)]) == answers
    )
    assert pair.now - asked_at == pytest.approx(0.1)


def test_what_is_delayed_arrives_in_the_order_of_its_arrival_times() -> None:
    pair = Joined(network=Network.from_percent(jitter_ms=30, seed=3))
    pair.open()
    pair.run_for(3.0)
    heard = [e.send_seq for e in pair.events if isinstance(e, AudioReceived)]
    assert heard == list(range(heard[0], heard[0] + len(heard)))
    assert len(heard) > 250


def test_five_percent_of_loss_and_jitter_cost_less_than_a_hundredth() -> None:
    # A minute of 100 datagrams a second, with the playout delay of 100 ms.
    network = Network.from_percent(loss=5, jitter_ms=20, seed=6)
    pair = Joined(network=network)
    pair.open()
    pair.run_for(60.0)
    received = sum(isinstance(each, AudioReceived) for each in pair.events)
    lost = sum(each.count for each in pair.events if isinstance(each, AudioLost))
    assert received > 5800
    assert received / (received + lost) >= 0.99


def test_retransmissions_are_summed_up_when_everybody_has_left() -> None:
    pair = Joined(network=Network.from_percent(loss=5, seed=2))
    pair.open()
    pair.run_for(10.0)
    pair.client.close(pair.now)
    pair.run_for(5.0)
    assert any(isinstance(each, ClientLeft) for each in pair.happened)
    retransmit = pair.radio.summary()["retransmit"]
    assert set(retransmit) == {"control", "civ", "audio"}
    audio = retransmit["audio"]
    # 1000 datagrams, 50 of them lost; most come back at the first request.
    assert 25 <= audio["resent"] <= audio["requests_received"]


def test_a_client_that_vanished_holds_the_radio_for_as_long_as_it_is_told() -> None:
    pair = Joined(RadioSetup().turned("stale_hold_s", "15"))
    pair.open()
    pair.ask(set_ptt(True))
    pair.run_for(1.0)
    vanished_at = pair.now
    pair.cut_off()
    pair.run_for(20.0)
    (left_at, left), (_, _) = [
        (at, each)
        for at, each in zip(pair.times, pair.happened, strict=True)
        if isinstance(each, ClientLeft | PttChanged) and at > vanished_at
    ]
    assert isinstance(left, ClientLeft)
    assert left.reason is CloseReason.SILENCE
    assert left_at - vanished_at == pytest.approx(15.0, abs=0.1)
    assert pair.happened[-1] == PttChanged(False)


def test_same_seed_same_inputs_same_datagrams() -> None:
    def run() -> list[Transmit]:
        network = Network.from_percent(loss=5, jitter_ms=20, corrupt=1, seed=9)
        pair = Joined(RadioSetup(seed=9, audio="noise"), network=network)
        pair.open()
        pair.ask(read_frequency())
        pair.run_for(3.0)
        return pair.to_client

    assert run() == run()


def test_the_transmit_time_out_is_told_when_it_comes() -> None:
    pair = Joined()
    pair.open()
    pair.ask(set_ptt(True))
    pair.run_for(200.0)
    changes = [
        (at, each)
        for at, each in zip(pair.times, pair.happened, strict=True)
        if isinstance(each, PttChanged)
    ]
    (keyed_at, keyed), (released_at, released) = changes
    assert (keyed, released) == (PttChanged(True), PttChanged(False))
    assert released_at - keyed_at == pytest.approx(180.0)


def test_the_rig_is_waited_for_even_when_nobody_is_there() -> None:
    pair = Joined()
    frame = build_frame(RIG, CONTROLLER, set_ptt(True))
    pair.radio.touch(lambda rig: rig.handle_frame(frame, 0.0), 0.0)
    assert pair.happened == [PttChanged(True)]
    pair.run_for(179.9)
    assert pair.happened == [PttChanged(True)]
    pair.run_for(0.2)
    assert pair.happened == [PttChanged(True), PttChanged(False)]
    pair.run_for(200.0)
    assert pair.happened == [PttChanged(True), PttChanged(False)]
    assert pair.radio.next_timeout() is None


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_model_decides_about_stereo_and_whether_its_user_is_shown(
    model: RigModel,
) -> None:
    config = radio_config(RadioSetup(model=model), 50002, 50003)
    assert (Codec.PCM16_STEREO in config.rx_codecs) is model.network.stereo_rx
    assert config.session.conn_computer is model.network.tells_who_is_connected
    assert (config.record.rx_rates, config.record.tx_rates) == (
        model.network.rx_rates,
        model.network.tx_rates,
    )


def test_a_client_that_leaves_keyed_is_unkeyed_at_once() -> None:
    pair = Joined()
    pair.open()
    pair.ask(set_ptt(True))
    pair.radio.close(pair.now)
    assert pair.happened[-1] == PttChanged(False)
    assert any(isinstance(each, ClientLeft) for each in pair.happened)


def drop_marked(
    _rng: random.Random,
    _direction: Direction,
    _stream: Stream,
    data: bytes,
    _now: float,
) -> Verdict:
    """Loses what holds the mark, however often it is sent."""
    return () if MARKED[:100] in data else None


def test_what_gets_lost_on_the_way_is_silence_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "sent.wav"
    with TxRecorder(str(path)) as recorder:
        pair = Joined(network=Network([drop_marked]), recorder=recorder)
        pair.open()
        for block in (BLOCK, BLOCK, MARKED, BLOCK, MARKED, BLOCK):
            pair.client.send_audio(block, pair.now)
            pair.run_for(0.02)
        pair.run_for(1.0)
    with wave.open(str(path)) as wav:
        recorded = wav.readframes(wav.getnframes())
    hole = bytes(len(BLOCK))
    assert recorded == BLOCK + BLOCK + hole + BLOCK + hole + BLOCK
    counts = pair.radio.summary()["tx_datagrams"]
    assert counts == {"received": 8, "lost": 4, "malformed": 0}


def test_half_a_sample_is_counted_and_nothing_worse() -> None:
    pair = Joined()
    pair.open()
    pair.client.send_audio(b"\1\2\3", pair.now)
    pair.client.send_audio(BLOCK, pair.now)
    pair.run_for(1.0)
    counts = pair.radio.summary()["tx_datagrams"]
    assert counts == {"received": 2, "lost": 0, "malformed": 1}


def test_a_second_session_at_another_rate_is_not_recorded_but_works(
    tmp_path: Path,
) -> None:
    with TxRecorder(str(tmp_path / "sent.wav")) as recorder:
        recorder.start(8000)  # by a session before
        pair = Joined(recorder=recorder)
        pair.open()
        pair.client.send_audio(BLOCK, pair.now)
        pair.run_for(1.0)
    [trouble] = [each for each in pair.happened if isinstance(each, Trouble)]
    assert "8000 samples a second and this session 48000" in trouble.message
    assert recorder.samples == 0


def test_a_client_may_have_audio_in_one_direction_only() -> None:
    pair = Joined(config=replace(CONFIG, rx_codec=Codec.NONE))
    pair.open()
    pair.client.send_audio(BLOCK, pair.now)
    pair.run_for(1.0)
    assert audio_to_client(pair) == []
    summary = pair.radio.summary()
    assert summary["tx_datagrams"] == {"received": 2, "lost": 0, "malformed": 0}
