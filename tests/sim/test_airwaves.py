"""Between two radios: what one sends, the other hears as its knobs have it."""

import random
import wave
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from icom_proto.audio_formats import samples_of
from icom_proto.civ_values import Mode
from icom_sim.air.airwaves import Airwaves, Antenna
from icom_sim.air.receiver import AirReceiver
from icom_sim.air.reception import S9_DBM, Reception
from icom_sim.air.tuning import Tuning
from icom_sim.audio_quality import SILENCE_DBFS, level_dbfs, tone_share
from icom_sim.audio_source import AudioSourceError, SourceMaker

USB, LSB, CW, CW_R, AM, FM, DV = (
    *(Mode.USB, Mode.LSB, Mode.CW, Mode.CW_R, Mode.AM, Mode.FM, Mode.DV),
)
PASSBANDS = {
    USB: (100, 2900),
    LSB: (-2900, -100),
    CW: (-250, 250),
    CW_R: (-250, 250),
    AM: (-3000, 3000),
    FM: (-7500, 7500),
    DV: (-3000, 3000),
}
DIAL_HZ = 14_100_000
RATE_HZ = 8000
FRAMES = RATE_HZ // 50


def tuned(mode: Mode, frequency_hz: int = DIAL_HZ) -> Tuning:
    low, high = PASSBANDS[mode]
    return Tuning(frequency_hz, mode, low, high, frequency_hz, mode, 100.0)


@dataclass
class Pair:
    """A radio that sends and one that listens, in step, a block at a time."""

    sends: Tuning
    hears: Tuning
    air: Airwaves = field(default_factory=Airwaves)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.sender = self.air.connect(lambda: self.sends)
        self.antenna = self.air.connect(lambda: self.hears)
        self.receiver = AirReceiver(self.antenna, RATE_HZ, random.Random(2))
        self.tone = SourceMaker("tone:1000").make(RATE_HZ, random.Random(3))

    def send_tone(self) -> None:
        self.sender.transmit(self.tone.block(FRAMES), RATE_HZ, self.now)

    def hear(self, blocks: int, *, send: bool = True) -> bytes:
        """What comes out of the receiver."""
        heard = []
        for _ in range(blocks):
            if send:
                self.send_tone()
            heard.append(self.receiver.block(FRAMES))
            self.now += 0.02
        return b"".join(heard)

    def settled(self) -> bytes:
        """0.2 s, after the first blocks."""
        return self.hear(16)[6 * 2 * FRAMES :]


@pytest.mark.parametrize(
    ("sends", "offset_hz", "hears", "pitch_hz"),
    [
        (USB, 0, USB, 1000),
        (USB, 300, USB, 1300),
        (USB, -300, USB, 700),
        (LSB, 0, LSB, 1000),
        (LSB, -200, LSB, 1200),
        (LSB, 2500, USB, 1500),  # upside down: 2500 - 1000
        (USB, -1000, CW, 600),  # what is on the dial has the pitch of CW
        (USB, -1100, CW_R, 700),  # and on the other side the higher one
        (AM, 0, AM, 1000),
        (AM, 1500, AM, 1000),
        (FM, 0, FM, 1000),
        (FM, 4000, FM, 1000),
        (DV, 0, DV, 1000),
    ],
)
def test_a_tone_is_heard_at_the_pitch_that_the_dials_make(
    sends: Mode, offset_hz: int, hears: Mode, pitch_hz: int
) -> None:
    pcm = Pair(tuned(sends, DIAL_HZ + offset_hz), tuned(hears)).settled()
    assert tone_share(pcm, RATE_HZ, pitch_hz) > 0.99
    assert level_dbfs(pcm) == pytest.approx(-9, abs=0.6)


@pytest.mark.parametrize(
    ("sends", "offset_hz", "hears"),
    [
        (LSB, 0, USB),
        (USB, 4000, USB),
        (USB, -1500, USB),  # would be at -500 Hz: no mirror image either
        (FM, 0, USB),
        (USB, 0, FM),
        (FM, 12_000, FM),
        (FM, 0, DV),
    ],
)
def test_outside_the_passband_and_in_foreign_modes_there_is_only_noise(
    sends: Mode, offset_hz: int, hears: Mode
) -> None:
    air = Airwaves(attenuation_db=140)
    pcm = Pair(tuned(sends, DIAL_HZ + offset_hz), tuned(hears), air).settled()
    assert max(tone_share(pcm, RATE_HZ, hz) for hz in (500, 1000, 2000)) < 0.05
    assert level_dbfs(pcm) < -15


def test_a_key_is_heard_at_the_pitch_of_cw() -> None:
    pair = Pair(tuned(CW), tuned(CW))
    heard = []
    for _ in range(25):
        pair.send_tone()  # which a key does not care about
        pair.sender.transmit_carrier(True, 0.02, pair.now)
        heard.append(pair.hear(1, send=False))
    assert tone_share(b"".join(heard[5:]), RATE_HZ, 600) > 0.99
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-60, abs=0.1)
    for _ in range(6):
        pair.sender.transmit_carrier(False, 0.02, pair.now)
        heard.append(pair.hear(1, send=False))
    assert level_dbfs(heard[-1]) < -15
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-120, abs=0.1)


@pytest.mark.parametrize("mode", [USB, FM])
def test_a_weak_signal_is_heard_in_noise_and_a_weaker_one_not(mode: Mode) -> None:
    shares = []
    for attenuation_db in (110, 160, 185):
        air = Airwaves(attenuation_db=attenuation_db)
        pcm = Pair(tuned(mode), tuned(mode), air).settled()
        shares.append(tone_share(pcm, RATE_HZ, 1000))
    assert shares[0] > 0.99
    assert 0.5 < shares[1] < shares[0]
    assert shares[2] < 0.1


def test_the_stronger_of_two_fm_signals_is_the_one_that_is_heard() -> None:
    pair = Pair(tuned(FM), tuned(FM))
    rival = pair.air.connect(lambda: tuned(FM))
    other = SourceMaker("tone:1700").make(RATE_HZ, random.Random(3))

    def heard() -> tuple[float, float]:
        blocks = []
        for _ in range(14):
            rival.transmit(other.block(FRAMES), RATE_HZ, pair.now)
            blocks.append(pair.hear(1))
        pcm = b"".join(blocks[4:])
        return tone_share(pcm, RATE_HZ, 1000), tone_share(pcm, RATE_HZ, 1700)

    pair.air.attenuate(rival, pair.antenna, 90)
    assert heard()[1] > 0.99
    pair.air.attenuate(rival, pair.antenna, 130)
    assert heard()[0] > 0.99


def test_two_ssb_signals_are_heard_together() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    rival = pair.air.connect(lambda: tuned(USB, DIAL_HZ + 500))
    rival_tone = SourceMaker("tone:1000").make(RATE_HZ, random.Random(3))
    blocks = []
    for _ in range(16):
        rival.transmit(rival_tone.block(FRAMES), RATE_HZ, pair.now)
        blocks.append(pair.hear(1))
    pcm = b"".join(blocks[6:])
    assert tone_share(pcm, RATE_HZ, 1000) == pytest.approx(0.5, abs=0.02)
    assert tone_share(pcm, RATE_HZ, 1500) == pytest.approx(0.5, abs=0.02)


def test_the_s_meter_follows_the_signal() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    assert pair.antenna.received_dbm(0.0) == pytest.approx(-120)
    pair.hear(3)
    # 100 W are 50 dBm, 110 dB are lost, and the tone has half of the amplitude.
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-66, abs=0.1)
    pair.hears = tuned(USB, DIAL_HZ + 10_000)
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-120)
    pair.hears = tuned(USB)
    pair.sender.cease(pair.now)
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-120)


def test_a_transmitter_that_sends_no_more_samples_is_off_the_air() -> None:
    pair = Pair(tuned(FM), tuned(FM))
    pair.hear(3)
    assert pair.antenna.received_dbm(pair.now) == pytest.approx(-60)
    assert pair.antenna.received_dbm(pair.now + 1) == pytest.approx(-120)


@pytest.mark.parametrize("mode", [USB, AM, FM])
def test_a_transmission_begins_and_ends_without_a_click(mode: Mode) -> None:
    pair = Pair(tuned(mode), tuned(mode))
    before = pair.hear(10, send=False)
    during = pair.hear(20)
    pair.sender.cease(pair.now)
    after = pair.hear(20, send=False)
    steps = [abs(b - a) for a, b in pairwise(samples_of(before + during + after))]
    # The tone itself moves by so much, and open noise may as well.
    noise = [abs(b - a) for a, b in pairwise(samples_of(before))]
    assert max(steps) < max(16384 * 6.2832 / 8, *noise) * 1.3
    assert level_dbfs(after[-320:]) == pytest.approx(level_dbfs(before), abs=3)


def test_what_was_sent_arrives_from_its_first_sample_to_its_last() -> None:
    pair = Pair(tuned(FM), tuned(FM))
    pair.hear(5)
    pair.sender.cease(pair.now)
    heard = pair.hear(10, send=False)
    # Noise is at -23 dBFS in between, the tone at -9: count the blocks with the tone.
    blocks = [heard[at : at + 320] for at in range(0, len(heard), 320)]
    loud = [level_dbfs(block) > -14 for block in blocks]
    assert 2 <= loud.count(True) <= 5
    assert not any(loud[6:])


@pytest.mark.parametrize(("pace", "share"), [(0.97, 0.6), (1.15, 0.8)])
def test_blocks_of_two_clocks_need_not_be_in_step(pace: float, share: float) -> None:
    # Far more than any crystal: in two seconds the receiver runs dry, or has to leave
    # something out.
    pair = Pair(tuned(USB), tuned(USB))
    due, heard = 0.0, []
    for at in range(100):
        pair.send_tone()
        pair.now += 0.02
        while due <= at:
            heard.append(pair.receiver.block(FRAMES))
            due += pace
    assert share < tone_share(b"".join(heard[10:]), RATE_HZ, 1000) < 0.999


def test_a_receiver_that_slept_hears_what_is_new() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    for _ in range(100):
        pair.send_tone()
    assert tone_share(pair.settled(), RATE_HZ, 1000) > 0.99


def test_a_radio_that_transmits_hears_nothing() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    pair.hear(5)
    pair.antenna.transmit(bytes(2 * FRAMES), RATE_HZ, pair.now)
    assert level_dbfs(pair.hear(20)[-640:]) == SILENCE_DBFS
    pair.antenna.cease(pair.now)
    assert tone_share(pair.settled(), RATE_HZ, 1000) > 0.98


def test_a_receiver_that_retunes_hears_the_new_pitch() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    pair.hear(10)
    pair.hears = tuned(USB, DIAL_HZ - 200)
    assert tone_share(pair.settled(), RATE_HZ, 1200) > 0.98
    pair.sends = tuned(USB, DIAL_HZ + 300)
    assert tone_share(pair.settled(), RATE_HZ, 1500) > 0.98


def test_split_is_heard_where_the_transmitter_is() -> None:
    sends = replace(tuned(USB), transmit_hz=DIAL_HZ + 5000, transmit_mode=LSB)
    pcm = Pair(sends, tuned(LSB, DIAL_HZ + 5000)).settled()
    assert tone_share(pcm, RATE_HZ, 1000) > 0.99


def test_the_same_seeds_make_the_same_bytes() -> None:
    air = Airwaves(attenuation_db=150)
    one = Pair(tuned(USB), tuned(USB, DIAL_HZ - 100), air).hear(5)
    again = Airwaves(attenuation_db=150)
    assert Pair(tuned(USB), tuned(USB, DIAL_HZ - 100), again).hear(5) == one


def test_any_rates_go_together() -> None:
    air = Airwaves()
    sender = air.connect(lambda: tuned(FM))
    antenna = air.connect(lambda: tuned(FM))
    receiver = AirReceiver(antenna, 22_050, random.Random(2))
    tone = SourceMaker("tone:1000").make(48_000, random.Random(3))
    heard = []
    for _ in range(20):
        sender.transmit(tone.block(960), 48_000, 0.0)
        heard.append(receiver.block(441))
    assert tone_share(b"".join(heard[8:]), 22_050, 1000) > 0.99


# what the scope sees


def lines(antenna: Antenna, now: float) -> list[tuple[int, int]]:
    """The strongest first: Hz and dBm, rounded."""
    signals = antenna.spectrum(DIAL_HZ - 50_000, DIAL_HZ + 50_000, now)
    strongest = sorted(signals, key=lambda each: -each.dbm)
    return [(each.frequency_hz, round(each.dbm)) for each in strongest]


@pytest.mark.parametrize(("mode", "place_hz"), [(USB, 1000), (LSB, -1000)])
def test_the_scope_sees_ssb_where_its_audio_is(mode: Mode, place_hz: int) -> None:
    pair = Pair(tuned(mode), tuned(mode))
    pair.hear(3)
    frequency_hz, dbm = lines(pair.antenna, pair.now)[0]
    assert frequency_hz == pytest.approx(DIAL_HZ + place_hz, abs=30)
    assert dbm == pytest.approx(-66, abs=2)
    assert lines(pair.sender, pair.now) == []


def test_the_scope_sees_carriers_and_their_sidebands() -> None:
    pair = Pair(tuned(AM), tuned(AM))
    pair.hear(3)
    assert lines(pair.antenna, pair.now)[0] == (DIAL_HZ, -60)
    sides = sorted(hz for hz, _ in lines(pair.antenna, pair.now)[1:3])
    assert sides == pytest.approx([DIAL_HZ - 1000, DIAL_HZ + 1000], abs=30)


def test_the_scope_sees_nothing_outside_its_span_or_after_the_end() -> None:
    pair = Pair(tuned(FM), tuned(FM))
    pair.hear(3)
    assert len(pair.antenna.spectrum(DIAL_HZ - 100, DIAL_HZ + 100, pair.now)) == 1
    assert not pair.antenna.spectrum(DIAL_HZ + 9000, DIAL_HZ + 20_000, pair.now)
    pair.sender.cease(pair.now)
    assert not pair.antenna.spectrum(DIAL_HZ - 100, DIAL_HZ + 100, pair.now)


# a source of one's own


def reception(spec: str, mode: Mode = USB) -> Reception:
    return Reception(spec, Airwaves().connect(lambda: tuned(mode)))


def seed() -> random.Random:
    return random.Random(2)


def test_a_source_of_ones_own_is_a_station_of_s9() -> None:
    heard = reception("tone:1000")
    assert heard.make(RATE_HZ, seed()).block(FRAMES) == (
        SourceMaker("tone:1000").make(RATE_HZ, seed()).block(FRAMES)
    )
    assert heard.received_dbm(0.0) == pytest.approx(S9_DBM, abs=0.01)
    for now in (0.0, 1.2345, 1e6):
        signals = heard.spectrum(DIAL_HZ, DIAL_HZ + 3000, now)
        strongest = max(signals, key=lambda each: each.dbm)
        assert strongest.frequency_hz == pytest.approx(DIAL_HZ + 1000, abs=60)
        assert strongest.dbm == pytest.approx(S9_DBM, abs=2.5)


def test_the_scope_sees_what_can_be_heard_and_where() -> None:
    assert not reception("tone:1000").spectrum(DIAL_HZ - 9000, DIAL_HZ - 100, 0.0)
    assert len(reception("noise", FM).spectrum(DIAL_HZ, DIAL_HZ, 0.0)) == 1
    assert len(reception("noise").spectrum(DIAL_HZ, DIAL_HZ + 3000, 0.0)) > 10


def test_the_scope_sees_a_file_at_its_own_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 11_025, 0, "NONE", ""))
        wav.writeframes(SourceMaker("tone:2000").make(11_025, seed()).block(11_025))
    signals = reception(str(path)).spectrum(DIAL_HZ, DIAL_HZ + 3000, 0.5)
    strongest = max(signals, key=lambda each: each.dbm)
    assert strongest.frequency_hz == pytest.approx(DIAL_HZ + 2000, abs=60)


@pytest.mark.parametrize(
    ("mode", "middle_hz"), [(USB, 1500), (LSB, -1500), (FM, 0), (AM, 0)]
)
def test_the_scope_sees_a_pipe_as_voice(mode: Mode, middle_hz: int) -> None:
    (signal,) = reception("-", mode).spectrum(DIAL_HZ - 9000, DIAL_HZ + 9000, 0.0)
    assert signal.frequency_hz == DIAL_HZ + middle_hz
    assert signal.dbm == S9_DBM


def test_silence_is_a_band_without_a_station() -> None:
    heard = reception("silence")
    assert heard.make(RATE_HZ, seed()).block(FRAMES) == bytes(2 * FRAMES)
    assert heard.received_dbm(0.0) == pytest.approx(-120)
    assert not heard.spectrum(DIAL_HZ - 9000, DIAL_HZ + 9000, 0.0)


def test_a_weak_station_is_heard_in_noise() -> None:
    heard = reception("tone:1000")
    shares = []
    heard.dbm = -100
    source = heard.make(RATE_HZ, seed())
    for dbm in (-80, -105, -120, -150):
        heard.dbm = dbm
        shares.append(tone_share(source.block(8000), RATE_HZ, 1000))
    assert shares[0] > 0.999
    assert shares[0] > shares[1] > shares[2] > shares[3]
    assert shares[3] < 0.02
    assert heard.received_dbm(0.0) == pytest.approx(-120, abs=0.01)


def test_the_source_can_be_changed() -> None:
    heard = reception("tone:1000")
    heard.change("tone:700")
    with pytest.raises(AudioSourceError, match="unknown audio source"):
        heard.change("music")
    assert heard.spec == "tone:700"
    source = heard.make(RATE_HZ, seed())
    assert tone_share(source.block(8000), RATE_HZ, 700) > 0.999


def test_the_air_is_a_source_too() -> None:
    pair = Pair(tuned(USB), tuned(USB))
    heard = Reception("air", pair.antenna)
    source, blocks = heard.make(RATE_HZ, seed()), []
    for _ in range(16):
        pair.send_tone()
        blocks.append(source.block(FRAMES))
    assert tone_share(b"".join(blocks[6:]), RATE_HZ, 1000) > 0.99
    assert heard.received_dbm(0.0) == pytest.approx(-66, abs=0.1)
    assert heard.spectrum(DIAL_HZ, DIAL_HZ + 3000, 0.0)
