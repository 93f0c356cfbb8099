"""What happens at the fake radio, line by line: for people, or as JSON for programs.

The names and fields of the JSON events are a contract (`icom-sim serve --help` points
here): a name is never reused, a field never changes its meaning. No event holds a
credential.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeAlias

from icom_proto.events import (
    Address,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    ClientCivOpened,
    ClientGranted,
    ClientLeft,
    ClientLoggedIn,
    ClientRefused,
    CloseReason,
)
from icom_sim.happenings import (
    CivHandled,
    CivPushed,
    Happening,
    PttChanged,
    Trouble,
)

Fields: TypeAlias = Mapping[str, object]


class Style(Enum):
    """How events are written."""

    TEXT = "text"
    JSONL = "jsonl"


class EventLog:
    """Writes events as lines; `t` counts seconds from `started_at`."""

    def __init__(
        self, write: Callable[[str], None], style: Style, started_at: float
    ) -> None:
        self._write, self._style, self._started_at = write, style, started_at

    def listen(self, happening: Happening, now: float) -> None:
        """Tell what is worth telling: ignored datagrams, say, are only counted."""
        described = describe(happening)
        if described is not None:
            self.tell(*described, now)

    def tell(self, event: str, fields: Fields, now: float) -> None:
        t = round(now - self._started_at, 6)
        if self._style is Style.JSONL:
            self._write(json.dumps({"event": event, "t": t, **fields}))
        else:
            self._write(f"{t:10.3f}  {event.replace('_', ' '):<16}  {_text(fields)}")


def describe(happening: Happening) -> tuple[str, Fields] | None:
    """The name and the fields of an event; None for what is not told."""
    match happening:
        case ClientLoggedIn(address, computer):
            return "session_opened", _client(address, computer=computer)
        case ClientRefused(address, CloseReason.BAD_CREDENTIALS as reason):
            return "login_refused", _client(address, reason=_name(reason))
        case ClientRefused(address, reason):
            return "streams_refused", _client(address, reason=_name(reason))
        case ClientGranted():
            return "streams_granted", _granted(happening)
        case ClientCivOpened(address):
            return "civ_opened", _client(address)
        case ClientCivClosed(address):
            return "civ_closed", _client(address)
        case CivHandled(frame, answers):
            told = [answer.hex() for answer in answers]
            return "civ", {"frame": frame.hex(), "answers": told}
        case CivPushed(frame):
            return "civ_pushed", {"frame": frame.hex()}
        case PttChanged(transmitting):
            return "ptt", {"on": transmitting}
        case ClientAudioStarted(address):
            return "audio_started", _client(address)
        case ClientAudioStopped(address):
            return "audio_stopped", _client(address)
        case ClientLeft(address, computer, reason):
            return "session_closed", _client(
                address, computer=computer, reason=_name(reason)
            )
        case Trouble(message):
            return "trouble", {"message": message}
        case _:
            return None


def _client(address: Address, **fields: object) -> dict[str, object]:
    return {"client": f"{address.host}:{address.port}", **fields}


def _granted(granted: ClientGranted) -> dict[str, object]:
    return _client(
        granted.address,
        computer=granted.computer,
        rx_codec=granted.rx_codec.name,
        rx_rate_hz=granted.rx_rate_hz,
        tx_codec=granted.tx_codec.name,
        tx_rate_hz=granted.tx_rate_hz,
        tx_buffer_ms=granted.tx_buffer_ms,
    )


def _name(reason: CloseReason) -> str:
    return reason.name.lower()


def _text(fields: Fields) -> str:
    """`name value, name value`. Names of computers come from the network."""
    parts = (
        f"{name.replace('_', ' ')} {_value(value)}" for name, value in fields.items()
    )
    return _printable(", ".join(parts))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return str(value) or "none"


def _printable(text: str) -> str:
    """A terminal obeys control characters: none of them comes through."""
    return "".join(each if each.isprintable() else "?" for each in text)
