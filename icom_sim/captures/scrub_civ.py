"""CI-V that tells who and where somebody is: texts and positions, made harmless.

What remains has the same form, so that programs read it as before: letters become X,
digits 0, and numbers of two decimal digits a byte 11. Frames are found in each datagram
by itself: datagrams come late and twice, and the rest of a frame may never come.
"""

import re

from icom_proto.civ_frames import END, START

# Commands whose data may hold call signs and names (CIV.md 3.9 to 3.12): CW, memories,
# keyer memories, menu items such as the opening message, D-STAR's own and heard calls,
# its data and messages.
_TEXT_COMMANDS = tuple(
    map(bytes.fromhex, ("17", "1a00", "1a02", "1a05", "1f", "20", "22"))
)
_POSITION = bytes.fromhex("23")
# In front of a command, with a receiver's number: for the other receiver (CIV.md 3.1).
_TO_RECEIVER = b"\x29"
# To, from.
_ADDRESSES = 2

_FRAME = re.compile(b"%c+[^%c%c]*%c?" % (START, START, END, END))
# Text among numbers: three printable bytes with a letter. Numbers that are taken for
# text stay numbers, because the bytes of X, x and 0 are decimal digits too.
_RUN = re.compile(rb"[\x20-\x7e]{3,}")
_LETTER = re.compile(rb"[A-Za-z]")
_HARMLESS = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    b"X" * 26 + b"x" * 26 + b"0" * 10,
)
# Flags (00, 01: north or south) and "none" (FF) stay.
_NO_PLACE = bytes(
    each if each in (0x00, 0x01, 0xFC, END, START, 0xFF) else 0x11
    for each in range(0x100)
)


def masked(data: bytes) -> bytes:
    """The CI-V bytes of one datagram, as many as before."""
    done, parts = 0, []
    for found in _FRAME.finditer(data):
        parts += [_without_text(data[done : found.start()]), _masked_frame(found[0])]
        done = found.end()
    return b"".join(parts) + _without_text(data[done:])


def _masked_frame(frame: bytes) -> bytes:
    at = len(frame) - len(frame.lstrip(bytes((START,)))) + _ADDRESSES
    if frame[at : at + 1] == _TO_RECEIVER:
        at += 2
    command = frame[at:]
    if command.startswith(_POSITION):
        return frame[: at + 2] + frame[at + 2 :].translate(_NO_PLACE)
    for each in _TEXT_COMMANDS:
        if command.startswith(each):
            at += len(each)
            data = frame[at:]
            # CW is text and nothing else.
            whole = each == _TEXT_COMMANDS[0]
            clean = data.translate(_HARMLESS) if whole else _without_text(data)
            return frame[:at] + clean
    return frame


def _without_text(data: bytes) -> bytes:
    """Also for what continues a frame that began in another datagram."""
    return _RUN.sub(
        lambda run: run[0].translate(_HARMLESS) if _LETTER.search(run[0]) else run[0],
        data,
    )
