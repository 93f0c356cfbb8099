"""Keeping what passes the proxy: all of it, or from an event on and a while before.

The datagrams are those of the clients' sockets, in order, with the times at which they
arrived from there and left for there. The proxy's own losses and delays are between it
and the radio, so this is what a capture on the client's machine would hold.
"""

from collections import deque
from typing import Final, Protocol

from icom_proto.events import Address
from icom_sim.captures.reader import CapturedDatagram

# Kept before the event: half a minute of a session with 48 kHz audio both ways.
BEFORE_MAX: Final = 20_000


class Capture(Protocol):
    """Who keeps datagrams: `PcapWriter`, or `MemoryCapture`."""

    def note(
        self,
        source: Address,
        destination: Address,
        data: bytes,
        *,
        t: float | None = None,
    ) -> None: ...


class MemoryCapture:
    """A capture that is not written: what `CaptureReader` would give of the file."""

    def __init__(self) -> None:
        self.datagrams: list[CapturedDatagram] = []

    def note(
        self,
        source: Address,
        destination: Address,
        data: bytes,
        *,
        t: float | None = None,
    ) -> None:
        number = len(self.datagrams) + 1
        found = CapturedDatagram(number, t or 0.0, source, destination, data)
        self.datagrams.append(found)


class Recording:
    """`epoch` is what the capture's clock shows when `now` is 0."""

    def __init__(
        self,
        capture: Capture,
        *,
        from_event: str | None = None,
        before_s: float = 0.0,
        epoch: float = 0.0,
    ) -> None:
        self.recorded = 0
        self._capture, self._from_event = capture, from_event
        self._before_s, self._epoch = before_s, epoch
        self._before: deque[tuple[Address, Address, bytes, float]] = deque(
            maxlen=BEFORE_MAX
        )

    @property
    def waits(self) -> bool:
        return self._from_event is not None

    def note(
        self, source: Address, destination: Address, data: bytes, now: float
    ) -> None:
        """This datagram passes. Raises CaptureWriteError."""
        if not self.waits:
            self._write(source, destination, data, now)
            return
        before = self._before
        before.append((source, destination, data, now))
        while before[0][3] < now - self._before_s:
            before.popleft()

    def happened(self, event: str) -> bool:
        """True if that is what it waited for. Raises CaptureWriteError."""
        if event != self._from_event:
            return False
        self.begin()
        return True

    def begin(self) -> None:
        """Whatever it waited for. Raises CaptureWriteError."""
        self._from_event = None
        while self._before:
            self._write(*self._before.popleft())

    def _write(
        self, source: Address, destination: Address, data: bytes, now: float
    ) -> None:
        self._capture.note(source, destination, data, t=self._epoch + now)
        self.recorded += 1
