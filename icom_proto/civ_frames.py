"""Finding CI-V frames in a stream of bytes, and making them (spec CIV.md 1.1, 1.6).

A frame is `FE FE to from command ... FD`, and its bytes are what the rest of the core
passes around: there is no frame class. Neither FD nor FE occurs inside a body, so an
end mark ends whatever the last start mark before it began. That one rule skips junk and
extra FE bytes, drops a frame that another one interrupts, and repairs a frame that
lost one of its two FE bytes.
"""

from typing import Final

from icom_proto.errors import LocalProtocolError

START: Final = 0xFE
END: Final = 0xFD
OK: Final = b"\xfb"
NG: Final = b"\xfa"
BROADCAST: Final = 0x00

# Behind two start marks, to and from.
BODY_AT: Final = 4
# To, from, command.
_BODY_MIN: Final = 3
# A scope sweep of 689 pixels makes the longest frame known: 711 bytes (5.3). Whatever
# grows past this is noise, and is forgotten before it costs memory.
BODY_MAX: Final = 1024
# A frame split over two datagrams continues with the next; what has not continued
# after this time lost its end (1.6: "about 200 ms of silence on LAN").
PARTIAL_HOLD_S: Final = 0.2

_START_MARK: Final = b"\xfe"
_END_MARK: Final = b"\xfd"
# What a station on a wired bus sends when it sees a collision (1.7).
_JAM: Final = 0xFC


class CivSplitter:
    """Bytes of any datagrams in, whole frames out.

    How the stream is cut into datagrams changes nothing about the frames. Memory is
    bounded by `BODY_MAX`.
    """

    def __init__(self) -> None:
        self._partial = b""
        self._fed_at = 0.0

    def is_whole(self, data: bytes) -> bool:
        """Is this one frame, and nothing of another before it?"""
        return not self._partial and is_frame(data)

    def feed(self, data: bytes, now: float) -> list[bytes]:
        """Take the CI-V bytes of one datagram; return the frames they complete."""
        if self._partial and now >= self._fed_at + PARTIAL_HOLD_S:
            self._partial = b""
        self._fed_at = now
        if self.is_whole(data):
            return [data]
        *ended, rest = (self._partial + data).split(_END_MARK)
        self._partial = self._unended(rest)
        return [frame for body in ended if (frame := self._ended(body)) is not None]

    @staticmethod
    def _ended(segment: bytes) -> bytes | None:
        """What stood between two end marks: perhaps junk, then perhaps a frame."""
        _, started, body = segment.rpartition(_START_MARK)
        frame = b"\xfe\xfe" + body + _END_MARK
        return frame if started and is_frame(frame) else None

    @staticmethod
    def _unended(segment: bytes) -> bytes:
        """What of the last segment to keep until more comes."""
        _, started, body = segment.rpartition(_START_MARK)
        return started + body if started and len(body) <= BODY_MAX else b""


def is_frame(data: bytes) -> bool:
    """Whether these bytes are exactly one frame."""
    return (
        _BODY_MIN + 3 <= len(data) <= BODY_MAX + 3
        and data[0] == START
        and data.rfind(_START_MARK) == 1
        and data.find(_END_MARK) == len(data) - 1
        and not (data[2] == _JAM and data.count(_JAM) == len(data) - 3)
    )


def is_address(value: int) -> bool:
    """Can a frame be addressed to this? Start and end marks cannot be."""
    return 0 <= value <= 0xFF and value not in (START, END)


def build_frame(to: int, source: int, body: bytes) -> bytes:
    """A whole frame; `body` is the command with its data, or `OK`, or `NG`."""
    frame = bytes((START, START, to, source)) + body + _END_MARK
    if not is_frame(frame):
        raise LocalProtocolError(
            f"a CI-V body has 1 to {BODY_MAX - 2} bytes without FD and FE"
        )
    return frame


def frame_to(frame: bytes) -> int:
    return frame[2]


def frame_source(frame: bytes) -> int:
    return frame[3]


def frame_body(frame: bytes) -> bytes:
    """Command, selector and data: what stands between the addresses and the end."""
    return frame[BODY_AT:-1]
