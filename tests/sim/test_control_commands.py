"""`icom-sim net` and `icom-sim ctl`, as a user types them, to a radio of two words."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from icom_proto.codes import Stream
from icom_sim.actions import ACTIONS, ActionError
from icom_sim.cli.commands import cli
from icom_sim.control.addresses import UnixAddress
from icom_sim.control.server import ControlServer
from icom_sim.network import ConditionError, Direction, Network, parse_rule
from icom_sim.network.presets import PRESETS
from icom_sim.network.rule_text import RULES

Words = tuple[str, ...]
Do = Callable[[Mapping[str, object]], object]


def performer(network: Network) -> Callable[[str, Mapping[str, object]], object]:
    """The network's actions, at three seconds, and one that tells what it was given."""
    table: dict[str, Do] = {
        "net-add": lambda given: network.add(parse_rule(str(given["rule"])), 3.0),
        "net-remove": lambda given: network.remove(int(str(given["id"])), 3.0),
        "net-clear": lambda _: network.clear(3.0),
        "net-preset": lambda given: network.preset(str(given["name"]), 3.0),
        "net-list": lambda _: network.rules(),
        "tell": lambda given: given,
        "say": lambda _: "plain words",
    }

    def perform(name: str, given: Mapping[str, object]) -> object:
        try:
            return table[name](given)
        except ConditionError as error:
            raise ActionError(str(error)) from error

    return perform


@asynccontextmanager
async def controlled(path: Path, network: Network) -> AsyncIterator[ControlServer]:
    address = UnixAddress(str(path))
    async with ControlServer(address, performer(network)) as control:
        yield control


async def typed(*words: str, control: Path | None = None) -> tuple[int, str]:
    """Status, and all that was printed. ICOM_SIM_CONTROL says where the radio is."""
    environment = {"ICOM_SIM_CONTROL": None if control is None else str(control)}
    runner = CliRunner()
    result = await asyncio.to_thread(
        runner.invoke, cli, list(words), env=environment, catch_exceptions=False
    )
    return result.exit_code, result.output


async def test_rules_are_added_listed_and_removed(tmp_path: Path) -> None:
    path, network = tmp_path / "radio.sock", Network(seed=1)
    network.carry(Direction.TO_CLIENT, Stream.CIV, b"data", 0.0)
    async with controlled(path, network):
        assert await typed("net", "add", "LOSS:100@civ", "delay:20", control=path) == (
            0,
            "   1  loss:100@civ\n   2  delay:20\n",
        )
        network.carry(Direction.TO_CLIENT, Stream.CIV, b"data", 4.0)
        assert await typed("net", "list", "--control", str(path)) == (
            0,
            "   1  loss:100@civ                        1 dropped, from 3 s\n"
            "   2  delay:20                            nothing, from 3 s\n",
        )
        assert await typed("net", "--control", str(path), "remove", "1") == (0, "")
        assert [each["number"] for each in network.rules()] == [2]
        assert await typed("net", "clear", control=path) == (0, "")
        assert network.rules() == []
        assert await typed("net", "preset", "wifi", control=path) == (0, "")
        assert len(network.rules()) == 3


async def test_an_order_s_arguments_are_numbers_switches_or_text(
    tmp_path: Path,
) -> None:
    path = tmp_path / "radio.sock"
    words = ("a=1", "b=2.5", "c=true", "d=tone:700", 'e="7"', "f=[1]", "g=", "h=3e07")
    async with controlled(path, Network()):
        status, output = await typed("ctl", "tell", *words, control=path)
        assert status == 0
        assert re.sub(r"\s+", " ", output) == (
            '{ "a": 1, "b": 2.5, "c": true, "d": "tone:700", "e": "7", "f": "[1]",'
            ' "g": "", "h": "3e07" } '
        )
        assert await typed("ctl", "say", control=path) == (0, "plain words\n")
        assert await typed("ctl", "net-clear", control=path) == (0, "")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("net", "add", "los:5"), 2, "unknown rule 'los' (did you mean loss?)"),
        (("net", "preset", "wify"), 2, "unknown network 'wify': there are lan"),
        (("net", "remove", "7"), 1, "there is no rule 7, only none"),
        (("net", "remove", "x"), 2, "'x' is not a valid integer"),
        (("ctl", "tell", "a"), 2, "arguments are NAME=VALUE, not 'a'"),
        (("net", "--control", "1:2", "list"), 2, "a control address is a path"),
    ],
)
async def test_a_mistake_is_told_in_one_line(
    words: Words, status: int, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "radio.sock"
    async with controlled(path, Network()):
        ended, output = await typed(*words, control=path)
    assert ended == status
    assert says in output.splitlines()[-1]


@pytest.mark.parametrize("words", [("net", "list"), ("ctl", "status")])
async def test_without_a_radio_it_says_how_to_start_one(
    words: Words, tmp_path: Path
) -> None:
    path = tmp_path / "radio.sock"
    status, output = await typed(*words, control=path)
    assert status == 1
    assert output.splitlines() == [
        f"Error: no radio takes orders at {path} (No such file or directory):"
        f" start one with icom-sim serve --control {path}"
    ]


async def test_events_are_shown_until_the_radio_ends(tmp_path: Path) -> None:
    path = tmp_path / "radio.sock"
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def tell_when_heard(control: ControlServer) -> None:
        if control.is_heard:
            control.publish('{"event": "ptt", "on": true}')
            told.set()
        else:
            loop.call_later(0.001, tell_when_heard, control)

    async with controlled(path, Network()) as control:
        showing = asyncio.create_task(typed("ctl", "events", control=path))
        tell_when_heard(control)
        async with asyncio.timeout(20):
            await told.wait()
    assert await showing == (0, '{"event": "ptt", "on": true}\n')


async def test_rules_networks_and_actions_are_listed_without_a_radio() -> None:
    status, output = await typed("net", "rules")
    assert status == 0
    for name in RULES:
        assert re.search(rf"^{name}\b", output, re.MULTILINE)
    status, output = await typed("net", "presets")
    assert [line.split()[0] for line in output.splitlines()] == list(PRESETS)
    status, output = await typed("ctl")
    assert [line.split()[0] for line in output.splitlines()] == list(ACTIONS)
