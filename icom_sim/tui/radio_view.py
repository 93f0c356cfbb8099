"""What the view needs of a radio, and a served radio that has it."""

from collections.abc import Mapping
from typing import Protocol, cast

from icom_sim.radio_server import RadioServer
from icom_sim.status import Status
from icom_sim.tui.screen import Title


class RadioView(Protocol):
    """A radio that runs in the same event loop as the view."""

    @property
    def title(self) -> Title:
        """Where it listens, and its seed."""

    def status(self) -> Status:
        """How it stands now."""

    def perform(self, action: str, arguments: Mapping[str, object]) -> object:
        """Do something of `icom_sim.actions`. Raises ActionError."""


class ServedRadio:
    """A `RadioServer` that is running, for the view."""

    def __init__(self, server: RadioServer, host: str, seed: int) -> None:
        self._server = server
        ports = (server.control_port, server.civ_port, server.audio_port)
        self._title = Title(host=host, ports=ports, seed=seed)

    @property
    def title(self) -> Title:
        return self._title

    def status(self) -> Status:
        return cast(Status, self._server.perform("status", {}))

    def perform(self, action: str, arguments: Mapping[str, object]) -> object:
        return self._server.perform(action, arguments)
