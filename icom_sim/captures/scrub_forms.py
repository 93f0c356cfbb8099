"""The forms in which a text may stand in a datagram, and looking for many of them.

A user name or password stands there as it is, or with the passcode of the login
(PROTOCOL.md 3), which depends on the place: the same text has other bytes one place
further on. All places of a field are looked for.
"""

from collections.abc import Callable, Iterator

from icom_proto.credentials import CREDENTIAL_MAX, obscure

# Shorter bytes are anywhere by chance: every 4 GB of noise has any four of them once.
TELLING = 4

_PRINTABLE = bytes(range(0x20, 0x7F))
# What each byte becomes at each place of a field; what has no passcode stays.
_TABLES = [
    {
        each: obscure(" " * place + chr(each))[place] if each in _PRINTABLE else each
        for each in range(0x100)
    }
    for place in range(CREDENTIAL_MAX)
]

Form = Callable[[bytes], bytes]


def passcode(text: bytes, place: int = 0) -> bytes:
    """The bytes of `text` that begins at this place of a field, cut at its end."""
    tables = _TABLES[place:]
    return bytes([table[each] for each, table in zip(text, tables, strict=False)])


def forms_of(text: bytes) -> Iterator[tuple[bytes, Form]]:
    """Each telling form, and what gives a text of the same length that form."""
    if len(text) >= TELLING:
        yield text, bytes
    for place in range(CREDENTIAL_MAX):
        form = passcode(text, place)
        if len(form) >= TELLING:
            yield form, _at(place)


def _at(place: int) -> Form:
    return lambda text: passcode(text, place)


class FormIndex:
    """Finds many forms in one pass. Each has a substitute of its own length."""

    def __init__(self) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, bytes]]] = {}

    def add(self, form: bytes, substitute: bytes) -> None:
        """A form of at least `TELLING` bytes; of two that fit the longer one counts."""
        assert len(form) == len(substitute) >= TELLING
        same = self._by_start.setdefault(form[:TELLING], [])
        same.append((form, substitute))
        same.sort(key=lambda each: -len(each[0]))

    def first(self, data: bytes, start: int = 0) -> tuple[int, bytes, bytes] | None:
        """Where the first one stands, it, and its substitute."""
        by_start = self._by_start
        if len(by_start) < len(data) and not any(each in data for each in by_start):
            return None  # as nearly always, and said sooner
        for at in range(start, len(data) - TELLING + 1):
            if data[at : at + TELLING] in by_start:
                for form, substitute in by_start[data[at : at + TELLING]]:
                    if data.startswith(form, at):
                        return at, form, substitute
        return None

    def replaced(self, data: bytes, start: int = 0) -> bytes:
        """With the substitute of each."""
        found = self.first(data, start)
        while found is not None:
            at, form, substitute = found
            data = data[:at] + substitute + data[at + len(form) :]
            found = self.first(data, at + 1)
        return data
