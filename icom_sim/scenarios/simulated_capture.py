"""A capture of a scenario in simulated time: the same run, the same bytes."""

from types import TracebackType
from typing import Self

from icom_proto.codes import Stream
from icom_proto.events import Address, Transmit
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.network import Direction

# Where the radio is; its clients are in 192.168.1.0/24 too.
_RADIO = "192.168.1.5"
_PORTS = {Stream.CONTROL: 50001, Stream.CIV: 50002, Stream.AUDIO: 50003}


class SimulatedCapture:
    """Time 0 of the run is that of the file. Raises CaptureWriteError."""

    def __init__(self, path: str) -> None:
        self._now = 0.0
        self._file = PcapWriter(path, clock=lambda: self._now)

    def note(self, direction: Direction, sent: Transmit, now: float) -> None:
        """For `SimulatedRun`, as `on_datagram`."""
        assert sent.address is not None
        self._now = now
        ends = Address(_RADIO, _PORTS[sent.stream]), sent.address
        if direction is Direction.TO_RADIO:
            ends = ends[1], ends[0]
        self._file.note(*ends, sent.data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
