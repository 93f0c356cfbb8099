"""The CW keyer: how long a text takes to send (spec CIV.md 3.9, 2.10).

It keeps the time at which the last element ends, and no text: what was sent does not
matter to anybody yet, and so a stream of 17 commands cannot fill the memory.
"""

# Dots and dashes of what command 17 accepts, but for the two characters of `_GAPS`.
_ALPHABET = """
    A .- B -... C -.-. D -.. E . F ..-. G --. H .... I .. J .--- K -.- L .-.. M --
    N -. O --- P .--. Q --.- R .-. S ... T - U ..- V ...- W .-- X -..- Y -.-- Z --..
    0 ----- 1 .---- 2 ..--- 3 ...-- 4 ....- 5 ..... 6 -.... 7 --... 8 ---.. 9 ----.
    / -..-. ? ..--.. . .-.-.- - -....- , --..-- : ---... ' .----. ( -.--. ) -.--.-
    = -...- + .-.-. " .-..-. @ .--.-.
"""
_MORSE = dict(zip(*[iter(_ALPHABET.split())] * 2, strict=True))
# `^` joins its neighbours without the gap between characters.
_GAPS = " ^"
TEXT_MAX = 30

_DOT_S_AT_1_WPM = 1.2
_WPM_MIN, _WPM_SPAN = 6, 42


def is_sendable(text: bytes) -> bool:
    """Whether command 17 takes it: 1 to 30 characters of its alphabet."""
    known = all(letter in _MORSE or letter in _GAPS for letter in _letters(text))
    return 1 <= len(text) <= TEXT_MAX and known


def duration_s(text: bytes, speed_raw: int) -> float:
    """From the first element to the end of the gap after the last character."""
    wpm = _WPM_MIN + speed_raw * _WPM_SPAN / 255
    return sum(map(_dots, _letters(text))) * _DOT_S_AT_1_WPM / wpm


def _letters(text: bytes) -> str:
    return text.decode("latin-1").upper()


def _dots(letter: str) -> int:
    """Length in dots, with the gap of three that ends a character."""
    if letter == " ":
        return 4  # with the gap before it, the seven between words
    if letter == "^":
        return -2  # leaves one dot of the gap before it
    elements = _MORSE[letter]
    return sum(2 if element == "." else 4 for element in elements) + 2
