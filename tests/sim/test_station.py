"""What is behind the ports of a fake radio: receiver, transmitter, their dialect."""

import math
from dataclasses import replace

import pytest

from dialect_bench import shows
from icom_proto.audio_formats import decode_to_pcm16, pcm_of
from icom_proto.civ_commands import set_ptt
from icom_proto.civ_frames import frame_body
from icom_proto.codes import Codec
from icom_proto.events import AudioReceived, CivFrameReceived
from icom_sim.actions import perform
from icom_sim.air.airwaves import Airwaves
from icom_sim.audio_quality import level_dbfs, tone_share
from icom_sim.happenings import CivHandled, CivPushed
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import MODELS
from sim.joined import CONFIG, Joined

BLOCK = 960  # samples of 20 ms
READ_FREQUENCY = b"\x03"
S_METER = b"\x15\x02"
# On the air a client modulates by LAN in a DATA mode (CIV.md 3.11): USB-D.
USB_D = bytes.fromhex("2600010101")
LAN_INPUT_OF_DATA_1 = bytes.fromhex("1A05009205")


def tone(number: int, hz: float = 1000.0, peak: int = 16000) -> bytes:
    at = range(number * BLOCK, (number + 1) * BLOCK)
    return pcm_of([round(peak * math.sin(math.tau * hz * n / 48000)) for n in at])


def opened(setup: RadioSetup, airwaves: Airwaves | None = None) -> Joined:
    pair = Joined(setup, CONFIG, airwaves=airwaves)
    pair.open()
    pair.run_for(0.2)
    return pair


def heard(pair: Joined) -> bytes:
    datagrams = [each.data for each in pair.events if isinstance(each, AudioReceived)]
    return b"".join(decode_to_pcm16(CONFIG.rx_codec, each) for each in datagrams)


def answers(pair: Joined, command: bytes) -> list[bytes]:
    """What stands behind the command in its answers."""
    handled = [each for each in pair.happened if isinstance(each, CivHandled)]
    bodies = [frame_body(answer) for each in handled for answer in each.answers]
    return [body[len(command) :] for body in bodies if body.startswith(command)]


def transmit(sender: Joined, *listeners: Joined, blocks: int) -> None:
    """Key, send, unkey; the others live at the same time."""
    sender.ask(USB_D)
    sender.ask(LAN_INPUT_OF_DATA_1)
    sender.ask(set_ptt(True))
    for number in range(blocks):
        sender.client.send_audio(tone(number), sender.now)
        for pair in (sender, *listeners):
            pair.run_for(0.02)
    sender.ask(set_ptt(False))


def test_the_s_meter_follows_what_is_received() -> None:
    pair = opened(RadioSetup(audio="silence"))
    pair.ask(S_METER)
    perform(pair.radio, "signal", {"dbm": -53.0}, pair.now)
    pair.ask(S_METER)
    perform(pair.radio, "audio", {"source": "tone:700"}, pair.now)
    pair.ask(S_METER)
    quiet, silent_still, loud = [int(each.hex()) for each in answers(pair, S_METER)]
    assert quiet == silent_still < 30
    assert loud > 120  # S9 and 20 dB


def test_another_source_is_heard_at_once() -> None:
    pair = opened(RadioSetup(audio="silence"))
    pair.run_for(0.5)
    assert not heard(pair).strip(b"\0")
    pair.events.clear()
    perform(pair.radio, "audio", {"source": "tone:700"}, pair.now)
    pair.run_for(0.5)
    assert tone_share(heard(pair)[9600:], 48000, 700) > 0.98


def test_one_radio_hears_what_another_sends_on_its_frequency() -> None:
    airwaves = Airwaves()
    sender = opened(RadioSetup(audio="silence", seed=1), airwaves)
    listener = opened(RadioSetup(audio="air", seed=2), airwaves)
    elsewhere = opened(RadioSetup(audio="air", seed=3), airwaves)
    perform(elsewhere.radio, "dial", {"hz": 7_074_000}, elsewhere.now)
    transmit(sender, listener, elsewhere, blocks=50)
    assert tone_share(heard(listener)[-48_000:], 48000, 1000) > 0.9
    assert tone_share(heard(elsewhere)[-48_000:], 48000, 1000) < 0.1


def test_the_verdict_is_what_the_air_would_have_heard() -> None:
    pair = opened(RadioSetup())
    transmit(pair, blocks=50)
    pair.run_for(0.5)
    verdict = pair.radio.tx_verdict()
    assert verdict.overs == 1
    assert verdict.heard_s == pytest.approx(0.9, abs=0.15)
    assert verdict.peak_dbfs == pytest.approx(-6.2, abs=0.3)
    assert pair.radio.summary()["tx"] == verdict.to_dict()


@shows("mod_source")
def test_a_radio_modulated_by_its_microphone_sends_a_bare_carrier() -> None:
    pair = opened(RadioSetup().turned("mod_source", "mic"))
    transmit(pair, blocks=10)
    assert pair.radio.tx_verdict().why_muted == (
        "the modulation source is MIC, not LAN"
    )


@shows("tx_mute_above_ms")
def test_a_buffer_that_is_too_long_for_the_radio_mutes_it() -> None:
    pair = opened(RadioSetup().turned("tx_mute_above_ms", "50"))
    transmit(pair, blocks=10)
    assert "above 50 ms" in pair.radio.tx_verdict().why_muted


def test_a_mod_input_that_is_not_the_network_sends_a_bare_carrier() -> None:
    pair = opened(RadioSetup())
    pair.ask(bytes.fromhex("1A05009103"))  # with DATA off: USB
    pair.ask(set_ptt(True))
    pair.client.send_audio(tone(0), pair.now)
    pair.run_for(0.1)
    assert "MOD input" in pair.radio.tx_verdict().why_muted


def test_in_cw_audio_is_not_on_the_air_whatever_the_mod_input_is() -> None:
    pair = opened(RadioSetup())
    for command in ("1A05009105", "0603"):
        pair.ask(bytes.fromhex(command))
    pair.ask(set_ptt(True))
    for number in range(10):
        pair.client.send_audio(tone(number), pair.now)
        pair.run_for(0.02)
    verdict = pair.radio.tx_verdict()
    assert (verdict.heard_s, verdict.why_muted) == (
        0.0,
        "the key or the tuner sends, and not audio",
    )


@shows("scope_split")
def test_the_scope_comes_in_one_frame_or_in_divisions() -> None:
    sizes = {}
    for split in ("off", "on"):
        pair = opened(RadioSetup().turned("scope_split", split))
        pair.ask(bytes.fromhex("271001"))
        pair.ask(bytes.fromhex("271101"))
        pair.run_for(1.0)
        frames = [each.frame for each in pair.happened if isinstance(each, CivPushed)]
        sizes[split] = {len(each) for each in frames if frame_body(each)[0] == 0x27}
        received = [e for e in pair.events if isinstance(e, CivFrameReceived)]
        assert any(frame_body(each.frame)[0] == 0x27 for each in received)
    assert sizes["off"] == {711}  # CIV.md 5.3: 689 pixels
    assert 711 not in sizes["on"]


@shows("standby")
def test_in_standby_sessions_open_and_civ_is_silent() -> None:
    pair = opened(RadioSetup().turned("standby", "on"))
    pair.ask(READ_FREQUENCY)
    assert answers(pair, READ_FREQUENCY) == []
    perform(pair.radio, "wake", {}, pair.now)
    pair.run_for(10.0)
    pair.ask(READ_FREQUENCY)
    assert len(answers(pair, READ_FREQUENCY)) == 1


@shows("ulaw")
def test_wfviews_ulaw_distorts_what_is_heard() -> None:
    config = replace(CONFIG, rx_codec=Codec.ULAW_MONO)
    levels = {}
    for ulaw in ("g711", "wfview"):
        pair = Joined(RadioSetup(audio="silence").turned("ulaw", ulaw), config)
        pair.open()
        pair.run_for(0.5)
        payloads = [e.data for e in pair.events if isinstance(e, AudioReceived)]
        pcm = decode_to_pcm16(Codec.ULAW_MONO, b"".join(payloads))
        levels[ulaw] = level_dbfs(pcm)
    assert levels["g711"] < -100
    assert levels["wfview"] == pytest.approx(-29.9, abs=0.2)  # silence is +1052


def test_a_fast_sample_clock_sends_its_blocks_sooner() -> None:
    counts = {}
    for ppm in (0.0, 10_000.0):
        pair = opened(RadioSetup(clock_ppm=ppm))
        pair.run_for(20.0)
        counts[ppm] = pair.radio.summary()["audio_blocks"]["sent"]
    assert counts[10_000.0] - counts[0.0] == pytest.approx(10, abs=1)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_served_heard_and_asked(name: str) -> None:
    pair = opened(RadioSetup(model=MODELS[name]))
    pair.run_for(0.2)
    assert tone_share(heard(pair)[4800:], 48000, 1000) > 0.98
