"""What is kept per band, scans, and settings (CIV.md 3.2, 3.3, 3.10, 3.11)."""

import pytest

from icom_sim.rig.catalogue import MODELS
from rig_bench import NG, OK, Bench

TONES = "00 08 85 00 08 85"


@pytest.mark.parametrize(
    ("name", "register", "first"),
    [
        ("IC-7610", "05 01", "00 00 10 14 00 01 02 00"),
        ("IC-7610", "11 03", "00 00 00 15 00 02 02 00"),
        ("IC-705", "11 01", "00 00 00 80 00 06 01 00"),
        ("IC-705", "14 01", "00 00 00 33 04 05 01 00"),
        ("IC-9700", "03 02", "00 00 00 94 12 05 01 00"),
        ("IC-905", "06 01", "00 00 00 40 02 01 05 01 00"),
    ],
)
def test_bands_have_three_registers_each(name: str, register: str, first: str) -> None:
    assert Bench(name).read(f"1A 01 {register}") == f"{first} {TONES}"


def test_a_register_keeps_what_was_written_and_moves_no_dial() -> None:
    bench = Bench("IC-7610")
    stored = "00 40 07 14 00 01 01 31 00 12 30 00 06 70"
    bench.set(f"1A 01 05 02 {stored}")
    assert bench.read("1A 01 05 02") == stored
    assert bench.read("1A 01 05 01") == f"00 00 10 14 00 01 02 00 {TONES}"
    bench.set("25 00 00 00 10 07 00")
    assert bench.read("1A 01 05 02") == stored


def test_every_band_code_has_a_register_that_can_be_written_back() -> None:
    for name, model in MODELS.items():
        bench = Bench(name)
        for code in range(1, len(model.band_stack) + 1):
            bench.set(f"1A 01 {code:02} 03 {bench.read(f'1A 01 {code:02} 03')}")
        assert bench.ask(f"1A 01 {len(model.band_stack) + 1:02} 03") == NG


def test_users_set_transmit_edges_and_take_them_back() -> None:
    bench = Bench("IC-7610")
    edges = "00 00 00 14 00 2D 00 00 10 14 00"
    assert (bench.read("1E 02"), bench.read("1E 03 01")) == ("00", "FF")
    bench.set(f"1E 03 01 {edges}", f"1E 03 30 {edges}")
    assert (bench.read("1E 02"), bench.read("1E 03 01")) == ("02", edges)
    bench.set("1E 03 01 FF", "1E 03 01 FF")
    assert (bench.read("1E 02"), bench.read("1E 03 01")) == ("01", "FF")


def test_edges_of_the_10_ghz_band_have_six_bytes_each() -> None:
    bench = Bench("IC-905")
    assert bench.read("1E 00") == "06"
    whole = "00 00 00 00 00 01 2D 00 00 00 00 05 01"
    assert bench.read("1E 01 06") == whole
    bench.set("05 00 00 10 68 03 01", f"1E 03 01 {whole}")
    assert (bench.read("02"), bench.read("1E 03 01")) == (whole, whole)
    bench.set("05 00 00 00 45 01 00")
    assert bench.read("03") == "00 00 00 45 01", "six bytes are taken below it too"


def test_a_scan_runs_until_it_is_stopped_or_the_radio_transmits() -> None:
    bench = Bench("IC-705")
    scan = bench.rig.state.scan
    bench.set("0E 01", "0E A5", "0E D0", "0E B1")
    assert (scan.kind, scan.span, scan.resume) == (0x01, 0xA5, False)
    bench.set("0E D3", "0E 00")
    assert (scan.kind, scan.resume) == (None, True)
    for key in ("1C 00 01", "28 00 01"):
        bench.set("0E 23", key)
        assert scan.kind is None
        bench.set("1C 00 00", "28 00 00")
    bench.set("0E 22")
    assert bench.rig.front_panel_ptt(True, bench.now)
    assert scan.kind is None
    assert bench.rig.front_panel_ptt(False, bench.now)
    bench.set("0E 22", "18 00")
    assert scan.kind is None


def test_only_the_receiver_scans_by_mode() -> None:
    assert Bench("IC-R8600").ask("0E 24") == OK


def test_the_position_is_unknown_and_its_source_can_be_chosen() -> None:
    bench = Bench("IC-9700")
    assert (bench.read("23 00"), bench.read("23 01")) == ("FF", "00")
    bench.set("23 01 02")
    assert bench.read("23 01") == "02"


def test_network_settings_of_the_ic_7300mk2_read_as_from_the_factory() -> None:
    bench = Bench("IC-7300MK2")
    read = [bench.read(f"1A 05 01 {item}") for item in ("08", "09", "10", "11", "12")]
    assert read == ["01", "01", "05 00 01", "05 00 02", "05 00 03"]
    bench.set("1A 05 01 10 06 55 35")
    assert bench.read("1A 05 01 10") == "06 55 35"
