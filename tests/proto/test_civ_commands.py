"""Requests, their answers, and what the answers say (CIV.md 1.10, 3 and 9)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto import civ_commands as civ
from icom_proto.civ_commands import Level, Meter, ModeReport, Vfo
from icom_proto.civ_frames import build_frame
from icom_proto.civ_values import Mode
from icom_proto.errors import DecodeError, LocalProtocolError


def request(text: str) -> bytes:
    return build_frame(0x98, 0xE0, bytes.fromhex(text))


def answer(text: str) -> bytes:
    return build_frame(0xE0, 0x98, bytes.fromhex(text))


READS = [
    *("02", "03", "04", "0C", "0F", "10", "11", "12", "18", "07 C2", "07 D2"),
    *("14 01", "15 02", "16 40", "19 00", "1B 01", "1C 00", "21 00", "23 00"),
    *("25 00", "26 01", "1A 03", "1A 06", "1E 00", "1E 02", "1E 01 11", "1E 03 02"),
    *("1A 05 01 18", "1A 01 05 01", "1A 00 00 01", "1A 00 01 00 07", "27 10", "27 11"),
    *("1A 00 00 01 00 07", "27 14 00", "27 15 01", "27 1E 06 01", "27 1F 00"),
    *("29 01 14 02", "29 00 11", "29 01 1A 03", "29 00 16 40"),
]
WRITES = [
    *("05 00 40 07 14 00", "06 01", "06 01 02", "07", "07 00", "07 B0", "07 D1"),
    *("07 C2 01", "07 D2 00", "08", "09", "0A", "0B", "0D 00 60 00", "0E 00", "13 00"),
    *("0F 01", "10 03", "11 20", "12 00", "14 01 01 28", "16 40 01", "17 43 51"),
    *("17", "18 00", "18 01", "1A 03 34", "1A 05 01 18 03", "1A 06 01 02", "28 00 01"),
    *("1C 00 01", "21 00 50 01 00", "25 00 00 40 07 14 00", "26 00 01 01 01"),
    *("1A 00 00 01 FF", "1A 00 00 01 00 07 FF", "27 14 00 00", "27 15 00 00 00 05"),
    *("27 1D 00 00", "27 1F 00 00", "27 1E 06 01 00", "1A 01 05 01 00"),
    *("27 11 01", "29 01 11 12", "29 00 16 40 01", "29 00", "1E 03 02 00 00 84 01 00"),
]


@pytest.mark.parametrize("text", READS)
def test_a_request_without_data_reads_and_its_whole_body_is_the_prefix(
    text: str,
) -> None:
    assert civ.is_read(request(text))
    assert civ.answer_prefix(request(text)) == bytes.fromhex(text)


@pytest.mark.parametrize("text", WRITES)
def test_a_request_with_data_writes(text: str) -> None:
    assert not civ.is_read(request(text))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("03", "03 00 40 07 14 00"),
        ("25 01", "25 01 00 60 07 14 00"),
        ("14 02", "14 02 02 55"),
        ("1A 05 01 32", "1A 05 01 32 20 26 09 03"),
        ("07 D2", "07 D2 01"),
        ("29 01 14 02", "29 01 14 02 01 28"),
        ("27 15 00", "27 15 00 00 00 05 00 00"),
        ("1A 00 00 07", "1A 00 00 07 FF"),
    ],
)
def test_an_answer_starts_with_the_prefix_of_its_question_only(
    asked: str, answered: str
) -> None:
    body = bytes.fromhex(answered)
    assert body.startswith(civ.answer_prefix(request(asked)))
    others = [text for text in READS if not asked.startswith(text)]
    assert not [
        text for text in others if body.startswith(civ.answer_prefix(request(text)))
    ]


@pytest.mark.parametrize(
    ("write", "prefix"),
    [
        ("14 01 01 28", "14 01"),
        ("29 01 11 12", "29 01 11"),
        ("1A 05 00 89 01", "1A 05 00 89"),
    ],
)
def test_the_prefix_of_a_write_is_what_reads_it_back(write: str, prefix: str) -> None:
    assert civ.answer_prefix(request(write)) == bytes.fromhex(prefix)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (civ.read_identity(), "19 00"),
        (civ.read_frequency(), "03"),
        (civ.set_frequency(7_074_000), "05 00 40 07 07 00"),
        (civ.set_frequency(10_368_100_000), "05 00 00 10 68 03 01"),
        (civ.read_vfo_frequency(Vfo.UNSELECTED), "25 01"),
        (civ.set_vfo_frequency(Vfo.SELECTED, 145_500_000), "25 00 00 00 50 45 01"),
        (civ.read_mode(), "04"),
        (civ.set_mode(Mode.LSB, 2), "06 00 02"),
        (civ.set_mode(Mode.PSK), "06 12"),
        (civ.read_vfo_mode(Vfo.SELECTED), "26 00"),
        (civ.set_vfo_mode(Vfo.SELECTED, Mode.USB, 1, 1), "26 00 01 01 01"),
        (civ.read_ptt(), "1C 00"),
        (civ.set_ptt(True), "1C 00 01"),
        (civ.set_ptt(False), "1C 00 00"),
        (civ.read_level(Level.AF_GAIN), "14 01"),
        (civ.set_level(Level.RF_POWER, 127), "14 0A 01 27"),
        (civ.read_meter(Meter.S_METER), "15 02"),
    ],
)
def test_a_builder_gives_the_bytes_of_the_golden_exchanges(
    body: bytes, text: str
) -> None:
    assert body == bytes.fromhex(text)


def test_a_level_over_the_limit_is_the_callers_fault() -> None:
    with pytest.raises(LocalProtocolError):
        civ.set_level(Level.AF_GAIN, 256)


def test_answers_say_what_the_golden_exchanges_say() -> None:
    assert civ.decode_identity_answer(answer("19 00 A4")) == 0xA4
    for text in ("03", "25 00", "00", "1C 03"):
        frame = answer(f"{text} 00 40 07 14 00")
        assert civ.decode_frequency_answer(frame) == 14_074_000
    assert civ.decode_frequency_answer(answer("03 00 00 10 68 03 01")) == 10_368_100_000
    assert civ.decode_ptt_answer(answer("1C 00 01")) is True
    assert civ.decode_ptt_answer(answer("1C 00 00")) is False
    assert civ.decode_level_answer(answer("15 02 01 20")) == 120
    assert civ.decode_level_answer(answer("29 01 14 02 02 55")) == 255


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("04 01 01", ModeReport(Mode.USB, 1, None)),
        ("04 05", ModeReport(Mode.FM, None, None)),
        ("01 01 02", ModeReport(Mode.USB, 2, None)),
        ("26 00 01 01 03", ModeReport(Mode.USB, 3, 1)),
        ("04 FF", ModeReport(Mode(0xFF), None, None)),
    ],
)
def test_a_mode_answer_says_as_much_as_the_radio_did(
    text: str, report: ModeReport
) -> None:
    assert civ.decode_mode_answer(answer(text)) == report


WRONG_SIZES: list[tuple[Callable[[bytes], object], str]] = [
    (civ.decode_identity_answer, "19 00"),
    (civ.decode_identity_answer, "19 00 A4 A4"),
    (civ.decode_frequency_answer, "03 40"),
    (civ.decode_frequency_answer, "25 01 FF"),
    (civ.decode_mode_answer, "26 00 01 01"),
    (civ.decode_mode_answer, "26 00 FF"),
    (civ.decode_mode_answer, "04"),
    (civ.decode_mode_answer, "04 01 01 01"),
    (civ.decode_ptt_answer, "1C 00"),
    (civ.decode_ptt_answer, "1C 00 01 01"),
    (civ.decode_level_answer, "15 02 01"),
]


@pytest.mark.parametrize(("decode", "text"), WRONG_SIZES)
def test_an_answer_of_the_wrong_size_is_a_decode_error(
    decode: Callable[[bytes], object], text: str
) -> None:
    with pytest.raises(DecodeError):
        decode(answer(text))


@given(st.binary(min_size=1, max_size=12))
def test_no_body_makes_anything_raise_but_decode_errors(body: bytes) -> None:
    frame = b"\xfe\xfe\xe0\x98" + body + b"\xfd"
    civ.is_read(frame)
    assert body.startswith(civ.answer_prefix(frame))
    for decode, _ in WRONG_SIZES:
        try:
            decode(frame)
        except DecodeError:
            continue
