"""The substitution that hides user names and passwords from a casual look (section 3).

There is no key: whoever has the bytes has the text. Neither form may appear in a
message, a repr or a trace, so the errors here name the rule that was broken and nothing
else.
"""

from icom_proto.errors import DecodeError, LocalProtocolError

CREDENTIAL_MAX = 16
_FIRST, _LAST = 0x20, 0x7E
_COUNT = _LAST - _FIRST + 1

# A permutation of 0x20 to 0x7E, the same in eight independent programs (section 3).
_TABLE = bytes.fromhex(
    "475d4c42662023464e57453d67766041"
    "6239592d687e7c657d4929727378216e"
    "5a5e4a3e712c2a543c3a634f43752779"
    "5b3570486b566f34326c30616d7b2f4b"
    "64382b2e50403f55333725772426746a"
    "28534d69225c443136583b7a515f52"
)
_PLACES = {byte: place for place, byte in enumerate(_TABLE)}


def obscure(text: str) -> bytes:
    """The bytes that stand for `text` in a login; the packet pads them.

    At most 16 characters of printable ASCII: known programs cut longer text silently
    and disagree about other characters, so that both would end in a refused login.
    """
    if len(text) > CREDENTIAL_MAX:
        raise LocalProtocolError(
            f"user name and password have at most {CREDENTIAL_MAX} characters"
        )
    if any(not _FIRST <= ord(character) <= _LAST for character in text):
        raise LocalProtocolError(
            f"user name and password are printable ASCII, {_FIRST:#x} to {_LAST:#x}"
        )
    return bytes(
        _TABLE[(ord(character) - _FIRST + place) % _COUNT]
        for place, character in enumerate(text)
    )


def reveal(obscured: bytes) -> str:
    """The text behind the bytes of a login. The bytes come from the network.

    Raises DecodeError for bytes that `obscure` never makes.
    """
    if not all(byte in _PLACES for byte in obscured):
        raise DecodeError("user name or password has bytes outside the passcode table")
    return "".join(
        chr((_PLACES[byte] - place) % _COUNT + _FIRST)
        for place, byte in enumerate(obscured)
    )
