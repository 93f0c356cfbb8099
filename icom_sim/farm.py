"""Many fake radios in one process, each with ports and a seed of its own.

    setups = farm_setups(RadioSetup(seed=1), 1000)
    async with RadioFarm(setups, listener=listen) as farm:
        ...  # clients connect to farm.radios[7].control_port

They share one timer and one reader of the event loop (`SharedLoop`), nothing else: what
one radio does never depends on how many others there are.
"""

import gc
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Self, TypeAlias

from icom_sim.air.airwaves import Airwaves
from icom_sim.happenings import Happening
from icom_sim.network import Network
from icom_sim.radio_server import LOOPBACK, PORT_MAX, PORTS_EACH, PortError, RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.shared_loop import SharedLoop
from icom_sim.summary_text import Summary
from icom_sim.wire import Tap

# Beside the sockets: standard streams, files, libraries, the loop's own.
FILES_BESIDE = 64

# Told which radio, counted from 0, what happened there, and when.
FarmListener: TypeAlias = Callable[[int, Happening, float], None]
NetworkOf: TypeAlias = Callable[[RadioSetup], Network]


class FileLimitError(Exception):
    """More sockets than this process may open: one line with both figures."""


def farm_setups(setup: RadioSetup, count: int) -> tuple[RadioSetup, ...]:
    """So many radios of one kind; the first is the setup itself, the others have seeds
    that come of its seed and of their place."""
    rest = [random.Random(f"{setup.seed} farm {at}") for at in range(1, count)]
    return setup, *(replace(setup, seed=rng.getrandbits(32)) for rng in rest)


class RadioFarm:
    """Radios that run together.

    Args:
        setups: The radios.
        listener: Is told what happens, and at which radio; it must not call back.
        host: Where all listen.
        port: The first control port: radio n has the ports from `port + 3 * n`; 0: each
            has three that are free.
        network: Makes the network of each radio; None: nothing happens on the way.
        witness: Of each radio, as `RadioServer` takes one.

    Raises:
        PortError: On entering: a port is in use, or there is none so high.
        FileLimitError: On entering: there may not be so many sockets.
        AudioSourceError: On entering: the audio of a setup cannot be played.
    """

    def __init__(
        self,
        setups: Sequence[RadioSetup],
        *,
        listener: FarmListener,
        host: str = LOOPBACK,
        port: int = 0,
        network: NetworkOf | None = None,
        witness: Callable[[int], Tap] | None = None,
    ) -> None:
        self._setups, self._listener = tuple(setups), listener
        self._host, self._port = host, port
        self._network = network or (lambda setup: Network(seed=setup.seed))
        self._witness = witness
        # An air costs time, which is only spent where somebody listens to it.
        is_heard = any(setup.audio == "air" for setup in self._setups)
        self._airwaves = Airwaves() if is_heard else None
        self._stack = AsyncExitStack()
        self.radios: tuple[RadioServer, ...] = ()
        self._shared: SharedLoop | None = None

    async def __aenter__(self) -> Self:
        count = len(self._setups)
        last = self._port + PORTS_EACH * count - 1
        if self._port and last > PORT_MAX:
            reason = f"{count} radios from port {self._port} on need ports up to it"
            raise PortError(self._host, last, f"{reason}; the highest is {PORT_MAX}")
        allow_files(PORTS_EACH * count + FILES_BESIDE)
        with suppress(FileLimitError):  # and as many again for sockets of clients
            allow_files(2 * PORTS_EACH * count + FILES_BESIDE)
        async with AsyncExitStack() as stack:
            self._shared = shared = SharedLoop()
            stack.callback(shared.close)
            self.radios = tuple(
                [
                    await stack.enter_async_context(self._server(at, setup, shared))
                    for at, setup in enumerate(self._setups)
                ]
            )
            # Half a million objects, which never become garbage: to look through them
            # would stop all radios for a third of a second.
            gc.collect()
            gc.freeze()
            stack.callback(gc.unfreeze)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def summaries(self) -> list[Summary]:
        """What happened so far at each radio, ready for JSON."""
        return [radio.summary() for radio in self.radios]

    def lateness(self) -> list[int]:
        """How often something was done so many tenths of a millisecond after it was
        due, sending included; the last one counts what was later."""
        return [] if self._shared is None else list(self._shared.late)

    def _server(self, at: int, setup: RadioSetup, shared: SharedLoop) -> RadioServer:
        return RadioServer(
            setup,
            listener=partial(self._listener, at),
            host=self._host,
            port=self._port and self._port + PORTS_EACH * at,
            network=self._network(setup),
            witness=self._witness and self._witness(at),
            airwaves=self._airwaves,
            shared=shared,
        )


def allow_files(wanted: int) -> None:
    """Let this process open so many files. Raises FileLimitError."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    unlimited = resource.RLIM_INFINITY
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    check_file_limit(wanted, None if hard == unlimited else hard)
    if soft != unlimited and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check_file_limit(wanted: int, hard: int | None) -> None:
    """May there be so many files? Raises FileLimitError."""
    if hard is not None and wanted > hard:
        raise FileLimitError(
            f"{wanted} open files are needed, three sockets for each radio, and the"
            f" limit is {hard}: raise it (ulimit -Hn {wanted}) or take fewer radios"
        )
