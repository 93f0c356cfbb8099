"""What happens in a session, for the standard `logging` module.

The logger names the stream (`icom_lan.control`, `icom_lan.civ`, `icom_lan.audio`), and
each record has `session` ("host:port") and `stream` for filters and formats. What a
datagram held is never written: the control stream carries credentials and tokens. What
ends a session is no louder than the rest, because an exception tells it to the caller.
"""

import logging

from icom_proto.codes import Stream
from icom_proto.datagrams import text_of
from icom_proto.events import (
    CivFrameReceived,
    CivOpened,
    GapGivenUp,
    LeaseRenewed,
    LinkClosed,
    LinkUp,
    LoggedIn,
    Output,
    PacketIgnored,
    PeerResynchronised,
    RadioBusy,
    RadiosListed,
    SessionClosed,
    SessionReady,
    StreamsClosed,
    StreamsGranted,
)

_LOGGERS = {
    stream: logging.getLogger(f"icom_lan.{stream.name.lower()}") for stream in Stream
}
_DEBUG, _INFO = logging.DEBUG, logging.INFO


class SessionLog:
    """Writes one line for each event of one session."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._extras = {
            stream: {"session": session, "stream": stream.name.lower()}
            for stream in Stream
        }

    def write(self, event: Output) -> None:
        """One line, if anyone reads it. Events of the hot paths are not given here."""
        stream, level, text = _describe(event)
        logger = _LOGGERS[stream]
        if logger.isEnabledFor(level):
            extra = self._extras[stream]
            logger.log(level, "%s: %s", self._session, text, extra=extra)


def _describe(event: Output) -> tuple[Stream, int, str]:
    """Which stream it concerns, how loud it is, and the line."""
    match event:
        case LinkUp(stream=stream):
            return stream, _DEBUG, "link is up"
        case LinkClosed(stream=stream, reason=reason):
            return stream, _DEBUG, f"link closed: {reason.value}"
        case PacketIgnored(stream=stream, why=why, data=data):
            return (
                stream,
                _DEBUG,
                f"datagram of {len(data)}+ bytes ignored: {why.value}",
            )
        case PeerResynchronised(stream=stream, expected_seq=expected, seq=seq):
            return stream, _INFO, f"radio went from packet {expected} to {seq}"
        case GapGivenUp(stream=stream, seq=seq):
            return stream, _DEBUG, f"packet {seq} is lost for good"
        case CivOpened():
            return Stream.CIV, _DEBUG, "CI-V flows"
        case CivFrameReceived(frame=frame):
            return Stream.CIV, _DEBUG, f"unasked frame {frame[:32].hex(' ')}"
        case LoggedIn(connection=connection):
            return Stream.CONTROL, _INFO, f"logged in, connection {connection!r}"
        case RadiosListed(radios=radios):
            names = ", ".join(text_of(radio.name) for radio in radios)
            return Stream.CONTROL, _INFO, f"radios behind this address: {names}"
        case RadioBusy(computer=computer, ip_address=address):
            return Stream.CONTROL, _INFO, f"in use by {computer!r} at {address}"
        case StreamsGranted() as granted:
            return Stream.CONTROL, _INFO, _granted(granted)
        case SessionReady():
            return Stream.CONTROL, _INFO, "session is ready"
        case LeaseRenewed():
            return Stream.CONTROL, _DEBUG, "session renewed"
        case StreamsClosed(reason=reason):
            return Stream.CONTROL, _INFO, f"streams closed: {reason.value}"
        case SessionClosed(reason=reason, detail=detail):
            text = f"session closed: {reason.value}"
            return Stream.CONTROL, _INFO, f"{text} ({detail})" if detail else text
        case _:
            return Stream.CONTROL, _DEBUG, type(event).__name__


def _granted(granted: StreamsGranted) -> str:
    return (
        f"streams granted: CI-V port {granted.civ_port}, audio port"
        f" {granted.audio_port}, RX {granted.rx_codec.name} {granted.rx_rate_hz} Hz,"
        f" TX {granted.tx_codec.name} {granted.tx_rate_hz} Hz"
    )
