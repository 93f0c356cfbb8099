"""Actions on a running radio: what each does, and what is said to a wrong one."""

import json
from dataclasses import replace
from typing import Any

import pytest

from icom_proto.civ_commands import set_frequency
from icom_proto.events import AudioReceived, SessionClosed
from icom_sim.actions import ACTIONS, ActionError, check_action, perform
from icom_sim.happenings import CivPushed, PttChanged
from sim.joined import CONFIG, Joined


@pytest.fixture
def pair() -> Joined:
    joined = Joined()
    joined.open()
    return joined


def do(pair: Joined, name: str, /, **arguments: object) -> Any:  # noqa: ANN401
    result = perform(pair.radio, name, arguments, pair.now)
    pair.drain()
    return result


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("fly", {}, "unknown action 'fly': there are set, dialect"),
        ("standbye", {}, "did you mean 'standby'"),
        ("dial", {}, "action 'dial' needs 'hz'"),
        ("dial", {"hz": "x"}, "'hz' of action 'dial' must be 0 to .* Hz, not 'x'"),
        ("dial", {"hz": True}, "not True"),
        ("dial", {"hz": 1, "khz": 2}, "has no argument 'khz': it takes hz"),
        ("standby", {"now": 1}, "it takes none"),
        ("reboot", {"seconds": -1}, "0 to 86400 seconds, not -1"),
        ("reboot", {"seconds": float("nan")}, "not nan"),
        ("reboot", {"seconds": 10**400}, "0 to 86400 seconds, not 1000"),
        ("drop-next", {"count": 10_001}, "1 to 10000, not 10001"),
        ("wedge", {"stream": "video", "seconds": 1}, "control or civ or audio"),
        ("mode", {"mode": "SSB"}, "lsb or usb"),
        ("ptt", {"on": 1}, "on or off, not 1"),
    ],
)
def test_a_wrong_action_is_told_with_what_is_allowed(
    name: str, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(ActionError, match=told):
        check_action(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("net-add", {"rule": "rain:5"}, "unknown rule"),
        ("net-remove", {"id": 77}, "there is no rule 77"),
        ("net-preset", {"name": "moon"}, "moon"),
        ("set", {"knob": "colour", "value": 1}, "unknown knob 'colour'"),
        ("set", {"knob": "slots", "value": "many"}, "cannot be 'many'"),
        ("dialect", {"name": "ic7"}, "unknown dialect 'ic7'"),
        ("audio", {"source": "tone:0"}, "tone:0"),
        ("dial", {"hz": 300_000_000}, "does not turn to 300000000 Hz"),
    ],
)
def test_what_the_radio_cannot_do_is_told_and_changes_nothing(
    pair: Joined, name: str, arguments: dict[str, object], told: str
) -> None:
    before = json.dumps(do(pair, "status"))
    with pytest.raises(ActionError, match=told):
        do(pair, name, **arguments)
    assert json.dumps(do(pair, "status")) == before


def test_what_a_client_cannot_hear_at_its_rate_is_not_heard_by_others() -> None:
    pair = Joined(config=replace(CONFIG, rx_rate_hz=8000))
    pair.open()
    with pytest.raises(ActionError, match="5000 Hz is too high for 8000"):
        do(pair, "audio", source="tone:5000")
    pair.events.clear()
    pair.run_for(0.4)
    blocks = [each.data for each in pair.events if isinstance(each, AudioReceived)]
    assert len(blocks) > 10
    assert all(block.strip(b"\0") for block in blocks), "it hears what it heard"


def test_another_signal_changes_nothing_in_the_beat_of_the_audio(pair: Joined) -> None:
    for dbm in range(-100, -50):
        do(pair, "signal", dbm=dbm)
        pair.run_for(0.01)
    assert pair.radio.summary()["audio_blocks"]["sent"] in (25, 26)


def test_a_radio_that_reboots_or_is_off_transmits_nothing(pair: Joined) -> None:
    do(pair, "disconnect")  # there is no owner whose leaving would unkey it
    do(pair, "ptt", on=True)
    do(pair, "reboot", seconds=1)
    assert not pair.radio.rig.transmitting
    do(pair, "power-off")
    with pytest.raises(ActionError, match="does not reboot: wake it"):
        do(pair, "reboot", seconds=1)


def test_every_action_says_what_it_does_and_takes() -> None:
    for name, action in ACTIONS.items():
        assert action.name == name
        assert action.text
        assert all(each.allowed for each in action.parameters)


def test_numbers_may_come_as_the_text_of_a_command_line(pair: Joined) -> None:
    do(pair, "dial", hz="7074000")
    assert pair.radio.rig.state.vfo.frequency_hz == 7_074_000


def test_a_turned_dial_is_pushed_to_the_client(pair: Joined) -> None:
    do(pair, "dial", hz=7_074_000)
    assert any(isinstance(each, CivPushed) for each in pair.happened)


def test_rules_come_and_go_while_it_runs(pair: Joined) -> None:
    number = do(pair, "net-add", rule="loss:100@to-client/audio")
    assert [rule["number"] for rule in do(pair, "net-list")] == [number]
    do(pair, "net-remove", id=number)
    assert do(pair, "net-list") == []
    assert len(do(pair, "net-preset", name="wifi")) == 3
    do(pair, "net-clear")
    assert do(pair, "status")["rules"] == []


def test_the_next_audio_datagrams_are_dropped(pair: Joined) -> None:
    do(pair, "drop-next", count=3, stream="audio", direction="to-client")
    pair.run_for(1.0)
    (rule,) = [each for each in pair.radio.summary()["rules"] if each["dropped"]]
    assert rule["dropped"] == 3


def test_a_stalled_civ_answers_nothing_and_then_again(pair: Joined) -> None:
    do(pair, "stall-civ", seconds=1.0)
    before = len(pair.to_client)
    pair.ask(b"\x03")
    assert all(each.stream.name != "CIV" for each in pair.to_client[before:])
    pair.run_for(1.5)
    pair.ask(b"\x03")
    assert any(each.stream.name == "CIV" for each in pair.to_client[before:])


def test_ptt_at_the_radio_keys_it_and_lets_go(pair: Joined) -> None:
    do(pair, "ptt", on="on")
    do(pair, "ptt", on=False)
    changes = [each for each in pair.happened if isinstance(each, PttChanged)]
    assert [each.transmitting for each in changes] == [True, False]


def test_switched_off_it_is_off_the_network_until_it_wakes(pair: Joined) -> None:
    do(pair, "power-off")
    before = len(pair.to_client)
    pair.run_for(40.0)
    assert len(pair.to_client) == before
    assert any(isinstance(each, SessionClosed) for each in pair.events)
    do(pair, "wake")
    assert do(pair, "status")["rig"]["power"] == "waking"


def test_the_status_is_the_radio_as_it_stands(pair: Joined) -> None:
    pair.ask(set_frequency(7_074_000))
    status = json.loads(json.dumps(do(pair, "status")))
    assert status["rig"]["receivers"][0]["frequency_hz"] == 7_074_000
    (client,) = status["clients"]
    assert client["owner"]
    assert client["state"] == "streaming"
