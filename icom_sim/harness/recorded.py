"""A fake radio of a recipe, whose traffic is kept, and whose scenario is judged."""

import asyncio
from pathlib import Path
from typing import TypedDict

from icom_proto.codes import Stream
from icom_sim.happenings import Happening
from icom_sim.harness.panel import RadioPanel
from icom_sim.harness.recipe import Recipe
from icom_sim.harness.record import Record
from icom_sim.network import Direction
from icom_sim.radio_server import LOOPBACK, RadioServer
from icom_sim.scenarios import Scenario, Verdict
from icom_sim.scenarios.keeper import ScenarioKeeper


class Login(TypedDict):
    """What a client needs besides the host."""

    port: int
    username: str
    password: str


class ScenarioFailedError(AssertionError):
    """The client did not do what its scenario expects: the table of the verdict."""


class RecordedRadio(RadioPanel):
    """`saw` is the record; `seed` decides all chance."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, setup = recipe, recipe.setup
        self.host = LOOPBACK
        self.username, self.password = setup.username, setup.password
        self.civ_address = setup.model.civ_address
        self.seed = setup.seed
        self.saw = Record(setup.seed)
        self.port = self.civ_port = self.audio_port = 0  # not yet
        self._keeper: ScenarioKeeper | None = None

    @property
    def description(self) -> str:
        """What kind of radio, in one line."""
        return self._recipe.description

    @property
    def login(self) -> Login:
        """For a client that takes them by these names: `Client(host, **login)`."""
        return Login(port=self.port, username=self.username, password=self.password)

    def save_capture(self, path: Path) -> None:
        """Every datagram the radio saw, as a pcap file. Raises CaptureWriteError."""
        ports = (self.port, self.civ_port, self.audio_port)
        self.saw.save_capture(path, self.host, dict(zip(Stream, ports, strict=True)))

    def end_scenario(self) -> None:
        """Say so before your client leaves: from now on its scenario expects that.

        Without this it does when the scenario's time is over.
        """
        if self._keeper is not None:
            keeper = self._keeper
            self.ask(lambda _: keeper.end())

    # for subclasses, where the radio lives

    def _make_server(self, port: int) -> RadioServer:
        recipe = self._recipe
        server = RadioServer(
            recipe.setup,
            listener=self._on_happening,
            network=recipe.network(),
            witness=self._on_datagram,
            port=port,
        )
        if recipe.scenario is not None:
            self._keeper = ScenarioKeeper(recipe.scenario, lambda: server)
        return server

    async def _open(self, server: RadioServer) -> None:
        await server.__aenter__()
        self.port, self.civ_port = server.control_port, server.civ_port
        self.audio_port = server.audio_port
        if self._keeper is not None:
            try:
                self._keeper.open()
            except BaseException:
                await server.__aexit__(None, None, None)
                raise

    async def _close(self, server: RadioServer) -> None:
        """Say goodbye to every client, free the ports. Raises ScenarioFailedError."""
        verdict = self._keeper.finish() if self._keeper is not None else None
        release_keys(server)
        await server.__aexit__(None, None, None)
        if self._recipe.scenario is not None:
            _check(self._recipe.scenario, verdict)

    # inside

    def _on_happening(self, happening: Happening, now: float) -> None:
        self.saw.note_happening(happening, now)
        if self._keeper is not None:
            self._keeper.note_happening(happening, now)

    def _on_datagram(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        self.saw.note_datagram(direction, stream, data, now)
        if self._keeper is not None:
            self._keeper.note_datagram(direction, stream, data, now)


def release_keys(server: RadioServer) -> None:
    """In the server's event loop: nothing stays on the air, whatever keyed it."""
    now = asyncio.get_running_loop().time()
    server.touch(lambda rig: rig.release_ptt(now))


def _check(scenario: Scenario, verdict: Verdict | None) -> None:
    if verdict is None:
        raise ScenarioFailedError(
            f"scenario {scenario.name}: no client ever called the radio"
        )
    if not verdict.passed:
        lines = [f"scenario {scenario.name}: {scenario.title}", *verdict.lines()]
        raise ScenarioFailedError("\n".join(lines))
