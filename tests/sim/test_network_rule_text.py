"""Rules as they are written: read, written back, and what is said of mistakes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from icom_proto.codes import Stream
from icom_sim.network import ConditionError, Direction, Only, parse_rule
from icom_sim.network.figures import Declared
from icom_sim.network.outages import Blackout, Rebind
from icom_sim.network.paths import BurstLoss, RateLimit
from icom_sim.network.patterns import Pattern
from icom_sim.network.presets import PRESETS, preset_rules
from icom_sim.network.rule_text import RULES, rules_table, usage_of
from icom_sim.network.rules import Delay, Loss, Reorder
from sim.rule_texts import rule_texts

TO_CLIENT = Direction.TO_CLIENT


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("loss:5", Only(Loss(5))),
        ("loss:percent=5", Only(Loss(5))),
        (" LOSS:0.5@To-Client ", Only(Loss(0.5), TO_CLIENT)),
        ("burst-loss:3,4", Only(BurstLoss(3, 4))),
        ("burst-loss:3,4,good=1", Only(BurstLoss(3, 4, good=1))),
        ("rate:queue_ms=150,900", Only(RateLimit(900, 150))),
        ("reorder:2,80", Only(Reorder(2, 80))),
        ("blackout:5,30", Only(Blackout(5, 30))),
        ("rebind", Only(Rebind())),
        ("pattern:0011", Only(Pattern("0011"))),
        ("delay:20@audio/civ", Only(Delay(20), None, (Stream.CIV, Stream.AUDIO))),
        ("delay:1@to-client/to-radio", Only(Delay(1))),
        (
            "loss:100@to-radio/control/retransmit",
            Only(Loss(100), Direction.TO_RADIO, (Stream.CONTROL,), ("retransmit",)),
        ),
    ],
)
def test_a_rule_is_read_as_it_is_meant(text: str, only: Only) -> None:
    assert parse_rule(text) == only


@examples(100)
@given(rule_texts())
def test_what_is_written_back_is_read_as_the_same_rule(text: str) -> None:
    only = parse_rule(text)
    assert parse_rule(str(only)) == only
    assert str(parse_rule(str(only))) == str(only)


def test_written_back_it_is_as_short_as_it_can_be() -> None:
    text = "burst-loss:3.0,4,bad=100,good=0@audio/to-client"
    assert str(parse_rule(text)) == "burst-loss:3,4@to-client/audio"


@pytest.mark.parametrize("name", PRESETS)
def test_a_named_network_is_written_as_short_as_it_can_be(name: str) -> None:
    assert " ".join(map(str, preset_rules(name))) == PRESETS[name]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("los:5", r"unknown rule 'los' \(did you mean loss\?\): there are loss, burst"),
        ("", "unknown rule '': there are loss, burst-loss,"),
        ("loss", "loss is written loss:PERCENT, not 'loss'$"),
        ("loss:", "loss is written loss:PERCENT, not 'loss'$"),
        ("loss:1,2", "loss is written loss:PERCENT, not 'loss:1,2'$"),
        ("loss:ms=1", "loss is written loss:PERCENT, not 'loss:ms=1'$"),
        ("reorder:percent=1,percent=2", "reorder is written reorder:PERCENT"),
        ("burst-loss:3", r"is written burst-loss:PERCENT,LENGTH\[,BAD\[,GOOD\]\], not"),
        ("rebind:1,2", r"rebind is written rebind\[:AFTER_S\], not 'rebind:1,2'$"),
        ("block:1", "block is written block, not 'block:1'$"),
        ("loss:5%", "loss must be 0 to 100 percent, not '5%'$"),
        ("loss:-5", "loss must be 0 to 100 percent, not -5$"),
        ("loss:nan", "loss must be 0 to 100 percent, not nan$"),
        ("loss:1_0", "loss must be 0 to 100 percent, not '1_0'$"),
        ("delay:1e9", r"delay must be 0 to 60000 ms, not 1e\+09$"),
        ("mtu:1400.5", "mtu must be 68 to 65535 bytes, not '1400.5'$"),
        (f"mtu:{'9' * 5000}", r"mtu must be 68 to 65535 bytes, not '9{36}\.\.\.$"),
        ("rate:900,-1", "rate queue_ms must be 0 to 60000 ms, not -1$"),
        ("truncate:1,70000", "truncate size must be 0 to 65535 bytes, not 70000$"),
        ("loss:5@", "rules apply to to-client, to-radio, control, .* not to ''$"),
        ("loss:5@sound", "rules apply to .*, audio-data; not to 'sound'$"),
        ("rebind@to-client", "rebind changes ports both ways"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_what_is_allowed(
    text: str, says: str
) -> None:
    with pytest.raises(ConditionError, match=says) as refused:
        parse_rule(text)
    assert "\n" not in str(refused.value)


PIECES = [*RULES, *":,,=@//", "percent", "1", "-1", "nan", "1e400", "audio", "\n", "\0"]


@examples(100)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8))
def test_any_text_is_a_rule_or_told_to_be_none(pieces: list[str]) -> None:
    text = "".join(pieces)
    with suppress(ConditionError):
        assert str(parse_rule(text))
        return
    with pytest.raises(ConditionError, match=r"^[^\n]{10,500}$"):
        parse_rule(text)


@pytest.mark.parametrize("kind", RULES.values(), ids=list(RULES))
def test_the_example_of_each_rule_is_one(kind: type[Declared]) -> None:
    assert type(parse_rule(kind.example).rule) is kind
    assert str(parse_rule(kind.example)) == kind.example


def test_the_table_tells_each_rule_with_its_figures() -> None:
    rows = {
        usage.partition(":")[0].partition("[")[0]: row for usage, *row in rules_table()
    }
    assert list(rows) == list(RULES)
    assert usage_of(BurstLoss) == "burst-loss:PERCENT,LENGTH[,BAD[,GOOD]]"
    text, figures, example = rows["burst-loss"]
    assert text == "Drops PERCENT of all, in bursts of LENGTH datagrams on average."
    assert figures == [
        "PERCENT 0 to 100 percent",
        "LENGTH 1 to 10000 datagrams",
        "BAD 0 to 100 percent, default 100",
        "GOOD 0 to 100 percent, default 0",
    ]
    assert example == "burst-loss:3,4"
