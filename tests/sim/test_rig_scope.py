"""Command 27 on every model (spec CIV.md 2.9, 3.13, 4.6)."""

from math import ceil

import pytest

from icom_sim.rig.catalogue import MODELS
from rig_bench import NG, Bench

SPANS = ("25", "50", "100", "250", "500", "1000", "2500", "5000")  # in 100 Hz
HF_RANGES = 13  # to 74.8 MHz; 12 of them end at 60
# Pixels, amplitude, spans beyond 500 kHz in kHz, reference in dB, edge ranges, scopes.
FACTS = {
    "IC-705": (475, 160, (), (-20, 20), 17, 1),
    "IC-7300MK2": (475, 160, (), (-20, 20), HF_RANGES, 1),
    "IC-7610": (689, 200, (), (-30, 10), HF_RANGES - 1, 2),
    "IC-7760": (689, 200, (), (-30, 10), HF_RANGES - 1, 2),
    "IC-7850": (689, 200, (), (-20, 20), HF_RANGES - 1, 2),
    "IC-7851": (689, 200, (), (-20, 20), HF_RANGES - 1, 2),
    "IC-905": (475, 160, (1000, 2500, 5000, 10_000, 25_000), (-20, 20), 6, 1),
    "IC-9700": (475, 160, (), (-20, 20), 3, 1),
    "IC-R8600": (475, 160, (1000, 2500), (-20, 20), 1, 1),
}
every_model = pytest.mark.parametrize("name", MODELS)


def span(khz_tenths: int) -> str:
    """Half a span as 27 15 has it: five bytes, the lowest digits first."""
    return bytes.fromhex(f"{100 * khz_tenths:010d}")[::-1].hex(" ").upper()


@every_model
def test_the_scope_of_each_model_is_that_of_the_table(name: str) -> None:
    facts, model = FACTS[name], MODELS[name]
    pixels, amplitude, _, reference, ranges, scopes = facts
    scope = model.scope
    assert (scope.pixels, scope.amplitude_max) == (pixels, amplitude)
    assert scope.divisions == 1 + ceil(pixels / 50)
    assert scope.reference_db == reference
    assert len(scope.edge_ranges) == ranges
    assert scope.two_scopes is (scopes == 2)


@every_model
def test_the_spans_of_the_list_and_no_others(name: str) -> None:
    bench = Bench(name)
    listed = [int(each) for each in SPANS] + [10 * khz for khz in FACTS[name][2]]
    for half in listed:
        bench.set(f"27 15 00 {span(half)}")
        assert bench.read("27 15 00") == span(half)
    for half in (0, 24, 300, 7500, 30_000, 500_000):
        assert bench.ask(f"27 15 00 {span(half)}") == NG
    for wrong in ("27 15", "27 15 00 00 00 05 00", "27 15 00 00 00 05 00 00 00"):
        assert bench.ask(wrong) == NG
    assert bench.read("27 15 00") == span(listed[-1])


@every_model
def test_the_reference_level_moves_by_half_decibels_inside_its_range(name: str) -> None:
    bench = Bench(name)
    low, high = FACTS[name][3]
    for text in ("00 00 00", "05 00 00", "00 50 01", "10 50 01"):
        bench.set(f"27 19 00 {text}")
        assert bench.read("27 19 00") == text
    for db in (low, high):
        bench.set(f"27 19 00 {abs(db)} 00 {int(db < 0):02}")
    for beyond in (f"{-low} 50 01", f"{high} 50 00"):
        assert bench.ask(f"27 19 00 {beyond}") == NG
    for wrong in ("05 10 00", "05 05 00", "05 00 02", "05 00", "0A 00 00"):
        assert bench.ask(f"27 19 00 {wrong}") == NG
    assert bench.read("27 19 00") == f"{high} 00 00"


def test_registers_take_their_codes_and_nothing_else() -> None:
    bench = Bench("IC-7851")
    codes = {
        "27 10": "00 01",
        "27 11": "00 01",
        "27 12": "00 01",
        "27 13": "00 01",
        "27 14 01": "00 01 02 03",
        "27 16 01": "01 02 03 04",
        "27 17 01": "00 01",
        "27 18 01": "00 10 20 30",
        "27 1A 01": "00 01 02",
        "27 1B": "00 01",
        "27 1C": "00 01 02",
        "27 1D 01": "00 01",
        "27 1F 01": "00 01 02",
    }
    for command, allowed in codes.items():
        for code in ("00", "01", "02", "03", "04", "10", "20", "30", "0A", "FF"):
            if code in allowed.split():
                bench.set(f"{command} {code}")
                assert bench.read(command) == code
            else:
                assert bench.ask(f"{command} {code}") == NG
        assert bench.ask(f"{command} 00 00") == NG
    assert bench.read("27 14 00") == "00", "MAIN has its own"


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("IC-705", "27 14 | 27 14 01 | 27 12 01 | 27 13 01 | 27 1F 00 | 27 18 00"),
        ("IC-7300MK2", "27 14 | 27 15 | 27 17 | 27 1E 06 01 | 27 12 | 27 1F 00"),
        ("IC-7610", "27 14 02 | 27 16 00 05 | 27 18 00 | 27 00 | 27 | 27 10 00 01"),
        ("IC-9700", "27 13 | 27 14 02 | 27 1F 00"),
        ("IC-R8600", "27 14 00 02 | 27 1B | 27 1B 01 | 27 1F 00"),
    ],
)
def test_what_a_model_lacks_is_refused(name: str, refused: str) -> None:
    bench = Bench(name)
    for body in refused.split(" | "):
        assert bench.ask(body) == NG, body


def test_fixed_edges_stay_inside_their_range_and_apart() -> None:
    bench = Bench("IC-705")
    good = "27 1E 06 04 00 00 00 14 00 00 00 35 14 00"
    bench.set(good)
    for edges in (
        "00 00 35 14 00 00 00 00 14 00",  # the wrong way round
        "00 00 00 14 00 00 49 00 14 00",  # less than 5 kHz
        "00 00 00 13 00 00 10 00 14 00",  # more than 1 MHz
        "00 00 90 10 00 00 00 50 11 00",  # begins below the range
        "00 00 90 14 00 00 00 10 15 00",  # ends above it
        "00 00 00 14 00 00 00 35 14",
        "00 00 00 14 00 00 00 35 14 0A",
    ):
        assert bench.ask(f"27 1E 06 04 {edges}") == NG
    for selector in ("00 01", "18 01", "06 00", "06 05", "0A 01", "06"):
        assert bench.ask(f"27 1E {selector}") == NG
    assert bench.read("27 1E 06 04") == good.removeprefix("27 1E 06 04 ")
    assert bench.read("27 1E 17 01") == "00 00 00 30 04 00 00 00 31 04", "430 MHz"


def test_edges_of_the_10_ghz_band_have_six_bytes() -> None:
    bench = Bench("IC-905")
    edges = "00 00 00 68 03 01 00 00 50 68 03 01"
    bench.set(f"27 1E 06 02 {edges}")
    assert bench.read("27 1E 06 02") == edges


@every_model
def test_every_range_starts_with_edges_that_could_be_set(name: str) -> None:
    bench = Bench(name)
    if bench.ask("27 1E 01 01") == NG:
        assert name == "IC-7300MK2", "whose firmware answered NG"
        return
    for number in range(1, 1 + FACTS[name][4]):
        for edge in range(1, 5):
            command = f"27 1E {number:02} {edge:02}"
            bench.set(f"{command} {bench.read(command)}")
