"""Memory channels: what they store, in the layout of each model (CIV.md 3.2, 3.12)."""

import pytest

from icom_sim.rig.catalogue import MODELS
from rig_bench import NG, Bench

TONES = "00 08 85 00 10 00"
CALLS = " ".join(f"{letter:02X}" for letter in b"CQCQCQ  DL1ABC  DL1ABC G")
HF_SIDE = f"00 40 07 14 00 01 01 11 {TONES}"
HF_OTHER_SIDE = f"00 60 07 14 00 00 02 00 {TONES}"
DV_SIDE = f"00 00 50 45 01 05 01 00 12 10 {TONES} 10 07 54 42 00 60 00 {CALLS}"
DV_OTHER_SIDE = f"00 00 00 33 04 17 01 00 00 00 {TONES} 00 00 23 00 00 00 05 {CALLS}"
SHORT_NAME = " ".join(f"{letter:02X}" for letter in b"CALLING   ")
LONG_NAME = " ".join(f"{letter:02X}" for letter in b"CALLING CHANNEL ")
HF_TEXT = f"03 {HF_SIDE} {SHORT_NAME}"
# The number of a channel, its contents, and the size of both in the document.
CHANNELS = {
    "IC-7300MK2": ("00 01", f"13 {HF_SIDE} {HF_OTHER_SIDE} {SHORT_NAME}", 41),
    "IC-7610": ("01 01", HF_TEXT, 27),
    "IC-7851": ("00 99", HF_TEXT, 27),
    "IC-7760": ("00 99", HF_TEXT, 27),
    "IC-705": ("00 99 00 00", f"10 {DV_SIDE} {DV_OTHER_SIDE} {LONG_NAME}", 115),
    "IC-905": (
        "00 00 00 99",
        f"00 00 00 10 68 03 01 05 01 {DV_SIDE[21:]} {LONG_NAME}",
        69,
    ),
    "IC-9700": ("01 01 07", f"01 {DV_SIDE} {LONG_NAME}", 67),
    "IC-R8600": (
        "00 12 00 34",
        "11 00 40 07 14 00 02 02 01 00 60 00 00 01 05 12 50 20 01 02 01"
        f" {LONG_NAME} 01 02 03 04 05 06 07 08",
        49,
    ),
}
each_model = pytest.mark.parametrize("name", CHANNELS)


def test_every_layout_is_here() -> None:
    assert CHANNELS.keys() == MODELS.keys() - {"IC-7850"}


@each_model
def test_a_channel_reads_as_it_was_written_until_it_is_cleared(name: str) -> None:
    bench = Bench(name)
    number, contents, size = CHANNELS[name]
    assert len(bytes.fromhex(number + contents)) == size
    assert bench.read(f"1A 00 {number}") == "FF", "empty"
    bench.set(f"1A 00 {number} {contents}")
    assert bench.read(f"1A 00 {number}") == contents
    bench.set(f"1A 00 {number} FF")
    assert bench.read(f"1A 00 {number}") == "FF"


@each_model
def test_contents_of_another_size_are_refused(name: str) -> None:
    bench = Bench(name)
    number, contents, _ = CHANNELS[name]
    for wrong in (contents + " 20", contents[:-3], "FF FF"):
        assert bench.ask(f"1A 00 {number} {wrong}") == NG
    assert bench.read(f"1A 00 {number}") == "FF"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("IC-7610", "03 00 40 07", "04 00 40 07"),  # scan mark
        ("IC-7610", "03 00 40 07", "13 00 40 07"),  # no split side
        ("IC-7610", "07 14 00 01", "07 94 00 01"),  # 94 MHz
        ("IC-7610", "07 14 00 01", "0A 14 00 01"),  # no digit
        ("IC-7610", "14 00 01 01", "14 00 17 01"),  # DV
        ("IC-7610", "01 01 11", "01 04 11"),  # filter
        ("IC-7610", "01 01 11", "01 01 41"),  # DATA
        ("IC-7610", "01 01 11", "03 01 11"),  # DATA in CW
        ("IC-7610", "01 01 11", "01 01 13"),  # kind of tone
        ("IC-7610", "00 08 85", "00 08 86"),  # tone
        ("IC-7610", "43 41", "07 41"),  # name
        ("IC-9700", "45 01 05", "33 04 05"),  # the band of another bank
        ("IC-9700", "01 00 12 10", "01 02 12 10"),  # DATA
        ("IC-9700", "00 12 10", "00 32 10"),  # duplex
        ("IC-9700", "00 12 10", "00 12 30"),  # DV squelch
        ("IC-9700", "10 07 54", "10 07 58"),  # DTCS
        ("IC-9700", "42 00 60", "4A 00 60"),  # DV code
        ("IC-9700", "00 60 00 43", "00 6A 00 43"),  # offset
        ("IC-R8600", "02 02 01 00", "02 02 03 00"),  # duplex
        ("IC-R8600", "01 05 12 50", "02 05 12 50"),  # step
        ("IC-R8600", "01 05 12 50", "01 15 12 50"),
        ("IC-R8600", "20 01 02 01", "25 01 02 01"),  # attenuator
        ("IC-R8600", "20 01 02 01", "20 02 02 01"),  # preamplifier
        ("IC-R8600", "20 01 02 01", "20 01 03 01"),  # antenna
        ("IC-R8600", "20 01 02 01", "20 01 02 02"),  # IP+
    ],
)
def test_contents_that_the_radio_could_not_have_are_refused(
    name: str, good: str, bad: str
) -> None:
    bench = Bench(name)
    number, contents, _ = CHANNELS[name]
    assert good in contents
    assert bench.ask(f"1A 00 {number} {contents.replace(good, bad, 1)}") == NG
    assert bench.read(f"1A 00 {number}") == "FF"


def test_a_channel_is_displayed_tuned_and_left_without_being_changed() -> None:
    bench = Bench("IC-7610")
    number, contents, _ = CHANNELS["IC-7610"]
    bench.set(f"1A 00 {number} {contents}", f"08 {number}")
    bench.set("05 00 00 10 07 00")
    assert bench.read("03") == "00 00 10 07 00", "choosing is not displaying"
    bench.set("08")
    assert (bench.read("03"), bench.read("26 00")) == ("00 40 07 14 00", "01 01 01")
    assert (bench.read("16 42"), bench.read("1B 01")) == ("01", "00 10 00")
    bench.set("05 00 00 08 14 00", "07")
    assert bench.read("03") == "00 00 10 07 00", "the VFO as it was"
    bench.set("08")
    assert bench.read("03") == "00 40 07 14 00", "the channel as it was stored"


def test_writing_stores_what_is_displayed_and_keeps_it_apart_from_the_vfo() -> None:
    bench = Bench("IC-7300MK2")
    bench.set("26 00 01 01 03", "1B 00 12 30", "16 42 01", "0F 01", "09")
    bench.set("05 00 40 07 07 00")
    stored = bench.read("1A 00 00 01")
    assert stored.startswith("10 00 00 10 07 00 01 03 11 00 12 30 00 08 85 00 00 15 07")
    assert stored.endswith("20 20"), "no name"
    bench.set("08")
    assert bench.read("03") == "00 00 10 07 00"


def test_a_channel_with_split_transmits_on_its_other_side() -> None:
    bench = Bench("IC-7300MK2")
    number, contents, _ = CHANNELS["IC-7300MK2"]
    bench.set(f"1A 00 {number} {contents}", "08")
    assert bench.read("0F") == "01"
    assert bench.read("1C 03") == bench.read("25 01") == "00 60 07 14 00"
    for key in ("07 A0", "07 B0"):
        assert bench.ask(key) == NG
    bench.set("07 00")
    assert bench.read("03") == "00 00 10 07 00"


def test_a_channel_is_copied_to_the_vfo() -> None:
    bench = Bench("IC-9700")
    number, contents, _ = CHANNELS["IC-9700"]
    bench.set(f"1A 00 {number} {contents}", "08 01 07", "0A")
    assert bench.read("03") == "00 00 50 45 01"
    assert (bench.read("0F"), bench.read("0C")) == ("11", "00 60 00")
    assert (bench.read("16 5D"), bench.read("16 5B")) == ("02", "01")
    assert (bench.read("1B 02"), bench.read("1B 07")) == ("10 07 54", "42")
    bench.set("0B")
    assert bench.read(f"1A 00 {number}") == "FF"
    assert bench.ask("0A") == NG, "nothing is stored any more"


def test_in_memory_mode_what_is_displayed_goes_to_the_vfo() -> None:
    bench = Bench("IC-7610")
    bench.set("09", "05 00 00 10 07 00", "08", "05 00 50 07 14 00", "0A", "07")
    assert bench.read("03") == "00 50 07 14 00"


def test_a_receiver_stores_what_its_front_end_has() -> None:
    bench = Bench("IC-R8600")
    number, contents, _ = CHANNELS["IC-R8600"]
    bench.set(f"1A 00 {number} {contents}", "08 A0 00 12", "08 00 34", "08")
    assert (bench.read("11"), bench.read("12")) == ("20", "02")
    assert (bench.read("16 02"), bench.read("1A 07")) == ("01", "01")
    assert (bench.read("10"), bench.read("0C")) == ("05", "00 60 00 00")


def test_groups_are_chosen_and_hold_channels_of_their_own() -> None:
    bench = Bench("IC-705")
    bench.set("09", "08 A0 00 07", "05 00 40 07 07 00", "09", "08")
    assert bench.read("03") == "00 40 07 07 00"
    bench.set("08 A0 00 00")
    assert bench.read("03") == "00 40 07 14 00", "another group, the same channel"
    assert bench.ask("08 A0 00 01") == NG, "it is empty, and one is displayed"
    assert bench.ask("08 00 05") == NG
    bench.set("0B")
    assert bench.read("03") == "00 40 07 07 00", "the VFO is back"
    assert bench.read("1A 00 00 00 00 00") == "FF"


def test_a_band_of_the_ic_9700_has_channels_of_its_own() -> None:
    bench = Bench("IC-9700")
    bench.set("09", "07 D1", "09")
    first, second = (bench.read(f"1A 00 {band} 00 01") for band in ("01", "02"))
    assert first.startswith("00 00 00 00 45 01 05")
    assert second.startswith("00 00 00 00 33 04 05")
    assert bench.read("1A 00 03 00 01") == "FF"
    bench.set("08", "05 00 00 20 96 12", "07 D0", "05 00 00 20 33 04")
    bench.set("07 D1")
    assert bench.ask("07") == NG, "MAIN is where the VFO was"


def test_while_transmitting_channels_are_only_read() -> None:
    bench = Bench("IC-705")
    bench.set("09", "1C 00 01")
    for body in ("08", "08 00 01", "08 A0 00 01", "09", "0A", "0B"):
        assert bench.ask(body) == NG
    assert bench.read("1A 00 00 00 00 00").startswith("00 00 40 07 14 00")
