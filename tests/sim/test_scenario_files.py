"""Scenario files: what they say, and how every mistake in them is told."""

import re
from pathlib import Path

import pytest

from icom_proto.codes import Stream
from icom_sim.network import Direction
from icom_sim.scenarios import (
    Bounds,
    ClosedCleanly,
    Counter,
    DatagramSight,
    EventSight,
    Moment,
    RigState,
    Scenario,
    ScenarioError,
    Seen,
    Step,
    load_scenario,
    parse_scenario,
)
from icom_sim.scenarios.model import Window
from sources import ROOT

WHOLE = """\
title = "All that a file can say"
description = '''
[not.a.table]
at = 3
'''
model = "ic-705"
rules = [
    "loss:5",  # at = 9
    "delay:20@to-client",
]
duration = 20

[credentials]
password = "secret"

[[steps]]
at = 1.5
do = "blackout"
seconds = 2
name = "dark"

[[steps]]
after = "civ_opened"
times = 2
delay = 0.5
repeat = 3
do = "disconnect"

[[expect]]
event = "streams_granted"
match = { rx_codec = "PCM16_MONO", tx_buffer_ms = { max = 300 } }
within = 5
after = { event = "step", match = { name = "dark" }, delay = 1 }

[[expect]]
datagram = "StreamRequest"
stream = "control"
max = 4
per = 10

[[expect]]
counter = "retransmit.civ.given_up"
is = 0

[[expect]]
rig = "mode"
is = "USB"

[[expect]]
closed = "cleanly"
why = "else the radio stays locked"
"""


def test_a_file_says_the_same_as_python() -> None:
    dark = Moment(EventSight("step", {"name": "dark"}), delay=1)
    granted = EventSight(
        "streams_granted",
        {"rx_codec": "PCM16_MONO", "tx_buffer_ms": Bounds(max=300)},
    )
    assert parse_scenario(WHOLE, "whole") == Scenario(
        name="whole",
        title="All that a file can say",
        description="[not.a.table]\nat = 3",
        model="IC-705",
        rules=("loss:5", "delay:20@to-client"),
        duration=20,
        password="secret",
        steps=(
            Step(action="blackout", arguments={"seconds": 2}, at=1.5, name="dark"),
            Step(
                action="disconnect",
                after=Moment(EventSight("civ_opened"), times=2, delay=0.5),
                repeat=3,
            ),
        ),
        expect=(
            Seen(sight=granted, window=Window(within=5, after=dark), min=1),
            Seen(
                sight=DatagramSight(
                    ("StreamRequest",), {}, Stream.CONTROL, Direction.TO_RADIO
                ),
                max=4,
                per=10,
            ),
            Counter(path="retransmit.civ.given_up", bounds=Bounds(0, 0)),
            RigState(name="mode", wanted="USB"),
            ClosedCleanly(why="else the radio stays locked"),
        ),
    )


STEP = "[[steps]]\nat = 1\ndo = 'disconnect'\n"
SAW = "[[expect]]\nevent = 'civ_opened'\n"
MISTAKES = {
    # what is wrong: the text behind the title, the line, and words of the answer
    "a key that nothing has": (
        "durration = 5\n",
        2,
        ("'durration'", "did you mean 'duration'", "seed"),
    ),
    "a key that no expectation has": (
        STEP + SAW + "in = 5\n",
        7,
        ("'in'", "within", "after"),
    ),
    "no TOML at all": ("duration = 5\nseed =\n", 3, ("Invalid value",)),
    "a text that does not end": ("a = '''\nb = 1\n", 4, ()),
    "another type": ("seed = 1\nduration = 'long'\n", 3, ("a number", "'long'")),
    "a duration that is none": ("duration = nan\n", 2, ("duration", "a number")),
    "an endless duration": ("duration = 1e9\n", 2, ("86400",)),
    "a model that is none": ("model = 'IC-7611'\n", 2, ("did you mean 'IC-7610'",)),
    "an action that is none": (
        "[[steps]]\nat = 1\ndo = 'reboott'\n",
        2,
        ("'reboott'", "did you mean 'reboot'", "client-kill"),
    ),
    "an argument that is none": (
        STEP + "secs = 3\n",
        2,
        ("'secs'", "disconnect"),
    ),
    "no action": ("[[steps]]\nat = 1\n", 2, ("needs do",)),
    "a step without a time": ("[[steps]]\ndo = 'disconnect'\n", 2, ("at and after",)),
    "time that goes backwards": (
        STEP.replace("1", "2") + STEP,
        6,
        ("at 1", "at 2", "backwards"),
    ),
    "a step after the end": (
        "duration = 5\n" + STEP.replace("1", "6"),
        4,
        ("0 to 5", "6"),
    ),
    "repeat without an event": (STEP + "repeat = 2\n", 5, ("goes with after",)),
    "an event that is none": (
        "[[expect]]\nevent = 'civ_open'\n",
        3,
        ("'civ_open'", "did you mean 'civ_opened'", "session_opened"),
    ),
    "a field that is none": (
        "[[expect]]\nevent = 'ptt'\nmatch = { off = true }\n",
        4,
        ("'off'", "on"),
    ),
    "a datagram that is none": (
        "[[expect]]\ndatagram = 'Logn'\nnever = true\n",
        3,
        ("did you mean 'Login'",),
    ),
    "a field no such datagram has": (
        "[[expect]]\ndatagram = ['Token', 'Ping']\nmatch = { time = 1 }\n",
        4,
        ("'time'",),
    ),
    "a counter that is none": (
        "[[expect]]\ncounter = 'datagrams.to_radio.civ.snt'\nmin = 1\n",
        3,
        ("did you mean 'datagrams.to_radio.civ.sent'",),
    ),
    "a state of the rig that is none": (
        "[[expect]]\nrig = 'frequency'\nis = 1\n",
        3,
        ("did you mean 'frequency_hz'",),
    ),
    "a mode that no rig has": (
        "[[expect]]\nrig = 'mode'\nis = 'usb'\n",
        4,
        ("'usb'", "USB", "CW"),
    ),
    "a state of another kind": (
        "[[expect]]\nrig = 'ptt'\nis = 1\n",
        4,
        ("true or false",),
    ),
    "a text for a switch": (
        "[[expect]]\nevent = 'ptt'\nmatch = { on = 'false' }\nnever = true\n",
        4,
        ("on is true or false", "'false'"),
    ),
    "a number for a name": (
        "[[expect]]\nevent = 'session_opened'\nmatch = { computer = 5 }\n",
        4,
        ("computer is a text", "5"),
    ),
    "a text for a figure": (
        "[[expect]]\ntx = 'underruns'\nis = 'none'\n",
        4,
        ("underruns is a number", "'none'"),
    ),
    "a list for a figure": (
        "[[expect]]\ntx = 'packets'\nis = 'x'\n",
        3,
        ("unknown TX figure 'packets'",),
    ),
    "a moment after the end": (
        "duration = 5\n" + SAW + "after = { event = 'ptt', delay = 20 }\n",
        5,
        ("delay must be 0 to 10 s", "20"),
    ),
    "a number that is none": (
        "[[expect]]\nrig = 'frequency_hz'\nis = inf\n",
        4,
        ("a number",),
    ),
    "nothing that is expected": ("[[expect]]\nwithin = 5\n", 2, ("exactly one of",)),
    "two things at once": (SAW + "rig = 'ptt'\n", 2, ("event and rig",)),
    "never and at least once": (
        SAW + "never = true\nmin = 1\n",
        5,
        ("never and min",),
    ),
    "more than at most": (SAW + "min = 3\nmax = 2\n", 4, ("min 3", "max 2")),
    "what always is": (SAW + "min = 0\n", 4, ("always",)),
    "later than the end": (
        "duration = 10\n" + SAW + "within = 30\n",
        5,
        ("up to 15", "30"),
    ),
    "never before always": (
        SAW + "never = true\n" + SAW + "within = 3\n",
        5,
        ("civ_opened", "another line forbids it"),
    ),
    "after what must never be": (
        SAW + "never = true\n[[expect]]\nevent = 'ptt'\nafter = 'civ_opened'\n",
        7,
        ("civ_opened cannot be waited for",),
    ),
    "bytes that are none": ("[[expect]]\nciv = '1C 0'\n", 3, ("hexadecimal",)),
    "a direction that is none": (
        "[[expect]]\ndatagram = 'Ping'\ndirection = 'up'\n",
        4,
        ("to-client", "to-radio"),
    ),
    "a stream of an event": (SAW + "stream = 'civ'\n", 4, ("goes with datagram",)),
    "a number of a state that has two sides": (
        "[[expect]]\nrig = 'frequency_hz'\nmin = 3\nmax = 2\n",
        2,
        ("nothing is both",),
    ),
    "audio that is none": ("audio = 'tone:loud'\n", 2, ("tone:loud",)),
    "a password no login carries": (
        "[credentials]\npassword = 'seventeen letters'\n",
        3,
        ("at most 16",),
    ),
    "a rule that is none": ("rules = ['lost:5']\n", 2, ("lost",)),
    "a knob that is none": ("[knobs]\nlease = 5\n", 3, ("lease",)),
    "a value no knob has": ("[knobs]\nlease_s = 'long'\n", 3, ("lease_s", "long")),
    "a network that is none": ("network = 'tin-can'\n", 2, ("tin-can", "wifi-lossy")),
    "a dialect that is none": ("dialect = 'ic7611'\n", 2, ("ic7611", "ic7610")),
}


@pytest.mark.parametrize(
    ("text", "line", "words"), MISTAKES.values(), ids=MISTAKES.keys()
)
def test_a_mistake_is_told_with_file_and_line_and_what_may_be(
    text: str, line: int, words: tuple[str, ...]
) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_scenario("title = 'x'\n" + text, "mine", file="mine.toml")
    [told] = str(refused.value).splitlines()
    assert told.startswith(f"mine.toml:{line}: ")
    for word in words:
        assert word in told


def test_a_title_is_needed() -> None:
    with pytest.raises(ScenarioError, match=r"^mine:1: .*title"):
        parse_scenario("duration = 5\n", "mine")


def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path, why in ((binary, "UTF-8"), (tmp_path / "none.toml", "No such file")):
        with pytest.raises(ScenarioError, match=why) as refused:
            load_scenario(path)
        assert path.name in str(refused.value)


def test_a_scenario_in_python_is_checked_too() -> None:
    never = Seen(sight=EventSight("civ_opned"), max=0)
    with pytest.raises(ScenarioError, match="civ_opened"):
        Scenario(name="mine", title="x", expect=(never,))


def test_the_scenario_on_the_page_is_one() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    [text] = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    scenario = parse_scenario(text, "page")
    assert (len(scenario.steps), len(scenario.expect)) == (2, 2)
