"""Keying, its end, and the meters that follow it (spec CIV.md 7.4)."""

import pytest

from icom_sim.rig import keyer
from icom_sim.rig.meters import output_fraction
from icom_sim.rig.power import PowerState
from icom_sim.rig.rig import Rig
from icom_sim.rig.transmitter import TIME_OUT_S
from rig_bench import NG, OK, SILENT, Bench

PTT_ON, PTT_OFF, PTT = "1C 00 01", "1C 00 00", "1C 00"
ALL_TX_METERS = ("11", "12", "13", "14", "16")


def keyed(name: str, *before: str) -> Bench:
    bench = Bench(name)
    bench.set(*before, PTT_ON)
    return bench


def test_ptt_reads_back_and_always_comes_off() -> None:
    bench = Bench("IC-705")
    bench.set(PTT_OFF, PTT_ON, PTT_ON)
    assert (bench.read(PTT), bench.rig.transmitting) == ("01", True)
    bench.set(PTT_OFF)
    assert bench.rig.next_timeout() is None
    assert (bench.read(PTT), bench.rig.transmitting) == ("00", False)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("IC-705", ["05 00 00 00 15 00"]),
        ("IC-705", ["05 00 00 00 90 00"]),
        ("IC-705", ["0F 01", "25 01 00 00 00 15 00"]),
        ("IC-705", ["21 00 99 99 00", "21 02 01", "05 00 00 35 14 00"]),
        ("IC-9700", ["0D 00 00 20", "0F 12"]),
    ],
)
def test_outside_the_transmit_bands_ptt_is_refused(
    name: str, before: list[str]
) -> None:
    bench = Bench(name)
    bench.set(*before)
    assert bench.ask(PTT_ON) == NG
    assert bench.read(PTT) == "00"
    assert bench.ask("17 51") == OK
    assert bench.read(PTT) == "00"


def test_in_receive_the_transmit_meters_rest_and_vd_shows_the_supply() -> None:
    for name, idle in (("IC-705", 208), ("IC-7300MK2", 164), ("IC-7610", 185)):
        bench = Bench(name)
        bench.rig.handle_tx_audio(1.0, 0.0)
        assert [bench.meter(sub) for sub in ALL_TX_METERS] == [0] * 5
        assert bench.meter("15") == idle


def test_transmitting_silences_the_s_meter_and_loads_the_supply() -> None:
    bench = keyed("IC-705", "06 05 01")
    assert (bench.meter("02"), bench.read("15 01")) == (0, "00")
    assert bench.meter("15") == 202, "13.4 V on the curve of the IC-705"
    bench.set(PTT_OFF)
    assert bench.meter("02") == 120


def test_ssb_power_follows_the_audio_from_the_network() -> None:
    bench = keyed("IC-705")
    assert (bench.meter("11"), bench.meter("12")) == (0, 0), "no audio, no power"
    for level, po in ((0.5, 95), (1.0, 213), (0.0, 0)):
        bench.rig.handle_tx_audio(level, bench.now)
        assert bench.meter("11") == po
    assert bench.meter("13") == 0


def test_without_the_lan_as_mod_input_audio_is_not_heard() -> None:
    """Everything looks normal, and nothing is sent (section 10, trap 9)."""
    for before, po in (
        (["26 00 01 00 01"], 0),
        (["26 00 01 00 01", "1A 05 01 18 03"], 213),
        (["26 00 01 01 01"], 213),
        (["26 00 01 01 01", "1A 05 01 19 01"], 0),
    ):
        bench = keyed("IC-705", *before)
        bench.rig.handle_tx_audio(1.0, bench.now)
        assert bench.meter("11") == po


def test_the_lan_mod_level_turns_the_audio_down() -> None:
    bench = keyed("IC-705", "1A 05 01 17 00 64")
    bench.rig.handle_tx_audio(1.0, bench.now)
    assert (bench.meter("11"), bench.meter("13")) == (95, 30)


def test_audio_that_stops_coming_is_silence() -> None:
    bench = keyed("IC-705")
    bench.rig.handle_tx_audio(1.0, bench.now)
    for pause, po in ((0.05, 213), (0.1, 0)):
        bench.wait(pause)
        assert bench.meter("11") == po


@pytest.mark.parametrize(
    ("name", "before", "fraction"),
    [
        ("IC-705", ["06 05 01"], 1),
        ("IC-7610", ["06 04 01"], 1),
        ("IC-7610", ["06 02 01"], 0.25),
        ("IC-7610", ["06 03 01"], 0),
        ("IC-9700", ["14 0A 00 51"], 0.2),
    ],
)
def test_power_depends_on_mode_and_setting(
    name: str, before: list[str], fraction: float
) -> None:
    bench = keyed(name, *before)
    assert output_fraction(bench.rig.state, bench.now) == pytest.approx(fraction)


def test_the_compressor_works_in_ssb_only() -> None:
    bench = keyed("IC-7610", "26 00 01 01 01", "16 44 01")
    bench.rig.handle_tx_audio(1.0, bench.now)
    assert bench.meter("14") == 130
    bench.set("16 44 00")
    assert bench.meter("14") == 0
    fm = keyed("IC-7610", "26 00 05 01 01", "16 44 01")
    fm.rig.handle_tx_audio(1.0, fm.now)
    assert (fm.meter("14"), fm.meter("13")) == (0, 0)


def test_a_bad_antenna_shows_on_the_swr_meter() -> None:
    bench = keyed("IC-705", "06 05 01")
    for swr, raw in ((1.0, 0), (1.1, 10), (2.0, 80), (3.0, 120), (99.0, 240)):
        bench.rig.state.transmitter.swr = swr
        assert bench.meter("12") == raw


def test_keying_ends_by_itself_after_the_time_out() -> None:
    bench = keyed("IC-705")
    assert bench.rig.next_timeout() == TIME_OUT_S
    bench.wait(TIME_OUT_S / 2)
    bench.set(PTT_ON)
    assert bench.rig.next_timeout() == TIME_OUT_S, "keying again gains nothing"
    bench.wait(TIME_OUT_S / 2 - 0.1)
    assert bench.rig.transmitting
    bench.wait(0.1)
    assert not bench.rig.transmitting
    assert bench.read(PTT) == "00"
    bench.set(PTT_ON)
    assert bench.rig.next_timeout() == 2 * TIME_OUT_S, "and a new over has all its time"


def test_the_end_of_the_session_ends_every_cause() -> None:
    for cause in (PTT_ON, "1C 01 02", "17 51 51 51"):
        bench = Bench("IC-7300MK2")
        bench.set("06 03", "16 47 02", cause)
        assert bench.rig.transmitting
        bench.rig.release_ptt(bench.now)
        assert not bench.rig.transmitting
        assert bench.rig.next_timeout() is None


def test_power_off_ends_the_transmission_first() -> None:
    bench = keyed("IC-705")
    bench.set("18 00")
    assert not bench.rig.transmitting


def test_while_transmitting_only_the_frequency_moves_and_not_far() -> None:
    bench = keyed("IC-705")
    bench.set("05 00 50 07 14 00", "25 00 00 60 07 14 00", "25 01 00 60 07 14 00")
    for body in ("05 00 40 07 07 00", "06 00", "26 00 00 00 01", "1A 06 00 00"):
        assert bench.ask(body) == NG
    for body in ("07 01", "07 A0", "07 B0", "0F 01", "0D 00 60 00"):
        assert bench.ask(body) == NG
    bench.set("07 00")  # it is there already: Hamlib opens a radio with this
    dual = keyed("IC-7610")
    for body in ("07 D1", "07 D2 01", "07 B1", "07 C1"):
        assert dual.ask(body) == NG
    dual.set("07 D0", "07 D2 00")


def test_delta_tx_beyond_the_band_ends_the_transmission() -> None:
    bench = Bench("IC-705")
    bench.set("05 00 50 34 14 00", PTT_ON, "21 00 00 40 00")
    assert bench.read(PTT) == "01"
    bench.set("21 02 01")
    assert bench.read("1C 03") == "00 90 34 14 00", "4 kHz up: still 14 MHz"
    assert bench.read(PTT) == "01"
    bench.set("21 00 00 60 00")
    assert (bench.read("1C 03"), bench.read(PTT)) == ("00 10 35 14 00", "00")
    assert bench.ask(PTT_ON) == NG


def test_tuning_takes_a_while_and_leaves_the_tuner_on() -> None:
    bench = Bench("IC-7300MK2")
    assert bench.read("1C 01") == "00"
    bench.set("1C 01 02")
    assert (bench.read("1C 01"), bench.read(PTT)) == ("02", "01")
    assert bench.meter("11") == 43, "a tenth of the power"
    ends_at = bench.rig.next_timeout()
    assert ends_at is not None
    assert 2.0 <= ends_at <= 5.0
    bench.wait(ends_at)
    assert (bench.read("1C 01"), bench.read(PTT)) == ("01", "00")
    bench.set("1C 01 02", "1C 01 00")
    assert bench.rig.next_timeout() is None
    assert (bench.read("1C 01"), bench.read(PTT)) == ("00", "00")


def test_the_tuner_matches_a_poor_antenna_and_gives_up_at_a_broken_one() -> None:
    bench = Bench("IC-7300MK2")
    bench.set("06 05 01")
    for swr, untuned, outcome, tuned in ((2.0, 80, "01", 10), (9.9, 240, "00", 240)):
        bench.rig.state.transmitter.swr = swr
        bench.set("1C 01 00", PTT_ON)
        assert bench.meter("12") == untuned
        bench.set(PTT_OFF, "1C 01 02")
        bench.wait(5.0)
        assert bench.read("1C 01") == outcome
        bench.set(PTT_ON)
        assert bench.meter("12") == tuned
        bench.set(PTT_OFF)


def test_an_antenna_that_fails_costs_power() -> None:
    bench = keyed("IC-7610", "06 05 01")
    assert bench.meter("11") == 213
    bench.rig.state.transmitter.swr = 6.0
    assert bench.meter("11") == 143, "half of it"


def test_the_time_out_can_be_another_or_none() -> None:
    bench = keyed("IC-705")
    bench.rig.state.transmitter.time_out_s = 600.0
    assert bench.rig.next_timeout() == 600.0
    bench.rig.state.transmitter.time_out_s = None
    assert bench.rig.next_timeout() is None
    bench.wait(100_000)
    assert bench.rig.transmitting


def test_no_tuning_outside_the_transmit_bands() -> None:
    bench = Bench("IC-7300MK2")
    bench.set("05 00 00 00 15 00")
    assert bench.ask("1C 01 02") == NG
    assert bench.ask("1C 01 03") == NG


def test_paris_takes_fifty_dots() -> None:
    """The word that defines words per minute: at 20 a minute it takes three seconds."""
    assert keyer.duration_s(b"PARIS ", 85) == pytest.approx(3.0)
    assert keyer.duration_s(b"paris ", 85) == pytest.approx(3.0)
    one, two = (keyer.duration_s(text, 0) for text in (b"E", b"E^E"))
    dot = 1.2 / 6
    assert one == pytest.approx(4 * dot)
    assert two == pytest.approx(6 * dot), "joined: a gap of one dot instead of three"


def test_cw_with_break_in_keys_until_the_text_is_sent() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 01", "17 50 41 52 49 53 20", "17 50 41 52 49 53 20")
    assert (bench.read(PTT), bench.meter("11")) == ("01", 213)
    assert bench.rig.next_timeout() == pytest.approx(6.0), "the second waits its turn"
    bench.wait(5.9)
    assert bench.rig.transmitting
    bench.wait(0.15)
    assert (bench.read(PTT), bench.meter("11")) == ("01", 0), "semi break-in hangs on"
    # 14 0F is 64 at power-on: 4.76 dots of 60 ms behind the text (2.10).
    assert bench.rig.next_timeout() == pytest.approx(6.0 + 4.76 * 0.06, abs=1e-3)
    bench.wait(0.3)
    assert not bench.rig.transmitting


def test_full_break_in_lets_go_with_the_last_element() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 02", "17 50 41 52 49 53 20")
    bench.wait(2.95)
    assert bench.rig.transmitting
    bench.wait(0.1)
    assert not bench.rig.transmitting


def test_cw_without_break_in_is_a_side_tone() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "17 51")
    assert bench.read(PTT) == "00"
    bench.set(PTT_ON)
    assert bench.meter("11") == 213, "but with PTT pressed it goes out"
    bench.wait(3.0)
    assert bench.meter("11") == 0, "and between texts nothing does"


def test_cw_outside_cw_is_taken_and_not_sent() -> None:
    bench = Bench("IC-7610")
    bench.set("16 47 02", "17 51")
    assert bench.read(PTT) == "00"


def test_17_ff_stops_at_once() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 02", "17 51 51 51", "17 FF")
    assert bench.read(PTT) == "00"
    assert bench.rig.next_timeout() is None


def test_standby_is_silent_until_it_has_woken() -> None:
    bench = Bench("IC-9700")
    bench.set("05 00 00 50 45 01", "18 01", "18 00")
    for body in ("03", "19 00", "18 00", "1C 00 00"):
        assert bench.ask(body) == SILENT
    assert bench.rig.next_timeout() is None
    assert bench.ask("18 01") == SILENT
    awake_at = bench.rig.next_timeout()
    assert awake_at is not None
    assert 5.3 <= awake_at <= 5.7
    bench.now = awake_at - 0.1
    assert bench.ask("18 01") == SILENT
    assert bench.rig.next_timeout() == awake_at, "asking again does not make it slower"
    bench.now = awake_at
    assert bench.read("03") == "00 00 50 45 01", "settings survive"


@pytest.mark.parametrize(
    ("name", "earliest", "latest"),
    [("IC-7300MK2", 3.6, 4.0), ("IC-9700", 5.3, 5.7), ("IC-705", 3.8, 5.5)],
)
def test_waking_takes_as_long_as_was_seen(
    name: str, earliest: float, latest: float
) -> None:
    bench = Bench(name)
    bench.set("18 00")
    bench.rig.wake(bench.now)
    awake_at = bench.rig.next_timeout()
    assert awake_at is not None
    assert earliest <= awake_at <= latest


def test_an_ic_7300mk2_can_be_set_to_shut_down_with_its_network() -> None:
    """Item 0109: 00 is "shutdown only" (3.11). Then 18 01 wakes nobody."""
    bench = Bench("IC-7300MK2")
    bench.set("1A 05 01 09 00", "18 00")
    assert bench.rig.power_state is PowerState.OFF
    assert bench.ask("18 01") == SILENT
    bench.wait(60.0)
    assert bench.ask("03") == SILENT
    bench.rig.wake(bench.now)
    bench.wait(6.0)
    assert bench.rig.is_on


def test_the_power_key_does_as_18_00_or_takes_the_network_along() -> None:
    for off, state in (
        (Rig.standby, PowerState.STANDBY),
        (Rig.switch_off, PowerState.OFF),
    ):
        bench = keyed("IC-7610")
        off(bench.rig, bench.now)
        assert bench.rig.power_state is state
        assert not bench.rig.transmitting
        assert not bench.rig.front_panel_ptt(True, bench.now)


def test_the_microphone_key_transmits_until_it_is_let_go() -> None:
    bench = Bench("IC-705")
    assert bench.rig.front_panel_ptt(True, bench.now)
    assert bench.read(PTT) == "01"
    bench.set(PTT_OFF)
    assert bench.read(PTT) == "01", "a controller does not let go of it"
    assert bench.rig.front_panel_ptt(False, bench.now)
    assert bench.read(PTT) == "00"
    assert not Bench("IC-R8600").rig.front_panel_ptt(True, 0.0)


def test_a_voice_memory_is_sent_and_can_be_stopped() -> None:
    bench = Bench("IC-705")
    bench.set("28 00 01")
    assert bench.read(PTT) == "01"
    bench.wait(10.0)
    assert bench.read(PTT) == "00"
    bench.set("28 00 08", "28 00 00")
    assert bench.read(PTT) == "00"


def test_the_text_that_went_out_can_be_read_letter_by_letter() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 02", "17 50 41 52 49 53 20", "17 6B")
    assert (bench.rig.cw_text, bench.rig.state.cw.waiting) == ("", "PARIS K")
    bench.wait(0.9)
    assert bench.rig.cw_text == "P"
    bench.wait(2.2)
    assert bench.rig.cw_text == "PARIS "
    bench.wait(3.0)
    assert (bench.rig.cw_text, bench.rig.state.cw.waiting) == ("PARIS K", "")


@pytest.mark.parametrize("stop", ["17 FF", "18 00"])
def test_text_that_was_stopped_never_went_out(stop: str) -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 02", "17 50 41 52 49 53 20")
    bench.wait(0.9)
    bench.set(stop)
    assert (bench.rig.cw_text, bench.rig.state.cw.waiting) == ("P", "")
    bench.wait(10.0)
    assert bench.rig.cw_text == "P"


def test_the_end_of_the_session_empties_the_keyer() -> None:
    bench = Bench("IC-7610")
    bench.set("06 03", "16 47 02", "17 51 51 51")
    bench.rig.release_ptt(bench.now)
    bench.wait(10.0)
    assert bench.rig.cw_text == ""


def test_a_full_keyer_takes_no_more_text() -> None:
    """A stream of 17 commands cannot fill the memory."""
    bench = Bench("IC-7610")
    for _ in range(keyer.WAITING_MAX // keyer.TEXT_MAX):
        bench.set("17" + " 54" * keyer.TEXT_MAX)
    assert bench.ask("17" + " 54" * keyer.TEXT_MAX) == NG
    bench.wait(1000.0)
    bench.set("17" + " 54" * keyer.TEXT_MAX)


def test_full_power_depends_on_model_and_band() -> None:
    for name, mhz, watts in (
        ("IC-705", 14, 10),
        ("IC-7610", 14, 100),
        ("IC-7851", 14, 200),
        ("IC-9700", 145, 100),
        ("IC-9700", 433, 75),
        ("IC-9700", 1296, 10),
        ("IC-905", 433, 10),
        ("IC-905", 10_368, 0.5),
    ):
        assert Bench(name).model.full_power_w(mhz * 1_000_000) == watts


@pytest.mark.parametrize("speed", range(0, 256, 5))
def test_the_last_letter_is_sent_before_the_key_is_let_go(speed: int) -> None:
    """Both ends are one number: summed up apart they differed by rounding."""
    bench = Bench("IC-7300MK2")
    bench.set("06 03", "16 47 02", f"14 0C {speed // 100:02} {speed % 100:02}")
    bench.set("17 43 51 20 44 45 20 4B")
    ends_at = bench.rig.next_timeout()
    assert ends_at is not None
    bench.rig.handle_timeout(ends_at)
    assert (bench.rig.transmitting, bench.rig.cw_text) == (False, "CQ DE K")
