"""The words that a scenario may use: events, datagrams, counters, states of the rig.

Names that nothing ever has cannot be waited for, so they are refused when a scenario
is read, with the nearest word there is.
"""

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from typing import Final

from icom_proto import packets
from icom_proto.civ_values import Mode
from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.events import IgnoredWhy
from icom_sim.rig.power import PowerState

# Of `icom_sim.event_log.describe`, name and fields.
_CLIENT: Final = ("client",)
RADIO_EVENTS: Final[dict[str, tuple[str, ...]]] = {
    "session_opened": (*_CLIENT, "computer"),
    "login_refused": (*_CLIENT, "reason"),
    "streams_refused": (*_CLIENT, "reason"),
    "streams_granted": (
        *(*_CLIENT, "computer", "rx_codec", "rx_rate_hz"),
        *("tx_codec", "tx_rate_hz", "tx_buffer_ms"),
    ),
    "civ_opened": _CLIENT,
    "civ_closed": _CLIENT,
    "civ": ("frame", "answers"),
    "civ_pushed": ("frame",),
    "ptt": ("on",),
    "audio_started": _CLIENT,
    "audio_stopped": _CLIENT,
    "session_closed": (*_CLIENT, "computer", "reason"),
    "trouble": ("message",),
}
# What a run itself tells: a step was done, a client program came or went, the time is
# over and clients are told to leave.
STEP: Final = "step"
ENDING: Final = "ending"
CLIENT_STARTED: Final = "client_started"
CLIENT_EXITED: Final = "client_exited"
RUN_EVENTS: Final[dict[str, tuple[str, ...]]] = {
    STEP: ("action", "name"),
    CLIENT_STARTED: ("number",),
    CLIENT_EXITED: ("number", "status"),
    ENDING: (),
}
EVENTS: Final = RADIO_EVENTS | RUN_EVENTS
_SWITCH_FIELDS: Final = ("on",)
_NUMBER_FIELDS: Final = (
    *("rx_rate_hz", "tx_rate_hz", "tx_buffer_ms"),
    *("number", "status"),
)

# Bytes that no packet has.
MALFORMED: Final = "Malformed"
KINDS: Final[dict[str, type[Body] | None]] = {
    name: kind
    for name, kind in vars(packets).items()
    if isinstance(kind, type)
    and issubclass(kind, Body)
    and kind not in (Body, packets.ControlBody)
} | {MALFORMED: None}

# Of `radio.rig_state`: its words where it has some, else what kind of value it is.
RIG_STATES: Final[dict[str, type | tuple[str, ...]]] = {
    "frequency_hz": float,
    "mode": tuple(mode.name for mode in Mode),
    "data": float,
    "filter": float,
    "ptt": bool,
    "power": tuple(state.value for state in PowerState),
}

_STREAMS: Final = tuple(stream.name.lower() for stream in Stream)
_FATES: Final = ("sent", "arriving", "dropped", "duplicated", "corrupted", "delayed")
_RETRANSMIT: Final = (
    *("requests_received", "resent", "fillers_sent"),
    *("requests_sent", "healed", "given_up"),
)


@cache
def counters() -> tuple[str, ...]:
    """Paths into the summary that end at a number."""
    of_stream = [
        *("datagrams.to_client", "datagrams.to_radio"),
    ]
    paths = [
        f"{way}.{s}.{fate}" for way in of_stream for s in _STREAMS for fate in _FATES
    ]
    paths += [f"retransmit.{s}.{what}" for s in _STREAMS for what in _RETRANSMIT]
    paths += [f"audio_blocks.{what}" for what in ("sent", "skipped")]
    paths += [f"tx_datagrams.{what}" for what in ("received", "lost", "malformed")]
    paths += [f"ignored.{s}.{why.name.lower()}" for s in _STREAMS for why in IgnoredWhy]
    return tuple(paths)


def kind_of_field(name: str) -> type:
    """What the field of an event holds: truth, a number (`float`), or text."""
    if name in _SWITCH_FIELDS:
        return bool
    return float if name in _NUMBER_FIELDS else str


@cache
def tx_kinds() -> dict[str, type]:
    """Figures of the TX verdict and what each is; not its list of packets."""
    from icom_sim.tx_verdict import TxVerdict

    kinds: dict[str, type] = {}
    for field in fields(TxVerdict):
        match field.default:
            case bool() | str():
                kinds[field.name] = type(field.default)
            case int() | float() | None:
                kinds[field.name] = float
            case _:
                pass
    return kinds


def fields_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """The fields that all of these kinds of datagram have."""
    found: list[str] | None = None
    for name in kinds:
        kind = KINDS[name]
        own = [] if kind is None else [each.name for each in fields(kind)]  # type: ignore[arg-type]
        found = own if found is None else [each for each in found if each in own]
    return tuple(found or ())


def not_among(what: str, given: object, allowed: Iterable[str]) -> str:
    """One line that says what was given, what was perhaps meant, and what may be."""
    words = list(allowed)
    near = get_close_matches(str(given), words, n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    # A long list is no help on one line: then the nearest are told.
    if len(words) > ALLOWED_SHOWN_MAX:
        near = get_close_matches(str(given), words, n=ALLOWED_SHOWN_MAX, cutoff=0.0)
        words = [*near, f"... ({len(words)} in all)"]
    there = ", ".join(words) or "none"
    return f"unknown {what} {given!r}{meant}: there are {there}"


ALLOWED_SHOWN_MAX: Final = 60
