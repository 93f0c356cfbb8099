"""What a test does with a fake radio, and asks it: the words for it.

    icom_radio.fail_next_login().signal(-93).turn_dial(7_074_000)
    icom_radio.drop_next(3, stream="audio", direction="to-client")
    assert icom_radio.frequency_hz == 7_074_000

Commands return the radio, so that they can be chained, and are done when they return.
Each is an action of `icom_sim.actions`, and raises its ActionError.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self, TypeVar

from icom_proto.civ_values import Mode
from icom_sim.actions import ActionError
from icom_sim.network.presets import PRESETS
from icom_sim.radio_server import RadioServer
from icom_sim.rig.rig import Rig
from icom_sim.summary_text import Summary
from icom_sim.tx_verdict import TxVerdict

T = TypeVar("T")


class RadioPanel(ABC):
    """Knobs to turn and questions to ask. Where the radio runs, its subclasses know."""

    @abstractmethod
    def ask(self, question: Callable[[RadioServer], T]) -> T:
        """Ask the server, where it lives."""

    # commands

    def act(self, action: str, /, **arguments: object) -> Any:  # noqa: ANN401
        """Any action of `icom-sim ctl`, by name; what it tells."""
        __tracebackhide__ = True
        try:
            return self.ask(lambda server: server.act(action, **arguments))
        except ActionError as error:
            refusal = str(error)
        # Anew: how the radio came to refuse is none of a test's business.
        raise ActionError(refusal)

    def set(self, knob: str, value: object) -> Self:
        """Turn a knob of the dialect: `icom-sim dialects` lists them."""
        return self._do("set", knob=knob, value=value)

    def fail_next_login(self, count: int = 1) -> Self:
        return self._do("fail-login", count=count)

    def refuse_next_streams(self, count: int = 1) -> Self:
        return self._do("refuse-streams", count=count)

    def network(self, *rules: str) -> Self:
        """Add rules such as "loss:5@to-client/audio"; or a preset instead of all."""
        for rule in rules:
            if rule in PRESETS:
                self._do("net-preset", name=rule)
            else:
                self._do("net-add", rule=rule)
        return self

    def calm(self) -> Self:
        """Take all rules off the network."""
        return self._do("net-clear")

    def drop_next(
        self, count: int = 1, *, stream: str | None = None, direction: str | None = None
    ) -> Self:
        """Lose so many datagrams of a stream, in a direction; None: of all."""
        where = {"stream": stream, "direction": direction}
        given = {name: each for name, each in where.items() if each is not None}
        return self._do("drop-next", count=count, **given)

    def turn_dial(self, hz: int) -> Self:
        return self._do("dial", hz=hz)

    def signal(self, dbm: float) -> Self:
        """How strong the received signal is."""
        return self._do("signal", dbm=dbm)

    def hear(self, source: str) -> Self:
        """What the radio hears from now on: "tone:700", "noise", "silence" ..."""
        return self._do("audio", source=source)

    def disconnect(self) -> Self:
        """Take the streams from their owner and leave it logged in."""
        return self._do("disconnect")

    def reboot(self, seconds: float = 1.0) -> Self:
        return self._do("reboot", seconds=seconds)

    def standby(self) -> Self:
        return self._do("standby")

    def wake(self) -> Self:
        return self._do("wake")

    def _do(self, action: str, **arguments: object) -> Self:
        __tracebackhide__ = True
        self.act(action, **arguments)
        return self

    # questions

    def rig(self, question: Callable[[Rig], T]) -> T:
        """Ask the rig, or touch its front panel: `rig(lambda rig: rig.cw_text)`."""
        return self.ask(lambda server: server.touch(question))

    @property
    def frequency_hz(self) -> int:
        return self.rig(lambda rig: rig.state.vfo.frequency_hz)

    @property
    def mode(self) -> Mode:
        return self.rig(lambda rig: rig.state.vfo.mode)

    @property
    def transmitting(self) -> bool:
        return self.rig(lambda rig: rig.transmitting)

    @property
    def on_air(self) -> TxVerdict:
        """What would have been heard on the air."""
        return self.ask(lambda server: server.tx_verdict())

    def summary(self) -> Summary:
        """As the last event of `icom-sim serve`: datagrams, rules, retransmissions."""
        return self.ask(lambda server: server.summary())
