"""The summary of a run for people: what travelled, and what became of it."""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from icom_sim.network.network import COUNTED
from icom_sim.tx_verdict import TxVerdict

Counts = Mapping[str, int]
RULE_COUNTS = (*COUNTED, "rebinds")


class Summary(TypedDict):
    """What `FakeRadio.summary` returns, ready for JSON."""

    seed: int
    datagrams: Mapping[str, Mapping[str, Counts]]  # by direction and stream
    rules: list[dict[str, Any]]
    retransmit: Mapping[str, Counts]
    audio_blocks: Counts
    tx_datagrams: Counts
    tx: Mapping[str, Any]  # `TxVerdict.to_dict`
    ignored: Mapping[str, Counts]


def summary_lines(summary: Summary) -> Iterator[str]:
    """Lines without what is zero."""
    for direction, streams in summary["datagrams"].items():
        for stream, counts in streams.items():
            # Delays are told by the rules: a datagram may meet several.
            told = {name: n for name, n in counts.items() if name != "delayed"}
            yield _line(f"{_words(direction)}, {stream}", told)
    for rule in summary["rules"]:
        yield rule_line(rule)
    for stream, counts in summary["retransmit"].items():
        yield _line(f"retransmission, {stream}", counts)
    yield _line("audio blocks", summary["audio_blocks"])
    yield _line("transmitted audio", summary["tx_datagrams"])
    tx = dict(summary["tx"])
    for line in TxVerdict(**{**tx, "packets": tuple(tx["packets"])}).lines():
        yield f"{'on the air':<34}  {line}"
    for stream, counts in summary["ignored"].items():
        yield _line(f"ignored, {stream}", counts)


def rule_line(rule: Mapping[str, Any]) -> str:
    """What a rule did, and when, unless it was there all the time."""
    did = {name: rule[name] for name in RULE_COUNTS if name in rule}
    line = _line(rule["rule"], did)
    since, until = rule.get("from_s", 0.0), rule.get("until_s")
    if since:
        line += f", from {since:g} s"
    if until is not None:
        line += f"{'' if since else ','} to {until:g} s"
    return line


def _line(title: str, counts: Counts) -> str:
    told = ", ".join(f"{n} {_words(name)}" for name, n in counts.items() if n)
    return f"{title:<34}  {told or 'nothing'}"


def _words(name: str) -> str:
    return name.replace("_", " ")
