"""Sweeps of the scope: when, where to, of what range (spec CIV.md 5, 7.4, 7.5)."""

from collections import Counter

import pytest

from icom_proto.civ_frames import build_frame
from icom_proto.civ_values import encode_frequency
from icom_sim.air.signals import Signal
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.ports import Port
from rig_bench import Bench

OUTPUT_ON, OUTPUT_OFF = "27 11 01", "27 11 00"
SCOPE, DIVISION, DIVISIONS, MODE = 6, 7, 8, 9
FREQUENCIES, OUT_OF_RANGE, PIXELS = 10, 20, 21
every_model = pytest.mark.parametrize("name", MODELS)


def watched(name: str, *before: str) -> Bench:
    bench = Bench(name)
    bench.set(*before, OUTPUT_ON)
    return bench


def sweeps(bench: Bench, seconds: float, port: Port = Port.LAN) -> list[bytes]:
    """The frames of so much time, in which only timers act."""
    end = bench.now + seconds
    while (due := bench.rig.next_timeout()) is not None and due <= end:
        bench.now = max(bench.now, due)
        bench.rig.handle_timeout(bench.now)
        again = bench.rig.next_timeout()
        assert again is None or again > bench.now, "a driver would spin"
    bench.now = end
    return queued(bench, port)


def queued(bench: Bench, port: Port = Port.LAN) -> list[bytes]:
    frames = []
    while (frame := bench.rig.poll_unsolicited(port)) is not None:
        frames.append(frame)
    return frames


def frequencies(frame: bytes) -> str:
    return frame[FREQUENCIES:OUT_OF_RANGE].hex(" ").upper()


@every_model
def test_the_network_gets_a_sweep_in_one_frame(name: str) -> None:
    bench = watched(name)
    frame = sweeps(bench, 0.05)[0]
    scope = MODELS[name].scope
    hz = bench.rig.state.vfo.frequency_hz
    address = bench.model.civ_address
    assert len(frame) == {475: 497, 689: 711}[scope.pixels]
    head = build_frame(0xE0, address, bytes.fromhex("27 00 00 01 01 00"))[:-1]
    assert frame[: PIXELS - 1] == (
        head + encode_frequency(hz) + bytes.fromhex("00 00 05 00 00")
    )
    assert frame[OUT_OF_RANGE] == 0
    pixels = frame[PIXELS:-1]
    assert max(pixels) <= scope.amplitude_max
    assert len(set(pixels)) > 10, "noise and a signal"


@every_model
def test_a_serial_port_gets_it_in_divisions(name: str) -> None:
    bench = Bench(name)
    order = build_frame(bench.model.civ_address, 0xE1, bytes.fromhex(OUTPUT_ON))
    bench.rig.handle_frame(order, bench.now, Port.USB)
    frames = sweeps(bench, 0.04, Port.USB)
    scope = MODELS[name].scope
    assert len(frames) == scope.divisions
    assert frames[0][-2:] == b"\x00\xfd", "in range, and no pixels yet"
    for number, frame in enumerate(frames, start=1):
        assert frame[2] == 0xE1
        assert (frame[DIVISION], frame[DIVISIONS]) == (
            int(str(number), 16),
            int(str(scope.divisions), 16),
        )
    pieces = [len(frame) - MODE - 1 for frame in frames[1:]]
    assert pieces[:-1] == [50] * (scope.divisions - 2)
    assert sum(pieces) == scope.pixels
    assert queued(bench) == [], "nobody on the network asked for it"
    assert bench.read("27 11") == "00", "and there the output reads off"


def test_each_port_can_have_the_other_form_and_another_number_of_pixels() -> None:
    bench = watched("IC-R8600")
    bench.rig.scope.divided[Port.LAN] = True
    bench.rig.scope.pixels = 689
    frames = sweeps(bench, 0.04)
    assert len(frames) == 15
    assert len(frames[-1]) == MODE + 39 + 1


@pytest.mark.parametrize(("speed", "rate"), [("00", 30), ("01", 15), ("02", 7)])
def test_sweep_speed_is_the_rate(speed: str, rate: int) -> None:
    assert len(sweeps(watched("IC-705", f"27 1A 00 {speed}"), 2.001)) == 2 * rate
    dual = watched("IC-7610", f"27 1A 00 {speed}", f"27 1A 01 {speed}", "27 13 01")
    counts = Counter(frame[SCOPE] for frame in sweeps(dual, 2.001))
    assert counts == {0: rate, 1: rate}, "half of it for each of two"


def test_main_or_sub_is_shown_with_its_own_dial_and_span() -> None:
    bench = watched("IC-7610", "27 15 01 00 25 00 00 00")
    [main] = sweeps(bench, 0.04)
    bench.set("27 12 01")
    sub = sweeps(bench, 0.04)[-1]
    assert (main[SCOPE], frequencies(main)) == (0, "00 40 07 14 00 00 00 05 00 00")
    assert (sub[SCOPE], frequencies(sub)) == (1, "00 40 07 07 00 00 25 00 00 00")


def test_a_driver_that_was_late_gets_one_sweep_and_the_old_rate() -> None:
    bench = watched("IC-705")
    bench.wait(60.0)
    assert len(queued(bench)) == 1
    assert len(sweeps(bench, 1.001)) == 30


@pytest.mark.parametrize(
    "stop",
    [OUTPUT_OFF, "27 10 00", "27 17 00 01", "18 00", "1C 00 01"],
)
def test_sweeps_stop_with_output_display_hold_power_and_transmit(stop: str) -> None:
    bench = watched("IC-705")
    assert sweeps(bench, 0.04)
    bench.set(stop)
    assert sweeps(bench, 1.0) == []


@pytest.mark.parametrize(
    ("stop", "start"), [("27 17 00 01", "27 17 00 00"), ("1C 00 01", "1C 00 00")]
)
def test_after_hold_and_transmit_sweeps_go_on(stop: str, start: str) -> None:
    bench = watched("IC-705", stop)
    assert sweeps(bench, 1.0) == []
    bench.set(start)
    assert len(sweeps(bench, 1.001)) in (30, 31)


def test_the_output_is_lost_with_the_session_and_with_the_power() -> None:
    bench = watched("IC-705")
    bench.rig.release_ptt(bench.now)
    assert bench.read("27 11") == "00"
    bench.set(OUTPUT_ON, "18 00")
    bench.rig.wake(bench.now)
    bench.wait(10.0)
    assert bench.read("27 11") == "00"
    assert bench.rig.next_timeout() is None


def test_a_sweep_goes_to_the_controller_that_asked_last() -> None:
    bench = watched("IC-705")
    order = build_frame(0xA4, 0xE1, bytes.fromhex(OUTPUT_ON))
    bench.rig.handle_frame(order, bench.now)
    [frame] = sweeps(bench, 0.04)
    assert frame[2] == 0xE1


def test_with_27_1b_the_own_signal_is_shown_while_transmitting() -> None:
    bench = watched("IC-705", "27 15 00 00 00 25 00 00", "27 1B 01", "26 00 05 00 01")
    bench.rig.scope.spectrum = lambda *_: [Signal(14_174_000, 10, -20.0)]
    received = sweeps(bench, 0.04)[-1][PIXELS:-1]
    bench.set("1C 00 01")
    own = sweeps(bench, 0.04)[-1][PIXELS:-1]
    assert received.index(max(received)) > 300
    assert own.index(max(own)) in range(225, 250), "FM in the middle"
    assert max(own) > 100
    bench.set("1C 00 00", "26 00 01 00 01", "1C 00 01")
    silent = sweeps(bench, 0.04)[-1][PIXELS:-1]
    assert max(silent) < 60, "SSB without audio sends nothing"


def test_fixed_mode_takes_the_edges_of_the_range_of_the_dial() -> None:
    bench = watched("IC-705", "27 14 00 01")
    [frame] = sweeps(bench, 0.04)
    assert (frame[MODE], frequencies(frame)) == (1, "00 00 00 14 00 00 00 35 14 00")
    bench.set("05 00 00 10 07 00")
    frame = sweeps(bench, 0.04)[-1]
    assert frequencies(frame) == "00 00 00 07 00 00 00 30 07 00"


def test_a_dial_outside_the_edges_has_a_header_and_no_pixels() -> None:
    bench = watched("IC-705", "27 14 00 01", "05 00 00 50 14 00")
    [frame] = sweeps(bench, 0.04)
    assert len(frame) == 22
    assert frame[OUT_OF_RANGE] == 1
    bench.rig.scope.divided[Port.LAN] = True
    [header] = sweeps(bench, 0.04)
    assert header == frame


@pytest.mark.parametrize("mode", ["02", "03"])
def test_scroll_modes_stand_still_until_the_dial_leaves(mode: str) -> None:
    bench = watched("IC-705", "05 00 00 10 14 00", f"27 14 00 {mode}")
    home = frequencies(sweeps(bench, 0.04)[-1])
    bench.set("05 00 00 12 14 00")
    assert frequencies(sweeps(bench, 0.04)[-1]) == home
    bench.set("05 00 00 00 21 00")
    moved = sweeps(bench, 0.04)[-1]
    assert (moved[MODE], moved[OUT_OF_RANGE]) == (int(mode), 0)
    assert frequencies(moved) != home
    bench.set("05 00 00 01 21 00")
    assert frequencies(sweeps(bench, 0.04)[-1]) == frequencies(moved)


def test_a_lower_edge_below_zero_is_marked() -> None:
    bench = watched("IC-705", "05 00 00 03 00 00", "27 14 00 02")
    [frame] = sweeps(bench, 0.04)
    assert frequencies(frame) == "00 00 02 00 F0 00 00 08 00 00"


def test_on_10_ghz_both_frequencies_have_six_bytes() -> None:
    bench = watched("IC-905", "05 00 00 10 68 03 01")
    [frame] = sweeps(bench, 0.04)
    assert len(frame) == 499
    assert frame[FREQUENCIES : FREQUENCIES + 12].hex(" ") == (
        "00 00 10 68 03 01 00 00 05 00 00 00"
    )


def test_the_spectrum_is_asked_for_what_is_displayed() -> None:
    asked: list[tuple[int, int]] = []

    def spectrum(low_hz: int, high_hz: int, _now: float) -> list[Signal]:
        asked.append((low_hz, high_hz))
        return [Signal(14_094_000, 10, -43.0)]

    bench = watched("IC-705")
    bench.rig.scope.spectrum = spectrum
    pixels = sweeps(bench, 0.04)[0][PIXELS:-1]
    assert asked == [(14_024_000, 14_124_000)]
    assert pixels.index(max(pixels)) == round(474 * 0.7)


def test_without_a_spectrum_the_passband_shows_what_the_s_meter_does() -> None:
    bench = watched("IC-705", "27 15 00 00 50 00 00 00")
    bench.rig.s_meter_raw = 0
    quiet = sweeps(bench, 0.04)[-1][PIXELS:-1]
    bench.rig.s_meter_raw = 120
    loud = sweeps(bench, 0.04)[-1][PIXELS:-1]
    upper = slice(240, 370)  # USB, 3000 of 10000 Hz
    assert min(loud[upper]) > max(quiet)
    assert max(loud[:220]) <= max(quiet) + 20


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ("27 19 00 10 00 00", 20),
        ("27 19 00 10 00 01", -20),
        ("11 20", -40),
        ("16 02 01", 24),
        ("14 02 02 04", -24),
    ],
)
def test_reference_and_front_end_move_the_trace(change: str, counts: int) -> None:
    bench = watched("IC-705")
    bench.rig.scope.spectrum = lambda *_: [Signal(14_074_000, 10, -73.0)]
    before = sweeps(bench, 0.04)[-1][PIXELS + 237]
    bench.set(change)
    assert sweeps(bench, 0.04)[-1][PIXELS + 237] - before == counts


def test_the_same_seed_draws_the_same_sweeps() -> None:
    first, second = (sweeps(watched("IC-7610"), 1.0) for _ in range(2))
    assert first == second
    other = Bench("IC-7610", seed=2)
    other.set(OUTPUT_ON)
    assert sweeps(other, 1.0) != first
