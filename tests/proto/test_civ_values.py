"""BCD numbers of CI-V against the tables of spec CIV.md section 2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.civ_values import (
    SIX_BYTES_FROM_HZ,
    Mode,
    decode_bcd,
    decode_frequency,
    decode_level,
    decode_rit,
    encode_bcd,
    encode_frequency,
    encode_level,
    encode_rit,
)
from icom_proto.errors import DecodeError, LocalProtocolError

FREQUENCIES = {
    1_840_000: "00 00 84 01 00",
    3_573_000: "00 30 57 03 00",
    7_074_000: "00 40 07 07 00",
    7_217_948: "48 79 21 07 00",
    10_136_000: "00 60 13 10 00",
    14_074_000: "00 40 07 14 00",
    14_303_990: "90 39 30 14 00",
    29_999_999: "99 99 99 29 00",
    50_313_000: "00 30 31 50 00",
    74_800_000: "00 00 80 74 00",
    145_500_000: "00 00 50 45 01",
    432_100_000: "00 00 10 32 04",
    446_006_250: "50 62 00 46 04",
    1_296_200_000: "00 00 20 96 12",
    2_400_000_000: "00 00 00 00 24",
    5_760_000_000: "00 00 00 60 57",
    10_368_100_000: "00 00 10 68 03 01",
    10_489_750_000: "00 00 75 89 04 01",
}
LEVELS = {
    0: "00 00",
    26: "00 26",
    64: "00 64",
    128: "01 28",
    192: "01 92",
    255: "02 55",
}
RIT_OFFSETS = {
    0: "00 00 00",
    50: "50 00 00",
    150: "50 01 00",
    -150: "50 01 01",
    999: "99 09 00",
    -1230: "30 12 01",
    -9999: "99 99 01",
}


@pytest.mark.parametrize(("hz", "text"), FREQUENCIES.items())
def test_a_frequency_of_the_table_goes_both_ways(hz: int, text: str) -> None:
    assert encode_frequency(hz) == bytes.fromhex(text)
    assert decode_frequency(bytes.fromhex(text)) == hz


@pytest.mark.parametrize(("raw", "text"), LEVELS.items())
def test_a_level_of_the_table_goes_both_ways(raw: int, text: str) -> None:
    assert encode_level(raw) == bytes.fromhex(text)
    assert decode_level(bytes.fromhex(text)) == raw


@pytest.mark.parametrize(("hz", "text"), RIT_OFFSETS.items())
def test_a_rit_offset_of_the_table_goes_both_ways(hz: int, text: str) -> None:
    assert encode_rit(hz) == bytes.fromhex(text)
    assert decode_rit(bytes.fromhex(text)) == hz


def test_a_low_frequency_in_six_bytes_is_read_by_its_size() -> None:
    assert decode_frequency(bytes.fromhex("00 00 50 45 01 00")) == 145_500_000


def test_minus_zero_is_zero() -> None:
    assert decode_rit(bytes.fromhex("00 00 01")) == 0


@given(st.integers(0, 99_999_999_999 + 900_000_000_000))
def test_every_frequency_that_fits_comes_back(hz: int) -> None:
    data = encode_frequency(hz)
    assert decode_frequency(data) == hz
    assert len(data) == (5 if hz < SIX_BYTES_FROM_HZ else 6)


@given(st.binary(max_size=8))
def test_decoding_raises_nothing_but_decode_errors(data: bytes) -> None:
    for decode in (decode_frequency, decode_level, decode_rit, decode_bcd):
        try:
            value = decode(data)
        except DecodeError:
            continue
        assert isinstance(value, int)


@pytest.mark.parametrize(
    "text", ["", "FF", "00 40 07 14", "0A 40 07 14 00", "00 40 07 14 F0", "00" * 7]
)
def test_what_is_not_a_frequency_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_frequency(bytes.fromhex(text))


@pytest.mark.parametrize("text", ["02 56", "01 2A", "01", "00 01 28"])
def test_what_is_not_a_level_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_level(bytes.fromhex(text))


@pytest.mark.parametrize("text", ["50 01", "50 01 02", "50 01 00 00", "5A 01 00"])
def test_what_is_not_a_rit_offset_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_rit(bytes.fromhex(text))


def test_an_endless_run_of_digits_is_refused_like_any_other_bad_number() -> None:
    with pytest.raises(DecodeError):
        decode_bcd(bytes(5000))


@pytest.mark.parametrize("hz", [-1, 10**12])
def test_a_frequency_that_does_not_fit_is_the_callers_fault(hz: int) -> None:
    with pytest.raises(LocalProtocolError):
        encode_frequency(hz)


@pytest.mark.parametrize("raw", [-1, 256])
def test_a_level_that_does_not_fit_is_the_callers_fault(raw: int) -> None:
    with pytest.raises(LocalProtocolError):
        encode_level(raw)


def test_a_rit_offset_of_five_digits_is_the_callers_fault() -> None:
    with pytest.raises(LocalProtocolError):
        encode_rit(-10_000)


def test_a_number_too_long_or_negative_does_not_become_bcd() -> None:
    for value in (100, -1):
        with pytest.raises(LocalProtocolError):
            encode_bcd(value, 1)


def test_a_frequency_that_is_no_integer_says_so() -> None:
    with pytest.raises(TypeError, match="float"):
        encode_frequency(14.1e6)  # type: ignore[arg-type]


def test_a_mode_byte_is_its_bcd_code_and_unknown_ones_survive() -> None:
    assert Mode(0x17) is Mode.DV
    assert Mode(0x99).name == "Mode_0x99"
