"""What happens at the fake radio, line by line: for people, or as JSON for programs.

The names and fields of the JSON events are a contract (`icom-sim serve --help` points
here): a name is never reused, a field never changes its meaning. No event holds a
credential.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from icom_proto.civ_frames import frame_body
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
from icom_sim.summary_text import Summary, summary_lines

_SWEEP: Final = bytes.fromhex("2700")

Fields: TypeAlias = Mapping[str, object]


class Style(Enum):
    """How events are written."""

    TEXT = "text"
    JSONL = "jsonl"


class EventLog:
    """Writes events as lines; `t` counts seconds from `started_at`.

    One of several radios has its number, `radio`, in each event.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        style: Style,
        started_at: float,
        radio: int | None = None,
    ) -> None:
        self._write, self._style, self._started_at = write, style, started_at
        self._radio: Fields = {} if radio is None else {"radio": radio}
        self._mark = "" if radio is None else f"{radio:>4}  "

    def listen(self, happening: Happening, now: float) -> None:
        """Tell what is worth telling: ignored datagrams, say, are only counted."""
        described = describe(happening)
        if described is not None:
            self.tell(*described, now)

    def tell(self, event: str, fields: Fields, now: float) -> None:
        t = round(now - self._started_at, 6)
        if self._style is Style.JSONL:
            head = {"event": event, "t": t, **self._radio}
            self._write(json.dumps({**head, **fields}))
        else:
            text = _printable(_text(event, fields))
            name = event.replace("_", " ")
            self._write(f"{t:10.3f}  {self._mark}{name:<16}  {text}")

    def tell_summary(self, summary: Summary, now: float) -> None:
        """The last event. For people it is a table."""
        if self._style is Style.JSONL:
            return self.tell("summary", summary, now)
        self._write("")
        for line in summary_lines(summary):
            self._write(_printable(line))
        return None


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
        case CivPushed(frame) if frame_body(frame)[:2] == _SWEEP:
            return None  # thirty a second
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


def _text(event: str, fields: Fields) -> str:
    """For people. Names of computers come from the network, hence `_printable`."""
    match event, dict(fields):
        case "listening", {"model": model, "host": host, "seed": seed, **ports}:
            control, civ, audio = ports.values()
            return (
                f"{model} on {host}: control {control}, CI-V {civ}, audio {audio}"
                f" (seed {seed}; Ctrl-C ends it)"
            )
        case "civ", {"frame": str(frame), "answers": [*answers]}:
            told = ", ".join(map(_spaced, answers)) or "no answer"
            return f"{_spaced(frame)} -> {told}"
        case "civ_pty", {"path": path}:
            return f"CI-V port on {path}"
        case "verdict", {"scenario": scenario, "passed": passed}:
            return f"{scenario}: {'passed' if passed else 'FAILED'}"
        case "civ_pushed", {"frame": str(frame)}:
            return _spaced(frame)
        case "ptt", {"on": on}:
            return "on" if on else "off"
        case "trouble", {"message": message}:
            return str(message)
        case _, {"client": client, **others}:
            told = ", ".join(_named(*item) for item in others.items())
            return f"{client}  {told}".rstrip()
        case _:
            return ", ".join(_named(*item) for item in fields.items())


def _named(name: str, value: object) -> str:
    return f"{name.replace('_', ' ')} {value if value != '' else 'unknown'}"


def _spaced(frame: object) -> str:
    return bytes.fromhex(str(frame)).hex(" ").upper()


def _printable(text: str) -> str:
    """A terminal obeys control characters: none of them comes through."""
    return "".join(each if each.isprintable() else "?" for each in text)
