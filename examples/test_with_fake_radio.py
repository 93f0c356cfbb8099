"""How to test a client of your own in pytest, against a radio that is not there.

Copy this and put your client in the place of `IcomRadio`. A client that is not Python
is tested the same way, with `icom-sim serve` as a process (docs/icom-sim.md).
"""

import asyncio
from contextlib import suppress

import pytest

from icom_lan import IcomRadio
from icom_sim.happenings import Happening, PttChanged
from icom_sim.network import Network
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup

SETUP = RadioSetup(username="me", password="secret", audio="silence")


def my_client(server: RadioServer) -> IcomRadio:
    return IcomRadio(
        "127.0.0.1", port=server.control_port, username="me", password="secret"
    )


@pytest.mark.parametrize("loss", [0, 5])
def test_it_tunes_the_radio_whatever_the_network_loses(loss: float) -> None:
    async def run() -> None:
        network = Network.from_percent(loss=loss, delay_ms=2, seed=7)
        async with RadioServer(SETUP, listener=ignore, network=network) as server:
            async with my_client(server) as radio:
                await radio.set_frequency(7_074_000)
            assert server.touch(lambda rig: rig.state.vfo.frequency_hz) == 7_074_000

    asyncio.run(run())


def test_it_leaves_no_carrier_behind_when_it_fails() -> None:
    keyed: list[bool] = []

    def listen(happening: Happening, _now: float) -> None:
        if isinstance(happening, PttChanged):
            keyed.append(happening.transmitting)

    async def run() -> None:
        async with RadioServer(SETUP, listener=listen) as server:
            with suppress(ZeroDivisionError):
                async with my_client(server) as radio:
                    await radio.set_ptt(True)
                    raise ZeroDivisionError

    asyncio.run(run())
    assert keyed == [True, False]


def ignore(_happening: Happening, _now: float) -> None:
    """This test only looks at the rig."""
