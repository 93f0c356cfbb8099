"""The fake radio on three UDP ports of this machine.

    async with RadioServer(RadioSetup(), listener=print) as server:
        ...  # a client connects to server.control_port

Whatever happens inside the block, at its end clients are told goodbye, and no socket,
timer or task is left.
"""

import asyncio
import errno
from collections.abc import Callable, Mapping
from functools import partial
from typing import Self, TypeVar

from icom_lan.driver import Driver, Witness
from icom_proto.audio_send_lane import JOINED_SIZE
from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim import actions
from icom_sim.air.airwaves import Airwaves
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.fake_radio import FakeRadio, Listener
from icom_sim.farm_driver import FarmDriver
from icom_sim.happenings import Trouble
from icom_sim.network import Network
from icom_sim.port_holder import describe_holder
from icom_sim.radio_endpoint import RadioEndpoint
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.rig import Rig
from icom_sim.shared_loop import SharedLoop
from icom_sim.summary_text import Summary
from icom_sim.tx_recorder import TxRecorder
from icom_sim.tx_verdict import TxVerdict
from icom_sim.wire import Tap

LOOPBACK = "127.0.0.1"
PORT_MAX = 0xFFFF
PORTS_EACH = 3
# Tries to find three free ports in a row.
TRIES_MAX = 50
# Goodbyes that the network delays are waited for so long.
LAST_LANDING_S_MAX = 1.0


T = TypeVar("T")


class PortError(Exception):
    """A port cannot be had: one line with the port and the reason."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on UDP port {port} of {host!r}: {reason}")
        self.port = port


class PortInUseError(PortError):
    """Somebody has it; who, is looked up for whoever reads the message."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, "it is in use")

    def __str__(self) -> str:
        holder = describe_holder(self.port)
        return f"{super().__str__()}: {holder}; choose another one, or 0 for any"


class RadioServer:
    """A `FakeRadio` and its sockets.

    Args:
        setup: The radio.
        listener: Is told what happens, with the time by the loop's clock; it must not
            call back.
        host: Where to listen.
        port: The control port; 0 is any free one.
        civ_port: As `port`; None is the one behind the control port.
        audio_port: As `port`; None is the second behind the control port.
        network: What becomes of datagrams on the way; None: nothing.
        recorder: Where TX audio goes as it arrives.
        air_recorder: Where it goes as it would be heard on the air.
        airwaves: What it shares with other radios; None: an air of its own.
        capture: Who keeps the datagrams, with the addresses of both ends.
        witness: Is told of each datagram that a client sent, and of each that leaves
            for one.
        shared: Timers and readers, if many radios share them; None: the loop's. Then
            all timers wait for the next block while audio runs, and a radio rests while
            nothing but routine happens, with sockets of its client's own: what is due
            together leaves in one system call (`farm_driver`).

    Raises:
        PortError: On entering: a port is in use, or the address is not ours.
        AudioSourceError: On entering: the setup's audio cannot be played.
    """

    def __init__(
        self,
        setup: RadioSetup,
        *,
        listener: Listener,
        host: str = LOOPBACK,
        port: int = 0,
        civ_port: int | None = None,
        audio_port: int | None = None,
        network: Network | None = None,
        recorder: TxRecorder | None = None,
        air_recorder: TxRecorder | None = None,
        airwaves: Airwaves | None = None,
        capture: PcapWriter | None = None,
        witness: Tap | None = None,
        shared: SharedLoop | None = None,
    ) -> None:
        self._make_radio = partial(
            FakeRadio,
            setup,
            network=network or Network(seed=setup.seed),
            listener=listener,
            recorder=recorder,
            air_recorder=air_recorder,
            airwaves=airwaves,
            witness=witness,
        )
        self._listener = listener
        self._host, self._ports = host, (port, civ_port, audio_port)
        self._capture = capture
        self._shared = shared

    async def __aenter__(self) -> Self:
        witness = None if self._capture is None else self._note
        endpoints = open_endpoints(self._host, *self._ports, witness=witness)
        self._local = {stream: each.local for stream, each in endpoints.items()}
        try:
            if self._shared is None or not self._start_shared(endpoints, self._shared):
                await self._start(endpoints)
        except BaseException:
            for endpoint in endpoints.values():
                endpoint.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self._driver.apply(self._radio.close)
            await self._wait_for_landings()
        finally:
            self._driver.close()

    @property
    def control_port(self) -> int:
        return self._local[Stream.CONTROL].port

    @property
    def civ_port(self) -> int:
        return self._local[Stream.CIV].port

    @property
    def audio_port(self) -> int:
        return self._local[Stream.AUDIO].port

    def touch(self, panel: Callable[[Rig], T]) -> T:
        """Do something at the front panel: `touch(lambda rig: rig.turn_dial(hz))`."""
        return self._driver.apply(partial(self._radio.touch, panel))

    def force_disconnect(self) -> None:
        """Take the streams from their owner and leave it logged in."""
        self.act("disconnect")

    def act(self, action: str, /, **arguments: object) -> object:
        """Do anything of `icom_sim.actions` by its name. Raises ActionError."""
        return self.perform(action, arguments)

    def perform(self, action: str, arguments: Mapping[str, object]) -> object:
        """The same with the arguments as a mapping."""
        return self._driver.apply(
            partial(actions.perform, self._radio, action, arguments)
        )

    def tx_verdict(self) -> TxVerdict:
        """What would have been heard on the air so far."""
        return self._radio.tx_verdict()

    def summary(self) -> Summary:
        """What happened so far, ready for JSON."""
        return self._driver.apply(lambda _: self._radio.summary())

    # inside

    def _start_shared(
        self, endpoints: Mapping[Stream, RadioEndpoint], shared: SharedLoop
    ) -> bool:
        """False on a loop that has no `add_reader`."""
        joins = endpoints[Stream.AUDIO].cut_at(JOINED_SIZE)
        self._start_radio(joins_audio=joins)
        self._driver: Driver | FarmDriver
        try:
            self._driver = FarmDriver(self._radio, endpoints, shared)
        except NotImplementedError:
            endpoints[Stream.AUDIO].cut_at(0)
            return False
        return True

    def _start_radio(self, *, joins_audio: bool) -> None:
        self._radio = self._make_radio(
            civ_port=self.civ_port, audio_port=self.audio_port, joins_audio=joins_audio
        )
        self._radio.network.start(asyncio.get_running_loop().time())

    async def _start(self, endpoints: Mapping[Stream, RadioEndpoint]) -> None:
        self._start_radio(joins_audio=False)
        self._driver = Driver(self._radio, endpoints, _no_event, strict=True)
        for stream, endpoint in endpoints.items():
            receive = partial(self._radio.handle_datagram, stream)
            apply = self._driver.apply
            await endpoint.read_from_any(receive, apply)

    def _note(self, source: Address, destination: Address, data: bytes) -> None:
        if self._capture is None:
            return
        try:
            self._capture.note(source, destination, data)
        except CaptureWriteError as error:
            self._capture = None
            now = asyncio.get_running_loop().time()
            self._listener(Trouble(str(error)), now)

    async def _wait_for_landings(self) -> None:
        """Let the goodbyes arrive that the network delays."""
        landing = self._radio.last_landing
        rest = landing - asyncio.get_running_loop().time()
        if rest > 0:
            await asyncio.sleep(min(rest, LAST_LANDING_S_MAX))
            # A timer may be a tick early: what is due now is due by its own time.
            self._driver.apply(
                lambda now: self._radio.handle_timeout(max(now, landing))
            )


def open_endpoints(
    host: str,
    port: int,
    civ_port: int | None,
    audio_port: int | None,
    *,
    witness: Witness | None = None,
) -> dict[Stream, RadioEndpoint]:
    """Three bound sockets, by default in a row, which some clients take for granted.

    Raises PortError.
    """
    others = (civ_port, audio_port)
    for _ in range(TRIES_MAX if port == 0 else 0):
        try:
            return _open_endpoints(host, port, others, witness)
        except PortError as error:
            if error.port == 0:  # then it is not for the port
                raise
    return _open_endpoints(host, port, others, witness)


def _open_endpoints(
    host: str, port: int, others: tuple[int | None, ...], witness: Witness | None
) -> dict[Stream, RadioEndpoint]:
    opened = {Stream.CONTROL: _open_endpoint(host, port, witness)}
    following = opened[Stream.CONTROL].local.port
    try:
        for stream, fixed in zip((Stream.CIV, Stream.AUDIO), others, strict=True):
            following += 1
            wanted = following if fixed is None else fixed
            opened[stream] = _open_endpoint(host, wanted, witness)
    except PortError:
        for endpoint in opened.values():
            endpoint.close()
        raise
    return opened


def _open_endpoint(host: str, port: int, witness: Witness | None) -> RadioEndpoint:
    try:
        return RadioEndpoint(host, port, witness=witness)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host, port) from error
        reason = str(error.strerror)
        if error.errno == errno.EADDRNOTAVAIL:
            reason += "; this machine has no such address"
        raise PortError(host, port, reason) from error
    except OverflowError as error:
        raise PortError(host, port, "there is no such port") from error


def _no_event(event: object) -> None:
    raise AssertionError(f"the fake radio tells its listener, not the driver: {event}")
