"""Our client and each preset: a session, CI-V, audio both ways, a renewal, the end."""

import pytest

from forge import of
from icom_proto.civ_commands import read_frequency, set_ptt
from icom_proto.events import (
    AudioReceived,
    CivAnswered,
    ClientLeft,
    CloseReason,
    StreamsGranted,
)
from icom_sim.dialects.presets import DIALECTS
from icom_sim.happenings import PttChanged
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import IC_7610
from sim.joined import Joined


@pytest.mark.parametrize("name", DIALECTS)
def test_our_client_lives_with_each_preset(name: str) -> None:
    pair = Joined(RadioSetup(model=IC_7610, dialect=DIALECTS[name]))
    pair.open()
    assert of(StreamsGranted, pair.events)
    pair.run_for(0.5)
    asked = len(of(CivAnswered, pair.events))
    pair.ask(read_frequency())
    pair.ask(set_ptt(True))
    pair.ask(set_ptt(False))
    pair.run_for(31.0)  # past the first renewal
    assert len(of(CivAnswered, pair.events)) >= asked + 1
    assert [change.transmitting for change in of(PttChanged, pair.happened)] == [
        True,
        False,
    ]
    assert len(of(AudioReceived, pair.events)) > 2500
    pair.client.close(pair.now)
    pair.run_for(1.0)
    [left] = of(ClientLeft, pair.happened)
    assert left.reason is CloseReason.PEER_DISCONNECT
