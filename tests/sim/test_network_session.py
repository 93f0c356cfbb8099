"""Rules in a whole session, in simulated time: what they are to client and radio."""

import os
import subprocess
import sys

import pytest

from icom_proto.codes import Stream
from icom_proto.events import AudioReceived, SessionClosed, SessionReady
from icom_sim.network import Network, parse_rule
from sim.icom_sim_process import ENVIRONMENT
from sim.joined import Joined

# Rules that come, go and end while a session runs; prints all that the client got.
PROGRAM = """
from hashlib import sha256
from json import dumps
from icom_sim.network import Network, parse_rule
from sim.joined import Joined

pair = Joined(network=Network([parse_rule("jitter:30"), parse_rule("loss:3")], seed=11))
pair.open()
network = pair.radio.network
pair.run_for(0.5)
for text in ("burst-loss:5,3,90", "k-of-n:1,9", "reorder:5", "corrupt:2", "rebind:0.3"):
    number = network.add(parse_rule(text), pair.now)
    pair.run_for(0.4)
    if number % 2:
        network.remove(number, pair.now)
sent = sha256(b"".join(each.data for each in pair.to_client)).hexdigest()
print(sent, dumps(network.summary()))
"""


def heard(pair: Joined) -> int:
    return sum(isinstance(each, AudioReceived) for each in pair.events)


def test_a_rule_that_is_added_in_a_session_acts_from_there() -> None:
    pair = Joined()
    pair.open()
    pair.run_for(1.0)
    network = pair.radio.network
    number = network.add(parse_rule("block@to-client/audio-data"), pair.now)
    before = heard(pair)
    pair.run_for(1.0)
    assert heard(pair) == before
    network.remove(number, pair.now)
    pair.run_for(1.0)
    assert heard(pair) - before == pytest.approx(100, abs=4)
    [rule] = pair.radio.summary()["rules"]
    assert rule["until_s"] - rule["from_s"] == pytest.approx(1.0)
    assert rule["dropped"] == pytest.approx(100, abs=4)


def test_a_rebound_audio_stream_falls_silent_while_the_rest_lives() -> None:
    pair = Joined()
    pair.open()
    pair.run_for(1.0)
    pair.radio.network.add(parse_rule("rebind@audio"), pair.now)
    before = heard(pair)
    pair.run_for(2.0)
    assert heard(pair) == before
    [rule] = pair.radio.summary()["rules"]
    assert rule["rebinds"] == 1
    assert rule["dropped"] > 0  # what the radio still sent to the old port
    strangers = pair.radio.summary()["ignored"]
    assert set(strangers) == {"audio"}


def test_a_client_whose_ports_all_change_has_lost_its_session() -> None:
    pair = Joined()
    pair.open()
    pair.radio.network.add(parse_rule("rebind:1"), pair.now)
    pair.run_while(lambda: not any(isinstance(e, SessionClosed) for e in pair.events))
    assert pair.now > 1.0
    [rule] = pair.radio.summary()["rules"]
    assert rule["rebinds"] == len(Stream)


def test_who_comes_after_a_rebind_notices_nothing() -> None:
    network = Network([parse_rule("rebind")])
    network.start(-1.0)
    pair = Joined(network=network)
    pair.open()
    pair.run_for(1.0)
    assert any(isinstance(each, SessionReady) for each in pair.events)
    assert heard(pair) > 50


def test_a_changing_network_is_the_same_in_every_process() -> None:
    outputs = {run_program(hash_seed) for hash_seed in ("0", "1")}
    assert len(outputs) == 1
    assert '"rebinds": 3' in outputs.pop()


def run_program(hash_seed: str) -> str:
    tests = os.path.dirname(os.path.dirname(__file__))
    path = os.pathsep.join((tests, ENVIRONMENT["PYTHONPATH"]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=ENVIRONMENT | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
