"""The CW keyer: its text, and how long that takes to send (spec CIV.md 3.9, 2.10)."""

from collections import deque

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
# What the keyer remembers to have sent, and what may wait: more than a minute and a
# half at any speed. guess: a full buffer is NG.
SENT_MAX = 10_000
WAITING_MAX = 1_000

_DOT_S_AT_1_WPM = 1.2
_WPM_MIN, _WPM_SPAN = 6, 42
_DELAY_DOTS_MIN, _DELAY_DOTS_SPAN = 2, 11


def is_sendable(text: bytes) -> bool:
    """Whether command 17 takes it: 1 to 30 characters of its alphabet."""
    known = all(letter in _MORSE or letter in _GAPS for letter in _letters(text))
    return 1 <= len(text) <= TEXT_MAX and known


def duration_s(text: bytes, speed_raw: int) -> float:
    """From the first element to the end of the gap after the last character."""
    return sum(map(_dots, _letters(text))) * _dot_s(speed_raw)


def break_in_delay_s(delay_raw: int, speed_raw: int) -> float:
    """How long semi break-in keeps the transmitter on behind the last element."""
    dots = _DELAY_DOTS_MIN + delay_raw * _DELAY_DOTS_SPAN / 255
    return dots * _dot_s(speed_raw)


def _dot_s(speed_raw: int) -> float:
    return _DOT_S_AT_1_WPM / (_WPM_MIN + speed_raw * _WPM_SPAN / 255)


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


class CwText:
    """What command 17 gave to the keyer, and how much of it went out.

    `sent` grows as the keyer works; what was stopped is never in it.
    """

    def __init__(self) -> None:
        self._sent: deque[str] = deque(maxlen=SENT_MAX)
        self._waiting: deque[tuple[float, str]] = deque()
        self._free_at = 0.0

    @property
    def sent(self) -> str:
        """As of the last `advance`; the newest characters, if there were many."""
        return "".join(self._sent)

    @property
    def waiting(self) -> str:
        return "".join(letter for _, letter in self._waiting)

    def has_room(self, text: bytes) -> bool:
        return len(self._waiting) + len(text) <= WAITING_MAX

    def add(self, text: bytes, speed_raw: int, now: float) -> float:
        """Behind what still waits. When all of it is sent."""
        end = max(now, self._free_at)
        for letter in _letters(text):
            end += duration_s(letter.encode("ascii"), speed_raw)
            self._waiting.append((end, letter))
        self._free_at = end
        return end

    def stop(self, now: float) -> None:
        self._waiting.clear()
        self._free_at = now

    def advance(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            self._sent.append(self._waiting.popleft()[1])
