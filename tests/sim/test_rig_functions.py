"""Functions that belong together: tones, satellite mode, transmit inhibit (CIV.md 7.3).

Which values each function takes stands in the catalogue and is tested there.
"""

import pytest

from rig_bench import NG, Bench


def test_a_vfo_has_one_kind_of_tone_and_16_names_it_in_two_ways() -> None:
    bench = Bench("IC-705")
    switches = ("16 42", "16 43", "16 4B")
    for command, kind, on in (
        ("16 42 01", "01", ["01", "00", "00"]),
        ("16 43 01", "02", ["00", "01", "00"]),
        ("16 42 00", "02", ["00", "01", "00"]),
        ("16 4B 01", "03", ["00", "00", "01"]),
        ("16 4B 00", "00", ["00", "00", "00"]),
        ("16 5D 01", "01", ["01", "00", "00"]),
        ("16 5D 09", "09", ["00", "00", "00"]),
    ):
        bench.set(command)
        assert bench.read("16 5D") == kind
        assert [bench.read(switch) for switch in switches] == on


def test_tones_belong_to_the_vfo() -> None:
    bench = Bench("IC-705")
    bench.set("16 42 01", "1B 00 12 30", "07 01")
    assert (bench.read("16 42"), bench.read("1B 00")) == ("00", "00 08 85")
    bench.set("07 B0")
    assert (bench.read("16 42"), bench.read("1B 00")) == ("01", "00 12 30")
    dual = Bench("IC-7610")
    dual.set("29 01 16 43 01", "29 01 1B 01 00 06 70")
    assert (dual.read("16 43"), dual.read("29 01 16 43")) == ("00", "01")
    assert dual.read("29 01 1B 01") == "00 06 70"


def test_in_satellite_mode_sub_transmits_without_split_or_duplex() -> None:
    bench = Bench("IC-9700")
    bench.set("16 59 00", "0F 12", "16 5A 01")
    assert (bench.read("16 59"), bench.read("0F")) == ("01", "00")
    assert bench.read("1C 03") == "00 00 00 33 04"
    assert bench.read("03") == "00 00 00 45 01"
    bench.set("16 5A 00")
    assert bench.read("1C 03") == "00 00 00 45 01"


def test_switching_the_sub_band_off_selects_main() -> None:
    bench = Bench("IC-9700")
    bench.set("07 D1", "16 59 00")
    assert bench.read("07 D2") == "00"
    assert bench.ask("07 D2 01") == NG
    bench.set("16 59 01", "07 D2 01")
    assert bench.read("03") == "00 00 00 33 04"


@pytest.mark.parametrize("name", ["IC-7760", "IC-7300MK2", "IC-905"])
def test_transmit_inhibit_ends_a_transmission_and_allows_none(name: str) -> None:
    bench = Bench(name)
    bench.set("06 03 01", "16 47 01", "1C 00 01", "16 66 01")
    assert bench.read("1C 00") == "00"
    assert bench.ask("1C 00 01") == NG
    assert not bench.rig.front_panel_ptt(True, bench.now)
    bench.set("17 51", "1C 00 00", "16 66 00")
    assert bench.read("1C 00") == "00"
    bench.set("1C 00 01")


def test_the_roofing_filter_of_an_ic_7851_belongs_to_the_receiver() -> None:
    bench = Bench("IC-7851")
    bench.set("29 01 16 55 03")
    assert (bench.read("16 55"), bench.read("29 01 16 55")) == ("00", "03")
    bench.set("16 12 00")
    assert bench.read("16 12") == "00", "AGC off"
