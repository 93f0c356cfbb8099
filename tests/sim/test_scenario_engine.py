"""What a run of a scenario does when, and how it judges, without a radio."""

import ast
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

import icom_sim.event_log
from forge import seal
from icom_proto.codes import Stream
from icom_proto.packets import Ping, RetransmitOne
from icom_sim.actions import ActionError
from icom_sim.network import Direction
from icom_sim.scenarios import Outcome, ScenarioRun, Verdict, parse_scenario
from icom_sim.scenarios.junit import junit_xml
from icom_sim.scenarios.vocabulary import RADIO_EVENTS

START = 1000.0  # a clock need not begin at 0


class Bench:
    """A run without a radio: `done` is what would have been done to one."""

    def __init__(self, text: str) -> None:
        self.done: list[tuple[str, float]] = []
        scenario = parse_scenario("title = 'x'\nduration = 20\n" + text, "bench")
        self.run = ScenarioRun(scenario, self._perform, START)

    def tell(self, name: str, t: float, **fields: object) -> None:
        self.run_to(t)
        self.run.handle_event(name, fields, START + t)

    def see(self, stream: Stream, data: bytes, t: float) -> None:
        self.run_to(t)
        self.run.handle_datagram(Direction.TO_RADIO, stream, data, START + t)

    def run_to(self, t: float) -> None:
        while (at := self.run.next_timeout()) is not None and at <= START + t:
            self.run.handle_timeout(at)

    def judge(self, **summary: object) -> list[Outcome]:
        self.run_to(20)
        rig = {"ptt": False, "frequency_hz": 14_074_000}
        return list(self.run.finish(summary, rig, START + 21).outcomes)

    def _perform(self, name: str, _: Mapping[str, object], now: float) -> None:
        self.done.append((name, now - START))
        if name == "reboot":
            raise ActionError("no power")


def test_steps_are_done_at_their_time_and_after_their_event() -> None:
    bench = Bench(
        "[[steps]]\nat = 3\ndo = 'net-clear'\n"
        "[[steps]]\nafter = 'civ_opened'\ntimes = 2\ndelay = 0.5\nrepeat = 2\n"
        "do = 'disconnect'\n"
    )
    for t in (1, 4, 6, 8):
        bench.tell("civ_opened", t, client="a")
    bench.run_to(20)
    assert bench.done == [("net-clear", 3), ("disconnect", 4.5), ("disconnect", 6.5)]


def test_a_step_is_never_done_while_the_radio_tells_something() -> None:
    bench = Bench(
        "[[steps]]\nafter = 'ptt'\nmatch = { on = true }\ndo = 'disconnect'\n"
    )
    bench.tell("ptt", 1, on=False)
    bench.tell("ptt", 2, on=True)
    assert bench.done == []
    assert bench.run.next_timeout() == START + 2
    bench.run_to(2)
    assert bench.done == [("disconnect", 2)]


def test_a_step_is_an_event_and_one_that_fails_is_a_failure() -> None:
    bench = Bench(
        "[[steps]]\nat = 2\ndo = 'reboot'\nseconds = 1\nname = 'dark'\n"
        "[[steps]]\nafter = { event = 'step', match = { name = 'dark' }, delay = 1 }\n"
        "do = 'net-clear'\n"
    )
    [failure] = bench.judge()
    assert bench.done == [("reboot", 2), ("net-clear", 3)]
    assert (failure.passed, failure.told, failure.t) == (False, "no power", 2)


# An expectation about `ptt`, the times when it was seen, and the verdict.
EVENT = "[[expect]]\nevent = 'ptt'\n"
AFTER = "after = 'civ_opened'\n"  # seen at 5
JUDGED = {
    "seen": (EVENT, [19.0], True, 19.0),
    "not seen": (EVENT, [], False, 21.0),
    "in time": (EVENT + "within = 3\n", [3.0], True, 3.0),
    "too late": (EVENT + "within = 3\n", [3.1], False, 3.0),
    "in time after": (EVENT + AFTER + "within = 3\n", [8.0], True, 8.0),
    "too early": (EVENT + AFTER + "within = 3\n", [4.0], False, 8.0),
    "never": (EVENT + "never = true\n", [], True, 20.0),
    "never but once": (EVENT + "never = true\n", [7.0], False, 7.0),
    "never after": (EVENT + "never = true\n" + AFTER, [4.0], True, 20.0),
    "never until": (EVENT + "never = true\nuntil = 'civ_opened'\n", [6.0], True, 5.0),
    "never while running": (EVENT + "never = true\n", [20.5], True, 20.0),
    "never to the end": (
        EVENT + "never = true\nafter = 'ending'\n",
        [20.5],
        False,
        20.5,
    ),
    "enough": (EVENT + "min = 2\n", [1.0, 2.0], True, 2.0),
    "too few": (EVENT + "min = 2\n", [1.0], False, 21.0),
    "too many": (EVENT + "max = 2\n", [1.0, 2.0, 3.0], False, 3.0),
    "just right": (EVENT + "min = 2\nmax = 2\n", [1.0, 2.0], True, 21.0),
    "a storm": (EVENT + "max = 2\nper = 1\n", [1.0, 1.5, 1.9], False, 1.9),
    "no storm": (EVENT + "max = 2\nper = 1\n", [1.0, 1.5, 2.0, 2.5], True, 20.0),
    "not these fields": (EVENT + "match = { on = false }\n", [1.0], False, 21.0),
    "nothing to be after": (EVENT + "after = 'trouble'\n", [1.0], False, 21.0),
}


@pytest.mark.parametrize(
    ("text", "times", "passed", "t"), JUDGED.values(), ids=JUDGED.keys()
)
def test_what_happens_is_judged_by_window_and_count(
    text: str, times: list[float], passed: bool, t: float
) -> None:
    bench = Bench(text)
    told = sorted(
        [*(("ptt", t) for t in times), ("civ_opened", 5.0)], key=lambda e: e[1]
    )
    for name, at in told:
        bench.tell(name, at, on=True, client="a")
    [outcome] = bench.judge()
    assert (outcome.passed, outcome.t) == (passed, t)


def test_a_run_ends_early_only_where_nothing_can_change_any_more() -> None:
    short = Bench(EVENT + "[[expect]]\nclosed = 'cleanly'\n")
    for more in ("[[expect]]\nrig = 'ptt'\nis = false\n", EVENT + "max = 3\n"):
        longer = Bench(EVENT + more)
        longer.tell("ptt", 3, on=True)
        longer.run_to(19)
        assert not longer.run.is_ending
    short.tell("ptt", 3, on=True)
    assert not short.run.is_ending
    short.run_to(3)
    assert short.run.is_ending


def test_failures_are_known_before_the_end() -> None:
    bench = Bench(EVENT + "within = 3\n")
    bench.run_to(3.0)
    assert not bench.run.has_failed
    bench.tell("civ_opened", 4, client="a")
    assert bench.run.has_failed


def test_datagrams_are_known_by_kind_stream_and_fields() -> None:
    bench = Bench(
        "[[expect]]\ndatagram = 'Ping'\nmatch = { reply = 1 }\nmax = 1\n"
        "[[expect]]\ndatagram = ['RetransmitOne', 'RetransmitMany']\n"
        "stream = 'civ'\nnever = true\n"
        "[[expect]]\ndatagram = 'Malformed'\n"
        "[[expect]]\ndatagram = []\nmin = 4\n"
    )
    for reply in (0, 1):
        bench.see(
            Stream.CONTROL,
            seal(Ping(reply=reply, time=1), sender=1, receiver=2),
            1 + reply,
        )
    bench.see(Stream.AUDIO, seal(RetransmitOne(), sender=1, receiver=2), 3)
    bench.see(Stream.CIV, b"\xff", 4)
    assert [outcome.passed for outcome in bench.judge()] == [True] * 4


def test_civ_is_known_by_how_command_and_data_begin() -> None:
    bench = Bench("[[expect]]\nciv = '1C 00 01'\n[[expect]]\nciv = '1C 00 00'\n")
    bench.tell("civ", 1, frame="fefe98e01c0001fd", answers=[])
    assert [outcome.passed for outcome in bench.judge()] == [True, False]


def test_the_end_is_judged_by_counters_and_the_rig() -> None:
    bench = Bench(
        "[[expect]]\ncounter = 'tx_datagrams.lost'\nmax = 2\n"
        "[[expect]]\ncounter = 'tx_datagrams.received'\nmin = 1\n"
        "[[expect]]\nrig = 'ptt'\nis = false\n"
        "[[expect]]\nrig = 'frequency_hz'\nmin = 14000000\nmax = 14070000\n"
    )
    outcomes = bench.judge(tx_datagrams={"lost": 2})
    assert [outcome.passed for outcome in outcomes] == [True, False, True, False]


@pytest.mark.parametrize(
    ("opened", "closed", "passed"),
    [
        ((), (), False),
        (("a",), (("a", "peer_disconnect"),), True),
        (("a",), (), False),
        (("a", "b"), (("a", "silence"), ("b", "peer_disconnect")), True),
        (("a",), (("a", "silence"),), False),
    ],
)
def test_a_clean_end_is_a_token_given_back(
    opened: tuple[str, ...], closed: tuple[tuple[str, str], ...], passed: bool
) -> None:
    bench = Bench("[[expect]]\nclosed = 'cleanly'\n")
    for client in opened:
        bench.tell("session_opened", 1, client=client, computer="")
    for client, reason in closed:
        bench.tell("session_closed", 2, client=client, computer="", reason=reason)
    assert [outcome.passed for outcome in bench.judge()] == [passed]


def test_events_that_can_be_expected_are_those_that_are_told() -> None:
    source = Path(icom_sim.event_log.__file__).read_text(encoding="utf-8")
    told = {
        node.value.elts[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Return)
        and isinstance(node.value, ast.Tuple)
        and isinstance(node.value.elts[0], ast.Constant)
    }
    assert told == set(RADIO_EVENTS)


def test_junit_tells_each_expectation_and_survives_odd_names() -> None:
    outcomes = (Outcome("a < b", True, "so", 1.0), Outcome("c", False, "\x07no", 2.0))
    verdict = Verdict(scenario="x\x07", seed=7, seconds=3.0, outcomes=outcomes)
    suite = ElementTree.fromstring(junit_xml([verdict]))[0]
    assert suite.attrib["name"] == "x?"
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == "1"
    names = [case.attrib["name"] for case in suite.iter("testcase")]
    assert names == ["1. a < b", "2. c"]
    assert [each.text for each in suite.iter("failure")] == ["?no"]
