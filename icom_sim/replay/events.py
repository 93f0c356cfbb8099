"""What a core told, as a log that can be compared: with a live one, or a golden one.

The names and fields are a contract, as those of `icom-sim serve` are. No event holds
what `icom-sim scrub` replaces (names, tokens, addresses), so a capture has the same log
before and after that. Audio is told in runs: what came one after the other, its size
and its checksum.
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from icom_proto import events as core
from icom_proto.civ_commands import answer_prefix
from icom_proto.codes import Role, Stream
from icom_sim.network.only import word_of

# A run of audio ends here, so that a change shows where it is.
RUN_MAX: Final = 100
# CI-V frames that are longer, scope sweeps above all, are told by a checksum.
FRAME_MAX: Final = 32

Fields: TypeAlias = Mapping[str, Any]
_Told: TypeAlias = tuple[str, Stream, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event of one side. `stream` is whose order it belongs to."""

    t: float
    side: str
    session: int
    stream: str
    name: str
    fields: Fields

    def to_dict(self) -> dict[str, Any]:
        return {
            "t": round(self.t, 6),
            "side": self.side,
            "session": self.session,
            "stream": self.stream,
            "event": self.name,
            **self.fields,
        }

    def line(self) -> str:
        return json.dumps(self.to_dict(), separators=(",", ":"))

    def text(self) -> str:
        """For people."""
        fields = " ".join(f"{name}={value}" for name, value in self.fields.items())
        place = f"{self.side} {self.session}"
        return f"{self.t:10.3f}  {place:<9} {self.stream:<8} {self.name:<15} {fields}"


def event_of(given: Mapping[str, Any]) -> LoggedEvent:
    """Of `to_dict`. Raises KeyError or ValueError for what is none."""
    fields = dict(given)
    t, side, session, stream, name = (
        fields.pop(key) for key in ("t", "side", "session", "stream", "event")
    )
    return LoggedEvent(float(t), str(side), int(session), str(stream), name, fields)


class ReplayLog:
    """Takes the events of a core, in their order; `events` when it has ended."""

    def __init__(
        self,
        role: Role,
        session_of: Callable[[core.Address | None], int] = lambda _: 1,
    ) -> None:
        self._side = role.name.lower()
        self._session_of = session_of
        self._events: list[LoggedEvent] = []
        self._ignored: Counter[tuple[str, str]] = Counter()
        self._run: list[core.AudioReceived] = []
        self._run_at = 0.0
        self._last = 0.0

    def add(self, event: core.Output, now: float) -> None:
        self._last = now
        match event:
            case core.AudioReceived():
                self._hear(event, now)
                return
            case core.PacketIgnored(stream=stream, why=why):
                self._ignored[word_of(stream), why.name.lower()] += 1
                return
            case core.AudioLost() | core.SessionClosed() | core.ClientAudioStopped():
                self._end_run()
            case _:
                pass
        told = _told(event)
        if told is not None:
            name, stream, fields = told
            address = getattr(event, "address", None)
            self._note(now, word_of(stream), name, fields, address)

    def end(self) -> list[LoggedEvent]:
        """All of them, by their time."""
        self._end_run()
        for (stream, why), count in sorted(self._ignored.items()):
            self._note(self._last, stream, "ignored", {"why": why, "count": count})
        self._ignored.clear()
        return sorted(self._events, key=lambda each: each.t)

    # inside

    def _hear(self, audio: core.AudioReceived, now: float) -> None:
        run = self._run
        if run and audio.send_seq != (run[-1].send_seq + 1) & 0xFFFF:
            self._end_run()
        if not self._run:
            self._run_at = now
        self._run.append(audio)
        if len(self._run) >= RUN_MAX:
            self._end_run()

    def _end_run(self) -> None:
        run, self._run = self._run, []
        if run:
            data = b"".join(each.data for each in run)
            fields = {
                "first_seq": run[0].send_seq,
                "count": len(run),
                "bytes": len(data),
                "crc32": f"{zlib.crc32(data):08x}",
            }
            self._note(self._run_at, "audio", "audio", fields)

    def _note(
        self,
        t: float,
        stream: str,
        name: str,
        fields: Fields,
        address: core.Address | None = None,
    ) -> None:
        session = self._session_of(address)
        self._events.append(LoggedEvent(t, self._side, session, stream, name, fields))


def lines_of(events: Iterable[LoggedEvent]) -> str:
    """As a file of JSON lines."""
    return "".join(f"{each.line()}\n" for each in events)


def _told(event: core.Output) -> _Told | None:
    return _link_told(event) or _client_told(event) or _radio_told(event)


def _link_told(event: core.Output) -> _Told | None:
    match event:
        case core.LinkUp(stream):
            return "link_up", stream, {}
        case core.LinkClosed(stream, reason):
            return "link_closed", stream, {"reason": reason.name.lower()}
        case core.PeerResynchronised(stream, expected_seq, seq):
            fields = {"expected_seq": expected_seq, "seq": seq}
            return "resynchronised", stream, fields
        case core.GapGivenUp(stream, seq):
            return "given_up", stream, {"seq": seq}
        case core.CivFrameReceived(frame):
            return "civ_frame", Stream.CIV, _frame(frame)
        case core.AudioLost(first_seq, count):
            fields = {"first_seq": first_seq, "count": count}
            return "audio_lost", Stream.AUDIO, fields
        case _:
            return None


def _client_told(event: core.Output) -> _Told | None:
    control, civ = Stream.CONTROL, Stream.CIV
    match event:
        case core.LoggedIn(connection):
            return "logged_in", control, {"connection": connection}
        case core.RadiosListed(radios):
            addresses = [f"{each.civ_address:02x}" for each in radios]
            return "radios_listed", control, {"civ_addresses": addresses}
        case core.RadioBusy():
            return "radio_busy", control, {}
        case core.StreamsGranted():
            return "streams_granted", control, _formats(event)
        case core.CivOpened():
            return "civ_opened", civ, {}
        case core.SessionReady():
            return "session_ready", control, {}
        case core.LeaseRenewed():
            return "lease_renewed", control, {}
        case core.StreamsClosed(reason):
            return "streams_closed", control, {"reason": reason.name.lower()}
        case core.SessionClosed(reason):
            return "session_closed", control, {"reason": reason.name.lower()}
        case core.CivAnswered(request_id, frame):
            return "civ_answered", civ, {"request": request_id, **_frame(frame)}
        case core.CivRefused(request_id):
            return "civ_refused", civ, {"request": request_id}
        case core.CivExpired(request_id):
            return "civ_expired", civ, {"request": request_id}
        case _:
            return None


def _radio_told(event: core.Output) -> _Told | None:
    control, civ, audio = Stream
    match event:
        case core.ClientLoggedIn():
            return "client_logged_in", control, {}
        case core.ClientRefused(reason=reason):
            return "client_refused", control, {"reason": reason.name.lower()}
        case core.ClientGranted():
            fields = _formats(event) | {"tx_buffer_ms": event.tx_buffer_ms}
            return "client_granted", control, fields
        case core.ClientCivOpened():
            return "client_civ_opened", civ, {}
        case core.ClientCivClosed():
            return "client_civ_closed", civ, {}
        case core.ClientAudioStarted():
            return "client_audio_started", audio, {}
        case core.ClientAudioStopped():
            return "client_audio_stopped", audio, {}
        case core.ClientLeft(reason=reason):
            return "client_left", control, {"reason": reason.name.lower()}
        case _:
            return None


def _formats(granted: core.StreamsGranted | core.ClientGranted) -> dict[str, Any]:
    return {
        "rx_codec": granted.rx_codec.name,
        "rx_rate_hz": granted.rx_rate_hz,
        "tx_codec": granted.tx_codec.name,
        "tx_rate_hz": granted.tx_rate_hz,
    }


def _frame(frame: bytes) -> dict[str, Any]:
    if len(frame) <= FRAME_MAX:
        return {"frame": frame.hex()}
    return {
        "command": answer_prefix(frame).hex(),
        "bytes": len(frame),
        "crc32": f"{zlib.crc32(frame):08x}",
    }
