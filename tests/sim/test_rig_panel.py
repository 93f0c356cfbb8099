"""What hands on the radio cause: transceive frames, and when there are none."""

import random

from icom_proto.civ_frames import build_frame
from icom_proto.civ_values import Mode
from icom_sim.rig.catalogue import IC_705
from icom_sim.rig.rig import Rig
from rig_bench import OK, Bench


def pushed(bench: Bench) -> list[str]:
    frames = []
    while (frame := bench.rig.poll_unsolicited()) is not None:
        frames.append(frame.hex(" ").upper())
    return frames


def test_dial_and_mode_key_are_reported_to_everybody() -> None:
    bench = Bench("IC-705")
    assert bench.rig.turn_dial(14_074_100)
    assert bench.rig.press_mode(Mode.USB, 2)
    assert pushed(bench) == [
        "FE FE 00 A4 00 00 41 07 14 00 FD",
        "FE FE 00 A4 01 01 02 FD",
    ]
    assert bench.read("03") == "00 41 07 14 00"


def test_a_moved_address_is_the_source_of_the_report() -> None:
    rig = Rig(IC_705, rng=random.Random(1), civ_address=0x50)
    assert rig.turn_dial(7_074_000)
    frame = build_frame(0x00, 0x50, bytes.fromhex("00 00 40 07 07 00"))
    assert rig.poll_unsolicited() == frame


def test_what_the_controller_sets_is_acknowledged_and_not_reported() -> None:
    bench = Bench("IC-705")
    bench.set("05 00 40 07 07 00", "06 00 02", "1A 06 01 01", "14 01 00 10")
    assert pushed(bench) == []


def test_with_transceive_off_the_panel_is_silent() -> None:
    bench = Bench("IC-705")
    bench.set("1A 05 01 31 00")
    assert bench.rig.turn_dial(14_100_000)
    assert pushed(bench) == []
    assert bench.read("03") == "00 00 10 14 00"


def test_the_dial_stops_at_lock_edge_and_off_switch() -> None:
    bench = Bench("IC-705")
    assert not bench.rig.turn_dial(300_000_000)
    bench.set("16 50 01")
    assert not bench.rig.turn_dial(14_100_000)
    bench.set("16 50 00", "18 00")
    assert not bench.rig.turn_dial(14_100_000)
    assert not bench.rig.press_mode(Mode.LSB, 1)
    assert pushed(bench) == []


def test_a_key_for_a_mode_the_radio_lacks_does_nothing() -> None:
    bench = Bench("IC-705")
    assert not bench.rig.press_mode(Mode.PSK, 1)
    assert not bench.rig.press_mode(Mode.USB, 4)
    bench.set("1C 00 01")
    assert not bench.rig.press_mode(Mode.LSB, 1)
    assert pushed(bench) == []


def test_a_spinning_dial_that_nobody_listens_to_keeps_the_newest_only() -> None:
    bench = Bench("IC-705")
    for step in range(1000):
        assert bench.rig.turn_dial(14_000_000 + 10 * step)
    frames = pushed(bench)
    assert len(frames) == 300
    assert frames[-1] == "FE FE 00 A4 00 90 99 00 14 00 FD"
    assert bench.ask("05 00 40 07 14 00") == OK


def test_the_data_key_is_reported_as_a_mode_that_does_not_tell() -> None:
    """Seen on an IC-9700: a frame 01, and never a 1A 06 (1.8)."""
    bench = Bench("IC-9700")
    assert bench.rig.press_data(1)
    assert pushed(bench) == ["FE FE 00 A2 01 05 01 FD"]
    assert bench.read("1A 06") == "01 01"
    assert bench.rig.press_data(0)
    assert bench.read("1A 06") == "00 00"
    assert not bench.rig.press_data(2)
    bench.set("06 03")
    assert not bench.rig.press_data(1), "there is no DATA in CW"
