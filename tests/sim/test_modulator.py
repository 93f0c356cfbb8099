"""From the client's audio to what other radios hear and what is recorded."""

import random
import wave
from math import inf
from pathlib import Path

from icom_proto.civ_values import Mode
from icom_proto.codes import Codec
from icom_sim.air.airwaves import Airwaves
from icom_sim.air.receiver import AirReceiver
from icom_sim.air.tuning import Tuning
from icom_sim.audio_quality import SILENCE_DBFS, level_dbfs, tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.modulator import Modulator
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.rig import Rig
from icom_sim.tx_audio import Microphone
from icom_sim.tx_recorder import TxRecorder

RATE_HZ, FRAMES = 8000, 160


def tuned(mode: Mode) -> Tuning:
    return Tuning(14_100_000, mode, -250, 2900, 14_100_000, mode, 100.0)


def tone() -> bytes:
    return SourceMaker("tone:1000").make(RATE_HZ, random.Random(1)).block(FRAMES)


def test_what_a_client_sends_is_heard_by_the_other_radio_and_recorded(
    tmp_path: Path,
) -> None:
    air = Airwaves()
    path = tmp_path / "air.wav"
    receiver = AirReceiver(
        air.connect(lambda: tuned(Mode.USB)), RATE_HZ, random.Random(2)
    )
    with TxRecorder(str(path)) as recorder:
        modulator = Modulator(air.connect(lambda: tuned(Mode.USB)), recorder=recorder)
        microphone = Microphone(
            Rig(IC_7610, rng=random.Random(3)), None, modulator=modulator
        )
        microphone.grant(Codec.PCM16_MONO, RATE_HZ, 40)
        now, heard = 0.0, []
        modulator.key(now)
        for _ in range(20):
            microphone.receive(tone(), now)
            now += 0.02
            modulator.handle_timeout(now)
            heard.append(receiver.block(FRAMES))
        microphone.skip(2)
        modulator.unkey(now)
        assert modulator.next_timeout() == inf
        now += 1
        modulator.handle_timeout(now)
    assert tone_share(b"".join(heard[8:]), RATE_HZ, 1000) > 0.99
    assert modulator.verdict().heard_s == 0.36
    assert modulator.verdict().lost == 2
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnframes()) == (RATE_HZ, 20 * FRAMES)
        pcm = wav.readframes(wav.getnframes())
    assert level_dbfs(pcm[: 2 * 320]) == SILENCE_DBFS  # the buffer of 40 ms fills
    assert pcm[2 * 320 :] == tone() * 18


def test_a_keyer_is_heard_as_a_carrier_of_its_length() -> None:
    air = Airwaves()
    receiver = AirReceiver(
        air.connect(lambda: tuned(Mode.CW)), RATE_HZ, random.Random(2)
    )
    modulator = Modulator(
        air.connect(lambda: tuned(Mode.CW)), carrier=lambda now: now < 0.41
    )
    modulator.key(0.0)
    heard = []
    for block in range(1, 36):
        modulator.handle_timeout(block * 0.02)
        heard.append(receiver.block(FRAMES))
    assert tone_share(b"".join(heard[6:20]), RATE_HZ, 600) > 0.99
    assert tone_share(b"".join(heard[30:]), RATE_HZ, 600) < 0.2


def test_a_radio_may_be_keyed_before_anybody_came(tmp_path: Path) -> None:
    air = Airwaves()
    air.connect(lambda: tuned(Mode.FM))
    with TxRecorder(str(tmp_path / "air.wav")) as recorder:
        modulator = Modulator(air.connect(lambda: tuned(Mode.FM)), recorder=recorder)
        modulator.key(0.0)
        modulator.handle_timeout(0.5)
        modulator.unkey(1.0)
    assert modulator.verdict().silent_s == 1.0
    assert recorder.samples == 0


def test_a_recording_that_fails_is_told_once_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    with TxRecorder(str(tmp_path / "air.wav"), data_bytes_max=1000) as recorder:
        modulator = Modulator(
            Airwaves().connect(lambda: tuned(Mode.USB)), recorder=recorder
        )
        modulator.grant(RATE_HZ, 0)
        modulator.key(0.0)
        for at in range(1, 20):
            modulator.handle_timeout(at * 0.02)
        assert "can hold no more" in str(modulator.poll_trouble())
        assert modulator.poll_trouble() is None
        assert modulator.verdict().keyed_s == 0.38
