"""When the radio says NG, to whom it says nothing, and that NG changes nothing.

The first table is the checklist of spec CIV.md 7.2, row by row.
"""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from icom_proto.civ_frames import build_frame, frame_source, frame_to, is_frame
from icom_sim.rig.catalogue import IC_705, MODELS
from icom_sim.rig.rig import Rig
from rig_bench import NG, OK, SILENT, Bench

FM = "06 05 01"
CHECKLIST: list[tuple[str, list[str], str]] = [
    # unknown
    *(("IC-705", [], body) for body in ("14 33", "16 7F", "1A 05 99 99", "30")),
    *(("IC-705", [], body) for body in ("14", "15", "16", "1A", "1A 05", "25", "26")),
    # band edges
    ("IC-705", [], "05 00 00 00 00 03"),
    ("IC-7610", [], "25 00 01 00 00 60 00"),
    ("IC-9700", [], "05 00 40 07 14 00"),
    # malformed
    ("IC-705", [], "05 40 07 14 00"),
    ("IC-705", [], "05 0A 40 07 14 00"),
    ("IC-705", [], "05 00 40 07 14 00 00"),
    ("IC-705", [], "03 00"),
    ("IC-705", [], "1C 00 02"),
    ("IC-705", [], "1C 00 01 01"),
    ("IC-705", [], "21 00 50 01"),
    ("IC-705", [], "0D 00 60"),
    # modes
    ("IC-705", [], "06 12"),
    ("IC-705", [], "06 06"),
    ("IC-R8600", [], "06 06"),
    ("IC-7300MK2", [], "06 17"),
    ("IC-9700", [], "06 22"),
    ("IC-705", [], "06 01 04"),
    ("IC-705", [], "26 00 01 02 01"),
    ("IC-705", [], "26 00 01 01 00"),
    ("IC-705", [], "26 00 01 01 01 01"),
    # levels, attenuator, preamp
    ("IC-705", [], "14 01 02 56"),
    ("IC-705", [], "14 01 01"),
    ("IC-705", [], "11 10"),
    ("IC-7610", [], "11 10"),
    ("IC-705", [], "16 02 03"),
    ("IC-7610", [], "16 02 03"),
    ("IC-R8600", [], "16 02 02"),
    ("IC-705", ["05 00 00 00 45 01"], "16 02 02"),
    ("IC-705", [], "16 12 00"),
    # filter width and DATA
    ("IC-705", [FM], "1A 03"),
    ("IC-705", [FM], "1A 03 10"),
    ("IC-705", ["05 00 00 00 90 00", "06 06 01"], "1A 03"),
    ("IC-705", ["06 17 01"], "1A 03"),
    ("IC-705", [], "1A 03 45"),
    ("IC-705", ["06 04 01"], "1A 03 32"),
    ("IC-705", ["06 02 01"], "1A 03 50"),
    ("IC-705", ["06 03 01"], "1A 06 01 01"),
    ("IC-705", ["06 04 01"], "1A 06 01 01"),
    ("IC-705", [], "1A 06 02 01"),
    ("IC-7610", [], "1A 06 04 01"),
    ("IC-705", ["06 03 01"], "26 00 03 01 01"),
    # VFOs
    ("IC-705", [], "25 02"),
    ("IC-705", [], "26 02"),
    ("IC-7610", [], "25 02"),
    ("IC-R8600", [], "25 01"),
    ("IC-705", [], "07 D0"),
    ("IC-705", [], "07 B1"),
    ("IC-7610", [], "07 00"),
    ("IC-7610", [], "07 A0"),
    ("IC-R8600", [], "07 B0"),
    ("IC-7610", [], "07 D2 02"),
    ("IC-7610", [], "07 D0 00"),
    # scope
    ("IC-705", [], "27 14"),
    ("IC-705", [], "27 15"),
    ("IC-705", [], "27 14 01"),
    ("IC-705", [], "27 15 00 00 00 03 00 00"),
    # receiver prefix
    *((name, [], "29 00 11") for name, model in MODELS.items() if not model.prefixed),
    ("IC-7610", [], "29 00 14 0A"),
    ("IC-7610", [], "29 00 16 12"),
    ("IC-7760", [], "29 01 16 12 01"),
    ("IC-7610", [], "29 02 11"),
    ("IC-7610", [], "29 00 1C 00"),
    ("IC-7610", [], "29 00 29 00 11"),
    ("IC-7610", [], "29 00"),
    ("IC-7610", [], "29"),
    # transmitter and tuner
    ("IC-R8600", [], "1C 00 01"),
    ("IC-R8600", [], "1C 00"),
    ("IC-705", [], "1C 01 02"),
    ("IC-9700", [], "1C 01 02"),
    # CW
    ("IC-705", [], "17"),
    ("IC-705", [], "17 " + "41" * 31),
    ("IC-705", [], "17 41 23"),
    ("IC-R8600", [], "17 43 51"),
    # memories
    ("IC-7300MK2", [], "1A 00 00 00"),
    ("IC-7300MK2", [], "1A 00 01 02"),
    ("IC-7760", [], "1A 00 01 00"),
    ("IC-705", [], "1A 00 01 00 00 00"),
    ("IC-9700", [], "1A 00 04 00 01"),
    ("IC-9700", [], "1A 00 00 00 01"),
    ("IC-9700", [], "1A 00 01 01 08"),
    ("IC-7300MK2", [], "1A 00 00 01 00"),
    ("IC-7300MK2", [], "08 01 02"),
    ("IC-7300MK2", [], "08 01"),
    ("IC-7300MK2", [], "08 A0 00 01"),
    ("IC-7300MK2", [], "08"),
    ("IC-7300MK2", [], "0A"),
    ("IC-7300MK2", [], "09 00"),
    ("IC-7300MK2", [], "0B 00"),
    ("IC-705", [], "08 A0 01 00"),
    ("IC-705", ["1C 00 01"], "09"),
    # band registers, user edges, scan, voice memory, position
    ("IC-7610", [], "1A 01 12 01"),
    ("IC-7610", [], "1A 01 01 04"),
    ("IC-7610", [], "1A 01 01"),
    ("IC-R8600", [], "1A 01 01 01"),
    ("IC-7610", [], "1A 01 05 01 00 00 10 07 00 01 01 00 00 08 85 00 08 85"),
    ("IC-7610", [], "1A 01 05 01 00 00 10 14 00 17 01 00 00 08 85 00 08 85"),
    ("IC-7610", [], "1A 01 05 01 00 00 10 14 00 01 01 03 00 08 85 00 08 85"),
    ("IC-7610", [], "1A 01 05 01 00 00 10 14 00 01 01 00 00 08 86 00 08 85"),
    ("IC-7610", [], "1A 01 05 01 00 00 10 14 00 01"),
    ("IC-7610", [], "1E 03"),
    ("IC-7610", [], "1E 03 31"),
    ("IC-7610", [], "1E 03 01 00 00 00 14 00 2D 00 00 00 15 00"),
    ("IC-7610", [], "1E 03 01 00 00 10 14 00 2D 00 00 00 14 00"),
    ("IC-7610", [], "1E 03 01 00 00 00 14 00 00 00 10 14 00"),
    ("IC-705", [], "0E"),
    ("IC-705", [], "0E 24"),
    ("IC-705", ["1C 00 01"], "0E 01"),
    ("IC-705", [], "28 00"),
    ("IC-705", [], "28 00 09"),
    ("IC-705", ["05 00 00 00 15 00"], "28 00 01"),
    ("IC-7610", [], "28 00 01"),
    ("IC-705", [], "23 01 04"),
    ("IC-7610", [], "23 00"),
    # six bytes of frequency, and what only some models have
    ("IC-905", [], "05 00 00 00 15 00"),
    ("IC-905", [], "05 00 00 01 00 05 01"),
    ("IC-905", [], "06 22"),
    ("IC-905", [], "1C 01 02"),
    ("IC-7851", [], "1A 04"),
    ("IC-7851", [], "29 00 1A 04"),
    ("IC-7851", [], "0F 12"),
    ("IC-7851", [], "11 45"),
    ("IC-7851", [], "16 65"),
    ("IC-7851", [], "15 07"),
    ("IC-7760", [], "16 55"),
    ("IC-7610", [], "16 66"),
    ("IC-7760", ["16 66 01"], "1C 00 01"),
    ("IC-9700", ["16 5A 01"], "16 59 00"),
    ("IC-9700", ["16 59 00"], "07 D1"),
    ("IC-9700", ["1C 00 01"], "16 5A 01"),
    ("IC-9700", ["1C 00 01"], "16 59 00"),
    ("IC-7300MK2", [], "1A 05 01 10 00 00 00"),
    ("IC-7300MK2", [], "1A 05 01 10 06 55 36"),
    ("IC-7300MK2", [], "1A 05 02 65 10"),
    ("IC-7300MK2", [], "1A 05 02 67 21"),
    ("IC-7300MK2", [], "1A 05 00 14 04"),
    ("IC-7300MK2", [], "1A 05 01 42 04"),
    # not modelled, or not on this model
    ("IC-7300MK2", [], "0F 12"),
    ("IC-7300MK2", [], "0C"),
    ("IC-R8600", [], "0F 01"),
    ("IC-705", [], "0F 13"),
    ("IC-7300MK2", [], "12"),
    ("IC-705", [], "12"),
    ("IC-7610", [], "12 02"),
    ("IC-R8600", [], "12 00 01"),
    ("IC-705", [], "10 14"),
    ("IC-705", [], "1E 01 14"),
    ("IC-705", [], "1E 01 00"),
    ("IC-9700", [], "21 02"),
    ("IC-R8600", [], "21 00"),
    ("IC-705", [], "1B 00 00 08 86"),
    ("IC-705", [], "1B 02 20 00 23"),
    ("IC-705", [], "1B 02 00 00 28"),
    ("IC-705", [], "1B 07 01 00"),
    ("IC-7300MK2", [], "1B 02"),
    ("IC-705", [], "1A 05 01 18 04"),
    ("IC-7300MK2", [], "1A 05 00 89 02"),
    ("IC-7300MK2", [], "1A 05 01 32 20 26 13 01"),
    ("IC-7300MK2", [], "1A 05 01 33 24 00"),
    ("IC-7300MK2", [], "1A 05 01 33 23 60"),
    ("IC-7300MK2", [], "1A 05 01 36 00 00 02"),
    ("IC-7300MK2", [], "1A 05 00 83 02 56"),
    ("IC-7300MK2", [], "1A 05 01 33 24"),
    ("IC-7610", [FM], "1A 04"),
    ("IC-7610", [], "1A 04 14"),
    ("IC-7610", [], "1A 09 02"),
    ("IC-705", [], "1A 09 01"),
    ("IC-R8600", [], "1A 08 00"),
    ("IC-R8600", [], "1A 07 02"),
    ("IC-705", [], "15 02 00"),
    ("IC-R8600", [], "15 11"),
    ("IC-705", [], "18 02"),
    ("IC-705", [], "13 03"),
    ("IC-705", [], "19 01"),
    ("IC-705", [], "1C 03 00"),
]


@pytest.mark.parametrize(("name", "before", "body"), CHECKLIST)
def test_what_cannot_be_is_refused_and_changes_nothing(
    name: str, before: list[str], body: str
) -> None:
    bench = Bench(name)
    bench.set(*before)
    assert bench.ask(body) == NG
    assert bench.readings() == readings_of(name, tuple(before))


@cache
def readings_of(name: str, before: tuple[str, ...]) -> list[str]:
    bench = Bench(name)
    bench.set(*before)
    return bench.readings()


@pytest.mark.parametrize("name", MODELS)
def test_nothing_of_the_catalogue_lacks_its_handler(name: str) -> None:
    """A missing one is a KeyError here."""
    bench = Bench(name)
    for command in bench.model.commands:
        assert bench.ask(command.hex()) != SILENT


def rig() -> Rig:
    return Rig(IC_705, rng=random.Random(1))


def test_a_frame_for_another_radio_is_not_answered_and_not_echoed() -> None:
    frame = build_frame(0x94, 0xE0, b"\x03")
    assert rig().handle_frame(frame, 0.0) == []
    assert not rig().echoes(frame)


def test_a_frame_for_this_radio_is_echoed() -> None:
    assert rig().echoes(build_frame(0xA4, 0xE0, b"\x30"))


def test_a_broadcast_read_is_answered_from_the_radios_own_address() -> None:
    (answer,) = rig().handle_frame(build_frame(0x00, 0xE1, b"\x03"), 0.0)
    assert (frame_to(answer), frame_source(answer)) == (0xE1, 0xA4)


def test_a_broadcast_write_is_not_acted_upon() -> None:
    radio = rig()
    for body in ("05 00 40 07 07 00", "00 00 40 07 07 00", "1C 00 01", "18 00"):
        frame = build_frame(0x00, 0xE0, bytes.fromhex(body))
        assert radio.handle_frame(frame, 0.0) == []
    assert radio.state.vfo.frequency_hz == 14_074_000
    assert not radio.transmitting


def test_answers_and_the_radios_own_frames_are_not_answered() -> None:
    """Two radios that answer NG to each other's NG would never stop."""
    for source, body in ((0xE0, b"\xfa"), (0xE0, b"\xfb"), (0xA4, b"\x03")):
        frame = build_frame(0xA4, source, body)
        assert rig().handle_frame(frame, 0.0) == []
        assert not rig().echoes(frame)


@given(st.binary(max_size=40))
def test_no_bytes_make_the_radio_raise(data: bytes) -> None:
    answers = rig().handle_frame(data, 0.0)
    assert len(answers) <= is_frame(data)


bcd = st.integers(0, 99).map(lambda number: int(str(number), 16))
data_bytes = st.lists(bcd | st.integers(0, 0xFC), max_size=7).map(bytes)


# FD and FE mark the ends of frames.
NO_MARKS = bytes(0 if byte in (0xFD, 0xFE) else byte for byte in range(256))


@cache
def bodies(name: str) -> st.SearchStrategy[bytes]:
    """Mostly commands that the model has, with data that often are numbers."""
    model = MODELS[name]
    prefix = st.sampled_from([b"", b"", b"", b"\x29\x00", b"\x29\x01"])
    command = st.sampled_from(model.commands) | st.binary(min_size=1, max_size=2)
    subs = st.sampled_from([b"", *(bytes((sub,)) for sub in model.functions)])
    body = st.tuples(prefix, command, subs, data_bytes).map(b"".join)
    return body.map(lambda each: each.translate(NO_MARKS)) | channels(name)


def channels(name: str) -> st.SearchStrategy[bytes]:
    """The first channel: chosen, written, displayed, moved, cleared, written again."""
    layout = MODELS[name].memory
    first = (layout.banks.start,) * layout.bank_size + (0, layout.channels.start)
    number = bytes(first[-2:])
    cleared = b"\x1a\x00" + bytes(first) + b"\xff"
    keys = (b"\x08", b"\x09", b"\x0a", b"\x0b", b"\x07", b"\x08" + number, cleared)
    return st.sampled_from(keys)


conversations = st.sampled_from(list(MODELS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(
            st.tuples(bodies(name), st.sampled_from([0, 0, 0.5, 30])), max_size=30
        ),
    )
)


@examples(60)
@given(conversations)
def test_any_conversation_leaves_a_radio_that_could_exist(
    conversation: tuple[str, list[tuple[bytes, float]]],
) -> None:
    name, said = conversation
    bench = Bench(name)
    for body, pause in said:
        bench.ask(body.hex())
        if not bench.rig.is_on:
            break
        bench.wait(pause)
        timeout = bench.rig.next_timeout()
        assert timeout is None or timeout > bench.now
    state = bench.rig.state
    for vfo in (each for receiver in state.receivers for each in receiver.records):
        assert vfo.mode in bench.model.modes_at(vfo.frequency_hz)
        assert bench.model.covers(vfo.frequency_hz)
        assert vfo.data <= bench.model.data_modes
    bench.wait(400.0)
    assert not bench.rig.transmitting
    state.scope.outputs.clear()
    assert bench.rig.next_timeout() is None


@examples(60)
@given(conversations)
def test_whatever_is_refused_has_changed_nothing(
    conversation: tuple[str, list[tuple[bytes, float]]],
) -> None:
    """A twin is told only what the radio accepted, and ends up the same."""
    name, said = conversation
    bench, twin = Bench(name), Bench(name)
    for body, _ in said:
        answer = bench.ask(body.hex())
        if answer != NG:
            assert twin.ask(body.hex()) == answer
    assert bench.readings() == twin.readings()


def test_the_same_seed_and_frames_give_the_same_answers() -> None:
    def conversation(seed: int) -> list[str]:
        bench = Bench("IC-7610", seed)
        bench.set("1C 01 02")
        said = []
        for _ in range(60):
            bench.wait(0.1)
            said.append(bench.ask("1C 01"))
        return said

    assert conversation(7) == conversation(7)
    assert conversation(7) != conversation(8)


def test_the_radio_reads_bare_18_as_on() -> None:
    assert Bench("IC-705").ask("18") == "18 01"
    assert Bench("IC-705").ask("18 01") == OK
