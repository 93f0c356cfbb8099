"""The models against the tables of spec CIV.md section 4, and against themselves."""

import pytest

from icom_proto.civ_commands import Level, Meter
from icom_proto.civ_values import Mode
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.curves import raw_of, value_of
from icom_sim.rig.models import RigModel
from rig_bench import Bench

ADDRESSES = {
    "IC-705": 0xA4,
    "IC-7300MK2": 0xB6,
    "IC-7610": 0x98,
    "IC-7760": 0xB2,
    "IC-7850": 0x8E,
    "IC-7851": 0x8E,
    "IC-905": 0xAC,
    "IC-9700": 0xA2,
    "IC-R8600": 0x96,
}
# Frequencies in kHz: heard, not heard, and where it may transmit.
COVERAGE = {
    "IC-705": ((30, 199_999, 400_000, 470_000), (29, 300_000, 470_001)),
    "IC-7300MK2": ((30, 74_800), (29, 74_801)),
    "IC-7610": ((30, 60_000), (60_001,)),
    "IC-9700": ((144_000, 450_000, 1_300_000), (143_999, 200_000, 1_300_001)),
    "IC-7760": ((30, 60_000), (60_001,)),
    "IC-7851": ((30, 60_000), (60_001,)),
    "IC-905": (
        (144_000, 1_300_000, 2_400_000, 5_925_000, 10_000_000, 10_500_000),
        (143_999, 2_399_999, 5_649_999, 9_999_999, 10_500_001),
    ),
    "IC-R8600": ((10, 3_000_000), (9, 3_000_001)),
}
models = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def test_the_catalogue_holds_the_models_at_their_addresses() -> None:
    assert {name: model.civ_address for name, model in MODELS.items()} == ADDRESSES


@pytest.mark.parametrize("name", COVERAGE)
def test_coverage_ends_where_the_table_says(name: str) -> None:
    heard, deaf = COVERAGE[name]
    assert [MODELS[name].covers(khz * 1000) for khz in heard] == [True] * len(heard)
    assert [MODELS[name].covers(khz * 1000) for khz in deaf] == [False] * len(deaf)


@models
def test_power_on_values_are_possible(model: RigModel) -> None:
    for tuned in (each for vfos in model.power_on for each in vfos):
        assert model.covers(tuned.frequency_hz)
        assert tuned.mode in model.modes_at(tuned.frequency_hz)
        assert tuned.data <= model.data_modes
    for sub, value in model.function_defaults.items():
        assert value in model.functions[sub]


def test_the_names_of_levels_and_meters_are_the_codes_of_a_radio_that_has_all() -> None:
    model = MODELS["IC-7610"]
    assert {int(level) for level in Level} == set(model.levels)
    assert {int(meter) for meter in Meter} <= set(model.meter_subs)


@models
def test_transmit_bands_lie_inside_coverage(model: RigModel) -> None:
    for band in model.transmit:
        assert model.covers(band.low_hz)
        assert model.covers(band.high_hz)
        assert band.low_hz < band.high_hz


@models
def test_prefixed_commands_exist_without_the_prefix(model: RigModel) -> None:
    for command in model.prefixed:
        assert model.has(command[:1]) or model.has(command)


@models
def test_every_level_and_function_reads_its_power_on_value(model: RigModel) -> None:
    bench = Bench(model.name)
    for sub, raw in model.levels.items():
        assert int(bench.read(f"14 {sub:02X}").replace(" ", "")) == raw
    for sub in model.functions:
        expected = model.function_defaults.get(sub, 0)
        assert bench.read(f"16 {sub:02X}") == f"{expected:02X}"


@models
def test_every_value_of_every_function_can_be_set(model: RigModel) -> None:
    bench = Bench(model.name)
    for sub, values in model.functions.items():
        for value in values:
            bench.set(f"16 {sub:02X} {value:02X}")
            assert bench.read(f"16 {sub:02X}") == f"{value:02X}"


@models
def test_every_attenuator_step_and_setting_can_be_read_and_set(
    model: RigModel,
) -> None:
    bench = Bench(model.name)
    for db in model.attenuators_db:
        bench.set(f"11 {db:02}")
        assert bench.read("11") == f"{db:02}"
    for number in model.settings.values():
        item = f"1A 05 {number // 100:02} {number % 100:02}"
        bench.set(f"{item} {bench.read(item)}")


def test_the_ic_705_answers_exactly_the_meters_that_one_did() -> None:
    """Seen on a radio (3.6): 01 02 05 07 11 to 16, and nothing else."""
    bench = Bench("IC-705")
    answered = [sub for sub in range(0x100) if sub not in (0xFD, 0xFE)]
    found = [sub for sub in answered if bench.ask(f"15 {sub:02X}") != "FA"]
    assert bytes(found).hex(" ") == "01 02 05 07 11 12 13 14 15 16"


@models
def test_curves_rise_and_can_be_inverted(model: RigModel) -> None:
    meters = model.meters
    curves = (meters.s_meter_db, meters.comp_db, meters.vd_volts, meters.id_amps)
    for curve in (curve for curve in curves if curve):
        assert list(curve) == sorted(curve)
        for raw, value in curve:
            assert raw_of(curve, value) == raw
            assert value_of(curve, raw) == pytest.approx(value)
        assert raw_of(curve, curve[0][1] - 1) == curve[0][0]
        assert raw_of(curve, curve[-1][1] + 1) == curve[-1][0]
        assert value_of(curve, 999) == curve[-1][1]


def test_wide_fm_is_offered_where_it_is_received() -> None:
    assert Mode.WFM in MODELS["IC-705"].modes_at(90_000_000)
    assert Mode.WFM not in MODELS["IC-705"].modes_at(145_000_000)
    assert Mode.WFM in MODELS["IC-R8600"].modes_at(145_000_000)
