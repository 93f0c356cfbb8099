"""A core that does what a test tells it, and writes down what the driver did to it."""

from collections import deque

from icom_proto.codes import Stream
from icom_proto.events import Address, CivFrameReceived, Output, Transmit


class FakeCore:
    """Reports each datagram as a CivFrameReceived, and each due timeout by its time."""

    def __init__(self) -> None:
        self.outputs: deque[Output] = deque()
        self.deadline: float | None = None
        self.times: list[float] = []
        self.timeouts: list[float] = []
        self.sources: list[Address] = []

    def handle_datagram(self, stream: Stream, data: bytes, now: float) -> None:
        assert stream is Stream.CIV
        self.times.append(now)
        self.outputs.append(CivFrameReceived(data))

    def handle_datagram_from(self, data: bytes, address: Address, now: float) -> None:
        self.sources.append(address)
        self.handle_datagram(Stream.CIV, data, now)

    def handle_timeout(self, now: float) -> None:
        assert self.deadline is not None
        assert now >= self.deadline
        self.timeouts.append(now)
        self.deadline = None
        self.outputs.append(CivFrameReceived(b"timeout"))

    def next_timeout(self) -> float | None:
        return self.deadline

    def poll_output(self) -> Output | None:
        return self.outputs.popleft() if self.outputs else None

    def transmit(self, data: bytes, now: float, to: Address | None = None) -> None:
        self.times.append(now)
        self.outputs.append(Transmit(Stream.CIV, data, to))

    def report(self, *frames: bytes) -> None:
        self.outputs.extend(map(CivFrameReceived, frames))
