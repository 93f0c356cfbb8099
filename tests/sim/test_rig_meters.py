"""Meters of every model against the table points of spec CIV.md 3.7 and 3.8."""

import math

import pytest

from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.curves import value_of
from rig_bench import NG, Bench

S_OFFICIAL = "0:-54 120:0 241:60"
S_SMALL = "0:-54 10:-48 30:-36 60:-24 90:-12 120:0 241:60"
S_7610 = (
    "0:-54 11:-48 21:-42 34:-36 50:-30 59:-24 75:-18 93:-12 103:-6 124:0 145:10 160:20"
    " 183:30 204:40 222:50 246:60"
)
COMP_HF, COMP_VHF = "0:0 130:15 241:30", "0:0 130:15 210:25.5"
VD_SMALL, VD_50 = "0:0 13:10 241:16", "0:0 151:44 180:48 211:52"
ID_SMALL, ID_10_W = "0:0 97:10 146:15 241:25", "0:0 121:2 241:4"
# S-meter, COMP, Vd, Id; and what Vd and Id read in receive and at full power.
CURVES = {
    "IC-705": (S_SMALL, COMP_VHF, "0:0 75:5 241:16", ID_10_W),
    "IC-7300MK2": (S_SMALL, COMP_HF, VD_SMALL, ID_SMALL),
    "IC-7610": (
        S_7610,
        COMP_HF,
        "0:0 151:10 185:13.8 211:16",
        "0:0 77:10 165:20 241:30",
    ),
    "IC-7760": (S_7610, COMP_HF, VD_50, "0:0 77:5 165:10 241:15"),
    "IC-7850": (S_OFFICIAL, COMP_HF, VD_50, ID_SMALL),
    "IC-7851": (S_OFFICIAL, COMP_HF, VD_50, ID_SMALL),
    "IC-905": (S_SMALL, COMP_VHF, "0:0 40:5 185:13.8 241:30", ID_10_W),
    "IC-9700": (S_SMALL, COMP_VHF, VD_SMALL, "0:0 121:10 241:20"),
    "IC-R8600": (S_SMALL, "", "0:0 80:8 138:13.8 160:16", ""),
}
PO = "0:0 21:5 43:10 65:15 83:20 95:25 105:30 114:35 124:40 143:50 183:75 213:100"
TRANSCEIVERS = [name for name, model in MODELS.items() if model.transmit]
HF_DBM, VHF_DBM = -73, -93
every_model = pytest.mark.parametrize("name", MODELS)
every_transceiver = pytest.mark.parametrize("name", TRANSCEIVERS)


def points(text: str) -> list[tuple[float, float]]:
    pairs = (each.split(":") for each in text.split())
    return [(float(raw), float(value)) for raw, value in pairs]


def keyed(name: str) -> Bench:
    """In FM, which is full power whatever the audio."""
    bench = Bench(name)
    bench.set("06 05 01", "14 0A 02 55", "1C 00 01")
    return bench


@every_model
def test_curves_are_those_of_the_table(name: str) -> None:
    meters = MODELS[name].meters
    told = (meters.s_meter_db, meters.comp_db, meters.vd_volts, meters.id_amps)
    assert [list(curve) for curve in told] == [points(text) for text in CURVES[name]]


@every_model
def test_the_s_meter_follows_the_received_level(name: str) -> None:
    bench = Bench(name)
    receiver = bench.rig.state.receiver(None)
    vhf = receiver.vfo.frequency_hz >= 144_000_000
    for raw, db in points(CURVES[name][0]):
        receiver.received_dbm = (VHF_DBM if vhf else HF_DBM) + db
        assert bench.meter("02") == raw
    for dbm, raw in ((-math.inf, 0), (math.nan, 0), (math.inf, bench.meter("02"))):
        receiver.received_dbm = dbm
        assert bench.meter("02") == raw


def test_s9_on_vhf_is_twenty_decibels_less() -> None:
    bench = Bench("IC-705")
    bench.rig.state.receiver(None).received_dbm = -93.0
    assert bench.meter("02") < 90
    bench.set("05 00 00 00 45 01")
    assert bench.meter("02") == 120


def test_a_meter_that_was_set_stays_there_until_a_level_comes() -> None:
    bench = Bench("IC-7610")
    receiver = bench.rig.state.receiver(None)
    bench.rig.s_meter_raw = 124
    assert receiver.received_dbm == HF_DBM
    bench.rig.s_meter_raw = 255
    assert bench.meter("02") == 255, "beyond the curve"
    receiver.received_dbm = -127.0
    assert (bench.meter("02"), bench.rig.s_meter_raw) == (0, 0)


def test_each_receiver_has_its_own_level() -> None:
    bench = Bench("IC-7610")
    main, sub = bench.rig.state.receivers
    main.received_dbm, sub.received_dbm = -13.0, -127.0
    assert bench.read("29 00 15 02") == "02 46"
    assert bench.read("29 01 15 02") == "00 00"


@every_model
def test_squelch_opens_where_the_signal_reaches_the_knob(name: str) -> None:
    bench = Bench(name)
    bench.set("14 03 01 00")
    for raw, told in ((99, "00"), (100, "01")):
        bench.rig.s_meter_raw = raw
        assert (bench.read("15 01"), bench.read("15 05")) == (told, told)


@pytest.mark.parametrize(
    ("name", "also"),
    [("IC-705", "1A 09"), ("IC-7610", "29 00 1A 0A"), ("IC-R8600", "15 07")],
)
def test_too_much_signal_overflows_until_it_is_attenuated(name: str, also: str) -> None:
    bench = Bench(name)
    bench.rig.state.receiver(None).received_dbm = -5.0
    assert (bench.read("15 07"), bench.read(also)) == ("01", "01")
    bench.set(f"11 {bench.model.attenuators_db[-1]:02}")
    assert (bench.read("15 07"), bench.read(also)) == ("00", "00")
    bench.set("11 00")
    bench.rig.state.receiver(None).received_dbm = -13.0
    assert bench.read("15 07") == "00"
    bench.set("16 02 01")
    assert bench.read("15 07") == "01", "the preamp is too much"


def test_the_receiver_tells_dbm_and_whether_it_locks() -> None:
    bench = Bench("IC-R8600")
    receiver = bench.rig.state.receiver(None)
    for dbm, told in ((-73.0, "07 30 01 02"), (-112.4, "11 24 01 02"), (3.5, "00 35")):
        receiver.received_dbm = dbm
        assert bench.read("15 03").startswith(told)
    receiver.received_dbm = -math.inf
    assert bench.read("15 03") == "20 00 01 02", "as faint as it can tell"
    assert bench.read("15 04") == "01 28"
    for body, dbm, told in (("06 11", -73.0, "01"), ("06 11", -126.0, "00")):
        bench.set(body)
        receiver.received_dbm = dbm
        assert bench.read("15 06") == told
    bench.set("06 02")
    receiver.received_dbm = -73.0
    assert bench.read("15 06") == "00", "plain AM needs no carrier to lock to"
    assert bench.read("1A 08") == "01 38"
    assert [bench.ask(f"15 {sub}") for sub in ("11", "15")] == [NG, NG]


@every_transceiver
def test_output_follows_the_setting_along_the_curve(name: str) -> None:
    bench = keyed(name)
    for raw, percent in points(PO):
        setting = math.ceil(255 * percent / 100)
        bench.set(f"14 0A {setting // 100:02} {setting % 100:02}")
        assert bench.meter("11") == pytest.approx(raw, abs=1)


@every_transceiver
@pytest.mark.parametrize(("swr", "raw"), [(1, 0), (1.5, 48), (2, 80), (3, 120)])
def test_swr_is_that_of_the_antenna(name: str, swr: float, raw: int) -> None:
    bench = keyed(name)
    bench.rig.state.transmitter.swr = swr
    assert bench.meter("12") == raw


@every_transceiver
def test_full_power_loads_the_supply_as_such_a_radio_does(name: str) -> None:
    bench = Bench(name)
    meters = bench.model.meters
    idle = value_of(meters.vd_volts, bench.meter("15"))
    bench = keyed(name)
    loaded = value_of(meters.vd_volts, bench.meter("15"))
    assert idle - loaded == pytest.approx(0.4, abs=0.12), "7.4: 0.3 to 0.5 V"
    amps = value_of(meters.id_amps, bench.meter("16"))
    watts_in = amps * loaded
    least, most = {"IC-705": (30, 45), "IC-905": (30, 45)}.get(name, (200, 500))
    assert least <= watts_in <= most


@every_transceiver
def test_ssb_meters_follow_the_audio_and_the_compressor(name: str) -> None:
    bench = Bench(name)
    bench.set("26 00 01 01 01", "16 44 01", "14 0A 02 55", "14 0E 02 55")
    bench.set("1C 00 01")
    assert [bench.meter(sub) for sub in ("11", "13", "14")] == [0, 0, 0]
    for level, alc, comp_db in ((0.5, 30, 15), (1.0, 60, 30)):
        bench.rig.handle_tx_audio(level, bench.now)
        assert bench.meter("13") == alc
        top = bench.model.meters.comp_db[-1][1]
        told = value_of(bench.model.meters.comp_db, bench.meter("14"))
        assert told == pytest.approx(min(comp_db, top), abs=0.1)
    bench.rig.handle_tx_audio(9.0, bench.now)
    assert bench.meter("13") == 120, "full scale is 120"


def test_a_voice_memory_speaks_without_the_network() -> None:
    bench = Bench("IC-705")
    bench.set("26 00 01 00 01", "28 00 01")
    assert bench.rig.transmitting
    assert 60 < bench.meter("11") < 213
