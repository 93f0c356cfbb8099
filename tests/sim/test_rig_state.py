"""How knobs hang together: VFOs, modes, filters, front end, settings (CIV.md 7.3)."""

import pytest

from rig_bench import NG, OK, Bench


def test_the_two_vfos_of_one_receiver_are_selected_copied_and_exchanged() -> None:
    bench = Bench("IC-705")
    assert bench.read("25 01") == "00 60 07 14 00"
    bench.set("07 01")
    assert bench.read("03") == "00 60 07 14 00", "25 00 follows the selected VFO"
    assert bench.read("25 00") == "00 60 07 14 00"
    assert bench.read("25 01") == "00 40 07 14 00"
    bench.set("07 B0")
    assert bench.read("03") == "00 40 07 14 00"
    bench.set("05 00 00 10 07 00", "07 A0")
    assert bench.read("25 01") == "00 00 10 07 00"
    bench.set("05 00 00 20 07 00")
    assert bench.read("25 01") == "00 00 10 07 00", "a copy, not the same VFO"


def test_main_and_sub_keep_their_bytes_whichever_is_selected() -> None:
    bench = Bench("IC-7610")
    bench.set("07 D1")
    assert bench.read("03") == "00 40 07 07 00"
    assert bench.read("25 00") == "00 40 07 14 00", "00 is MAIN"
    assert bench.read("25 01") == "00 40 07 07 00", "01 is SUB"
    bench.set("07 B0")
    assert bench.read("25 00") == "00 40 07 07 00"
    bench.set("07 B1")
    assert bench.read("25 01") == "00 40 07 07 00"
    bench.set("25 00 00 00 10 21 00")
    assert bench.read("25 01") == "00 40 07 07 00", "a copy, not the same VFO"
    bench.set("07 D2 00", "07 C1", "07 C0")
    assert (bench.read("07 D2"), bench.read("07 C2")) == ("00", "00")
    bench.set("07 C2 01")
    assert bench.read("07 C2") == "01"


def test_prefix_29_reaches_a_receiver_without_selecting_it() -> None:
    bench = Bench("IC-7610")
    bench.set("29 01 14 02 01 00", "29 01 16 40 01", "29 01 1A 03 10", "29 01 1A 09 01")
    assert bench.read("29 01 14 02") == "01 00"
    assert bench.read("14 02") == "02 55"
    assert bench.read("16 40") == "00"
    assert bench.read("1A 03") == "34"
    assert bench.read("1A 09") == "00"
    bench.set("07 D1")
    assert bench.read("14 02") == "01 00"
    assert bench.read("16 40") == "01"
    assert bench.read("1A 03") == "10"


def test_an_ic_9700_never_has_both_receivers_on_one_band() -> None:
    bench = Bench("IC-9700")
    assert bench.ask("05 00 00 00 34 04") == NG, "SUB is on 430 MHz"
    bench.set("05 00 00 20 96 12", "07 D1", "05 00 00 00 45 01")
    bench.set("07 D0")
    assert bench.ask("07 01") == NG, "VFO B of MAIN is where SUB went"
    bench.set("07 B0")
    assert bench.read("03") == "00 00 00 45 01"


def test_the_mode_key_brings_back_filter_and_data_of_that_mode() -> None:
    bench = Bench("IC-705")
    bench.set("26 00 01 01 03", "06 03")
    assert bench.read("26 00") == "03 00 02", "CW starts on FIL2, and has no DATA"
    bench.set("06 03 01", "06 01")
    assert bench.read("26 00") == "01 01 03"
    bench.set("06 03")
    assert bench.read("26 00") == "03 00 01"
    bench.set("26 00 05")
    assert bench.read("26 00") == "05 00 01", "26 without a filter: the mode's default"
    bench.set("26 00 01 01")
    assert bench.read("26 00") == "01 01 02"


def test_data_off_reads_as_two_zeros_and_keeps_the_filter() -> None:
    bench = Bench("IC-705")
    bench.set("1A 06 01 03", "1A 06 00 00")
    assert bench.read("1A 06") == "00 00"
    assert bench.read("04") == "01 03"


@pytest.mark.parametrize(
    ("mode", "data", "widths"),
    [
        ("01", "00", ("34", "28", "22")),
        ("01", "01", ("34", "16", "09")),
        ("03", "00", ("16", "09", "04")),
        ("04", "00", ("28", "09", "04")),
        ("02", "00", ("44", "29", "14")),
    ],
)
def test_filters_start_with_the_factory_widths(
    mode: str, data: str, widths: tuple[str, ...]
) -> None:
    bench = Bench("IC-705")
    for number, width in enumerate(widths, start=1):
        bench.set(f"26 00 {mode} {data} {number:02}")
        assert bench.read("1A 03") == width


def test_a_width_belongs_to_mode_group_data_and_filter() -> None:
    bench = Bench("IC-705")
    bench.set("26 00 01 00 01", "1A 03 10", "26 00 00 00 01")
    assert bench.read("1A 03") == "10", "LSB and USB are one group"
    bench.set("26 00 00 01 01")
    assert bench.read("1A 03") == "34"
    bench.set("26 00 00 00 02")
    assert bench.read("1A 03") == "28"
    bench.set("26 00 00 00 01")
    assert bench.read("1A 03") == "10"


def test_tuning_keeps_the_mode_unless_it_does_not_exist_there() -> None:
    bench = Bench("IC-705")
    bench.set("05 00 00 00 45 01")
    assert bench.read("04") == "01 01"
    bench.set("05 00 00 00 90 00")
    assert bench.read("04")[:2] == "06", "broadcast: no SSB"
    assert bench.ask("06 01") == NG
    bench.set("05 00 00 50 14 01")
    assert bench.read("04")[:2] == "02", "air band"
    bench.set("05 00 00 00 90 00", "06 06 01", "05 00 40 07 14 00")
    assert bench.read("04")[:2] == "05", "no WFM on HF"


def test_dd_ends_at_the_edge_of_its_band() -> None:
    bench = Bench("IC-9700")
    bench.set("05 00 00 20 96 12", "06 22 01", "05 00 00 00 45 01")
    assert bench.read("04")[:2] == "05"


def test_preamp_and_digi_sel_exclude_each_other() -> None:
    bench = Bench("IC-7610")
    bench.set("16 02 01", "16 4E 01")
    assert (bench.read("16 02"), bench.read("16 4E")) == ("00", "01")
    bench.set("16 02 02")
    assert (bench.read("16 02"), bench.read("16 4E")) == ("02", "00")
    bench.set("16 4E 00")
    assert bench.read("16 02") == "02", "switching one off touches nothing"


def test_agc_keeps_a_time_constant_per_preset_and_mode_group() -> None:
    bench = Bench("IC-7610")
    bench.set("16 12 01", "1A 04 13", "16 12 02")
    assert bench.read("1A 04") == "08"
    bench.set("16 12 01")
    assert bench.read("1A 04") == "13"
    bench.set("06 03")
    assert bench.read("1A 04") == "03"


def test_agc_off_has_no_time_constant() -> None:
    bench = Bench("IC-9700")
    bench.set("06 01", "16 12 00")
    assert bench.ask("1A 04") == NG
    assert bench.ask("1A 04 05") == NG


def test_12_00_selects_an_antenna_and_bare_12_reads() -> None:
    bench = Bench("IC-7610")
    bench.set("12 01 01")
    assert bench.read("12") == "01 01"
    assert bench.read("16 53") == "01", "the same connector as function 53"
    bench.set("12 00")
    assert bench.read("12") == "00 01"
    assert Bench("IC-R8600").read("12") == "00"
    assert Bench("IC-7300MK2").ask("12 00") == OK


def test_split_and_duplex_share_a_command_and_exclude_each_other() -> None:
    bench = Bench("IC-9700")
    assert bench.read("0F") == "00"
    bench.set("0F 11")
    assert bench.read("0F") == "11"
    bench.set("0F 01")
    assert bench.read("0F") == "01"
    bench.set("0F 10")
    assert bench.read("0F") == "00"


def test_split_in_satellite_mode_is_accepted_and_does_nothing() -> None:
    """Hamlib 4.5.4 sends the two one after the other."""
    bench = Bench("IC-9700")
    bench.set("16 5A 01", "0F 01")
    assert bench.read("0F") == "00"


def test_an_offset_of_the_ic_r8600_has_four_bytes() -> None:
    bench = Bench("IC-R8600")
    bench.set("0D 00 60 01 00")
    assert bench.read("0C") == "00 60 01 00"


def test_tones_are_stored_in_three_bytes_even_if_two_came() -> None:
    bench = Bench("IC-705")
    bench.set("1B 00 12 30", "1B 01 00 06 70", "1B 02 10 07 54", "1B 07 42")
    assert bench.read("1B 00") == "00 12 30"
    assert bench.read("1B 01") == "00 06 70"
    assert bench.read("1B 02") == "10 07 54"
    assert bench.read("1B 07") == "42"


def test_rit_and_delta_tx_share_one_offset_and_have_a_switch_each() -> None:
    bench = Bench("IC-705")
    bench.set("21 00 50 01 00", "21 02 01")
    assert bench.read("1C 03") == "50 41 07 14 00"
    assert (bench.read("21 01"), bench.read("21 02")) == ("00", "01")
    bench.set("21 02 00", "21 01 01")
    assert bench.read("1C 03") == "00 40 07 14 00", "RIT moves reception only"
    assert bench.read("03") == "00 40 07 14 00"


def test_the_transmit_frequency_knows_split_and_duplex() -> None:
    bench = Bench("IC-9700")
    bench.set("0D 00 60 00", "0F 11")
    assert bench.read("1C 03") == "00 00 40 44 01"
    bench.set("0F 12")
    assert bench.read("1C 03") == "00 00 60 45 01"
    bench.set("0F 01", "0F 10")
    assert bench.read("1C 03") == "00 00 00 45 01"
    dual = Bench("IC-7610")
    dual.set("0F 01")
    assert dual.read("1C 03") == "00 40 07 07 00", "SUB transmits in split"


def test_a_negative_transmit_frequency_reads_as_zero() -> None:
    bench = Bench("IC-705")
    bench.set("0D 00 00 90", "0F 11")
    assert bench.read("1C 03") == "00 00 00 00 00"


def test_band_edges_are_those_of_the_range_the_dial_is_in() -> None:
    bench = Bench("IC-705")
    assert bench.read("02") == "00 00 03 00 00 2D 99 99 99 99 01"
    bench.set("05 00 00 00 35 04")
    assert bench.read("02") == "00 00 00 00 04 2D 00 00 00 70 04"


def test_transmit_bands_are_counted_and_listed() -> None:
    bench = Bench("IC-705")
    assert bench.read("1E 00") == "13"
    assert bench.read("1E 01 01") == "00 00 80 01 00 2D 00 00 00 02 00"
    assert bench.read("1E 01 13") == "00 00 00 30 04 2D 00 00 00 50 04"
    assert bench.read("1E 02") == "00"


def test_settings_keep_what_was_written() -> None:
    bench = Bench("IC-7300MK2")
    bench.set("1A 05 01 32 20 27 02 28", "1A 05 01 33 23 59", "1A 05 01 36 09 30 01")
    bench.set("1A 05 00 83 00 64", "1A 05 00 33 01", "1A 05 00 89 00")
    assert bench.read("1A 05 01 32") == "20 27 02 28"
    assert bench.read("1A 05 01 33") == "23 59"
    assert bench.read("1A 05 01 36") == "09 30 01"
    assert bench.read("1A 05 00 83") == "00 64"
    assert bench.read("1A 05 00 33") == "01"


def test_small_switches_keep_what_was_written() -> None:
    bench = Bench("IC-705")
    bench.set("1C 02 01", "1C 04 01", "10 13", "13 00", "07", "1A 05 00 45 01")
    assert (bench.read("1C 02"), bench.read("1C 04")) == ("01", "01")
    assert bench.read("10") == "13"
    assert bench.read("1A 09") == "00"


def test_the_receivers_own_commands_of_the_ic_r8600_work() -> None:
    bench = Bench("IC-R8600")
    bench.set("1A 07 01")
    assert bench.read("1A 07") == "01"
    assert bench.read("1A 08") == "01 38"
    bench.rig.s_meter_raw = 120
    assert bench.read("15 03") == "07 30 01 02", "-73.0 dBm at S9"
    assert bench.read("15 04") == "01 28"
    assert bench.read("15 06") == "00"


def test_the_squelch_opens_with_the_signal() -> None:
    bench = Bench("IC-705")
    bench.set("14 03 01 00")
    for raw, is_open in ((99, "00"), (100, "01")):
        bench.rig.s_meter_raw = raw
        assert bench.read("15 01") == bench.read("15 05") == is_open


def test_the_s_meter_stays_on_its_scale() -> None:
    bench = Bench("IC-705")
    for raw, shown in ((-5, 0), (999, 255)):
        bench.rig.s_meter_raw = raw
        assert bench.meter("02") == bench.rig.s_meter_raw == shown


def test_an_ic_905_tunes_10_ghz_in_six_bytes_and_all_else_in_five() -> None:
    bench = Bench("IC-905")
    bench.set("25 01 00 00 75 89 04 01")
    assert bench.read("25 01") == "00 00 75 89 04 01"
    assert bench.read("25 00") == "00 00 00 45 01"
    bench.set("07 01", "06 22 01")
    assert bench.read("1C 03") == "00 00 75 89 04 01"
    bench.set("25 00 00 00 00 33 04")
    assert bench.read("26 00")[:2] == "05", "no DD on 430 MHz"
    assert bench.ask("05 00 00 00 14 00") == NG


def test_what_25_calls_the_first_can_be_the_selected_receiver() -> None:
    """Hamlib assumes it, the command table does not (section 10)."""
    bench = Bench("IC-7610")
    bench.rig.state.switches.first_is_selected = True
    bench.set("07 D1")
    assert bench.read("25 00") == "00 40 07 07 00"
    assert bench.read("25 01") == "00 40 07 14 00"
    bench.set("26 00 03 00 02", "07 D0")
    assert bench.read("26 01") == "03 00 02"
    assert bench.ask("25 02") == NG


def test_on_the_dr_screen_vfo_b_is_out_of_reach() -> None:
    bench = Bench("IC-705")
    bench.rig.state.switches.dr_screen = True
    assert bench.ask("25 01") == bench.ask("26 01") == NG
    assert bench.read("25 00") == "00 40 07 14 00"


@pytest.mark.parametrize(
    ("mode", "width", "edges"),
    [
        ("26 00 01 00 02", 2400, (300, 2700)),
        ("26 00 00 00 01", 3000, (-3000, 0)),
        ("26 00 01 01 03", 500, (1250, 1750)),
        ("26 00 03 00 02", 500, (-250, 250)),
        ("26 00 02 00 02", 6000, (-3000, 3000)),
        ("26 00 05 00 01", 15_000, (-7500, 7500)),
    ],
)
def test_a_receiver_hears_what_its_filter_lets_through(
    mode: str, width: int, edges: tuple[int, int]
) -> None:
    bench = Bench("IC-705")
    bench.set(mode)
    heard = bench.rig.state.hearing(0)
    assert (heard.frequency_hz, heard.mode) == (14_074_000, int(mode[6:8]))
    assert (heard.width_hz, (heard.low_hz, heard.high_hz)) == (width, edges)


def test_rit_moves_the_receiver_that_is_selected() -> None:
    bench = Bench("IC-7610")
    bench.set("21 00 50 01 01", "21 01 01")
    assert bench.rig.state.hearing(0).frequency_hz == 14_073_850
    assert bench.rig.state.hearing(1).frequency_hz == 7_074_000


def test_what_radios_tell_each_other_is_taken_and_not_answered() -> None:
    """wfview 1.60 tunes with 00, and looks at the dial afterwards."""
    bench = Bench("IC-7610")
    assert bench.ask("00 00 00 10 14 00") == bench.ask("01 00 02") == ""
    assert bench.read("03") == "00 00 10 14 00"
    assert bench.read("04") == "00 02"
    assert bench.ask("00 00 00 00 14 03") == bench.ask("01 06") == NG
    assert bench.read("03") == "00 00 10 14 00"
