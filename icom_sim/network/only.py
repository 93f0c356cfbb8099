"""Where a rule applies: one direction, some of the streams, some kinds of datagram."""

from dataclasses import dataclass
from types import FunctionType
from typing import Final

from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    IAmHere,
    Idle,
    Login,
    LoginResponse,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.network.outages import Rebind
from icom_sim.network.verdicts import ConditionError, Direction, Rule

# Each packet of the protocol by the words that rules have for it.
_KIND_OF: Final = {
    AreYouThere: "are-you-there",
    IAmHere: "i-am-here",
    Ready: "ready",
    Disconnect: "disconnect",
    Ping: "ping",
    Idle: "idle",
    RetransmitOne: "retransmit",
    RetransmitMany: "retransmit",
    Login: "login",
    LoginResponse: "login-response",
    Token: "token",
    Capabilities: "capabilities",
    ConnInfo: "conn-info",
    StreamRequest: "stream-request",
    Status: "status",
    CivOpenClose: "civ-open-close",
    CivData: "civ-data",
    AudioData: "audio-data",
}
KINDS: Final = tuple(dict.fromkeys(_KIND_OF.values()))


@dataclass(frozen=True, slots=True)
class Only:
    """A rule for one direction, for some of the streams or kinds; None: for all."""

    rule: Rule
    direction: Direction | None = None
    streams: tuple[Stream, ...] | None = None
    kinds: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        narrowed = self.direction is not None or self.kinds is not None
        if isinstance(self.rule, Rebind) and narrowed:
            raise ConditionError(
                "rebind changes ports both ways and for all datagrams: it may be for"
                " some of the streams only"
            )

    def covers(self, direction: Direction, stream: Stream) -> bool:
        """Whether such datagrams are judged, if they are of the right kind."""
        return self.direction in (None, direction) and (
            self.streams is None or stream in self.streams
        )

    def description(self) -> dict[str, object]:
        """For the summary, the same in every run."""
        directions = Direction if self.direction is None else (self.direction,)
        streams = Stream if self.streams is None else self.streams
        return {
            "rule": str(self),
            "directions": [direction.name.lower() for direction in directions],
            "streams": [stream.name.lower() for stream in streams],
        }

    def __str__(self) -> str:
        """As it is written; a function is named, not shown with its address."""
        rule = self.rule
        text = rule.__name__ if isinstance(rule, FunctionType) else str(rule)
        limits = [] if self.direction is None else [word_of(self.direction)]
        limits += [word_of(stream) for stream in self.streams or ()]
        limits += self.kinds or ()
        return f"{text}@{'/'.join(limits)}" if limits else text


def word_of(code: Direction | Stream) -> str:
    """Its name as rules have it: "to-client", "audio"."""
    return code.name.lower().replace("_", "-")


def kind_of(stream: Stream, data: bytes) -> str | None:
    """One of KINDS; None for what the protocol does not know, the damaged say."""
    try:
        _, body = decode_datagram(stream, data)
    except DecodeError:
        return None
    return _KIND_OF[type(body)]
