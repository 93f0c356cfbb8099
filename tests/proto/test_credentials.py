"""User names and passwords: the published pairs, the rules, and silence about both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.credentials import CREDENTIAL_MAX, obscure, reveal
from icom_proto.errors import DecodeError, LocalProtocolError

# PROTOCOL.md section 3, all of them. The first column is the text in clear.
PUBLISHED = {
    "": "",
    "a": "38",
    "A": "5E",
    "aa": "38 2B",
    "test": "22 3F 5C 31",
    "beer": "2B 3F 55 5C",
    "beerbeer": "2B 3F 55 5C 3F 25 77 58",
    "icom": "37 50 53 28",
    "user": "5C 22 55 5C",
    "pass": "28 2B 5C 44",
    "admin": "38 40 6A 24 4D",
    "NY4I": "27 30 7C 43",
    "icom1234": "37 50 53 28 7E 65 49 72",
    "Passw0rd!": "5B 2B 5C 44 7A 7E 36 77 57",
    "~": "52",
    "~~~~": "52 47 5D 4C",
    "}~": "5F 47",
    "0123456789abcdef": "62 59 68 7C 7D 29 73 21 5A 4A 77 26 6A 53 69 5C",
    "ABCDEFGHIJKLMNOP": "5E 3E 2C 54 3A 4F 75 79 35 48 56 34 6C 61 7B 4B",
    "aaaaaaaaaaaaaaaa": "38 2B 2E 50 40 3F 55 33 37 25 77 24 26 74 6A 28",
    "zzzzzzzzzzzzzzzz": "3B 7A 51 5F 52 47 5D 4C 42 66 20 23 46 4E 57 45",
    "~~~~~~~~~~~~~~~~": "52 47 5D 4C 42 66 20 23 46 4E 57 45 3D 67 76 60",
    " " * 16: "47 5D 4C 42 66 20 23 46 4E 57 45 3D 67 76 60 41",
}

PRINTABLE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=CREDENTIAL_MAX
)


@pytest.mark.parametrize(("text", "published"), PUBLISHED.items())
def test_a_published_text_is_obscured_as_published(text: str, published: str) -> None:
    assert obscure(text) == bytes.fromhex(published)
    assert reveal(bytes.fromhex(published)) == text


@given(PRINTABLE)
def test_what_was_obscured_can_be_revealed(text: str) -> None:
    obscured = obscure(text)
    assert len(obscured) == len(text)
    assert reveal(obscured) == text


def test_seventeen_characters_are_refused_and_not_cut() -> None:
    with pytest.raises(LocalProtocolError, match="at most 16 characters"):
        obscure("ABCDEFGHIJKLMNOPQ")


@pytest.mark.parametrize("text", ["é", "tab\t", "\x7f", "日本", "\x1f", "a\0"])
def test_characters_outside_printable_ascii_are_refused(text: str) -> None:
    with pytest.raises(LocalProtocolError, match="printable ASCII, 0x20 to 0x7e"):
        obscure(text)


@pytest.mark.parametrize("text", ["hunter2-hunter2-hunter2", "hunter2é"])
def test_the_refusal_does_not_repeat_the_text(text: str) -> None:
    with pytest.raises(LocalProtocolError) as refused:
        obscure(text)
    assert "hunter" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("raw", [b"\0", b"7P\xff", b"\x1f", b"\x7f"])
def test_bytes_that_stand_for_nothing_are_a_decode_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        reveal(raw)
