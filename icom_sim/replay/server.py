"""A replayed radio on three UDP ports of this machine.

async with ReplayServer(ReplaySetup(script), listener=print) as server:
    ...  # a client connects to server.control_port
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from icom_lan.driver import Driver
from icom_proto.codes import Stream
from icom_proto.credentials import obscure
from icom_proto.events import Address
from icom_sim.happenings import Happening
from icom_sim.radio_server import LOOPBACK, open_endpoints
from icom_sim.replay.pace import Pace
from icom_sim.replay.radio import ReplayRadio, replay_config
from icom_sim.replay.script import Script
from icom_sim.rig.models import RigModel
from icom_sim.rig.rig import Rig
from icom_sim.wire import Tap


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySetup:
    """What is played, for whom, and how.

    `fallback` is a model that answers what the capture does not know.
    """

    script: Script
    username: str = "icom"
    password: str = field(default="icom", repr=False)
    pace: Pace = field(default=Pace())
    loop: bool = False
    fallback: RigModel | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises LocalProtocolError for credentials that no login could carry."""
        obscure(self.username)
        obscure(self.password)


class ReplayServer:
    """A `ReplayRadio` and its sockets. Raises PortError on entering."""

    def __init__(
        self,
        setup: ReplaySetup,
        *,
        listener: Callable[[Happening, float], None],
        host: str = LOOPBACK,
        port: int = 0,
        witness: Tap | None = None,
    ) -> None:
        self._setup, self._listener, self._witness = setup, listener, witness
        self._host, self._port = host, port

    async def __aenter__(self) -> Self:
        endpoints = open_endpoints(self._host, self._port, None, None)
        self._local: dict[Stream, Address] = {
            stream: each.local for stream, each in endpoints.items()
        }
        try:
            self._radio = self._make_radio()
            self._driver = Driver(self._radio, endpoints, _no_event, strict=True)
            for stream, endpoint in endpoints.items():
                receive = partial(self._radio.handle_datagram, stream)
                await endpoint.read_from_any(receive, self._driver.apply)
        except BaseException:
            for endpoint in endpoints.values():
                endpoint.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self._driver.apply(self._radio.close)
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

    # inside

    def _make_radio(self) -> ReplayRadio:
        setup = self._setup
        login = setup.username, setup.password
        fallback = None
        if setup.fallback is not None:
            address = setup.script.record.civ_address
            rng = random.Random(f"{setup.seed}/rig")
            fallback = Rig(setup.fallback, rng=rng, civ_address=address)
        return ReplayRadio(
            setup.script,
            replay_config(setup.script, login, self.civ_port, self.audio_port),
            listener=self._listener,
            rng=random.Random(f"{setup.seed}/replay"),
            pace=setup.pace,
            loop=setup.loop,
            fallback=fallback,
            witness=self._witness,
        )


def _no_event(event: object) -> None:
    raise AssertionError(f"the replay tells its listener, not the driver: {event}")
